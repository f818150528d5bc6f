"""What every measurement stands on: a city of its own with real servers, and the arithmetic of ratios."""

import asyncio
import statistics
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg
import msgspec

from backend.host import migrate, roles
from backend.kit import db
from backend.settings import Settings
from tests.conftest import City, load_ground


class Figure(msgspec.Struct, frozen=True):
    """One line of the bench: ``value`` against ``bar``. at_least: whether more is better."""

    name: str
    value: float
    bar: float
    plain: str  # the figures beside the ratio
    at_least: bool = True

    @property
    def held(self) -> bool:
        return self.value >= self.bar if self.at_least else self.value <= self.bar

    def __str__(self) -> str:
        sign = "≥" if self.at_least else "≤"
        return f"{'ok  ' if self.held else 'MISS'} {self.name}: {self.value:.2f} ({sign} {self.bar:g})   {self.plain}"


@contextmanager
def city() -> Iterator[City]:
    """Servers in a directory that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="bihuan-bench-") as folder:
        made = City(Path(folder))
        made.postgres.start()
        made.valkey.start()
        try:
            asyncio.run(_prepare(made))
            yield made
        finally:
            made.valkey.stop()
            made.postgres.stop()


async def _prepare(made: City) -> None:
    settings = made.settings()
    await roles.ensure(settings.owner_database_url, secret=settings.secret)
    await migrate.forwards(settings.owner_database_url)
    async with db.pool(settings.database_url, size=2):
        await load_ground()


@asynccontextmanager
async def copy(made: City, name: str, *, size: int = 10) -> AsyncIterator[Settings]:
    """A database of its own with the ground data, its pool open."""
    owner = await asyncpg.connect(made.postgres.url("postgres"))
    try:
        await owner.execute(f'CREATE DATABASE "{name}" TEMPLATE bihuan')
        settings = made.settings(name)
        await roles.ensure(settings.owner_database_url, secret=settings.secret)
        async with db.pool(settings.database_url, size=size):
            yield settings
    finally:
        await owner.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await owner.close()


def middle(values: list[float]) -> float:
    return statistics.median(values)


def percentile(values: list[float], percent: float) -> float:
    """The value that ``percent`` of the values do not exceed."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * percent / 100))]
