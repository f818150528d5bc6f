import asyncio
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from backend.kit import clock
from backend.notices import actions, jobs
from backend.notices.rules import NoticeState
from tests.notices import make
from tests.notices.make import PushSpy, SmsSpy

pytestmark = pytest.mark.usefixtures("database", "woken")


@pytest.fixture
def ctx(monkeypatch: pytest.MonkeyPatch, now: datetime) -> dict[str, Any]:
    """What a worker gives its jobs, at the test's time."""
    monkeypatch.setattr(clock, "now", lambda: now)
    monkeypatch.setattr(jobs, "LOOPS", 1)  # these tests live in one transaction, so on one connection
    settings = SimpleNamespace(base_url="https://t.example")
    return {"settings": settings, "lanes": {}, "push": PushSpy(), "sms": SmsSpy()}


async def test_a_run_empties_its_lane_however_many_batches_it_takes(ctx: dict, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(jobs, "BATCH", 2)
    owner = await make.person()
    await make.device(owner)
    ids = [await make.told(owner) for _ in range(5)]
    urgent = await make.told(owner, kind="visit.arrived")

    sent = await jobs.send_due_notices(ctx)

    assert sent == 5
    assert {(await make.state(one))["state"] for one in ids} == {NoticeState.SENT}
    assert (await make.state(urgent))["state"] == NoticeState.QUEUED
    assert await jobs.send_urgent_notices(ctx) == 1
    assert await jobs.send_urgent_notices(ctx) == 0


async def test_a_run_stops_at_the_end_of_its_time_and_wakes_itself(
    ctx: dict, woken: list[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(jobs, "BATCH", 1)
    monkeypatch.setattr(jobs, "BOX_SECONDS", 0.001)
    owner = await make.person()
    for _ in range(3):
        await make.told(owner)
    woken.clear()

    await jobs.send_due_notices(ctx)

    assert woken == ["send_due_notices"]
    assert len(await actions.claim_due(urgent=False, limit=9, now=make.NOW)) == 2


async def test_a_second_run_of_a_busy_lane_leaves_at_once_and_lets_the_first_look_once_more(
    ctx: dict, monkeypatch: pytest.MonkeyPatch
):
    claims, claimed, free = [], asyncio.Event(), asyncio.Event()

    async def claim(**wanted: object) -> list:
        claims.append(wanted)
        claimed.set()
        await free.wait()
        return []

    monkeypatch.setattr(actions, "claim_due", claim)
    first = asyncio.create_task(jobs.send_urgent_notices(ctx))
    await claimed.wait()

    assert await jobs.send_urgent_notices(ctx) == 0
    assert len(claims) == 1
    free.set()
    await first

    assert len(claims) == 2


async def test_a_lane_is_free_again_after_a_failure(ctx: dict, monkeypatch: pytest.MonkeyPatch):
    async def broken(**wanted: object) -> list:
        raise OSError("the database is away")

    with monkeypatch.context() as patched:
        patched.setattr(actions, "claim_due", broken)
        with pytest.raises(OSError, match="away"):
            await jobs.send_urgent_notices(ctx)

    assert await jobs.send_urgent_notices(ctx) == 0
