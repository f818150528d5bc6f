"""The clocks of a visit: until when somebody owes the next step, counted from dates and never stored. Pure.

Source of every length: the city's service promise (`standards.policy`, group ``guidance``); domain.md 0.1 and R1.3.
"""

from datetime import date, timedelta

import msgspec

from backend.kit import workdays
from backend.kit.workdays import Calendar, Term, Unit
from backend.standards.rules import GuidancePolicy

SOON = 1  # days or working days left from which a clock is shown as pressing
OPINION_BASIS = "本市服务承诺：现场指导后{days}个工作日内出具书面意见"
ACCEPT_BASIS = "本市服务承诺：收到预约后{days}个工作日内受理或退回"
CLOSE_BASIS = "本市服务承诺：全部改好后{days}个工作日内回访办结"


class Clock(msgspec.Struct, frozen=True):
    """A term as a page shows it on one day.

    left: days in the term's own unit, 0 on the last day, negative when it is over.
    """

    last_on: date
    left: int
    unit_words: str
    basis: str
    provisional: bool = False

    @property
    def overdue(self) -> bool:
        return self.left < 0

    @property
    def tone(self) -> str:
        """The tone of ``ui.deadline``."""
        if self.overdue:
            return "late"
        return "soon" if self.left <= SOON else "plain"

    @property
    def words(self) -> str:
        if self.overdue:
            return f"已超期{-self.left}{self.unit_words}"
        return f"还剩{self.left}{self.unit_words}" if self.left else "今天到期"

    @property
    def proviso(self) -> str:
        """What to add to the date when the year's holidays are not announced yet."""
        return "（暂定：该年放假安排尚未公布）" if self.provisional else ""


def accept_by(booked_on: date, *, policy: GuidancePolicy, calendar: Calendar) -> Term:
    """The last day to accept or return a booking made on ``booked_on`` (a Beijing date)."""
    return workdays.end(booked_on, working_days=policy.accept_working_days, calendar=calendar)


def opinion_by(departed_on: date, *, policy: GuidancePolicy, calendar: Calendar) -> Term:
    """The last day to issue the written opinion after a visit that ended on ``departed_on``."""
    return workdays.end(departed_on, working_days=policy.opinion_working_days, calendar=calendar)


def close_by(corrected_on: date, *, policy: GuidancePolicy, calendar: Calendar) -> Term:
    """The last day to look again and close, once everything was corrected on ``corrected_on``."""
    return workdays.end(corrected_on, working_days=policy.recheck_working_days, calendar=calendar)


def correct_by(issued_on: date, *, policy: GuidancePolicy, calendar: Calendar) -> date:
    """The date a finding's form starts with: ``policy.correct_by_days`` calendar days, rolled off rest days."""
    return workdays.end(issued_on, calendar_days=policy.correct_by_days, calendar=calendar).last_on


def clock(term: Term, *, today: date, calendar: Calendar, basis: str) -> Clock:
    """How ``term`` stands on ``today``."""
    if term.unit is Unit.WORKING_DAYS:
        left = workdays.working_days_between(today, term.last_on, calendar=calendar)
        # On a rest day after the end no working day has passed yet, but the term is over all the same.
        left = min(left, -1) if today > term.last_on else left
    else:
        left = (term.last_on - today).days
    return Clock(
        last_on=term.last_on,
        left=left,
        unit_words=workdays.UNIT_WORDS[term.unit],
        basis=basis.format(days=term.span.count),
        provisional=term.provisional,
    )


def date_clock(last_on: date, *, today: date, basis: str) -> Clock:
    """How a date that somebody wrote down stands on ``today``, in calendar days."""
    unit_words = workdays.UNIT_WORDS[Unit.CALENDAR_DAYS]
    return Clock(last_on=last_on, left=(last_on - today).days, unit_words=unit_words, basis=basis)


def booked_too_long(today: date, *, policy: GuidancePolicy, calendar: Calendar) -> date:
    """The latest booking date whose acceptance is overdue on ``today``: what was booked on it or earlier is late."""
    booked_on = today
    while accept_by(booked_on, policy=policy, calendar=calendar).last_on >= today:
        booked_on -= timedelta(days=1)
    return booked_on


def departed_too_long(today: date, *, policy: GuidancePolicy, calendar: Calendar) -> date:
    """The latest day of departure whose opinion is overdue on ``today``."""
    departed_on = today
    while opinion_by(departed_on, policy=policy, calendar=calendar).last_on >= today:
        departed_on -= timedelta(days=1)
    return departed_on
