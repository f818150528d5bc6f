"""Terms and deadlines in working days, calendar days, months, years and hours. Pure: the calendar is a value.

Sources: 民法典 arts. 201 (the start day is not counted; hours run on), 202 (months end on the same day, or at the
month's end), 203 (a last day that is a rest day moves to the next working day); 民事诉讼法 art. 85; 行政处罚法 art. 85.
Which unit a term has is never guessed from its number: whoever states the term states the unit.
All dates are Beijing dates.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

import msgspec
from dateutil.relativedelta import relativedelta

DAY = timedelta(days=1)


class Unit(StrEnum):
    WORKING_DAYS = "wd"
    CALENDAR_DAYS = "d"
    MONTHS = "m"
    YEARS = "y"
    HOURS = "h"


UNIT_WORDS = {
    Unit.WORKING_DAYS: "个工作日",
    Unit.CALENDAR_DAYS: "个自然日",
    Unit.MONTHS: "个月",
    Unit.YEARS: "年",
    Unit.HOURS: "小时",
}


class BadSpan(ValueError):
    """A term that cannot be read; the text is for people."""


class Calendar(msgspec.Struct, frozen=True):
    """The rest days that are known.

    off: statutory days off, weekend days among them or not. working: weekend days that are worked (调休).
    years: the years whose arrangement the State Council has published and that are loaded. A day of any other year is
    judged by weekend and ``off`` alone, and every term that depends on it is provisional.
    """

    off: frozenset[date] = frozenset()
    working: frozenset[date] = frozenset()
    years: frozenset[int] = frozenset()


class Span(msgspec.Struct, frozen=True):
    """A length of time as a rule states it, e.g. 5 working days. ``count`` is 1 to 9999."""

    count: int
    unit: Unit

    @property
    def words(self) -> str:
        return f"{self.count}{UNIT_WORDS[self.unit]}"


class Term(msgspec.Struct, frozen=True):
    """Where a span counted from ``start_on`` ends.

    last_on: the last day on which acting is in time, up to 24:00 Beijing. unrolled_on: the day before it was moved off
    a rest day; warnings use it. provisional: a year without a published calendar had a say, so the end may move.
    """

    start_on: date
    span: Span
    last_on: date
    unrolled_on: date
    provisional: bool

    @property
    def rolled(self) -> bool:
        return self.last_on != self.unrolled_on

    @property
    def unit(self) -> Unit:
        return self.span.unit


def parse(text: str) -> Span:
    """Read ``5wd``, ``15d``, ``3m``, ``1y`` or ``24h``. Raises BadSpan."""
    match = re.fullmatch(r"([1-9]\d{0,3})(wd|d|m|y|h)", text.strip().lower(), re.ASCII)
    if match is None:
        raise BadSpan(f"看不懂期限“{text}”。请写成 5wd（工作日）、15d（自然日）、3m（月）、1y（年）或 24h（小时）")
    return Span(count=int(match[1]), unit=Unit(match[2]))


def end(
    start_on: date,
    *,
    working_days: int | None = None,
    calendar_days: int | None = None,
    months: int | None = None,
    years: int | None = None,
    calendar: Calendar,
) -> Term:
    """Where a term that begins on ``start_on`` ends; day 1 is the day after. Name exactly one unit, 1 or more of it."""
    named = {
        Unit.WORKING_DAYS: working_days,
        Unit.CALENDAR_DAYS: calendar_days,
        Unit.MONTHS: months,
        Unit.YEARS: years,
    }
    given = [Span(count=count, unit=unit) for unit, count in named.items() if count is not None]
    if len(given) != 1:
        raise ValueError("name exactly one unit")
    return end_of(start_on, given[0], calendar=calendar)


def end_of(start_on: date, span: Span, *, calendar: Calendar) -> Term:
    """As ``end``, for a span that was read or stored. Raises BadSpan for hours and for an end past the year 9999."""
    if span.unit is Unit.HOURS:
        raise BadSpan("小时期限要从具体时刻起算")
    if span.count < 1:
        raise ValueError("a term has at least one day")
    try:
        if span.unit is Unit.WORKING_DAYS:
            last_on = unrolled_on = add_working_days(start_on, span.count, calendar=calendar)
            known = _all_known(start_on + DAY, last_on, calendar)
        else:
            unrolled_on = start_on + _length(span)
            last_on = _roll(unrolled_on, calendar)
            known = _all_known(unrolled_on, last_on, calendar)
    except (OverflowError, ValueError):  # timedelta raises the one, relativedelta the other
        raise BadSpan("期限超出了公元9999年") from None
    return Term(start_on=start_on, span=span, last_on=last_on, unrolled_on=unrolled_on, provisional=not known)


def end_hours(at: datetime, hours: int) -> datetime:
    """The moment ``hours`` hours after the aware ``at``: through nights, weekends and holidays, never rolled."""
    if at.tzinfo is None:
        raise ValueError("an hour term starts at an aware moment")
    return (at.astimezone(UTC) + timedelta(hours=hours)).astimezone(at.tzinfo)


def is_working_day(day: date, *, calendar: Calendar) -> bool:
    if day in calendar.working:
        return True
    return day.weekday() < 5 and day not in calendar.off


def add_working_days(day: date, count: int, *, calendar: Calendar) -> date:
    """The ``count``-th working day after ``day``; before it when negative; ``day`` itself, worked or not, for 0."""
    step = DAY if count > 0 else -DAY
    for _ in range(abs(count)):
        day += step
        while not is_working_day(day, calendar=calendar):
            day += step
    return day


def working_days_between(start_on: date, end_on: date, *, calendar: Calendar) -> int:
    """Working days after ``start_on`` up to and with ``end_on``; negative when ``end_on`` lies before."""
    if end_on < start_on:
        return -working_days_between(end_on, start_on, calendar=calendar)
    return sum(is_working_day(day, calendar=calendar) for day in _days(start_on + DAY, end_on))


def next_working_day(day: date, *, calendar: Calendar) -> date:
    """``day`` itself when it is worked, else the first working day after it."""
    return _roll(day, calendar)


def is_known(day: date, *, calendar: Calendar) -> bool:
    """Whether the year of ``day`` has a published calendar; otherwise what is said of it is provisional."""
    return day.year in calendar.years


def _roll(day: date, calendar: Calendar) -> date:
    while not is_working_day(day, calendar=calendar):
        day += DAY
    return day


def _length(span: Span) -> relativedelta | timedelta:
    match span.unit:
        case Unit.MONTHS:
            return relativedelta(months=span.count)
        case Unit.YEARS:
            return relativedelta(years=span.count)
        case _:
            return timedelta(days=span.count)


def _all_known(first_on: date, last_on: date, calendar: Calendar) -> bool:
    return all(year in calendar.years for year in range(first_on.year, last_on.year + 1))


def _days(first_on: date, last_on: date) -> Iterator[date]:
    for offset in range((last_on - first_on).days + 1):
        yield first_on + timedelta(days=offset)
