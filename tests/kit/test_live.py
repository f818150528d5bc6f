"""Live updates through a real Valkey, also one that is killed and comes back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from uuid import uuid4

import pytest

from backend.host.valkey import EmbeddedValkey
from backend.kit import live, queue
from backend.kit.live import Hub, Listener
from tests.conftest import City


@asynccontextmanager
async def listening_hub(url: str) -> AsyncIterator[Hub]:
    hub = Hub(url)
    async with hub.running():
        await asyncio.wait_for(hub.connected.wait(), 5)
        await queue.connect(url)
        try:
            yield hub
        finally:
            await queue.close()


@pytest.fixture
async def hub(city: City) -> AsyncIterator[Hub]:
    async with listening_hub(city.valkey.url()) as made:
        yield made


async def quiet(listener: Listener) -> bool:
    return not await listener.news(seconds=0.2)


async def test_news_reaches_those_it_is_for_and_nobody_else(hub: Hub):
    mine, yours = uuid4(), uuid4()

    with hub.listening(mine) as one, hub.listening(mine) as two, hub.listening(yours) as other:
        await live.publish([mine])

        assert await one.news(seconds=2)
        assert await two.news(seconds=2)
        assert await quiet(other)


async def test_news_that_piles_up_is_told_once(hub: Hub):
    channel = uuid4()

    with hub.listening(channel) as listener:
        for _ in range(500):
            await live.publish([channel])
        await asyncio.sleep(0.2)

        assert await listener.news(seconds=1)
        assert await quiet(listener)


async def test_another_process_s_hub_hears_it_too(hub: Hub, city: City):
    channel, other = uuid4(), Hub(city.valkey.url())

    async with other.running():
        await asyncio.wait_for(other.connected.wait(), 5)
        with other.listening(channel) as far, hub.listening(channel) as near:
            await live.publish([channel])

            assert await far.news(seconds=2)
            assert await near.news(seconds=2)


async def test_a_closed_page_leaves_nothing_behind(hub: Hub):
    channel = uuid4()

    with hub.listening(channel):
        assert hub.listeners() == 1

    assert hub.listeners() == 0
    await live.publish([channel])


async def test_the_oldest_of_too_many_pages_of_one_person_gives_way(hub: Hub):
    channel = uuid4()

    with hub.listening(channel) as first:
        others = [hub.listening(channel) for _ in range(live.MAX_LISTENERS)]
        entered = [other.__enter__() for other in others]

        assert await first.news(seconds=1)
        assert first.ended
        assert not any(one.ended for one in entered)
        for other in others:
            other.__exit__(None, None, None)


async def test_shutting_down_ends_every_stream_at_once(city: City):
    hub = Hub(city.valkey.url())
    async with hub.running():
        opened = hub.listening(uuid4())
        listener = opened.__enter__()
        waiting = asyncio.create_task(listener.news(seconds=60))
        await asyncio.sleep(0)

    assert await asyncio.wait_for(waiting, 1)
    assert listener.ended


async def test_a_redis_that_is_killed_and_comes_back_is_heard_again(tmp_path: Path):
    own = EmbeddedValkey(tmp_path)
    own.start()
    channel = uuid4()
    async with listening_hub(own.url()) as hub:
        with hub.listening(channel) as before:
            assert own.process is not None
            own.process.kill()
            own.process.wait()
            own.stop()
            await until(_not(hub.connected.is_set))
            began = monotonic()
            await live.publish([channel])  # lost, and only logged
            assert monotonic() - began < 2
            await before.news(seconds=0.01)

            own.start()
            await asyncio.wait_for(hub.connected.wait(), 5)

            assert await before.news(seconds=1), "whoever listened looks again: something may have been said meanwhile"
            with hub.listening(channel) as after:
                await until(lambda: _told(channel, after))
                assert await before.news(seconds=1)
    own.stop()


async def test_a_hub_starts_and_stops_without_redis(tmp_path: Path):
    hub = Hub(f"unix://{tmp_path}/nobody.sock")

    async with hub.running():
        with hub.listening(uuid4()) as listener:
            assert await quiet(listener)
        await queue.connect(f"unix://{tmp_path}/nobody.sock")
        await live.publish([uuid4()])
        await queue.wake("send_due_notices")
        await queue.close()


def _not(ask: Callable[[], bool]) -> Callable[[], Awaitable[bool]]:
    async def asked() -> bool:
        return not ask()

    return asked


async def _told(channel, listener: Listener) -> bool:
    await live.publish([channel])
    return await listener.news(seconds=0.2)


async def until(there: Callable[[], Awaitable[bool]], *, seconds: float = 8) -> None:
    give_up_at = monotonic() + seconds
    while not await there():
        assert monotonic() < give_up_at
        await asyncio.sleep(0.05)


async def test_the_parent_of_the_web_processes_ends_the_streams_of_its_own_children_alone(
    hub: Hub, city: City, monkeypatch: pytest.MonkeyPatch
):
    with hub.listening(uuid4()) as listener:
        live.end_streams(city.valkey.url())  # this very process, whose parent is somebody else
        assert await quiet(listener)
        monkeypatch.setattr(live.os, "getpid", live.os.getppid)
        live.end_streams(city.valkey.url())

        assert await listener.news(seconds=2)
        assert listener.ended


def test_a_parent_stops_also_without_redis(tmp_path: Path):
    live.end_streams(f"unix://{tmp_path}/nobody.sock")
