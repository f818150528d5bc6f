import csv
import json
from datetime import date, time
from pathlib import Path

import pytest

from backend.standards import content, rules
from backend.standards.rules import BadContent, BasisRow

DATA = Path(__file__).parents[1] / "data"
YEAR = """
year = 2026
source = "通知"
working_days = [2026-10-10]
[[holidays]]
name = "国庆节"
first_on = 2026-10-01
last_on = 2026-10-07
"""


@pytest.fixture(scope="module")
def trades() -> dict[str, str]:
    return rules.read_trades(content.shipped_files()["trades.csv"])


def test_a_year_names_its_days_off_and_its_worked_weekends():
    days = rules.days_of(rules.read_year(YEAR))
    assert [day.day for day in days if not day.working] == [date(2026, 10, number) for number in range(1, 8)]
    assert [(day.day, day.name) for day in days if day.working] == [(date(2026, 10, 10), "调休上班")]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("2026-10-10", "2027-10-10", "不在 2026 年内"),
        ("2026-10-10", "2026-10-09", "不是周末"),
        ("2026-10-10", "2026-10-03", "既放假又上班"),
        ("last_on = 2026-10-07", "last_on = 2026-09-30", "结束早于开始"),
        ("last_on = 2026-10-07", "last_on = 7", "last_on"),
        ("year = 2026", "year = 2026\nyears = 2", "years"),
        ("year = 2026", "year =", "Invalid"),
    ],
)
def test_a_wrong_calendar_is_refused_with_its_name_and_the_reason(old, new, why):
    with pytest.raises(BadContent, match=why) as refusal:
        rules.read_year(YEAR.replace(old, new), file="2026.toml")
    assert refusal.value.text.startswith("2026.toml")


def test_every_shipped_file_can_be_read():
    files = content.shipped_files()
    assert len(rules.read_bases(files["bases.toml"])) > 20
    assert all(policy.source for policy in rules.read_policies(files["policies.toml"]))
    assert content.shipped_calendar().years == set(range(2020, 2027))


def test_policies_come_as_typed_values():
    values = {row.key: row.value for row in rules.read_policies(content.shipped_files()["policies.toml"])}
    guidance = rules.policy(rules.GuidancePolicy, values, group="guidance")
    half_day = rules.policy(rules.HalfDayPolicy, values, group="half_day")

    assert (guidance.accept_working_days, guidance.opinion_working_days, guidance.recheck_working_days) == (2, 3, 5)
    assert guidance.remind_working_days == (3, 0)
    assert half_day.morning_from == time(9, 0)


def test_every_policy_of_the_file_is_read_by_somebody():
    known = {f"{group}.{name}" for group, kind in rules.GROUPS.items() for name in kind.__struct_fields__}
    assert {row.key for row in rules.read_policies(content.shipped_files()["policies.toml"])} == known


@pytest.mark.parametrize(
    ("old", "new"),
    [("[booking.notice_hours]", "[booking.notice]"), ("value = 24", 'value = "24"'), ("verified = false", "")],
)
def test_a_policy_that_is_missing_or_of_the_wrong_type_is_refused(old, new):
    with pytest.raises(BadContent, match="booking"):
        rules.read_policies(content.shipped_files()["policies.toml"].replace(old, new))


def test_a_law_ends_on_the_first_day_of_its_successor():
    bases = {row.code: row for row in rules.read_bases(content.shipped_files()["bases.toml"])}
    assert bases["AIR-45"].holds_on(date(2026, 8, 14))
    assert not bases["AIR-45"].holds_on(date(2026, 8, 15))
    assert bases["ECO-214"].holds_on(date(2026, 8, 15))
    assert not bases["ECO-214"].holds_on(date(2026, 8, 14))


def test_a_basis_without_dates_always_holds():
    assert BasisRow(code="X", title="X").holds_on(date(2026, 1, 1))


def test_the_trade_list_has_every_section_division_and_group(trades):
    lengths = [len(code) for code in trades]
    assert [lengths.count(length) for length in (1, 3, 4)] == [20, 97, 473]
    assert all(code[:-1] in trades for code in trades if len(code) in (4, 5))
    assert all(code[0] in trades for code in trades)


@pytest.mark.parametrize(
    ("code", "known"),
    [
        ("C2110", "listed"),
        ("R873", "listed"),
        ("C1332", "class"),
        ("Z9999", "no"),
        ("C9999", "no"),
        ("A2110", "no"),
        ("2110", "no"),
        ("C21100", "no"),
        ("", "no"),
    ],
)
def test_a_trade_is_known_when_listed_or_a_class_of_a_listed_group(trades, code, known):
    assert rules.known_trade(code, trades) == known


def test_the_registry_export_has_exactly_the_unknown_trades_it_counts(trades):
    with (DATA / "registry-5000.csv").open(encoding="gb18030") as file:
        codes = [row["行业代码"] for row in csv.DictReader(file) if row["行业代码"]]
    counts = json.loads((DATA / "registry-5000.counts.json").read_text("utf-8"))
    assert sum(rules.known_trade(code, trades) == "no" for code in codes) == counts["unknown_trade"]
