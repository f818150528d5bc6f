"""Telling both sides of a visit the day before."""

from datetime import date, datetime
from uuid import UUID

from backend.guidance.actions import steps
from backend.guidance.rules import VisitState
from backend.guidance.tables import Visit
from backend.kit import clock, db
from backend.kit.workdays import DAY


async def remind_of_visits(*, now: datetime) -> int:
    """Remind the firm and the officers of every visit agreed for tomorrow (Beijing); returns how many visits.

    Safe to repeat: a notice that was said about the same revision of a visit is not said again.
    """
    tomorrow = clock.beijing_date(now) + DAY
    rows = await Visit.select(Visit.id).where(Visit.day == tomorrow, Visit.state == VisitState.ACCEPTED)
    return sum([await _remind(row["id"], of=tomorrow, now=now) for row in rows])


async def _remind(visit_id: UUID, *, of: date, now: datetime) -> bool:
    async with db.transaction():
        visit = await steps.lock(visit_id)
        # It may have been moved or called off since the list was read.
        if visit.state is not VisitState.ACCEPTED or visit.day != of:
            return False
        await steps.tell_owner(visit, "visit.reminder", now=now)
        await steps.tell_team(visit, "visit.reminder", now=now)
        return True
