"""Officers: certificates, working plans, and being engaged. Pure."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from backend.kit import workdays
from backend.kit.errors import DomainError
from backend.kit.workdays import DAY, Calendar

LOAD_DAYS = 30  # an officer's load counts the engagements this many calendar days before and after a half-day
MAKE_UP_DAYS = 31  # how far from a make-up day (调休) the day off that it pays for is looked for, calendar days


class Half(StrEnum):
    """Half a working day; its hours are a policy."""

    MORNING = "morning"
    AFTERNOON = "afternoon"


HALF_WORDS = {Half.MORNING: "上午", Half.AFTERNOON: "下午"}


class Purpose(StrEnum):
    """What an officer is engaged for."""

    GUIDANCE = "guidance"
    INSPECTION = "inspection"


class LeaveKind(StrEnum):
    LEAVE = "leave"
    TRAINING = "training"
    DUTY = "duty"  # duty elsewhere


class HalfDay(msgspec.Struct, frozen=True):
    """A Beijing date and half with the moments it runs from and to (aware UTC, by the hours in force)."""

    day: date
    half: Half
    starts_at: datetime
    ends_at: datetime

    @property
    def key(self) -> str:
        """``2026-11-25-morning``: how a form names it; ``read_key`` reads it back."""
        return f"{self.day}-{self.half}"


class Need(msgspec.Struct, frozen=True):
    """Who has to come: a qualified officer of each department, and ``officers`` in all.

    departments: codes, at least one, the leading one first, each once. scope: what every certificate must cover.
    officers: 1 or more; where there are fewer departments than that, theirs send more.
    """

    departments: tuple[str, ...]
    scope: str
    officers: int = 2

    @property
    def size(self) -> int:
        """How many officers one engagement takes."""
        return max(len(self.departments), self.officers)


class Candidate(msgspec.Struct, frozen=True):
    """An officer who could come. load: half-days engaged within LOAD_DAYS around the one in question."""

    officer: UUID
    department: str
    load: int


class HalfDayTaken(DomainError):
    field = "half_day"
    message = "您选的半天刚刚被约满，请在下面另选一个"


class OfficerNotFree(DomainError):
    field = "officer"
    message = "这位执法人员该半天不能出勤，或证件、业务范围不符，请另选一位"


def read_key(text: str) -> tuple[date, Half] | None:
    """The date and half that ``HalfDay.key`` wrote; None for anything else."""
    day, _, half = text.rpartition("-")
    try:
        return date.fromisoformat(day), Half(half)
    except ValueError:
        return None


def plan_weekday(day: date, *, calendar: Calendar) -> int | None:
    """The weekday (1 Monday ... 7 Sunday) whose working plan holds on a Beijing date; None on a rest day.

    A make-up day (调休) is worked by the plan of the nearest Monday-to-Friday day off, the earlier of two as near:
    the notices do not say which day off it pays for, and every officer must be able to work it out alone. One with no
    day off within MAKE_UP_DAYS keeps its own weekday. Source: decisions/0008-half-days.md.
    """
    if not workdays.is_working_day(day, calendar=calendar):
        return None
    if day not in calendar.working:
        return day.isoweekday()
    for distance in range(1, MAKE_UP_DAYS + 1):
        for near in (day - distance * DAY, day + distance * DAY):
            if near.weekday() < 5 and near in calendar.off:
                return near.isoweekday()
    return day.isoweekday()


def places(free: Mapping[str, int], *, need: Need) -> int:
    """How many times over ``need`` can be met at once.

    free: free qualified officers by department, 0 or more; departments that are not needed do not count.
    """
    counts = [free.get(department, 0) for department in need.departments]
    return min(min(counts), sum(counts) // need.size)


def choose(need: Need, candidates: Iterable[Candidate], *, about: UUID) -> list[Candidate]:
    """The officers who come, in the order of ``need.departments``, then the further ones. Raises HalfDayTaken.

    Within a department the least loaded comes first; ``about`` decides among equals, so that no name is always first
    and the same question gets the same answer. A further officer comes from the department that keeps most free ones
    (the leading one among equals): this way every place that ``places`` promised can be taken.
    """
    waiting: dict[str, list[Candidate]] = {department: [] for department in need.departments}
    for candidate in sorted(candidates, key=lambda one: (one.load, _lot(one.officer, about))):
        if candidate.department in waiting:
            waiting[candidate.department].append(candidate)
    if places({department: len(queue) for department, queue in waiting.items()}, need=need) < 1:
        raise HalfDayTaken
    chosen = [queue.pop(0) for queue in waiting.values()]
    while len(chosen) < need.size:
        chosen.append(max(waiting.values(), key=len).pop(0))
    return chosen


def _lot(officer: UUID, about: UUID) -> bytes:
    return hashlib.sha256(about.bytes + officer.bytes).digest()


def certificate_holds(*, issued_on: date, expires_on: date, day: date) -> bool:
    """Whether a certificate is valid on ``day``; both its first and its last day count (Beijing dates)."""
    return issued_on <= day <= expires_on
