"""The door to Redis' queue: "look now". What must happen is a row; losing a wake-up costs at most a minute.

Only this file and worker.py import arq, so that it can be replaced (it is maintenance-only).
"""

import asyncio
from time import monotonic
from typing import Any
from urllib.parse import unquote

import msgspec
import structlog
from arq.connections import ArqRedis, RedisSettings, create_pool
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisGone
from redis.exceptions import TimeoutError as RedisSlow

encode = msgspec.json.Encoder(enc_hook=repr).encode
decode = msgspec.json.Decoder().decode
log = structlog.get_logger()
AWAY = (OSError, RedisGone, RedisSlow, TimeoutError)
TRY_AGAIN_SECONDS = 5  # a Redis that was away at start is looked for again, though not at every wake-up
_pool: ArqRedis | None = None
_url = ""
_try_at = 0.0


def redis_settings(url: str, *, patient: bool) -> RedisSettings:
    """arq's settings for a ``redis://`` or ``unix://`` URL.

    patient: a worker outlives about a minute without Redis; a web process gives up at once.
    """
    settings = RedisSettings.from_dsn(url)
    if settings.unix_socket_path:
        settings.unix_socket_path = unquote(settings.unix_socket_path)  # arq leaves %20 as it is
    settings.conn_timeout = 2
    settings.conn_retries = 5 if patient else 0
    if patient:
        settings.retry = Retry(ExponentialBackoff(cap=1, base=0.1), 60)
        settings.retry_on_error = [RedisGone, RedisSlow, OSError]
        settings.retry_on_timeout = True
    return settings


async def connect(url: str) -> None:
    """Open the pool that ``wake`` uses. Raises nothing when Redis is away: ``wake`` looks for it again."""
    global _url
    _url = url
    await _connect()


async def _connect() -> None:
    global _pool, _try_at
    _try_at = monotonic() + TRY_AGAIN_SECONDS
    try:
        _pool = await create_pool(redis_settings(_url, patient=False), job_serializer=encode, job_deserializer=decode)
    except AWAY as failure:
        log.warning("queue_away", error=repr(failure))


async def close() -> None:
    global _pool, _url
    pool, _pool, _url = _pool, None, ""
    if pool is not None:
        await pool.aclose()


async def redis() -> ArqRedis | None:
    """The connection pool, for what else goes through Redis; None while Redis is away or nobody has connected."""
    if _pool is None and _url and monotonic() > _try_at:
        await _connect()
    return _pool


async def wake(job: str, **arguments: Any) -> None:
    """Ask a worker to run ``job`` now. Never raises: the minute clock finds what a lost wake-up leaves."""
    try:
        async with asyncio.timeout(1):
            pool = await redis()
            if pool is None:
                log.warning("wake_up_lost", job=job, error="no connection")
                return
            await pool.enqueue_job(job, **arguments)
    except AWAY as failure:
        log.warning("wake_up_lost", job=job, error=repr(failure))
