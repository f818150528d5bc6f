"""Officers with certificates and working plans, as tests need them."""

import itertools
from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID, uuid4

from backend.accounts.tables import Person
from backend.kit import clock
from backend.staff import actions, queries
from backend.staff.rules import Half, HalfDay, LeaveKind, Need, Purpose
from backend.staff.tables import Leave, Officer, WorkingPlan
from tests.conftest import NOW

WEDNESDAY = date(2026, 11, 25)
WORKING_WEEK = range(1, 6)
_numbers = itertools.count(1)


async def officer(
    *,
    department: str = "fire",
    scopes: Iterable[str] = ("wood",),
    issued_on: date = date(2024, 1, 1),
    expires_on: date = date(2029, 12, 31),
    plan: Iterable[tuple[int, Half]] | None = None,
    active: bool = True,
    name: str = "",
) -> UUID:
    """An officer who keeps every half-day of a working week, unless ``plan`` says (weekday, half) otherwise."""
    number = next(_numbers)
    person_id = uuid4()
    await Person.insert(
        Person(
            id=person_id, name=name or f"执法员{number}", phone=f"139{number:08}", created_at=NOW - timedelta(days=99)
        )
    )
    await Officer.insert(
        Officer(
            id=person_id,
            person=person_id,
            department=department,
            certificate_number=f"33078300{number:06}",
            issued_on=issued_on,
            expires_on=expires_on,
            scopes=list(scopes),
            active=active,
        )
    )
    kept = plan if plan is not None else [(weekday, half) for weekday in WORKING_WEEK for half in Half]
    rows = [
        WorkingPlan(officer=person_id, weekday=weekday, half=half, from_on=date(2024, 1, 1)) for weekday, half in kept
    ]
    if rows:
        await WorkingPlan.insert(*rows)
    return person_id


async def leave(officer_id: UUID, from_on: date, to_on: date) -> None:
    await Leave.insert(Leave(officer=officer_id, from_on=from_on, to_on=to_on, kind=LeaveKind.LEAVE))


def half_day(day: date = WEDNESDAY, half: Half = Half.MORNING) -> HalfDay:
    first, last = (9, 11) if half is Half.MORNING else (14, 17)
    ends_at = clock.at_beijing(day, last, 30 if half is Half.MORNING else 0)
    return HalfDay(day=day, half=half, starts_at=clock.at_beijing(day, first), ends_at=ends_at)


def need(*departments: str, scope: str = "wood", officers: int = 2) -> Need:
    return Need(departments=departments or ("fire",), scope=scope, officers=officers)


async def engaged(officers: int = 1, *, at: HalfDay | None = None, about: UUID | None = None, **one: str) -> UUID:
    """Officers taken for a half-day; returns what they are engaged about."""
    about = about or uuid4()
    need_them = need(one.get("department", "fire"), scope=one.get("scope", "wood"), officers=officers)
    await actions.engage(need=need_them, half_day=at or half_day(), about=about, purpose=Purpose.INSPECTION, now=NOW)
    return about


async def team(about: UUID) -> set[UUID]:
    return {one.officer for one in await queries.engaged(about)}
