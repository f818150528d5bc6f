"""The pairs of dates were worked out by hand with the State Council's 2026 notice; see domain rules, time engine."""

from datetime import date, datetime, timedelta, timezone

import chinese_calendar
import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kit import workdays
from backend.kit.workdays import BadSpan, Calendar, Span, Unit
from backend.standards import content

SHIPPED = content.shipped_calendar()
BEIJING = timezone(timedelta(hours=8))
YEARS = range(2020, 2027)

anytime = st.dates(min_value=date(2019, 6, 1), max_value=date(2027, 12, 31))
counts = st.integers(min_value=1, max_value=120)


def days_of(year: int) -> list[date]:
    first_on = date(year, 1, 1)
    return [first_on + timedelta(days=offset) for offset in range((date(year + 1, 1, 1) - first_on).days)]


@pytest.mark.parametrize("year", YEARS)
def test_every_day_agrees_with_chinesecalendar(year):
    ours = [workdays.is_working_day(day, calendar=SHIPPED) for day in days_of(year)]
    assert ours == [chinese_calendar.is_workday(day) for day in days_of(year)]


@pytest.mark.parametrize("year", YEARS)
def test_every_day_agrees_with_holidays(year):
    oracle = holidays.country_holidays("CN", years=year)
    ours = [workdays.is_working_day(day, calendar=SHIPPED) for day in days_of(year)]
    assert ours == [oracle.is_working_day(day) for day in days_of(year)]


def test_2026_has_248_working_days():
    assert sum(workdays.is_working_day(day, calendar=SHIPPED) for day in days_of(2026)) == 248


@pytest.mark.parametrize(
    ("start_on", "span", "last_on"),
    [
        # booked guidance before Spring Festival
        ("2026-02-05", "2wd", "2026-02-09"),
        ("2026-02-05", "10wd", "2026-02-26"),
        ("2026-02-12", "3wd", "2026-02-24"),
        ("2026-02-24", "15d", "2026-03-11"),
        ("2026-03-11", "5wd", "2026-03-18"),
        # joint check: publicity, rating window
        ("2026-04-20", "15d", "2026-05-06"),
        ("2026-04-20", "20wd", "2026-05-20"),
        ("2026-04-09", "20wd", "2026-05-11"),
        # on the spot, the eve of Dragon Boat
        ("2026-06-18", "15d", "2026-07-03"),
        ("2026-06-18", "2wd", "2026-06-23"),
        ("2026-06-18", "60d", "2026-08-17"),
        ("2026-08-17", "5wd", "2026-08-24"),
        # fast track and the statutory ceiling beside it
        ("2026-07-06", "7wd", "2026-07-15"),
        ("2026-07-06", "15wd", "2026-07-27"),
        ("2026-07-06", "90d", "2026-10-08"),
        # three books and credit repair
        ("2026-05-13", "15d", "2026-05-28"),
        ("2026-05-11", "3m", "2026-08-11"),
        ("2026-08-12", "10wd", "2026-08-26"),
        ("2026-08-12", "20wd", "2026-09-09"),
        ("2026-07-01", "3wd", "2026-07-06"),
        # township review across National Day
        ("2026-09-28", "5wd", "2026-10-10"),
        ("2026-10-10", "10wd", "2026-10-23"),
    ],
)
def test_the_stories_come_out_on_their_dates(start_on, span, last_on):
    term = workdays.end_of(date.fromisoformat(start_on), workdays.parse(span), calendar=SHIPPED)
    assert term.last_on == date.fromisoformat(last_on)
    assert not term.provisional


@pytest.mark.parametrize(
    ("start_on", "days", "unrolled_on", "last_on"),
    [
        (date(2026, 4, 20), 15, date(2026, 5, 5), date(2026, 5, 6)),
        (date(2026, 7, 6), 90, date(2026, 10, 4), date(2026, 10, 8)),
        (date(2026, 2, 13), 1, date(2026, 2, 14), date(2026, 2, 14)),  # a Saturday that is worked is no rest day
    ],
)
def test_a_rest_day_moves_the_end_and_the_term_says_so(start_on, days, unrolled_on, last_on):
    term = workdays.end(start_on, calendar_days=days, calendar=SHIPPED)
    assert (term.unrolled_on, term.last_on, term.rolled) == (unrolled_on, last_on, unrolled_on != last_on)


def test_the_first_five_working_days_of_2026_begin_on_a_sunday():
    first = [workdays.add_working_days(date(2025, 12, 31), count, calendar=SHIPPED).day for count in range(1, 6)]
    assert first == [4, 5, 6, 7, 8]


def test_the_first_five_working_days_of_the_second_quarter():
    first = [workdays.add_working_days(date(2026, 3, 31), count, calendar=SHIPPED).day for count in range(1, 6)]
    assert first == [1, 2, 3, 7, 8]


@pytest.mark.parametrize(
    ("visit_on", "filed_by"),
    [(date(2026, 4, 9), date(2026, 3, 30)), (date(2026, 4, 20), date(2026, 4, 9))],
)
def test_counting_back_gives_the_last_day_to_file(visit_on, filed_by):
    assert workdays.add_working_days(visit_on, -7, calendar=SHIPPED) == filed_by


@pytest.mark.parametrize(
    ("start_on", "months", "unrolled_on"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2023, 12, 31), 2, date(2024, 2, 29)),
        (date(2026, 3, 31), 1, date(2026, 4, 30)),
    ],
)
def test_a_month_without_that_day_ends_on_its_last(start_on, months, unrolled_on):
    assert workdays.end(start_on, months=months, calendar=SHIPPED).unrolled_on == unrolled_on


def test_a_leap_day_plus_a_year_ends_in_february():
    assert workdays.end(date(2024, 2, 29), years=1, calendar=SHIPPED).unrolled_on == date(2025, 2, 28)


def test_hours_run_through_a_weekend():
    friday_evening = datetime(2026, 2, 13, 17, 30, tzinfo=BEIJING)
    assert workdays.end_hours(friday_evening, 24) == datetime(2026, 2, 14, 17, 30, tzinfo=BEIJING)


def test_hours_need_an_aware_moment():
    with pytest.raises(ValueError, match="aware"):
        workdays.end_hours(datetime(2026, 2, 13, 17, 30), 24)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("start_on", "span", "provisional"),
    [
        (date(2026, 12, 30), "1wd", False),
        (date(2026, 12, 30), "2wd", True),
        (date(2026, 5, 11), "1y", True),
        (date(2026, 12, 16), "15d", False),
        (date(2026, 12, 17), "15d", True),
    ],
)
def test_a_year_without_a_calendar_makes_the_end_provisional(start_on, span, provisional):
    assert workdays.end_of(start_on, workdays.parse(span), calendar=SHIPPED).provisional is provisional


def test_a_roll_into_an_unknown_year_is_provisional_too():
    only_2022 = Calendar(off=frozenset([date(2023, 1, 1), date(2023, 1, 2)]), years=frozenset([2022]))
    term = workdays.end(date(2022, 12, 16), calendar_days=15, calendar=only_2022)
    assert (term.unrolled_on, term.last_on, term.provisional) == (date(2022, 12, 31), date(2023, 1, 3), True)


def test_working_days_between_leaves_out_the_start_day():
    assert workdays.working_days_between(date(2026, 9, 28), date(2026, 10, 10), calendar=SHIPPED) == 5
    assert workdays.working_days_between(date(2026, 10, 10), date(2026, 9, 28), calendar=SHIPPED) == -5
    assert workdays.working_days_between(date(2026, 10, 1), date(2026, 10, 1), calendar=SHIPPED) == 0


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("5wd", Span(count=5, unit=Unit.WORKING_DAYS)),
        (" 15D ", Span(count=15, unit=Unit.CALENDAR_DAYS)),
        ("3m", Span(count=3, unit=Unit.MONTHS)),
        ("1y", Span(count=1, unit=Unit.YEARS)),
        ("24h", Span(count=24, unit=Unit.HOURS)),
    ],
)
def test_a_term_is_read(text, span):
    assert workdays.parse(text) == span


@pytest.mark.parametrize("text", ["", "5", "wd", "0wd", "-5wd", "5 wd", "1.5d", "5w", "99999d", "５wd"])
def test_anything_else_is_refused_in_words(text):
    with pytest.raises(BadSpan, match="看不懂期限"):
        workdays.parse(text)


@pytest.mark.parametrize("span", ["9999y", "9999m"])
def test_an_end_past_the_last_year_is_refused(span):
    with pytest.raises(BadSpan):
        workdays.end_of(date(9500, 1, 1), workdays.parse(span), calendar=SHIPPED)


def test_exactly_one_unit_is_named():
    with pytest.raises(ValueError, match="one unit"):
        workdays.end(date(2026, 1, 5), calendar=SHIPPED)
    with pytest.raises(ValueError, match="one unit"):
        workdays.end(date(2026, 1, 5), working_days=1, months=1, calendar=SHIPPED)


@given(anytime, counts)
def test_a_working_day_term_holds_exactly_its_working_days(start_on, count):
    term = workdays.end(start_on, working_days=count, calendar=SHIPPED)
    assert workdays.working_days_between(start_on, term.last_on, calendar=SHIPPED) == count
    assert workdays.is_working_day(term.last_on, calendar=SHIPPED)
    assert not term.rolled


@given(anytime, counts, st.sampled_from(["calendar_days", "months", "years"]))
def test_every_end_is_a_working_day_and_the_first_one_at_hand(start_on, count, unit):
    term = workdays.end(start_on, **{unit: count}, calendar=SHIPPED)
    assert workdays.is_working_day(term.last_on, calendar=SHIPPED)
    gap = (term.last_on - term.unrolled_on).days
    between = [term.unrolled_on + timedelta(days=offset) for offset in range(gap)]
    assert not any(workdays.is_working_day(day, calendar=SHIPPED) for day in between)


@given(anytime, counts, counts)
def test_a_longer_term_never_ends_earlier(start_on, one, other):
    shorter, longer = sorted([one, other])
    assert (
        workdays.end(start_on, calendar_days=shorter, calendar=SHIPPED).last_on
        <= workdays.end(start_on, calendar_days=longer, calendar=SHIPPED).last_on
    )


@given(anytime, counts)
def test_counting_on_and_back_returns_to_the_same_working_day(day, count):
    start_on = workdays.next_working_day(day, calendar=SHIPPED)
    there = workdays.add_working_days(start_on, count, calendar=SHIPPED)
    assert workdays.add_working_days(there, -count, calendar=SHIPPED) == start_on
