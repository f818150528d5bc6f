"""The worker's part: empty the outbox, the urgent lane apart from the ordinary one."""

import asyncio
from time import monotonic
from typing import Any

from backend.kit import clock, queue
from backend.notices import actions

BATCH = 50  # sent side by side
LOOPS = 2  # one writes down how its batch ended while the other encrypts
BOX_SECONDS = 20  # far below the job's time limit; what is left wakes the job again


class Lane:
    """At most one run of a lane at a time in a worker; whoever comes meanwhile lets it look once more."""

    def __init__(self) -> None:
        self.running = False
        self.again = False


async def send_due_notices(ctx: dict[str, Any]) -> int:
    """Empty the ordinary lane. Safe to run twice, at the same time, or after a crash."""
    await actions.hold_until_morning(now=clock.now())
    return await _empty(ctx, actions.SEND, urgent=False)


async def send_urgent_notices(ctx: dict[str, Any]) -> int:
    """Empty the lane of kinds that cannot wait. Safe as the other one."""
    return await _empty(ctx, actions.SEND_URGENT, urgent=True)


async def _empty(ctx: dict[str, Any], job: str, *, urgent: bool) -> int:
    lane: Lane = ctx["lanes"].setdefault(job, Lane())
    lane.again = True
    if lane.running:
        return 0
    lane.running, until, sent = True, monotonic() + BOX_SECONDS, 0
    try:
        while lane.again and monotonic() < until:
            lane.again = False
            sent += sum(await asyncio.gather(*(_drain(ctx, urgent=urgent, until=until) for _ in range(LOOPS))))
    finally:
        lane.running = False
    if monotonic() >= until:
        await queue.wake(job)
    return sent


async def _drain(ctx: dict[str, Any], *, urgent: bool, until: float) -> int:
    sent = 0
    while batch := await actions.claim_due(urgent=urgent, limit=BATCH, now=clock.now()):
        base_url = ctx["settings"].base_url
        sent += await actions.deliver(batch, push=ctx["push"], sms=ctx["sms"], base_url=base_url, now=clock.now())
        if monotonic() >= until:
            break
    return sent


JOBS = [send_due_notices, send_urgent_notices]
