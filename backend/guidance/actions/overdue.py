"""Telling people what they owe: the office an acceptance, the team an opinion, the owner a correction."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from backend.guidance import rules
from backend.guidance.actions import steps
from backend.guidance.actions.steps import Locked
from backend.guidance.rules import VisitState
from backend.kit import clock, db, workdays
from backend.kit.workdays import Calendar
from backend.standards import queries as standards
from backend.standards.rules import GuidancePolicy

UNACCEPTED = "SELECT id FROM visit WHERE state = 'submitted' AND booked_at < $1"
UNWRITTEN = """
SELECT v.id, max(s.at) AS departed_at FROM visit v JOIN visit_step s ON s.visit = v.id AND s.step = 'depart'
WHERE v.state = 'departed' GROUP BY v.id HAVING max(s.at) < $1
"""
UNCORRECTED = """
SELECT o.visit AS id, min(o.correct_by) AS due FROM guidance.opinion o JOIN visit v ON v.id = o.visit
WHERE v.state IN ('issued', 'confirmed') AND o.corrected_at IS NULL AND o.correct_by >= $1 GROUP BY o.visit
"""


async def remind_of_waiting(*, now: datetime) -> int:
    """Say once to everybody what is overdue or due; returns how many visits were spoken of. Safe to repeat."""
    today = clock.beijing_date(now)
    policy, calendar = await standards.guidance_policy(), await standards.calendar()
    return (
        await _remind_office(today, policy=policy, calendar=calendar, now=now)
        + await _remind_teams(today, policy=policy, calendar=calendar, now=now)
        + await _remind_owners(today, policy=policy, calendar=calendar, now=now)
    )


async def _remind_office(today: date, *, policy: GuidancePolicy, calendar: Calendar, now: datetime) -> int:
    """Bookings whose acceptance is overdue."""
    late_on = rules.booked_too_long(today, policy=policy, calendar=calendar)

    async def tell(visit: Locked) -> None:
        await steps.tell_office(visit, "visit.accept_overdue", now=now)

    rows = await db.fetch(UNACCEPTED, _end_of(late_on))
    return sum([await _said(row["id"], tell, while_in=[VisitState.SUBMITTED]) for row in rows])


async def _remind_teams(today: date, *, policy: GuidancePolicy, calendar: Calendar, now: datetime) -> int:
    """Visits whose opinion is due today or overdue."""
    due_on = rules.departed_too_long(today + timedelta(days=1), policy=policy, calendar=calendar)
    reminded = 0
    for row in await db.fetch(UNWRITTEN, _end_of(due_on)):
        term = rules.opinion_by(clock.beijing_date(row["departed_at"]), policy=policy, calendar=calendar)

        async def tell(visit: Locked, deadline: str = term.last_on.isoformat()) -> None:
            await steps.tell_team(visit, "visit.opinion_due", now=now, deadline=deadline)

        reminded += await _said(row["id"], tell, while_in=[VisitState.DEPARTED])
    return reminded


async def _remind_owners(today: date, *, policy: GuidancePolicy, calendar: Calendar, now: datetime) -> int:
    """Visits of which something is to be put right soon: ``policy.remind_working_days`` before, each once."""
    async with db.reading(desk=db.Desk.GUIDANCE):
        rows = await db.fetch(UNCORRECTED, today)
    reminded = 0
    for row in rows:
        due: date = row["due"]
        left = workdays.working_days_between(today, due, calendar=calendar)
        near = [days for days in policy.remind_working_days if left <= days]
        if not near:
            continue

        async def tell(visit: Locked, due: date = due, days: int = min(near)) -> None:
            # What makes a saying new is here the date and the reminder, not the revision of the visit.
            once = msgspec.structs.replace(visit, revision=due.toordinal() * 100 + days)
            page = f"/guidance/visits/{visit.id}/opinion"
            await steps.tell_owner(once, "visit.correct_soon", now=now, path=page, deadline=due.isoformat())

        reminded += await _said(row["id"], tell, while_in=[VisitState.ISSUED, VisitState.CONFIRMED])
    return reminded


async def _said(visit_id: UUID, tell: Callable[[Locked], Awaitable[None]], *, while_in: list[VisitState]) -> bool:
    """Tell, if the visit still stands where it stood when the list was read."""
    async with db.transaction():
        visit = await steps.lock(visit_id)
        if visit.state not in while_in:
            return False
        await tell(visit)
        return True


def _end_of(day: date) -> datetime:
    return clock.at_beijing(day + timedelta(days=1), 0)
