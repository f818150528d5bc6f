"""The door to Redis' queue: "look now". What must happen is a row; losing a wake-up costs at most a minute.

Only this file and worker.py import arq, so that it can be replaced (it is maintenance-only).
"""

import asyncio
from typing import Any

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
_pool: ArqRedis | None = None


def redis_settings(url: str, *, patient: bool) -> RedisSettings:
    """arq's settings for a ``redis://`` or ``unix://`` URL.

    patient: a worker outlives about a minute without Redis; a web process gives up at once.
    """
    settings = RedisSettings.from_dsn(url)
    settings.conn_timeout = 2
    settings.conn_retries = 5 if patient else 0
    if patient:
        settings.retry = Retry(ExponentialBackoff(cap=1, base=0.1), 60)
        settings.retry_on_error = [RedisGone, RedisSlow, OSError]
        settings.retry_on_timeout = True
    return settings


async def connect(url: str) -> None:
    """Open the pool that ``wake`` uses. Raises nothing when Redis is away: ``wake`` will then only log."""
    global _pool
    try:
        _pool = await create_pool(redis_settings(url, patient=False), job_serializer=encode, job_deserializer=decode)
    except (OSError, RedisGone, RedisSlow, TimeoutError) as failure:
        log.warning("queue_away", error=repr(failure))
        _pool = None


async def close() -> None:
    global _pool
    pool, _pool = _pool, None
    if pool is not None:
        await pool.aclose()


async def wake(job: str, **arguments: Any) -> None:
    """Ask a worker to run ``job`` now. Never raises: the minute clock finds what a lost wake-up leaves."""
    if _pool is None:
        log.warning("wake_up_lost", job=job, error="no connection")
        return
    try:
        async with asyncio.timeout(1):
            await _pool.enqueue_job(job, **arguments)
    except (OSError, RedisGone, RedisSlow, TimeoutError) as failure:
        log.warning("wake_up_lost", job=job, error=repr(failure))
