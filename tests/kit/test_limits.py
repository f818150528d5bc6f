import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis

from backend.kit import limits
from backend.kit.limits import Limit
from tests.conftest import City

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
THREE_A_MINUTE = Limit("a", 3, timedelta(minutes=1))
FOUR_AN_HOUR = Limit("b", 4, timedelta(hours=1))


@pytest.fixture(autouse=True)
async def redis(city: City) -> AsyncIterator[Redis]:
    client = Redis.from_url(city.valkey.url())
    await client.flushdb()
    limits.connect(city.valkey.url())
    yield client
    await limits.close()
    await client.flushdb()
    await client.aclose()


async def take(*asked: Limit, seconds: float = 0, use: str | None = None) -> datetime | None:
    at = NOW + timedelta(seconds=seconds)
    return await limits.take(asked, use=use if use is not None else f"use {seconds} {asyncio.current_task()}", now=at)


async def test_there_is_room_until_there_is_none_and_then_again():
    assert [await take(THREE_A_MINUTE, seconds=second) for second in (0, 10, 20)] == [None] * 3

    assert await take(THREE_A_MINUTE, seconds=30) == NOW + timedelta(seconds=60)
    assert await take(THREE_A_MINUTE, seconds=59.999) == NOW + timedelta(seconds=60)
    assert await take(THREE_A_MINUTE, seconds=60) is None  # the first has just left the window
    assert await take(THREE_A_MINUTE, seconds=60.5) == NOW + timedelta(seconds=70)


async def test_what_is_refused_is_noted_nowhere():
    for second in range(3):
        await take(THREE_A_MINUTE, seconds=second)
    for second in range(3, 20):
        assert await take(THREE_A_MINUTE, FOUR_AN_HOUR, seconds=second)

    assert [await take(FOUR_AN_HOUR, seconds=30 + second) for second in range(4)] == [None] * 4


async def test_of_several_full_windows_the_last_to_open_counts():
    for second in range(3):
        await take(THREE_A_MINUTE, FOUR_AN_HOUR, seconds=second)
    await take(FOUR_AN_HOUR, seconds=3)

    assert await take(THREE_A_MINUTE, FOUR_AN_HOUR, seconds=4) == NOW + timedelta(hours=1)


async def test_looking_notes_nothing():
    for _ in range(9):
        assert await take(THREE_A_MINUTE, use="") is None

    for second in range(3):
        await take(THREE_A_MINUTE, seconds=second)
    assert await take(THREE_A_MINUTE, seconds=4, use="")


async def test_a_use_given_back_makes_room():
    for second in range(3):
        await take(THREE_A_MINUTE, seconds=second, use=f"use {second}")

    await limits.give_back([THREE_A_MINUTE], use="use 1")
    assert await take(THREE_A_MINUTE, seconds=5) is None
    assert await take(THREE_A_MINUTE, seconds=6)

    await limits.forget([THREE_A_MINUTE])
    assert await take(THREE_A_MINUTE, seconds=7) is None


async def test_of_a_hundred_at_once_exactly_as_many_as_allowed_get_through():
    ten = Limit("c", 10, timedelta(minutes=1))

    answers = await asyncio.gather(*[limits.take([ten], use=str(number), now=NOW) for number in range(100)])

    assert answers.count(None) == 10


async def test_keys_end_by_themselves(redis):
    await take(THREE_A_MINUTE)

    assert 0 < await redis.pttl("limit:a") <= 60_000


async def test_without_redis_the_caller_is_told_soon(tmp_path):
    await limits.close()
    with pytest.raises(limits.Away):
        await take(THREE_A_MINUTE)

    limits.connect(f"unix://{tmp_path}/nobody.sock")
    began = asyncio.get_running_loop().time()
    with pytest.raises(limits.Away):
        await take(THREE_A_MINUTE)
    await limits.give_back([THREE_A_MINUTE], use="x")
    await limits.forget([THREE_A_MINUTE])
    assert asyncio.get_running_loop().time() - began < 3


async def test_a_redis_that_says_nothing_is_away():
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    limits.connect(f"redis://127.0.0.1:{port}")
    began = asyncio.get_running_loop().time()

    with pytest.raises(limits.Away):
        await take(THREE_A_MINUTE)

    assert asyncio.get_running_loop().time() - began < 3
    await limits.close()
    server.close()
