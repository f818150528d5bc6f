"""An officer's days: where to go today and next, and what is still to be written or closed."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from backend.accounts.rules import Actor
from backend.guidance import rules
from backend.guidance.queries import office
from backend.guidance.queries.office import Row
from backend.guidance.rules import Clock, VisitState
from backend.kit import clock, db
from backend.staff import queries as staff
from backend.staff.rules import Half
from backend.standards import queries as standards

AHEAD = timedelta(days=30)
BACK = timedelta(days=180)  # how far unfinished visits are looked for


class Stop(msgspec.Struct, frozen=True):
    """One visit of a day. latitude, longitude: degrees, GCJ-02."""

    id: UUID
    number: str
    enterprise_name: str
    township: str
    site_name: str
    site_address: str
    latitude: float | None
    longitude: float | None
    scenario: str
    state: VisitState
    day: date
    half: Half
    starts_at: datetime
    ends_at: datetime
    items: list[str]
    departments: list[str]
    question: str


class Day(msgspec.Struct, frozen=True):
    on: date
    stops: list[Stop]


class Owed(msgspec.Struct, frozen=True):
    """A visit that is over but not done with: to be written up, or closed."""

    row: Row
    clock: Clock | None


class Days(msgspec.Struct, frozen=True):
    """today: always there, perhaps without stops. next: the days ahead that have some. owed: the oldest first."""

    today: Day
    next: list[Day]
    owed: list[Owed]


STOPS = """
SELECT v.id, v.number, e.name AS enterprise_name, r.name AS township, site.name AS site_name,
       site.address AS site_address, site.latitude, site.longitude, s.title AS scenario, v.state, v.day, v.half,
       v.starts_at, v.ends_at, coalesce(w.question, '') AS question,
       ARRAY(SELECT i.title FROM visit_item vi JOIN service_item i ON i.id = vi.item
             WHERE vi.visit = v.id ORDER BY i.position, i.code) AS items,
       ARRAY(SELECT d.short_name FROM visit_department vd JOIN department d ON d.code = vd.department
             WHERE vd.visit = v.id ORDER BY vd.lead DESC, d.position, d.code) AS departments
FROM visit v JOIN enterprise e ON e.id = v.enterprise JOIN site ON site.id = v.site
JOIN region r ON r.code = site.region JOIN scenario s ON s.id = v.scenario
LEFT JOIN guidance.visit_words w ON w.visit = v.id
WHERE v.id = ANY($1) AND v.state = ANY($2) AND v.day >= $3 ORDER BY v.starts_at, v.number
"""
GOING = [VisitState.SUBMITTED.value, VisitState.ACCEPTED.value, VisitState.ON_SITE.value, VisitState.DEPARTED.value]


async def days_of(viewer: Actor, *, now: datetime) -> Days:
    """The viewer's visits: only those for which the viewer is engaged now."""
    today = clock.beijing_date(now)
    engaged = await staff.engagements_of(viewer.person_id, from_on=today - BACK, until=today + AHEAD)
    visits = [one.about for one in engaged]
    async with db.reading(desk=db.Desk.GUIDANCE):
        stops = [msgspec.convert(dict(row), Stop) for row in await db.fetch(STOPS, visits, GOING, today)]
    by_day: dict[date, list[Stop]] = {today: []}
    for stop in stops:
        by_day.setdefault(stop.day, []).append(stop)
    first, *rest = [Day(on=on, stops=found) for on, found in sorted(by_day.items())]
    return Days(today=first, next=rest, owed=await _owed(visits, today=today))


async def _owed(visits: Sequence[UUID], *, today: date) -> list[Owed]:
    sql = f"""{office.LIST} WHERE v.id = ANY($1) AND (v.state = 'departed' OR v.state = 'on_site' AND v.day < $2
        OR v.state = 'accepted' AND v.day < $2 OR v.state = 'confirmed' AND v.all_corrected_at IS NOT NULL)
        ORDER BY v.starts_at, v.number"""
    rows = [msgspec.convert(dict(row), Row) for row in await db.fetch(sql, list(visits), today)]
    policy, calendar = await standards.guidance_policy(), await standards.calendar()
    return [Owed(row=row, clock=office.clock_of(row, today=today, policy=policy, calendar=calendar)) for row in rows]


def may_show_code(stop: Stop, *, today: date) -> bool:
    """Whether the day list offers the code of this stop."""
    return rules.may_show(stop.state, day=stop.day, today=today)
