"""Where visits stand, for the loop and for the public: states, dates and departments, never a word anybody wrote."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from backend.guidance import rules
from backend.guidance.rules import VisitState, VisitStep
from backend.kit import clock, db
from backend.kit.workdays import Calendar
from backend.staff import queries as staff
from backend.staff.rules import Half
from backend.standards.rules import GuidancePolicy

LOOK_BACK = timedelta(days=180)  # how far an officer's unfinished visits are looked for


class Progress(msgspec.Struct, frozen=True):
    """A visit as the loop shows it. ``departments`` are short names, the lead first."""

    id: UUID
    number: str
    track_code: str
    enterprise: UUID
    enterprise_name: str
    township: str
    scenario: str
    state: VisitState
    day: date
    half: Half
    booked_at: datetime
    departments: list[str]
    departed_at: datetime | None
    issued_at: datetime | None
    all_corrected_at: datetime | None


class Moment(msgspec.Struct, frozen=True):
    """One step somebody took, for a timeline."""

    visit: UUID
    number: str
    scenario: str
    enterprise_name: str
    step: VisitStep
    state: VisitState
    at: datetime


PROGRESS = """
SELECT v.id, v.number, v.track_code, v.enterprise, e.name AS enterprise_name, r.name AS township, s.title AS scenario,
       v.state, v.day, v.half, v.booked_at, v.all_corrected_at,
       ARRAY(SELECT d.short_name FROM visit_department vd JOIN department d ON d.code = vd.department
             WHERE vd.visit = v.id ORDER BY vd.lead DESC, d.position, d.code) AS departments,
       (SELECT max(at) FROM visit_step WHERE visit = v.id AND step = 'depart') AS departed_at,
       (SELECT max(at) FROM visit_step WHERE visit = v.id AND step = 'issue') AS issued_at
FROM visit v
JOIN enterprise e ON e.id = v.enterprise
JOIN region r ON r.code = e.region
JOIN scenario s ON s.id = v.scenario
"""
MOMENTS = """
SELECT t.visit, v.number, s.title AS scenario, e.name AS enterprise_name, t.step, t.state, t.at
FROM visit_step t JOIN visit v ON v.id = t.visit JOIN scenario s ON s.id = v.scenario
JOIN enterprise e ON e.id = v.enterprise
"""
ENDS = [state.value for state in rules.ENDS]


async def progress(track_code: str) -> Progress | None:
    """The visit of a public tracking code; the code is all that is asked for."""
    return next(iter(await _progress("WHERE v.track_code = $1", track_code)), None)


async def running_of(enterprises: Collection[UUID]) -> list[Progress]:
    """Visits of these enterprises that are not at an end, the next to come first."""
    return await _progress(
        "WHERE v.enterprise = ANY($1) AND v.state <> ALL($2) ORDER BY v.day, v.starts_at", list(enterprises), ENDS
    )


async def latest_of(enterprises: Collection[UUID], *, limit: int) -> list[Progress]:
    """Any visits of these enterprises, the last booked first."""
    return await _progress("WHERE v.enterprise = ANY($1) ORDER BY v.booked_at DESC LIMIT $2", list(enterprises), limit)


async def waiting_for_officer(officer: UUID, *, today: date) -> list[Progress]:
    """Visits of ``officer`` whose next step is theirs: to come today, under way, to write up, to close."""
    engaged = await staff.engagements_of(officer, from_on=today - LOOK_BACK, until=today + timedelta(days=1))
    return await _progress(
        """WHERE v.id = ANY($1) AND (v.state IN ('accepted', 'on_site', 'departed')
           OR v.state = 'confirmed' AND v.all_corrected_at IS NOT NULL) ORDER BY v.starts_at""",
        [one.about for one in engaged],
    )


async def waiting_for_office(*, limit: int) -> list[Progress]:
    """Bookings that nobody has accepted or returned yet, the oldest first."""
    return await _progress("WHERE v.state = 'submitted' ORDER BY v.booked_at LIMIT $1", limit)


async def moments_of(enterprises: Collection[UUID], *, limit: int, before: datetime | None = None) -> list[Moment]:
    """The newest steps first; ``before`` continues a list."""
    rows = await db.fetch(
        MOMENTS + "WHERE v.enterprise = ANY($1) AND ($2::timestamptz IS NULL OR t.at < $2) ORDER BY t.at DESC LIMIT $3",
        list(enterprises),
        before,
        limit,
    )
    return [msgspec.convert(dict(row), Moment) for row in rows]


async def stages(visit_id: UUID) -> list[Moment]:
    """Every step of one visit, the newest first."""
    rows = await db.fetch(MOMENTS + "WHERE t.visit = $1 ORDER BY t.at DESC, t.id", visit_id)
    return [msgspec.convert(dict(row), Moment) for row in rows]


def next_clock(
    visit: Progress, *, correct_by: date | None, today: date, policy: GuidancePolicy, calendar: Calendar
) -> rules.Clock | None:
    """The next date that matters for ``visit``; None where nobody is held to one.

    correct_by: the earliest date of its opinions, for those who may know it.
    """
    match visit.state:
        case VisitState.SUBMITTED:
            term = rules.accept_by(clock.beijing_date(visit.booked_at), policy=policy, calendar=calendar)
            return rules.clock(term, today=today, calendar=calendar, basis=rules.ACCEPT_BASIS)
        case VisitState.ACCEPTED:
            return rules.date_clock(visit.day, today=today, basis="双方约定的上门时间")
        case VisitState.DEPARTED if visit.departed_at is not None:
            term = rules.opinion_by(clock.beijing_date(visit.departed_at), policy=policy, calendar=calendar)
            return rules.clock(term, today=today, calendar=calendar, basis=rules.OPINION_BASIS)
        case VisitState.ISSUED | VisitState.CONFIRMED if correct_by is not None:
            return rules.date_clock(correct_by, today=today, basis="书面指导意见中的改好期限")
        case VisitState.CONFIRMED if visit.all_corrected_at is not None:
            corrected_on = clock.beijing_date(visit.all_corrected_at)
            term = rules.close_by(corrected_on, policy=policy, calendar=calendar)
            return rules.clock(term, today=today, calendar=calendar, basis=rules.CLOSE_BASIS)
        case _:
            return None


async def correct_by_of(visits: Collection[UUID]) -> dict[UUID, date]:
    """The earliest date by which something is still to be put right, by visit; dates alone leave the desk."""
    async with db.reading(desk=db.Desk.GUIDANCE):
        rows = await db.fetch(
            """SELECT visit, min(correct_by) AS due FROM guidance.opinion
               WHERE visit = ANY($1) AND corrected_at IS NULL AND correct_by IS NOT NULL GROUP BY visit""",
            list(visits),
        )
    return {row["visit"]: row["due"] for row in rows}


async def _progress(which: str, *values: object) -> list[Progress]:
    return [msgspec.convert(dict(row), Progress) for row in await db.fetch(PROGRESS + which, *values)]
