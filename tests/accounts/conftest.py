"""What tests of accounts share: short messages that can be read, and a limiter that starts from nothing."""

import re
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from backend.kit import limits
from backend.kit.sms import Outcome
from tests.conftest import City


class Inbox:
    """A gateway that takes every message and lets the test read it."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.outcome = Outcome.TAKEN

    async def send(self, to: str, text: str, *, key: str) -> Outcome:
        self.sent.append((to, text))
        return self.outcome

    async def close(self) -> None:
        return

    def code(self) -> str:
        """The code of the newest message."""
        return re.findall(r"\d{6}", self.sent[-1][1])[0]


@pytest.fixture
def sms() -> Inbox:
    return Inbox()


@pytest.fixture
async def limiter(city: City) -> AsyncIterator[Redis]:
    """Redis as the limiter, empty before and after."""
    redis = Redis.from_url(city.valkey.url())
    await redis.flushdb()
    limits.connect(city.valkey.url())
    yield redis
    await limits.close()
    await redis.flushdb()
    await redis.aclose()
