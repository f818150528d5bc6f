"""Owners with a firm, teams that could come, bookings and visits, as tests need them.

Everything that has an action is made by it, so that what tests start from is what the product would hold.
"""

import itertools
from datetime import date, datetime
from uuid import UUID, uuid4

import msgspec

from backend.accounts import queries as accounts
from backend.accounts.rules import Actor, Role
from backend.accounts.tables import Person, RoleGrant
from backend.enterprises.rules import EnterpriseStatus, Tie
from backend.enterprises.tables import Enterprise, Representative, Site
from backend.guidance import actions, queries
from backend.guidance.queries import OfferedItem
from backend.kit import codes, db
from backend.staff.rules import Half
from backend.standards import queries as standards
from tests.conftest import NOW
from tests.staff import make as staff

WEDNESDAY = staff.WEDNESDAY
DUST, FIRE = "furniture.dust", "furniture.fire"  # emergency leads with fire; fire leads with emergency
DEPARTMENTS = ("emergency", "fire")
QUESTION = "打磨车间的除尘怎么改才合规？"
_numbers = itertools.count(1)


class Firm(msgspec.Struct, frozen=True):
    """An enterprise with its main site, and somebody who acts for it."""

    id: UUID
    name: str
    site: UUID
    owner: Actor


async def person(role: Role, *, department: str | None = None, name: str = "") -> Actor:
    """Somebody who can sign in, at one desk."""
    number, person_id, grant_id = next(_numbers), uuid4(), uuid4()
    await Person.insert(Person(id=person_id, name=name or f"人员{number}", phone=f"137{number:08}", created_at=NOW))
    await RoleGrant.insert(RoleGrant(id=grant_id, person=person_id, role=role, department=department, granted_at=NOW))
    return db.found(await accounts.actor(grant_id))


async def office(*, name: str = "") -> Actor:
    return await person(Role.GUIDANCE_OFFICE, department="guidance_office", name=name)


async def firm(*, name: str = "", status: EnterpriseStatus = EnterpriseStatus.ACTIVE) -> Firm:
    """A furniture maker with one site and its owner."""
    number, enterprise_id, site_id = next(_numbers), uuid4(), uuid4()
    name = name or f"木作{number}家具厂"
    owner = await person(Role.OWNER)
    await Enterprise.insert(
        Enterprise(
            id=enterprise_id,
            uscc=f"91330783MA{number:08}",
            name=name,
            trade="C2110",
            region="330783",
            address="南马镇工业区1号",
            status=status,
            contact_name="檀老板",
            contact_phone=owner.phone,
            door_code=codes.opaque(),
            updated_at=NOW,
            source="tests",
        )
    )
    await Site.insert(
        Site(id=site_id, enterprise=enterprise_id, name="主厂区", address="南马镇工业区1号", region="330783", main=True)
    )
    await act_for(enterprise_id, owner)
    return Firm(id=enterprise_id, name=name, site=site_id, owner=owner)


async def act_for(enterprise_id: UUID, actor: Actor) -> None:
    await Representative.insert(
        Representative(enterprise=enterprise_id, person=actor.person_id, tie=Tie.OWNER, since=NOW)
    )


async def officers(
    each: int = 1, *, departments: tuple[str, ...] = DEPARTMENTS, scope: str = "furniture"
) -> list[UUID]:
    """``each`` qualified officers of every department, free on every half-day of a working week."""
    return [
        await staff.officer(department=department, scopes=[scope]) for department in departments for _ in range(each)
    ]


async def officer_actor(officer_id: UUID) -> Actor:
    """The officer at the officer's desk."""
    rows = await db.fetch("SELECT department FROM officer WHERE id = $1", officer_id)
    grant_id = uuid4()
    department = rows[0]["department"]
    await RoleGrant.insert(
        RoleGrant(id=grant_id, person=officer_id, role=Role.OFFICER, department=department, granted_at=NOW)
    )
    return db.found(await accounts.actor(grant_id))


async def item(code: str = DUST) -> OfferedItem:
    return db.found(await queries.offered_item(code))


def forget_standards() -> None:
    """After changing the calendar by hand: the process keeps it for a while."""
    standards.forget()


async def draft(
    owner_of: Firm,
    *,
    items: tuple[str, ...] = (DUST,),
    day: date = WEDNESDAY,
    half: Half = Half.MORNING,
    question: str = QUESTION,
    now: datetime = NOW,
) -> UUID:
    """A booking with every page answered, not yet sent."""
    actor = owner_of.owner
    draft_id = await actions.start_booking(actor=actor, enterprise_id=owner_of.id, now=now)
    await actions.choose_site(actor=actor, draft_id=draft_id, site_id=owner_of.site, now=now)
    chosen = [(await item(code)).id for code in items]
    await actions.choose_items(actor=actor, draft_id=draft_id, items=chosen, now=now)
    await actions.choose_half_day(actor=actor, draft_id=draft_id, day=day, half=half, now=now)
    await actions.ask(actor=actor, draft_id=draft_id, question=question, done=False, now=now)
    return draft_id


async def visit(owner_of: Firm, *, now: datetime = NOW, **answers: object) -> UUID:
    """A booked visit that waits for the office. ``officers`` must be there to come."""
    draft_id = await draft(owner_of, now=now, **answers)  # type: ignore[arg-type]
    return await actions.book_visit(actor=owner_of.owner, draft_id=draft_id, now=now)


async def accepted_visit(owner_of: Firm, *, by: Actor | None = None, now: datetime = NOW, **answers: object) -> UUID:
    visit_id = await visit(owner_of, now=now, **answers)
    await actions.accept_visit(actor=by or await office(), visit_id=visit_id, now=now)
    return visit_id


async def sheet(visit_id: UUID, owner_of: Firm) -> queries.Sheet:
    return db.found(await queries.owner_sheet(visit_id, viewer=owner_of.owner))
