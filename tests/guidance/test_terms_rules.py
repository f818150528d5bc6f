"""The clocks of a visit, against the dates of the domain's own story (domain.md S1)."""

from datetime import date, timedelta

import pytest

from backend.guidance import rules
from backend.kit import workdays
from backend.kit.workdays import Calendar
from backend.standards.rules import GuidancePolicy

POLICY = GuidancePolicy(
    accept_working_days=2,
    first_visit_working_days=10,
    opinion_working_days=3,
    correct_by_days=15,
    recheck_working_days=5,
    remind_working_days=(3, 0),
    code_rotates_seconds=60,
)
SPRING = Calendar(
    off=frozenset(date(2026, 2, 15) + timedelta(days=offset) for offset in range(9)),
    working=frozenset({date(2026, 2, 14), date(2026, 2, 28)}),
    years=frozenset({2026}),
)


def test_a_thursday_order_is_accepted_by_monday():
    assert rules.accept_by(date(2026, 2, 5), policy=POLICY, calendar=SPRING).last_on == date(2026, 2, 9)


def test_the_opinion_counts_the_make_up_saturday_and_jumps_the_holiday():
    assert rules.opinion_by(date(2026, 2, 12), policy=POLICY, calendar=SPRING).last_on == date(2026, 2, 24)


def test_fifteen_calendar_days_to_correct():
    assert rules.correct_by(date(2026, 2, 24), policy=POLICY, calendar=SPRING) == date(2026, 3, 11)


def test_looking_again_takes_five_working_days():
    assert rules.close_by(date(2026, 3, 11), policy=POLICY, calendar=SPRING).last_on == date(2026, 3, 18)


@pytest.mark.parametrize(
    ("today", "words", "tone"),
    [
        (date(2026, 2, 5), "还剩2个工作日", "plain"),
        (date(2026, 2, 6), "还剩1个工作日", "soon"),
        (date(2026, 2, 9), "今天到期", "soon"),
        (date(2026, 2, 10), "已超期1个工作日", "late"),
    ],
)
def test_a_clock_says_what_is_left_in_working_days(today, words, tone):
    term = rules.accept_by(date(2026, 2, 5), policy=POLICY, calendar=SPRING)

    shown = rules.clock(term, today=today, calendar=SPRING, basis=rules.ACCEPT_BASIS)

    assert (shown.words, shown.tone) == (words, tone)
    assert shown.overdue is (tone == "late")
    assert shown.basis == "本市服务承诺：收到预约后2个工作日内受理或退回"


def test_a_term_is_over_on_the_rest_day_after_its_end():
    term = rules.accept_by(date(2026, 2, 4), policy=POLICY, calendar=SPRING)  # ends on Friday

    saturday = rules.clock(term, today=date(2026, 2, 7), calendar=SPRING, basis="")

    assert saturday.overdue


def test_a_calendar_day_clock_counts_calendar_days():
    term = workdays.end(date(2026, 3, 2), calendar_days=15, calendar=SPRING)

    assert rules.clock(term, today=date(2026, 3, 7), calendar=SPRING, basis="").words == "还剩10个自然日"
    assert rules.date_clock(date(2026, 3, 11), today=date(2026, 3, 13), basis="").words == "已超期2个自然日"


def test_an_unannounced_year_makes_the_clock_provisional():
    term = rules.accept_by(date(2026, 12, 31), policy=POLICY, calendar=SPRING)

    assert "暂定" in rules.clock(term, today=date(2026, 12, 31), calendar=SPRING, basis="").proviso


@pytest.mark.parametrize("offset", range(40))
def test_the_overdue_day_is_the_last_one_that_is_late(offset):
    today = date(2026, 2, 1) + timedelta(days=offset)

    late = rules.booked_too_long(today, policy=POLICY, calendar=SPRING)

    assert rules.accept_by(late, policy=POLICY, calendar=SPRING).last_on < today
    assert rules.accept_by(late + timedelta(days=1), policy=POLICY, calendar=SPRING).last_on >= today
    written = rules.departed_too_long(today, policy=POLICY, calendar=SPRING)
    assert rules.opinion_by(written, policy=POLICY, calendar=SPRING).last_on < today
