"""``GET /health``: is every part there? Answers within seconds also when one of them is not."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import asyncpg
import redis.asyncio as redis
from litestar import Request, Response, get
from litestar.response import Template
from redis.exceptions import RedisError

from backend.kit import db, html

PART_SECONDS = 1
LATE_SECONDS = 600  # an outbox this far behind will not catch up by itself
FRESH = {"Cache-Control": "no-store"}
AWAY: dict[str, Any] = {"ok": False}
HEARTBEAT = "arq:queue:health-check"  # the worker renews it; gone soon after the worker is

# What asyncpg raises when its server dies under it is not always a PostgresError.
DATABASE_GONE = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)

OUTBOX = """
    SELECT count(*) AS waiting, coalesce(extract(epoch FROM now() - min(due_at)), 0)::int AS lag_seconds
    FROM notice WHERE ended_at IS NULL AND due_at <= now()
"""


@get("/health", name="health", opt={"public": True})
async def health(request: Request[Any, Any, Any]) -> Response[dict[str, Any]] | Template:
    """Database, Redis, the worker's heartbeat and the outbox, each with ``ok``; 503 when one is not.

    JSON for machines, a page for whoever opens it in a browser.
    """
    database, queue = await asyncio.gather(_within(_database()), _within(_redis(request.app.state.settings.redis_url)))
    body = dict.fromkeys(("database", "outbox", "redis", "worker"), AWAY) | database | queue
    well = all(part["ok"] for part in body.values())
    status = 200 if well else 503
    if "text/html" in request.headers.get("accept", ""):
        return html.page("shared/health.html", parts=body, well=well, status=status, headers=FRESH)
    return Response(body, status_code=status, headers=FRESH)


async def _within(parts: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    try:
        async with asyncio.timeout(PART_SECONDS):
            return await parts
    except (OSError, TimeoutError, RedisError, *DATABASE_GONE):
        return {}


async def _database() -> dict[str, Any]:
    row = (await db.fetch(OUTBOX))[0]
    lag = row["lag_seconds"]
    outbox = {"ok": lag < LATE_SECONDS, "waiting": row["waiting"], "lag_seconds": lag}
    return {"database": {"ok": True}, "outbox": outbox}


async def _redis(url: str) -> dict[str, Any]:
    client: redis.Redis = redis.from_url(url)  # type: ignore[no-untyped-call]
    async with client:
        alive = bool(await client.exists(HEARTBEAT))
        return {"redis": {"ok": True}, "worker": {"ok": alive}}
