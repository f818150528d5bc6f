"""A booking on its way: what it holds so far, and the half-days that are really free for it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.accounts.rules import Actor
from backend.enterprises import queries as enterprises
from backend.guidance import rules
from backend.guidance.queries.sheets import PhotoLine
from backend.guidance.rules import Draft, ItemNeed
from backend.kit import clock, db, workdays
from backend.staff import queries as staff
from backend.staff.rules import Half, HalfDay, Need
from backend.standards import queries as standards

DESK = db.Desk.GUIDANCE


class Booking(msgspec.Struct, frozen=True):
    """A booking not yet sent: the answers so far, and the firm it is for. ``answers.items`` are on offer now."""

    id: UUID
    enterprise: UUID
    answers: Draft
    items_gone: int  # how many chosen items have been taken off the menu since
    photos: list[PhotoLine]
    updated_at: datetime

    @property
    def open_page(self) -> rules.BookingPage:
        return rules.open_page(self.answers)


class OfferedItem(msgspec.Struct, frozen=True):
    """A service item of the catalogue as it is on offer now, with what a visit for it takes."""

    id: UUID
    code: str
    title: str
    minutes: int
    materials: list[str]
    scenario: UUID
    scope: str  # the scenario's code
    scenario_title: str
    scenario_lead: str
    lead: str
    joining: list[str]

    @property
    def need(self) -> ItemNeed:
        return ItemNeed(scenario=self.scenario, lead=self.lead, joining=tuple(self.joining))


class OfferedHalf(msgspec.Struct, frozen=True):
    """places: how many visits like this one still fit in; 0: none, and ``why`` says why not."""

    half_day: HalfDay
    places: int
    why: str


class OfferedDay(msgspec.Struct, frozen=True):
    """A day of the calendar, or rest days of one name up to ``last_on``, which have no halves.

    name: 国庆节, 调休上班, or empty. provisional: the year's holidays are not announced yet.
    """

    day: date
    last_on: date
    name: str
    halves: list[OfferedHalf]
    provisional: bool

    @property
    def free(self) -> bool:
        return any(half.places for half in self.halves)


# What no longer holds is left out: a site given up, items off the menu.
BOOKINGS = """
SELECT d.id, d.enterprise, d.day, d.half, d.question, d.updated_at,
       (SELECT site.id FROM site WHERE site.id = d.site AND site.closed_at IS NULL) AS site,
       cardinality(d.items) AS chosen,
       ARRAY(SELECT i.id FROM service_item i JOIN scenario s ON s.id = i.scenario
             WHERE i.id = ANY(d.items) AND s.retired_at IS NULL ORDER BY i.position, i.code) AS items,
       (SELECT coalesce(json_agg(json_build_object('id', p.id, 'file', p.file, 'use', p.use, 'opinion', p.opinion)
                                 ORDER BY p.position, p.added_at), '[]')
        FROM guidance.photo p WHERE p.draft = d.id)::text AS photos
FROM guidance.booking_draft d
"""
ITEMS = """
SELECT i.id, i.code, i.title, i.minutes, i.materials::text, s.id AS scenario, s.code AS scope,
       s.title AS scenario_title, s.lead_department AS scenario_lead, i.lead_department AS lead,
       i.joining_departments AS joining
FROM service_item i JOIN scenario s ON s.id = i.scenario
WHERE s.retired_at IS NULL
"""


async def bookings_of(viewer: Actor) -> dict[UUID, Booking]:
    """What somebody has begun to book, by enterprise; only for firms that they still act for."""
    begun = await _bookings("WHERE d.person = $1", viewer.person_id)
    theirs = {one.id for one in await enterprises.enterprises_of(viewer)} if begun else set()
    return {one.enterprise: one for one in begun if one.enterprise in theirs}


async def booking(draft_id: UUID, *, viewer: Actor) -> Booking | None:
    """A booking not yet sent, or None when there is none, or the viewer did not begin it for a firm of theirs."""
    found = next(iter(await _bookings("WHERE d.id = $1 AND d.person = $2", draft_id, viewer.person_id)), None)
    if found is None or not await enterprises.acts_for(viewer.person_id, found.enterprise):
        return None
    return found


async def is_booked(draft_id: UUID, *, viewer: Actor) -> bool:
    """Whether the viewer's booking has become a visit, which then has its id."""
    rows = await db.fetch("SELECT FROM visit WHERE id = $1 AND booked_by = $2", draft_id, viewer.person_id)
    return bool(rows)


async def offered_items(ids: Collection[UUID]) -> list[OfferedItem]:
    """Those of the items that are on offer now, in the catalogue's order."""
    return await _items("AND i.id = ANY($1::uuid[])", list(ids)) if ids else []


async def offered_item(code: str) -> OfferedItem | None:
    return next(iter(await _items("AND i.code = $1", code)), None)


async def need_of(items: Sequence[OfferedItem]) -> Need:
    """The quorum of officers that a visit for these items takes; they are of one scenario, at least one."""
    first = items[0]
    policy = await standards.booking_policy()
    return rules.need([item.need for item in items], lead=first.scenario_lead, scope=first.scope, policy=policy)


async def open_visits(enterprise_id: UUID) -> int:
    """How many visits of a firm are booked and not yet held."""
    states = [state.value for state in rules.BEFORE_VISIT]
    sql = "SELECT count(*) AS number FROM visit WHERE enterprise = $1 AND state = ANY($2)"
    return int((await db.fetch(sql, enterprise_id, states))[0]["number"])


async def free_days(need: Need, *, now: datetime, besides: HalfDay | None = None) -> list[OfferedDay]:
    """The calendar from the first day that is early enough to the horizon: each half-day with its places, or why not.

    Ordinary weekends are left out; holidays are named. besides: the half-day that a visit is to be moved away from.
    """
    policy, calendar = await standards.booking_policy(), await standards.calendar()
    days = rules.offered_days(clock.beijing_date(now), policy=policy, calendar=calendar)
    halves = await staff.half_days(days)
    early = [one for one in halves if rules.early_enough(one, now=now, policy=policy)]
    asked = [one for one in early if one != besides]
    free = {one.half_day.starts_at: one.places for one in await staff.free_half_days(need, asked, calendar=calendar)}
    offered: dict[date, list[OfferedHalf]] = {one.day: [] for one in early}
    for one in halves:
        if one.day in offered:
            places = free.get(one.starts_at, 0)
            why = "原定时间" if one == besides else "已约满" if one in early else f"须提前{policy.notice_hours}小时"
            offered[one.day].append(OfferedHalf(half_day=one, places=places, why="" if places else why))
    return _with_rest_days(offered, names=await standards.day_names(), known=calendar.years)


async def is_free(need: Need, half_day: HalfDay) -> bool:
    """Whether a half-day can still be had; somebody else may take it the next moment."""
    return bool(await staff.free_half_days(need, [half_day], calendar=await standards.calendar()))


def _with_rest_days(
    offered: Mapping[date, list[OfferedHalf]], *, names: dict[date, str], known: Collection[int]
) -> list[OfferedDay]:
    """Every working day with its halves, and between them the named rest days, those of one name as one."""
    found: list[OfferedDay] = []
    first, last = min(offered, default=date.max), max(offered, default=date.min)
    for day in (first + workdays.DAY * passed for passed in range((last - first).days + 1)):
        name, halves = names.get(day, ""), offered.get(day, [])
        if not halves and name and found and found[-1].name == name and not found[-1].halves:
            found[-1] = msgspec.structs.replace(found[-1], last_on=day)
        elif halves or name:
            provisional = day.year not in known
            found.append(OfferedDay(day=day, last_on=day, name=name, halves=halves, provisional=provisional))
    return found


async def _bookings(which: str, *values: object) -> list[Booking]:
    async with db.reading(desk=DESK):
        rows = await db.fetch(BOOKINGS + which, *values)
    return [await _booking(row) for row in rows]


async def _booking(row: Mapping[str, Any]) -> Booking:
    half_day = await staff.half_day(row["day"], Half(row["half"])) if row["day"] and row["half"] else None
    answers = Draft(site=row["site"], items=tuple(row["items"]), half_day=half_day, question=row["question"])
    photos = msgspec.json.decode(row["photos"], type=list[PhotoLine])
    return Booking(
        id=row["id"],
        enterprise=row["enterprise"],
        answers=answers,
        items_gone=row["chosen"] - len(row["items"]),
        photos=photos,
        updated_at=row["updated_at"],
    )


async def _items(which: str, *values: object) -> list[OfferedItem]:
    rows = await db.fetch(f"{ITEMS} {which} ORDER BY i.position, i.code", *values)
    return [msgspec.convert({**row, "materials": msgspec.json.decode(row["materials"])}, OfferedItem) for row in rows]
