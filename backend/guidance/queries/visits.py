"""The owner's list of visits, and what a change of one depends on."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from backend.accounts.rules import Actor
from backend.enterprises import queries as enterprises
from backend.guidance import rules
from backend.guidance.queries.booking import OfferedDay, free_days
from backend.guidance.queries.sheets import Sheet
from backend.guidance.rules import Ahead, Side, VisitState, VisitStep
from backend.kit import clock, db, paging
from backend.kit.paging import Page
from backend.staff.rules import Half, HalfDay, Need
from backend.standards import queries as standards


class VisitLine(msgspec.Struct, frozen=True):
    """A line of the list. ``departments`` are short names, the lead first; ``items`` says how many."""

    id: UUID
    number: str
    enterprise: UUID
    enterprise_name: str
    scenario: str
    state: VisitState
    day: date
    half: Half
    starts_at: datetime
    items: int
    departments: list[str]


LINES = """
SELECT v.id, v.number, v.enterprise, e.name AS enterprise_name, s.title AS scenario, v.state, v.day, v.half,
       v.starts_at,
       (SELECT count(*) FROM visit_item WHERE visit = v.id) AS items,
       ARRAY(SELECT d.short_name FROM visit_department vd JOIN department d ON d.code = vd.department
             WHERE vd.visit = v.id ORDER BY vd.lead DESC, d.position, d.code) AS departments
FROM visit v JOIN enterprise e ON e.id = v.enterprise JOIN scenario s ON s.id = v.scenario
WHERE v.enterprise = ANY($1::uuid[]) AND (v.state = ANY($2::varchar[])) = $3
"""
RUNNING = """
    AND ($4::timestamptz IS NULL OR (v.starts_at, v.id) > ($4, $5)) ORDER BY v.starts_at, v.id LIMIT $6
"""
ENDED = """
    AND ($4::timestamptz IS NULL OR (v.starts_at, v.id) < ($4, $5)) ORDER BY v.starts_at DESC, v.id DESC LIMIT $6
"""
NEED = """
SELECT vd.department, s.code AS scope FROM visit_department vd JOIN visit v ON v.id = vd.visit
JOIN scenario s ON s.id = v.scenario WHERE vd.visit = $1 ORDER BY vd.lead DESC, vd.department
"""


async def visits_of(
    viewer: Actor, *, ended: bool, cursor: str | None = None, limit: int = paging.PAGE
) -> Page[VisitLine]:
    """Visits of the enterprises that the viewer acts for: those under way by date, those at an end newest first."""
    theirs = [one.id for one in await enterprises.enterprises_of(viewer)]
    after = _place(cursor)
    ends = [state.value for state in rules.ENDS]
    rows = await db.fetch(LINES + (ENDED if ended else RUNNING), theirs, ends, ended, *after, limit + 1)
    lines = [msgspec.convert(dict(row), VisitLine) for row in rows]
    last = lines[limit - 1] if len(lines) > limit else None
    return Page(
        items=lines[:limit], next=paging.cursor(last.starts_at.isoformat(), str(last.id)) if last is not None else None
    )


async def ahead_of(sheet: Sheet) -> list[Ahead]:
    """What is still to come for a visit, with the dates that are held to."""
    policy, calendar = await standards.guidance_policy(), await standards.calendar()
    departed_at = sheet.at(VisitStep.DEPART)
    departed_on = clock.beijing_date(departed_at) if departed_at else sheet.day
    booked_on = clock.beijing_date(sheet.booked_at)
    dates = {
        VisitStep.ACCEPT: rules.accept_by(booked_on, policy=policy, calendar=calendar).last_on,
        VisitStep.ARRIVE: sheet.day,
        VisitStep.ISSUE: rules.opinion_by(departed_on, policy=policy, calendar=calendar).last_on,
    }
    if sheet.to_correct:
        dates[VisitStep.CLOSE] = max(one.correct_by for one in sheet.opinions if one.correct_by)
    return rules.ahead(sheet.state, dates=dates)


async def need_of_visit(visit_id: UUID) -> Need:
    """The quorum that a booked visit takes, by its own departments and today's policy."""
    rows = await db.fetch(NEED, visit_id)
    policy = await standards.booking_policy()
    departments = tuple(row["department"] for row in rows)
    return Need(departments=departments, scope=rows[0]["scope"], officers=policy.min_officers)


async def reschedules(visit_id: UUID, *, side: Side) -> int:
    """How often one side has moved a visit."""
    sql = "SELECT count(*) AS number FROM visit_step WHERE visit = $1 AND step = $2 AND side = $3"
    return int((await db.fetch(sql, visit_id, VisitStep.RESCHEDULE.value, side.value))[0]["number"])


async def reschedules_left(visit_id: UUID, *, side: Side) -> int | None:
    """How often the owner may still move a visit; None for the office, which may as often as it must."""
    if side is not Side.OWNER:
        return None
    moved = await reschedules(visit_id, side=side)
    return rules.reschedules_left(moved, policy=await standards.booking_policy())


async def days_for(sheet: Sheet, *, now: datetime) -> list[OfferedDay]:
    """The calendar to move a booked visit in: its own half-day is shown as the one it has."""
    besides = HalfDay(day=sheet.day, half=sheet.half, starts_at=sheet.starts_at, ends_at=sheet.ends_at)
    return await free_days(await need_of_visit(sheet.id), now=now, besides=besides)


def _place(cursor: str | None) -> tuple[datetime | None, UUID | None]:
    """Where the list goes on; its beginning for a cursor that somebody made up."""
    keys = paging.read_cursor(cursor, parts=2) or ["", ""]
    try:
        at, last = paging.read_moment(keys[0]), UUID(keys[1])
    except ValueError:
        return (None, None)
    return (at, last) if at else (None, None)
