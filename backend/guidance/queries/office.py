"""The guidance office's lists: what waits to be accepted, everything else by state, and what narrows them."""

from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from backend.guidance import rules
from backend.guidance.rules import Clock, VisitState
from backend.kit import clock, db, paging
from backend.kit.paging import Page
from backend.kit.workdays import Calendar
from backend.staff.rules import Half
from backend.standards import queries as standards
from backend.standards.rules import GuidancePolicy


class Narrow(msgspec.Struct, frozen=True):
    """What a list is narrowed by; empty means everything. search: part of the number, the firm's name or its code."""

    township: str = ""
    department: str = ""
    scenario: str = ""
    overdue: bool = False
    search: str = ""


class Facet(msgspec.Struct, frozen=True):
    """One value a list can be narrowed to, and how many of the unnarrowed list have it."""

    value: str
    words: str
    count: int


class Facets(msgspec.Struct, frozen=True):
    townships: list[Facet]
    departments: list[Facet]
    scenarios: list[Facet]


class Row(msgspec.Struct, frozen=True):
    """A line of the list. ``departments`` are short names, the lead first."""

    id: UUID
    number: str
    enterprise: UUID
    enterprise_name: str
    township: str
    scenario: str
    state: VisitState
    day: date
    half: Half
    starts_at: datetime
    booked_at: datetime
    departed_at: datetime | None
    departments: list[str]
    all_corrected_at: datetime | None


class Line(msgspec.Struct, frozen=True):
    row: Row
    clock: Clock | None


LIST = """
SELECT v.id, v.number, v.enterprise, e.name AS enterprise_name, r.name AS township, s.title AS scenario, v.state, v.day,
       v.half, v.starts_at, v.booked_at, v.all_corrected_at,
       (SELECT max(at) FROM visit_step WHERE visit = v.id AND step = 'depart') AS departed_at,
       ARRAY(SELECT d.short_name FROM visit_department vd JOIN department d ON d.code = vd.department
             WHERE vd.visit = v.id ORDER BY vd.lead DESC, d.position, d.code) AS departments
FROM visit v JOIN enterprise e ON e.id = v.enterprise JOIN site ON site.id = v.site
JOIN region r ON r.code = site.region JOIN scenario s ON s.id = v.scenario
"""
FOUND = "(v.number ILIKE $$ OR e.name ILIKE $$ OR e.uscc ILIKE $$)"


async def visits_in(
    state: VisitState, *, narrow: Narrow, cursor: str | None, today: date, limit: int = paging.PAGE
) -> Page[Line]:
    """Visits in one state: bookings by age, running ones by date, ended ones from the newest."""
    policy, calendar = await standards.guidance_policy(), await standards.calendar()
    order, newest_first = _order(state)
    where, values = _where(state, narrow, today=today, policy=policy, calendar=calendar)
    if (after := paging.read_cursor(cursor, parts=2)) and (place := _place(after)):
        sign = "<" if newest_first else ">"
        where.append(f"(v.{order}, v.id) {sign} (${len(values) + 1}, ${len(values) + 2})")
        values += place
    direction = "DESC" if newest_first else "ASC"
    sql = f"{LIST} WHERE {' AND '.join(where)} ORDER BY v.{order} {direction}, v.id {direction} LIMIT {limit + 1}"
    rows = [msgspec.convert(dict(row), Row) for row in await db.fetch(sql, *values)]
    shown = rows[:limit]
    last = shown[-1] if len(rows) > limit else None
    return Page(
        items=[Line(row=row, clock=clock_of(row, today=today, policy=policy, calendar=calendar)) for row in shown],
        next=paging.cursor(getattr(last, order).isoformat(), str(last.id)) if last else None,
    )


async def counts(search: str = "") -> dict[VisitState, int]:
    """How many visits stand in each state; with ``search``, how many of those it finds."""
    if words := search.strip():
        found_by = (
            f"SELECT v.state, count(*) AS number FROM visit v JOIN enterprise e ON e.id = v.enterprise WHERE {FOUND}"
        )
        rows = await db.fetch(found_by.replace("$$", "$1") + " GROUP BY v.state", _pattern(words))
    else:
        rows = await db.fetch("SELECT state, count(*) AS number FROM visit GROUP BY state")
    found = {VisitState(row["state"]): row["number"] for row in rows}
    return {state: found.get(state, 0) for state in VisitState}


async def overdue_count(today: date) -> int:
    """Bookings whose acceptance is overdue."""
    policy, calendar = await standards.guidance_policy(), await standards.calendar()
    where, values = _where(VisitState.SUBMITTED, Narrow(overdue=True), today=today, policy=policy, calendar=calendar)
    rows = await db.fetch(f"SELECT count(*) AS number FROM visit v WHERE {' AND '.join(where)}", *values)
    return int(rows[0]["number"])


async def facets(state: VisitState) -> Facets:
    """What the list of one state can be narrowed to: only values that occur, the most frequent first."""
    return Facets(
        townships=await _facet(
            "SELECT r.code AS value, r.name AS words, count(*) AS count FROM visit v JOIN site ON site.id = v.site"
            " JOIN region r ON r.code = site.region WHERE v.state = $1 GROUP BY r.code, r.name",
            state,
        ),
        departments=await _facet(
            "SELECT d.code AS value, d.short_name AS words, count(*) AS count FROM visit v"
            " JOIN visit_department vd ON vd.visit = v.id JOIN department d ON d.code = vd.department"
            " WHERE v.state = $1 GROUP BY d.code, d.short_name",
            state,
        ),
        scenarios=await _facet(
            "SELECT s.code AS value, max(s.title) AS words, count(*) AS count FROM visit v"
            " JOIN scenario s ON s.id = v.scenario WHERE v.state = $1 GROUP BY s.code",
            state,
        ),
    )


def clock_of(row: Row, *, today: date, policy: GuidancePolicy, calendar: Calendar) -> Clock | None:
    """Until when somebody on the side of government owes the next step; None when nobody does."""
    match row.state:
        case VisitState.SUBMITTED:
            term = rules.accept_by(clock.beijing_date(row.booked_at), policy=policy, calendar=calendar)
            return rules.clock(term, today=today, calendar=calendar, basis=rules.ACCEPT_BASIS)
        case VisitState.DEPARTED if row.departed_at is not None:
            term = rules.opinion_by(clock.beijing_date(row.departed_at), policy=policy, calendar=calendar)
            return rules.clock(term, today=today, calendar=calendar, basis=rules.OPINION_BASIS)
        case VisitState.CONFIRMED if row.all_corrected_at is not None:
            term = rules.close_by(clock.beijing_date(row.all_corrected_at), policy=policy, calendar=calendar)
            return rules.clock(term, today=today, calendar=calendar, basis=rules.CLOSE_BASIS)
        case _:
            return None


def _order(state: VisitState) -> tuple[str, bool]:
    """The column a state's list is sorted by, and whether the newest comes first."""
    return ("booked_at" if state is VisitState.SUBMITTED else "starts_at"), state in rules.ENDS


def _place(after: list[str]) -> list[object] | None:
    """Where the list goes on; None for a cursor that somebody made up."""
    at = paging.read_moment(after[0])
    try:
        return [at, UUID(after[1])] if at else None
    except ValueError:
        return None


def _where(
    state: VisitState, narrow: Narrow, *, today: date, policy: GuidancePolicy, calendar: Calendar
) -> tuple[list[str], list[object]]:
    where, values = ["v.state = $1"], list[object]([state.value])

    def add(condition: str, value: object) -> None:
        values.append(value)
        where.append(condition.replace("$$", f"${len(values)}"))

    if narrow.township:
        add("site.region = $$", narrow.township)
    if narrow.department:
        add("EXISTS (SELECT FROM visit_department WHERE visit = v.id AND department = $$)", narrow.department)
    if narrow.scenario:
        add("s.code = $$", narrow.scenario)
    if words := narrow.search.strip():
        add(FOUND, _pattern(words))
    if narrow.overdue:
        condition, value = _overdue(state, today=today, policy=policy, calendar=calendar)
        add(condition, value)
    return where, values


def _pattern(words: str) -> str:
    return "%" + words.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"


def _overdue(state: VisitState, *, today: date, policy: GuidancePolicy, calendar: Calendar) -> tuple[str, object]:
    """The condition under which a visit of this state is late, and its one value."""
    match state:
        case VisitState.SUBMITTED:
            late_on = rules.booked_too_long(today, policy=policy, calendar=calendar)
            return "v.booked_at < $$", _end_of(late_on)
        case VisitState.ACCEPTED:
            return "v.day < $$", today
        case VisitState.DEPARTED:
            late_on = rules.departed_too_long(today, policy=policy, calendar=calendar)
            left = "EXISTS (SELECT FROM visit_step WHERE visit = v.id AND step = 'depart' AND at < $$)"
            return left, _end_of(late_on)
        case _:
            return "v.day < $$ AND false", today


def _end_of(day: date) -> datetime:
    return clock.at_beijing(day + timedelta(days=1), 0)


async def _facet(sql: str, state: VisitState) -> list[Facet]:
    rows = await db.fetch(sql + " ORDER BY count(*) DESC, 1", state.value)
    return [msgspec.convert(dict(row), Facet) for row in rows]
