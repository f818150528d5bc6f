"""Migrations: together, once, whole or not at all."""

import asyncio

import asyncpg
import pytest
from piccolo.apps.migrations.commands import forwards

from backend.host import migrate
from backend.host.processes import HostProblem


async def tables(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname IN ('public', 'guidance', 'ratings')"
        )
        return {row["tablename"] for row in rows}
    finally:
        await connection.close()


async def test_four_at_once_migrate_an_empty_database_once(empty: str):
    ran = await asyncio.gather(*(migrate.forwards(empty) for _ in range(4)))

    assert sorted(ran, key=len)[:3] == [[], [], []]
    assert max(ran, key=len) == migrate.known()
    assert "migration" in await tables(empty)


async def test_backwards_leaves_nothing_and_forwards_works_again(empty: str):
    await migrate.forwards(empty)
    before = await tables(empty)

    await migrate.backwards(empty)
    assert await tables(empty) == {"migration"}
    await migrate.forwards(empty)

    assert await tables(empty) == before


async def test_a_migration_and_its_record_stand_or_fall_together(empty: str, monkeypatch: pytest.MonkeyPatch):
    def crash() -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(forwards.Migration, "insert", crash)
        with pytest.raises(KeyboardInterrupt):
            await migrate.forwards(empty)
    assert await tables(empty) == set()

    assert await migrate.forwards(empty) == migrate.known()


async def test_a_database_from_the_future_is_left_alone(empty: str):
    await migrate.forwards(empty)
    connection = await asyncpg.connect(empty)
    await connection.execute(
        "INSERT INTO migration (name, app_name, ran_on) VALUES ('2999-01-01T00:00:00', 'backend', now())"
    )
    await connection.close()

    with pytest.raises(HostProblem, match="更新的版本"):
        await migrate.forwards(empty)
