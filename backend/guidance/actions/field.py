"""What the team does on the day: arrive and leave. One officer speaks for all."""

from datetime import datetime
from uuid import UUID

from backend.accounts.rules import Actor
from backend.audit import actions as audit
from backend.guidance import rules
from backend.guidance.actions import steps
from backend.guidance.rules import Side, VisitStep
from backend.kit import db


async def arrive(*, actor: Actor, visit_id: UUID, reason: str, now: datetime) -> None:
    """Note that the team is there; the owner is asked to scan its code.

    reason: needed on any day but the visit's own. Raises rules.StepRefused, rules.ReasonMissing, NotFound.
    """
    async with db.transaction(desk=db.Desk.GUIDANCE):
        visit = await steps.lock_for_officer(visit_id, person_id=actor.person_id)
        facts = steps.facts(visit, side=Side.OFFICER, now=now, reason=reason)
        after = rules.take(VisitStep.ARRIVE, facts)
        said = reason if rules.out_of_day(facts) else ""
        visit = await steps.record(
            visit, VisitStep.ARRIVE, after=after, side=Side.OFFICER, by=actor.person_id, now=now, reason=said
        )
        await steps.tell_owner(visit, "visit.arrived", now=now)


async def depart(*, actor: Actor, visit_id: UUID, now: datetime) -> None:
    """Note that the team has left; the owner is asked how it was. Raises rules.StepRefused, NotFound."""
    async with db.transaction(desk=db.Desk.GUIDANCE):
        visit = await steps.lock_for_officer(visit_id, person_id=actor.person_id)
        after = rules.take(VisitStep.DEPART, steps.facts(visit, side=Side.OFFICER, now=now))
        visit = await steps.record(visit, VisitStep.DEPART, after=after, side=Side.OFFICER, by=actor.person_id, now=now)
        await steps.tell_owner(visit, "visit.rate_please", now=now, path=f"/ratings/visits/{visit.id}")


async def read_contact(*, actor: Actor, visit_id: UUID, now: datetime) -> None:
    """Write down that an official looked at the enterprise's whole phone number. The caller has checked the scope."""
    async with db.transaction():
        await audit.record(by=actor.person_id, did="visit.contact_read", to=visit_id, now=now)
