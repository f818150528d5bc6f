"""Moving a visit to another half-day and calling it off, by the owner or the guidance office, each with a reason."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.accounts.rules import Actor, Permission
from backend.guidance import queries, rules
from backend.guidance.actions import steps
from backend.guidance.actions.steps import Locked
from backend.guidance.rules import Side, VisitFacts, VisitState, VisitStep
from backend.guidance.tables import Visit
from backend.kit import clock, db
from backend.staff import actions as staff
from backend.staff import queries as staff_queries
from backend.staff.rules import HALF_WORDS, Half, Purpose
from backend.standards import queries as standards


async def reschedule(*, actor: Actor, visit_id: UUID, day: date, half: Half, reason: str, now: datetime) -> None:
    """Move a visit to another half-day with whoever is free then; everybody concerned is told.

    Raises rules.StepRefused past the policy's limits, rules.ReasonMissing, rules.NotOffered, rules.TooSoon, staff's
    HalfDayTaken (and the visit stays where it was), NotFound.
    """
    policy, calendar = await standards.booking_policy(), await standards.calendar()
    to = await staff_queries.half_day(day, half)
    async with db.transaction(desk=db.Desk.GUIDANCE):
        visit, side = await _lock(visit_id, actor=actor)
        after = rules.take(VisitStep.RESCHEDULE, await change_facts(visit, side=side, now=now, reason=reason))
        rules.check_half_day(to, now=now, today=clock.beijing_date(now), policy=policy, calendar=calendar)
        if to.starts_at == visit.starts_at:
            raise rules.NotOffered
        before = [one.officer for one in await staff_queries.engaged(visit.id)]
        need = await queries.need_of_visit(visit.id)
        team = await staff.move(need=need, half_day=to, about=visit.id, purpose=Purpose.GUIDANCE, now=now)
        change: dict[Any, Any] = {
            Visit.day: to.day,
            Visit.half: to.half,
            Visit.starts_at: to.starts_at,
            Visit.ends_at: to.ends_at,
        }
        moved = await steps.record(
            visit,
            VisitStep.RESCHEDULE,
            after=after,
            side=side,
            by=actor.person_id,
            now=now,
            reason=reason,
            change=change,
        )
        moved = msgspec.structs.replace(moved, day=to.day, half=to.half, starts_at=to.starts_at, ends_at=to.ends_at)
        await _tell_moved(moved, was=visit, before=before, team=team, side=side, now=now)


async def cancel(*, actor: Actor, visit_id: UUID, reason: str, now: datetime) -> None:
    """Call a visit off; its officers are free again, and everybody concerned is told.

    Raises rules.StepRefused past the policy's limit, rules.ReasonMissing, NotFound.
    """
    async with db.transaction(desk=db.Desk.GUIDANCE):
        visit, side = await _lock(visit_id, actor=actor)
        after = rules.take(VisitStep.CANCEL, await change_facts(visit, side=side, now=now, reason=reason))
        team = await staff.release(about=visit.id, now=now)
        cancelled = await steps.record(
            visit, VisitStep.CANCEL, after=after, side=side, by=actor.person_id, now=now, reason=reason
        )
        await steps.tell_owner(cancelled, "visit.cancelled", now=now)
        if visit.state is VisitState.ACCEPTED:  # before that they were not told to come
            await steps.tell_team(cancelled, "visit.cancelled", now=now, people=team)
        if side is Side.OWNER:
            await steps.tell_office(cancelled, "visit.cancelled", now=now)


async def change_facts(visit: Locked, *, side: Side, now: datetime, reason: str = "") -> VisitFacts:
    """What decides whether ``side`` may still move or cancel a visit. The office may move it as often as it must."""
    policy = await standards.booking_policy()
    moved = await queries.reschedules(visit.id, side=Side.OWNER) if side is Side.OWNER else 0
    return steps.facts(
        visit,
        side=side,
        now=now,
        reason=reason,
        change_until=rules.change_until(visit.starts_at, policy=policy),
        reschedules_left=rules.reschedules_left(moved, policy=policy) if side is Side.OWNER else 1,
    )


async def _lock(visit_id: UUID, *, actor: Actor) -> tuple[Locked, Side]:
    """The visit under lock and the side that the actor's desk stands for. Raises NotFound."""
    if actor.may(Permission.VISIT_DECIDE):
        return await steps.lock(visit_id), Side.OFFICE
    return await steps.lock_for_owner(visit_id, person_id=actor.person_id), Side.OWNER


async def _tell_moved(
    moved: Locked, *, was: Locked, before: list[UUID], team: list[UUID], side: Side, now: datetime
) -> None:
    said = {"was_day": was.day.isoformat(), "was_half": HALF_WORDS[was.half]}
    await steps.tell_owner(moved, "visit.rescheduled", now=now, **said)
    if side is Side.OWNER:
        await steps.tell_office(moved, "visit.rescheduled", now=now, **said)
    if moved.state is VisitState.ACCEPTED:
        stay, leave = [one for one in team if one in before], [one for one in before if one not in team]
        join = [one for one in team if one not in before]
        await steps.tell_team(moved, "visit.rescheduled", now=now, people=stay, **said)
        await steps.tell_team(moved, "visit.officer_replaced", now=now, people=leave)
        await steps.tell_team(moved, "visit.to_attend", now=now, people=join)
