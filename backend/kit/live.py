"""Live updates: who looks at a page is told that there is news, never what it is. One Redis connection per process.

Not Litestar's Channels plugin: when Redis drops while somebody listens, it stays deaf until the process is restarted.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from uuid import UUID

import redis
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from backend.kit import queue

CHANNEL = "bihuan:live"
LONGEST_WAIT = 2.0  # seconds between attempts to reach Redis
CHECK_SECONDS = 15  # how often a silent connection to Redis is asked whether it still lives
MAX_LISTENERS = 6  # browsers of one person; the oldest gives way
AWAY = (RedisError, OSError, TimeoutError)
log = structlog.get_logger()


async def publish(channels: Sequence[UUID]) -> None:
    """Say in every process that there is news for these. Never raises: pages also ask when they come into view."""
    try:
        async with asyncio.timeout(1):
            if (pool := await queue.redis()) is not None:
                await pool.publish(CHANNEL, queue.encode([str(channel) for channel in channels]))
    except AWAY as failure:
        log.warning("news_lost", error=repr(failure))


def end_streams(url: str) -> None:
    """Let this process's children end their streams. For the parent of web processes, before it stops them.

    A server waits for its open streams when it is told to stop, and only then for its application.
    """
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1) as client:
            client.publish(CHANNEL, queue.encode(_ending(os.getpid())))
    except AWAY as failure:
        log.warning("streams_not_ended", error=repr(failure))


def _ending(parent: int) -> str:
    return f"end {socket.gethostname()} {parent}"


class Listener:
    """One open stream. News that was not fetched yet is not counted twice: there is some or there is none."""

    def __init__(self) -> None:
        self._news = asyncio.Event()
        self.ended = False

    async def news(self, *, seconds: float) -> bool:
        """True when there is news (or the end, see ``ended``), False after ``seconds`` without."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()
        there_is = self._news.is_set()
        self._news.clear()
        return there_is

    def tell(self) -> None:
        self._news.set()

    def end(self) -> None:
        self.ended = True
        self._news.set()


class Hub:
    """What this process's pages listen to."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._listeners: dict[UUID, list[Listener]] = {}
        self.connected = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen to Redis for as long as the block lasts; at its end every stream ends too."""
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            self.close()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    @contextmanager
    def listening(self, channel: UUID) -> Iterator[Listener]:
        """A listener of this channel, for as long as the block lasts."""
        listener = Listener()
        mine = self._listeners.setdefault(channel, [])
        mine.append(listener)
        if len(mine) > MAX_LISTENERS:
            mine[0].end()
        try:
            yield listener
        finally:
            mine.remove(listener)
            if not mine and self._listeners.get(channel) is mine:
                del self._listeners[channel]

    def close(self) -> None:
        """End every stream, so that a server that waits for them can stop."""
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.end()

    def listeners(self) -> int:
        return sum(len(listeners) for listeners in self._listeners.values())

    async def _run(self) -> None:
        wait = 0.05
        while True:
            try:
                async with Redis.from_url(self._url, health_check_interval=CHECK_SECONDS) as client:
                    subscription = client.pubsub(ignore_subscribe_messages=True)
                    await subscription.subscribe(CHANNEL)
                    wait = 0.05
                    self._tell_all()  # what was said while nobody listened
                    self.connected.set()
                    while True:
                        self._tell(await subscription.get_message(timeout=CHECK_SECONDS))
            except AWAY as failure:
                log.warning("live_away", error=repr(failure))
            self.connected.clear()
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)

    def _tell(self, message: dict[str, object] | None) -> None:
        if message is None or not isinstance(message["data"], bytes):
            return
        said = queue.decode(message["data"])
        if isinstance(said, str):
            if said == _ending(os.getppid()):
                self.close()
            return
        for channel in said:
            for listener in self._listeners.get(UUID(channel), ()):
                listener.tell()

    def _tell_all(self) -> None:
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.tell()
