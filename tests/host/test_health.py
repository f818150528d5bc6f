"""``GET /health``, with every part there and with one away."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import msgspec
import pytest
import redis.asyncio
from litestar import Litestar

from backend import health
from backend import settings as settings_of
from backend.host.city import ready_for_work
from backend.host.valkey import EmbeddedValkey
from backend.kit import db
from backend.settings import Settings


@pytest.fixture
async def city(empty: str, valkey: EmbeddedValkey, tmp_path: Path) -> AsyncIterator[Settings]:
    """A migrated database and its pool, and Valkey; no application and no worker."""
    env = {"DATABASE_URL": empty, "REDIS_URL": valkey.url()}
    settings = settings_of.read(env, data=tmp_path)
    await ready_for_work(settings)
    async with db.pool(settings.database_url, size=2):
        yield settings


@pytest.fixture
async def answer(city: Settings) -> AsyncIterator[httpx.AsyncClient]:
    app = Litestar([health.health], openapi_config=None)
    app.state.settings = city
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://t") as client:
        client.app = app  # type: ignore[attr-defined]
        yield client


async def beat(settings: Settings, *, alive: bool) -> None:
    async with redis.asyncio.from_url(settings.redis_url) as client:
        await (client.set(health.HEARTBEAT, "1", ex=5) if alive else client.delete(health.HEARTBEAT))


async def test_all_there_is_200(answer: httpx.AsyncClient, city: Settings):
    await beat(city, alive=True)

    told = await answer.get("/health")

    assert told.status_code == 200
    assert told.json() == {
        "database": {"ok": True},
        "outbox": {"ok": True, "waiting": 0, "lag_seconds": 0},
        "redis": {"ok": True},
        "worker": {"ok": True},
    }
    assert told.headers["cache-control"] == "no-store"


async def test_a_worker_without_heartbeat_is_503(answer: httpx.AsyncClient, city: Settings):
    await beat(city, alive=False)

    told = await answer.get("/health")

    assert told.status_code == 503
    assert told.json()["worker"] == {"ok": False}
    assert told.json()["redis"] == {"ok": True}


async def test_without_redis_it_answers_quickly(answer: httpx.AsyncClient, city: Settings, tmp_path: Path):
    gone = EmbeddedValkey(tmp_path).url()
    answer.app.state.settings = msgspec.structs.replace(city, redis_url=gone)  # type: ignore[attr-defined]
    began = time.monotonic()

    told = await answer.get("/health")

    assert told.status_code == 503
    assert told.json()["redis"] == told.json()["worker"] == {"ok": False}
    assert told.json()["database"] == {"ok": True}
    assert time.monotonic() - began < 3


async def test_without_a_database_it_answers_quickly(
    answer: httpx.AsyncClient, city: Settings, monkeypatch: pytest.MonkeyPatch
):
    async def never(sql: str) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(db, "fetch", never)

    told = await answer.get("/health")

    assert told.status_code == 503
    assert told.json()["database"] == told.json()["outbox"] == {"ok": False}


async def test_an_outbox_that_is_far_behind_is_503(
    answer: httpx.AsyncClient, city: Settings, monkeypatch: pytest.MonkeyPatch
):
    await beat(city, alive=True)
    monkeypatch.setattr(health, "LATE_SECONDS", 0)

    told = await answer.get("/health")

    assert told.status_code == 503
    assert told.json()["outbox"]["ok"] is False
