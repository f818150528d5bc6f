from datetime import date

import pytest

from backend.audit.tables import AuditEntry
from backend.kit import workdays
from backend.standards import actions, content, queries, rules
from backend.standards.tables import CalendarDay, Policy, Trade

YEAR_2027 = """
year = 2027
source = "国务院办公厅关于2027年部分节假日安排的通知（测试）"
working_days = [2027-01-03]
[[holidays]]
name = "元旦"
first_on = 2027-01-01
last_on = 2027-01-02
"""


@pytest.fixture(autouse=True)
def _fresh():
    queries.forget()
    yield
    queries.forget()


async def test_loading_what_is_shipped_again_changes_nothing(database, now):
    await actions.load_shipped(now=now)
    before = await AuditEntry.count()

    assert await actions.load_shipped(now=now) == []
    assert await AuditEntry.count() == before


async def test_the_stored_calendar_is_the_shipped_one(database, now):
    await actions.load_shipped(now=now)
    assert await queries.calendar() == content.shipped_calendar()


async def test_a_changed_file_alone_is_loaded_and_logged(database, now):
    files = content.shipped_files()
    await actions.load_content(files, now=now)
    changed = files["policies.toml"].replace("value = 24\n", "value = 48\n")

    assert await actions.load_content({**files, "policies.toml": changed}, now=now) == ["policies.toml"]

    assert (await queries.booking_policy()).notice_hours == 48
    entry = await AuditEntry.select().order_by(AuditEntry.id, ascending=False).output(load_json=True).first()
    assert (entry["did"], entry["detail"]) == ("standards.load", {"files": ["policies.toml"]})


async def test_a_broken_file_leaves_everything_as_it_was(database, now):
    files = content.shipped_files()
    await actions.load_content(files, now=now)
    changed = {"policies.toml": files["policies.toml"] + "\n# new\n", "trades.csv": "code,name\n!!,坏\n"}

    with pytest.raises(rules.BadContent, match=r"trades\.csv"):
        await actions.load_content({**files, **changed}, now=now)

    assert await actions.load_content(files, now=now) == []


async def test_a_year_that_is_loaded_is_no_longer_provisional(database, now):
    await actions.load_shipped(now=now)
    before = workdays.end(date(2026, 12, 31), working_days=1, calendar=await queries.calendar())

    await actions.load_calendar(YEAR_2027, file="2027.toml", now=now)

    after = workdays.end(date(2026, 12, 31), working_days=1, calendar=await queries.calendar())
    assert (before.last_on, before.provisional) == (date(2027, 1, 4), True)
    assert (after.last_on, after.provisional) == (date(2027, 1, 3), False)
    assert not await CalendarDay.exists().where(CalendarDay.day == date(2027, 2, 6))


async def test_policies_carry_their_source_and_whether_it_was_seen(database, now):
    await actions.load_shipped(now=now)
    row = await Policy.select().where(Policy.key == "guidance.accept_working_days").output(load_json=True).first()
    assert (row["value"], row["unit"], row["verified"]) == (2, "工作日", False)
    assert row["source"]


async def test_every_group_of_policies_can_be_asked_for(database, now):
    await actions.load_shipped(now=now)
    asked = [
        queries.booking_policy,
        queries.guidance_policy,
        queries.half_day_policy,
        queries.rating_policy,
        queries.notice_policy,
    ]
    assert {type(await ask()) for ask in asked} == set(rules.GROUPS.values())


async def test_a_class_seen_in_a_registry_is_learnt_once(database, now):
    await actions.load_shipped(now=now)
    await actions.learn_trades({"C1332": "非食用植物油加工", "C2110": "别的名字"})

    assert (await queries.trades())["C1332"] == "非食用植物油加工"
    assert (await queries.trades())["C2110"] == "木质家具制造"
    assert await Trade.count().where(Trade.code == "C1332") == 1


async def test_day_names_tell_why_a_day_is_off_or_worked(database, now):
    await actions.load_shipped(now=now)
    names = await queries.day_names()
    assert (names[date(2026, 10, 1)], names[date(2026, 10, 10)]) == ("国庆节", "调休上班")


async def test_a_basis_is_found_by_its_code(database, now):
    await actions.load_shipped(now=now)
    basis = await queries.basis("ECO-214")
    assert (basis.title, basis.article, basis.valid_from) == ("生态环境法典", "第二百一十四条", date(2026, 8, 15))
    assert await queries.basis("ECO-9999") is None
