"""A real worker process, a real Valkey and a push service that reads along; the long ones belong to scripts/prove."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import UUID

import msgspec
import pytest
from redis.asyncio import Redis

from backend.accounts.rules import Actor
from backend.host.valkey import EmbeddedValkey
from backend.kit import clock, db, queue
from backend.notices import actions
from backend.notices.vapid import public_key
from backend.settings import Settings
from backend.standards import queries as standards
from tests.conftest import City
from tests.notices import make
from tests.notices.push_service import PushService

OWN_REDIS = 7  # a database of Valkey that no other test's wake-ups get into
HEARTBEAT = "arq:queue:health-check"


class Post:
    """One city's worker, queue and push service."""

    def __init__(self, settings: Settings, service: PushService, log: Path) -> None:
        self.settings = settings
        self.service = service
        self.log = log
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> subprocess.Popen[bytes]:
        environment = {
            "PATH": os.environ["PATH"],
            "DATABASE_URL": self.settings.database_url,
            "DATABASE_OWNER_URL": self.settings.owner_database_url,
            "REDIS_URL": self.settings.redis_url,
            "BIHUAN_URL": self.settings.base_url,
            "BIHUAN_SECRET": self.settings.secret.decode(),
            "BIHUAN_PUSH_HOSTS": ",".join(self.settings.push_hosts),
        }
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.notices.run_worker", str(self.settings.data)],
                env=environment,
                stdout=log,
                stderr=log,
                cwd=Path(__file__).parents[2],
            )
        self.processes.append(process)
        return process

    async def alive(self, *, seconds: float = 20) -> None:
        """Wait for the heartbeat that /health looks for."""
        async with Redis.from_url(self.settings.redis_url) as redis:
            await redis.delete(HEARTBEAT)

            async def beats() -> bool:
                return bool(await redis.exists(HEARTBEAT))

            await self.until(beats, seconds=seconds)

    async def until(self, there: Callable[[], Awaitable[bool]], *, seconds: float) -> None:
        give_up_at = monotonic() + seconds
        while not await there():
            assert monotonic() < give_up_at, self.log.read_text()[-3000:]
            await asyncio.sleep(0.05)

    async def ended(self, count: int, *, seconds: float = 20) -> dict[str, int]:
        """Wait until that many notices have ended; how they did."""

        async def all_ended() -> bool:
            return sum((await self.endings()).values()) >= count

        await self.until(all_ended, seconds=seconds)
        return await self.endings()

    async def endings(self) -> dict[str, int]:
        rows = await db.fetch("SELECT state, count(*) AS n FROM notice WHERE ended_at IS NOT NULL GROUP BY state")
        return {row["state"]: row["n"] for row in rows}

    async def hurry(self) -> None:
        """Let every wait and every dead worker's lease be over."""
        await db.fetch("UPDATE notice SET due_at = now(), leased_until = NULL WHERE state = 'queued'")
        await queue.wake(actions.SEND)


@asynccontextmanager
async def posted(settings: Settings, log: Path, *, slow_seconds: float = 0) -> AsyncIterator[Post]:
    """A city that is awake at every hour, with nothing started yet."""
    key = public_key(settings.vapid_key)
    async with PushService(application_key=key, slow_seconds=slow_seconds).running() as service:
        changed = msgspec.structs.replace(settings, push_hosts=(service.origin,))
        await db.fetch("UPDATE policy SET value = '\"08:00\"' WHERE key LIKE 'notice.quiet%'")
        standards.forget()
        await queue.connect(changed.redis_url)
        post = Post(changed, service, log)
        try:
            yield post
        finally:
            for process in post.processes:
                process.kill()
                process.wait()
            await queue.close()
            standards.forget()


@pytest.fixture
async def post(committed: Settings, city: City, tmp_path: Path) -> AsyncIterator[Post]:
    settings = msgspec.structs.replace(committed, redis_url=city.valkey.url(OWN_REDIS))
    async with Redis.from_url(settings.redis_url) as redis:
        await redis.flushdb()
    async with posted(settings, tmp_path / "worker.log") as made:
        yield made


async def tell(actor: Actor, **said: Any) -> UUID:
    return await make.told(actor, now=clock.now(), **said)


async def test_a_worker_sends_each_notice_once_and_every_answer_leads_to_one_end(post: Post):
    answers = {"taken": [], "gone": [410], "large": [413], "busy": [429, 201], "down": [500, 201], "never": [403]}
    owners, ids = {name: await make.person() for name in answers}, {}
    for name, owner in owners.items():
        await make.device(owner, post.service.subscribe(name))
        post.service.answers[f"/push/{name}"] = answers[name]
    post.start()
    await post.alive()

    for name, owner in owners.items():
        ids[name] = await tell(owner)
    await post.ended(4)
    states = {name: (await make.state(one))["state"] for name, one in ids.items()}
    waits = {name: (row := await make.state(ids[name]))["due_at"] - row["created_at"] for name in ("busy", "down")}

    assert states == {
        "taken": "sent",
        "gone": "shown",
        "large": "sent",
        "busy": "queued",
        "down": "queued",
        "never": "dead",
    }
    assert 115 < waits["busy"].total_seconds() < 125, "Retry-After"
    assert 55 < waits["down"].total_seconds() < 65
    await post.hurry()
    assert await post.ended(6) == {"sent": 4, "shown": 1, "dead": 1}
    await actions.send_again(by=owners["never"].person_id, notice_id=ids["never"], now=clock.now())
    assert await post.ended(6) == {"sent": 5, "shown": 1}
    assert Counter(one.path.split("/")[-1] for one in post.service.received) == dict.fromkeys(
        answers.keys() - {"gone"}, 1
    )
    assert not post.service.problems


async def test_a_worker_told_to_stop_finishes_and_ends_well(post: Post):
    process = post.start()
    await post.alive()

    process.send_signal(signal.SIGTERM)

    assert await asyncio.to_thread(process.wait, 15) == 0, post.log.read_text()[-3000:]


async def test_the_change_stands_when_redis_dies_between_commit_and_wake_up(committed: Settings, tmp_path: Path):
    own = EmbeddedValkey(tmp_path)
    own.start()
    owner = await make.person()
    await queue.connect(own.url())
    assert own.process is not None
    own.process.kill()
    own.process.wait()

    began = monotonic()
    notice_id = await tell(owner)

    assert monotonic() - began < 3
    assert (await make.state(notice_id))["state"] == "queued"
    own.stop()
    await queue.close()


async def test_four_workers_claiming_at_once_take_each_notice_once(committed: Settings):
    owner = await make.person()
    ids = {await tell(owner) for _ in range(40)}

    async def claim_all() -> list[UUID]:
        mine = []
        while batch := await actions.claim_due(urgent=False, limit=3, now=clock.now()):
            mine += [one.id for one in batch]
            await asyncio.sleep(0)
        return mine

    standards.forget()
    await db.fetch("UPDATE notice SET due_at = now() - interval '1 second'")
    taken = [one for worker in await asyncio.gather(*(claim_all() for _ in range(4))) for one in worker]

    assert len(taken) == 40
    assert set(taken) == ids


@pytest.mark.slow
async def test_killing_the_worker_again_and_again_loses_nothing(committed: Settings, city: City, tmp_path: Path):
    settings = msgspec.structs.replace(committed, redis_url=city.valkey.url(OWN_REDIS))
    async with posted(settings, tmp_path / "worker.log", slow_seconds=0.2) as post:
        owners = [await make.person() for _ in range(20)]
        for owner in owners:
            await make.device(owner, post.service.subscribe())
        ids = {str(await tell(owner)) for owner in owners for _ in range(20)}

        for kill in range(3):
            await post.hurry()
            sent_before, process = len(post.service.received), post.start()
            await post.until(lambda seen=sent_before: _more(post, seen + 60), seconds=20)
            process.kill()
            process.wait()
            assert len(post.service.received) < len(ids), f"kill {kill} came too late to mean anything"
        await post.hurry()
        post.start()

        assert await post.ended(len(ids), seconds=60) == {"sent": len(ids)}
        seen = Counter(one.notification["navigate"].rsplit("/", 1)[1] for one in post.service.received)
        assert set(seen) == ids
        assert sum(seen.values()) - len(ids) <= 3 * 2 * 50, "at most the two batches in hand are sent again"
        tags = {one.notification["navigate"]: one.headers["Topic"] for one in post.service.received}
        assert len({(one.notification["navigate"], one.headers["Topic"]) for one in post.service.received}) == len(tags)
        assert not post.service.problems


async def _more(post: Post, count: int) -> bool:
    return len(post.service.received) >= count


@pytest.mark.slow
async def test_a_redis_that_is_killed_and_comes_back_finds_the_worker_and_the_lost_wake_up(
    committed: Settings, tmp_path: Path
):
    own = EmbeddedValkey(tmp_path)
    own.start()
    settings = msgspec.structs.replace(committed, redis_url=own.url())
    async with posted(settings, tmp_path / "worker.log") as post:
        owner = await make.person()
        await make.device(owner, post.service.subscribe())
        process = post.start()
        await post.alive()
        assert own.process is not None
        own.process.kill()
        own.process.wait()
        own.stop()

        notice_id = await tell(owner)
        await asyncio.sleep(1)
        own.start()

        assert await post.ended(1, seconds=75) == {"sent": 1}
        assert process.poll() is None, "the worker outlived the outage"
        assert (await make.state(notice_id))["attempts"] == 1
    own.stop()


@pytest.mark.slow
async def test_what_is_urgent_overtakes_a_long_queue(committed: Settings, city: City, tmp_path: Path):
    settings = msgspec.structs.replace(committed, redis_url=city.valkey.url(OWN_REDIS))
    async with posted(settings, tmp_path / "worker.log", slow_seconds=1) as post:
        crowd, waiting = await make.person(), await make.person()
        await make.device(crowd, post.service.subscribe())
        await make.device(waiting, urgent := post.service.subscribe())
        for _ in range(400):
            await tell(crowd)
        post.start()
        await post.alive()
        await post.until(lambda: _more(post, 1), seconds=10)

        began = monotonic()
        await tell(waiting, kind="visit.arrived")
        await post.until(lambda: _arrived(post, urgent), seconds=10)

        assert monotonic() - began < 4
        assert len(post.service.received) < 400


async def _arrived(post: Post, subscriber: Any) -> bool:
    return bool(post.service.to(subscriber))
