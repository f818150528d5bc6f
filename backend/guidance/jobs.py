"""What the worker does for guidance by the clock. Each job may run twice, at the same time, or after a crash."""

from typing import Any

from backend.guidance import actions
from backend.kit import clock


async def remind_of_visits(ctx: dict[str, Any]) -> int:
    """From 17:00 on (Beijing): tell both sides of tomorrow's visits."""
    return await actions.remind_of_visits(now=clock.now())


async def remind_of_waiting(ctx: dict[str, Any]) -> int:
    """Mornings: say what is overdue to accept, due to write, and soon to be put right."""
    return await actions.remind_of_waiting(now=clock.now())


async def forget_old_drafts(ctx: dict[str, Any]) -> int:
    """Nightly: throw away bookings that nobody went on with."""
    return await actions.forget_old_drafts(now=clock.now())


JOBS = [remind_of_visits, remind_of_waiting, forget_old_drafts]
