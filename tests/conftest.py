"""What every test may ask for: a city's servers, a database that forgets, one that keeps, a linting browser."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import hypothesis
import pytest

from backend import settings as settings_of
from backend.host import migrate, roles
from backend.host.postgres import EmbeddedPostgres
from backend.host.valkey import EmbeddedValkey
from backend.kit import db, queue
from backend.settings import Settings
from tests.browser import Browser

hypothesis.settings.register_profile(  # the same examples in every run; scripts/prove looks further
    "bihuan", deadline=None, derandomize=True, suppress_health_check=[*hypothesis.HealthCheck]
)
hypothesis.settings.load_profile("bihuan")
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # Monday 09:00 in Beijing
_copies = itertools.count(1)


class City:
    """The servers of a test run and the settings that lead to them."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.postgres = EmbeddedPostgres(data)
        self.valkey = EmbeddedValkey(data)

    def settings(self, database: str = "bihuan", **changed: str) -> Settings:
        environment = {
            "DATABASE_URL": self.postgres.url(database),
            "REDIS_URL": self.valkey.url(),
            "BIHUAN_URL": "https://t.example",
            "BIHUAN_SECRET": "a secret of the tests, known to everybody",
            **changed,
        }
        return settings_of.read(environment, data=self.data)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """Real PostgreSQL and Valkey with a migrated database and the ground data, for the whole run."""
    made = City(tmp_path_factory.mktemp("city"))
    made.postgres.start()
    made.valkey.start()
    try:
        asyncio.run(_prepare(made))
        yield made
    finally:
        made.valkey.stop()
        made.postgres.stop()


async def _prepare(city: City) -> None:
    settings = city.settings()
    await roles.ensure(settings.owner_database_url, secret=settings.secret)
    await migrate.forwards(settings.owner_database_url)
    async with db.pool(settings.database_url, size=2):
        await load_ground()


async def load_ground() -> None:
    """Calendar, policies, regions, departments, roles and the catalogue, as each start of the city loads them."""
    from backend.accounts import actions as accounts  # noqa: PLC0415 - after the engine is configured
    from backend.guidance import actions as guidance  # noqa: PLC0415
    from backend.standards import actions as standards  # noqa: PLC0415

    await standards.load_shipped(now=NOW)
    await accounts.load_ground(now=NOW)
    await guidance.load_catalogue(now=NOW)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def settings(city: City) -> Settings:
    return city.settings()


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[None]:
    """The database inside a transaction that is rolled back: fast, and blind to what other connections do."""
    async with db.pool(settings.database_url, size=1), db.rehearsal():
        yield


@pytest.fixture
async def committed(city: City) -> AsyncIterator[Settings]:
    """A database of one's own that really commits: for races, roles and kills."""
    name = f"copy_{next(_copies)}"
    owner = await asyncpg.connect(city.postgres.url("postgres"))
    try:
        await owner.execute(f'CREATE DATABASE "{name}" TEMPLATE bihuan')
        settings = city.settings(name)
        await roles.ensure(settings.owner_database_url, secret=settings.secret)
        async with db.pool(settings.database_url, size=20):
            yield settings
    finally:
        await owner.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await owner.close()


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The jobs that were asked to run now."""
    names: list[str] = []

    async def wake(job: str, **arguments: object) -> None:
        names.append(job)

    monkeypatch.setattr(queue, "wake", wake)
    return names


@pytest.fixture
async def browser(database: None, settings: Settings, now: datetime) -> AsyncIterator[Browser]:
    """The application without a network, in the test's own transaction, at the test's own time."""
    from backend.app import create_app  # noqa: PLC0415 - a second that tests of rules do not need

    app = create_app(settings, clock=lambda: now, pool=False)
    async with app.lifespan(), Browser.of(app, now=now) as opened:
        yield opened
