"""Limits that hold over all processes: one Lua script in Redis, sliding windows, all of a request's limits or none.

Not Litestar's: it lets twice the number through with two workers and shares counters between handlers.
"""

from collections.abc import Awaitable, Iterable, Sequence
from datetime import datetime, timedelta

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger()
PATIENCE_SECONDS = 0.5  # a limiter must never be what a request waits for
_redis: "Redis | None" = None

# KEYS: one sorted set a limit, scored by time. ARGV: now, a unique member (empty: only look), then (most, window) for
# each key; times in ms. Answers 0 when there is room everywhere, else when the last of the full windows has room again.
SCRIPT = """
local now, free_at = tonumber(ARGV[1]), 0
for i, key in ipairs(KEYS) do
  local most, window = tonumber(ARGV[1 + 2 * i]), tonumber(ARGV[2 + 2 * i])
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now - window)
  local used = redis.call('ZCARD', key)
  if used >= most then
    local oldest = redis.call('ZRANGE', key, used - most, used - most, 'WITHSCORES')
    free_at = math.max(free_at, tonumber(oldest[2]) + window)
  end
end
if free_at > 0 or ARGV[2] == '' then return free_at end
for i, key in ipairs(KEYS) do
  redis.call('ZADD', key, now, ARGV[2])
  redis.call('PEXPIRE', key, ARGV[2 + 2 * i])
end
return 0
"""


class Away(Exception):
    """Redis does not answer: count by other means."""


class Limit(msgspec.Struct, frozen=True):
    """At most ``most`` uses in any ``window`` by one ``key``, e.g. ``sms:phone:13800001234``."""

    key: str
    most: int
    window: timedelta


def connect(url: str) -> None:
    """Say where Redis is. Opens nothing yet, so that a start does not wait; a lost connection comes back by itself."""
    global _redis
    _redis = Redis.from_url(url, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS)


async def close() -> None:
    global _redis
    client, _redis = _redis, None
    if client is not None:
        await client.aclose()


async def take(limits: Sequence[Limit], *, use: str, now: datetime) -> datetime | None:
    """Note one use under every limit, or under none when one of them is full.

    use: what tells this use from others, e.g. a UUID; empty only asks whether there is room. Returns None, or when to
    try again. Raises Away.
    """
    if _redis is None:
        raise Away("no connection")
    arguments = [str(_ms(now)), use]
    for limit in limits:
        arguments += [str(limit.most), str(int(limit.window.total_seconds() * 1000))]
    keys = [f"limit:{limit.key}" for limit in limits]
    try:
        free_at = int(await _redis.eval(SCRIPT, len(keys), *keys, *arguments))  # type: ignore[misc]  # sync or async
    except (RedisError, OSError, TimeoutError) as failure:
        log.warning("limiter_away", error=repr(failure))
        raise Away(repr(failure)) from failure
    return datetime.fromtimestamp(free_at / 1000, tz=now.tzinfo) if free_at else None


async def give_back(limits: Sequence[Limit], *, use: str) -> None:
    """Take one use off again, because it turned out well. Raises nothing: windows end by themselves."""
    if _redis is not None:
        await _quietly(_redis.zrem(f"limit:{limit.key}", use) for limit in limits)


async def forget(limits: Sequence[Limit]) -> None:
    """Count from nothing again, e.g. wrong tries after a right one. Raises nothing."""
    if _redis is not None:
        await _quietly(_redis.delete(f"limit:{limit.key}") for limit in limits)


async def _quietly(commands: Iterable[Awaitable[object]]) -> None:
    try:
        for command in commands:
            await command
    except (RedisError, OSError, TimeoutError) as failure:
        log.warning("limiter_away", error=repr(failure))


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
