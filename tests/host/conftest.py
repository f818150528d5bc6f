"""Servers of their own for the tests of the host: they are stopped, killed and broken on purpose."""

import itertools
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from backend.host.postgres import EmbeddedPostgres
from backend.host.valkey import EmbeddedValkey

_names = itertools.count(1)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(tmp_path_factory.mktemp("cluster"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedValkey]:
    server = EmbeddedValkey(tmp_path_factory.mktemp("valkey"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def empty(cluster: EmbeddedPostgres) -> AsyncIterator[str]:
    """The owner's URL of a database with nothing in it."""
    name = f"empty_{next(_names)}"
    owner = await asyncpg.connect(cluster.url("postgres"))
    try:
        await owner.execute(f'CREATE DATABASE "{name}"')
        yield cluster.url(name)
    finally:
        await owner.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await owner.close()
