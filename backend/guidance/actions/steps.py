"""Moving a visit: its row under lock, the step written down beside it, and the people it concerns told.

Every action that moves a visit goes through ``lock`` and ``record``, in its own transaction at the guidance desk.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.accounts import queries as accounts
from backend.accounts.rules import Permission
from backend.audit import actions as audit
from backend.enterprises import queries as enterprises
from backend.guidance.rules import Side, VisitFacts, VisitState, VisitStep
from backend.guidance.tables import StepReason, Visit, VisitStepTaken
from backend.kit import clock, db
from backend.notices import actions as notices
from backend.staff import queries as staff
from backend.staff.rules import HALF_WORDS, Half


class Locked(msgspec.Struct, frozen=True):
    """A visit's row under lock, with what its steps and notices need."""

    id: UUID
    number: str
    enterprise: UUID
    enterprise_name: str
    scope: str  # the scenario's code: what a certificate must cover
    state: VisitState
    day: date
    half: Half
    starts_at: datetime
    ends_at: datetime
    booked_by: UUID
    booked_at: datetime
    revision: int
    departments: list[str]  # short names, the lead first


ROW = (
    Visit.id,
    Visit.number,
    Visit.enterprise,
    Visit.enterprise.name.as_alias("enterprise_name"),
    Visit.scenario.code.as_alias("scope"),
    Visit.state,
    Visit.day,
    Visit.half,
    Visit.starts_at,
    Visit.ends_at,
    Visit.booked_by,
    Visit.booked_at,
    Visit.revision,
)

DEPARTMENTS = """
SELECT d.short_name FROM visit_department vd JOIN department d ON d.code = vd.department
WHERE vd.visit = $1 ORDER BY vd.lead DESC, d.position, d.code
"""


async def lock(visit_id: UUID) -> Locked:
    """The visit's row, locked until the transaction ends. Raises NotFound. The caller checks whose it is."""
    asked = Visit.select(*ROW).where(Visit.id == visit_id).lock_rows("UPDATE", of=(Visit,))
    row = db.found(await asked.first())
    departments = [row["short_name"] for row in await db.fetch(DEPARTMENTS, visit_id)]
    return msgspec.convert({**row, "departments": departments}, Locked)


async def lock_for_owner(visit_id: UUID, *, person_id: UUID) -> Locked:
    """As ``lock``, for a representative of the visit's enterprise; NotFound for everybody else."""
    visit = await lock(visit_id)
    return db.found(visit if await enterprises.acts_for(person_id, visit.enterprise) else None)


async def lock_for_officer(visit_id: UUID, *, person_id: UUID) -> Locked:
    """As ``lock``, for an officer who is engaged for the visit; NotFound for everybody else."""
    visit = await lock(visit_id)
    return db.found(visit if await staff.is_engaged(person_id, about=visit.id) else None)


def facts(visit: Locked, *, side: Side, now: datetime, **more: Any) -> VisitFacts:
    """What ``rules.take`` asks for. more: the further fields of VisitFacts that the step depends on."""
    return VisitFacts(
        state=visit.state,
        side=side,
        now=now,
        today=clock.beijing_date(now),
        day=visit.day,
        starts_at=visit.starts_at,
        **more,
    )


async def record(
    visit: Locked,
    step: VisitStep,
    *,
    after: VisitState,
    side: Side,
    by: UUID | None,
    now: datetime,
    reason: str = "",
    change: dict[Any, Any] | None = None,
) -> Locked:
    """Write the new state, the step, its reason (behind the desk) and the audit line; returns the row as it now is.

    change: further columns of the visit that the step sets. by: None for the system.
    """
    values: dict[Any, Any] = {Visit.state: after, Visit.revision: visit.revision + 1, **(change or {})}
    await Visit.update(values).where(Visit.id == visit.id)
    taken = VisitStepTaken(visit=visit.id, step=step, state=after, by=by, side=side, at=now)
    await taken.save()
    if reason.strip():
        await StepReason(step=taken.id, reason=reason.strip()).save()
    # Ids and the step alone: the reason is words, and words stay behind the desk.
    await audit.record(by=by, did=f"visit.{step}", to=visit.id, now=now, detail={"state": after.value})
    return msgspec.structs.replace(visit, state=after, revision=visit.revision + 1)


async def tell_owner(visit: Locked, kind: str, *, now: datetime, path: str = "", **more: str | int) -> None:
    """Tell everybody who acts for the enterprise. path: the page to open; the visit's own unless given."""
    people = await enterprises.people_of(visit.enterprise)
    await _tell(people, visit, kind, path=path or f"/guidance/visits/{visit.id}", now=now, **more)


async def tell_team(
    visit: Locked, kind: str, *, now: datetime, people: Iterable[UUID] | None = None, **more: str | int
) -> None:
    """Tell the officers engaged for the visit, or ``people``: those who are not engaged any more see their days."""
    engaged = [one.officer for one in await staff.engaged(visit.id)]
    told = engaged if people is None else list(people)
    coming, gone = [one for one in told if one in engaged], [one for one in told if one not in engaged]
    await _tell(coming, visit, kind, path=f"/guidance/days/{visit.id}", now=now, **more)
    await _tell(gone, visit, kind, path="/guidance/days", now=now, **more)


async def tell_office(visit: Locked, kind: str, *, now: datetime, **more: str | int) -> None:
    """Tell everybody who decides on bookings."""
    people = await accounts.people_who_may(Permission.VISIT_DECIDE)
    await _tell(people, visit, kind, path=f"/guidance/office/visits/{visit.id}", now=now, **more)


async def _tell(people: list[UUID], visit: Locked, kind: str, *, path: str, now: datetime, **more: str | int) -> None:
    said = {
        "number": visit.number,
        "enterprise": visit.enterprise_name,
        "day": visit.day.isoformat(),
        "half": HALF_WORDS[visit.half],
        "departments": "、".join(visit.departments),
        **more,
    }
    # The revision tells one rescheduling from the next; said twice for the same revision, it is heard once.
    await notices.tell(people, kind=kind, about=visit.id, facts=said, now=now, path=path, turn=visit.revision)
