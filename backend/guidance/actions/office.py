"""What the guidance office decides about a booking: accept it, return it, send somebody else."""

from datetime import datetime
from uuid import UUID

from backend.accounts.rules import Actor
from backend.guidance import rules
from backend.guidance.actions import steps
from backend.guidance.rules import Side, VisitState, VisitStep
from backend.kit import db
from backend.staff import actions as staff
from backend.staff.rules import Purpose


async def accept_visit(*, actor: Actor, visit_id: UUID, now: datetime) -> None:
    """Accept a booking; the team is told to come and the owner that it will.

    Raises rules.StepRefused when somebody else was faster or its time has come, NotFound.
    """
    async with db.transaction(desk=db.Desk.GUIDANCE):
        visit = await steps.lock(visit_id)
        after = rules.take(VisitStep.ACCEPT, steps.facts(visit, side=Side.OFFICE, now=now))
        visit = await steps.record(visit, VisitStep.ACCEPT, after=after, side=Side.OFFICE, by=actor.person_id, now=now)
        await steps.tell_owner(visit, "visit.accepted", now=now)
        await steps.tell_team(visit, "visit.to_attend", now=now)


async def return_visit(*, actor: Actor, visit_id: UUID, reason: str, now: datetime) -> None:
    """Return a booking to the owner with a reason; its officers are free again.

    Raises rules.StepRefused, rules.ReasonMissing, NotFound.
    """
    async with db.transaction(desk=db.Desk.GUIDANCE):
        visit = await steps.lock(visit_id)
        after = rules.take(VisitStep.RETURN, steps.facts(visit, side=Side.OFFICE, now=now, reason=reason))
        await staff.release(about=visit.id, now=now)
        visit = await steps.record(
            visit, VisitStep.RETURN, after=after, side=Side.OFFICE, by=actor.person_id, now=now, reason=reason
        )
        await steps.tell_owner(visit, "visit.returned", now=now)


async def replace_officer(*, actor: Actor, visit_id: UUID, leaving: UUID, joining: UUID, now: datetime) -> None:
    """Send ``joining`` instead of ``leaving``: of the same department, qualified and free. The time stays.

    Raises rules.StepRefused, staff's OfficerNotFree, NotFound.
    """
    async with db.transaction(desk=db.Desk.GUIDANCE):
        visit = await steps.lock(visit_id)
        after = rules.take(VisitStep.REPLACE_OFFICER, steps.facts(visit, side=Side.OFFICE, now=now))
        await staff.replace(
            about=visit.id, leaving=leaving, joining=joining, scope=visit.scope, purpose=Purpose.GUIDANCE, now=now
        )
        visit = await steps.record(
            visit, VisitStep.REPLACE_OFFICER, after=after, side=Side.OFFICE, by=actor.person_id, now=now
        )
        if after is VisitState.ACCEPTED:  # before that neither owner nor officers were told of anybody
            await steps.tell_owner(visit, "visit.officer_replaced", now=now)
            await steps.tell_team(visit, "visit.officer_replaced", now=now, people=[leaving])
            await steps.tell_team(visit, "visit.to_attend", now=now, people=[joining])
