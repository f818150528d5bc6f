"""Who may read what, asked of PostgreSQL itself."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import asyncpg
import pytest

from backend.host import roles
from backend.host.postgres import EmbeddedPostgres
from backend.host.processes import HostProblem
from backend.kit.db import Desk

SECRET = b"a secret of the tests, known to everybody"
DENIED = asyncpg.InsufficientPrivilegeError


async def run(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture
async def login(empty: str) -> AsyncIterator[asyncpg.Connection]:
    """The login of web and worker, in a database with a table of every kind."""
    url = await roles.ensure(empty, secret=SECRET)
    await run(
        empty,
        "CREATE TABLE plain (id int)",
        "CREATE TABLE guidance.whisper (words text)",
        "CREATE TABLE ratings.rating_probe (stars int)",
        "CREATE TABLE audit_entry (did text)",
        "CREATE TABLE migration (name text)",
        "INSERT INTO guidance.whisper VALUES ('秘密')",
        "INSERT INTO audit_entry VALUES ('visit.book')",
    )
    await roles.ensure(empty, secret=SECRET)
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()


async def test_the_login_reads_and_writes_what_is_common(login: asyncpg.Connection):
    await login.execute("INSERT INTO plain VALUES (1)")
    await login.execute("UPDATE plain SET id = 2")

    assert await login.fetchval("SELECT id FROM plain") == 2


@pytest.mark.parametrize("table", ["guidance.whisper", "ratings.rating_probe"])
async def test_without_a_desk_its_rows_do_not_exist_for_us(login: asyncpg.Connection, table: str):
    for statement in (f"SELECT * FROM {table}", f"DELETE FROM {table}"):
        with pytest.raises(DENIED):
            await login.execute(statement)


async def test_with_the_desk_they_do_and_common_rows_too(login: asyncpg.Connection):
    async with login.transaction():
        await login.execute("SET LOCAL ROLE bihuan_guidance")
        assert await login.fetchval("SELECT words FROM guidance.whisper") == "秘密"
        await login.execute("INSERT INTO plain VALUES (3)")
    with pytest.raises(DENIED):
        await login.execute("SELECT * FROM guidance.whisper")


async def test_one_desk_opens_no_other(login: asyncpg.Connection):
    async with login.transaction():
        await login.execute("SET LOCAL ROLE bihuan_ratings")
        with pytest.raises(DENIED):
            async with login.transaction():
                await login.execute("SELECT * FROM guidance.whisper")


async def test_the_log_only_grows(login: asyncpg.Connection):
    await login.execute("INSERT INTO audit_entry VALUES ('visit.cancel')")

    assert await login.fetchval("SELECT count(*) FROM audit_entry") == 2
    for desk in ("NONE", *Desk):
        await login.execute(f"SET ROLE {desk}")
        for statement in ("UPDATE audit_entry SET did = ''", "DELETE FROM audit_entry", "TRUNCATE audit_entry"):
            with pytest.raises(DENIED):
                await login.execute(statement)


async def test_the_login_can_change_no_structure_and_no_history(login: asyncpg.Connection):
    for statement in (
        "CREATE TABLE mine (id int)",
        "DROP TABLE plain",
        "ALTER TABLE plain ADD COLUMN more int",
        "INSERT INTO migration VALUES ('x')",
        "CREATE SCHEMA mine",
        "CREATE ROLE mine",
        "SET ROLE bihuan_common",
        "GRANT bihuan_guidance TO bihuan_common",
    ):
        with pytest.raises(DENIED):
            await login.execute(statement)


async def test_the_login_owns_nothing_and_inherits_only_what_is_common(login: asyncpg.Connection):
    me = await login.fetchrow(
        "SELECT rolinherit, rolsuper, rolcreaterole, rolcreatedb, oid FROM pg_roles WHERE rolname = current_user"
    )
    inherited = await login.fetch(
        "SELECT roleid::regrole::text AS name, inherit_option, set_option FROM pg_auth_members WHERE member = $1",
        me["oid"],
    )

    assert tuple(me)[:4] == (False, False, False, False)
    assert await login.fetchval("SELECT count(*) FROM pg_class WHERE relowner = $1", me["oid"]) == 0
    assert {tuple(row) for row in inherited} == {
        ("bihuan_common", True, False),
        ("bihuan_guidance", False, True),
        ("bihuan_ratings", False, True),
    }


async def test_tables_made_later_are_granted_by_themselves(empty: str, login: asyncpg.Connection):
    await run(empty, "CREATE TABLE later (id int GENERATED ALWAYS AS IDENTITY)", "CREATE TABLE guidance.later (id int)")

    await login.execute("INSERT INTO later DEFAULT VALUES")
    with pytest.raises(DENIED):
        await login.execute("SELECT * FROM guidance.later")


async def test_nobody_else_may_even_connect(empty: str, cluster: EmbeddedPostgres, login: asyncpg.Connection):
    await run(empty, "DROP ROLE IF EXISTS stranger", "CREATE ROLE stranger LOGIN")

    with pytest.raises(DENIED):
        await asyncpg.connect(cluster.url(urlsplit(empty).path.lstrip("/"), "stranger"))


async def test_the_login_of_one_city_cannot_enter_another(
    empty: str, cluster: EmbeddedPostgres, login: asyncpg.Connection
):
    await run(cluster.url("postgres"), "DROP DATABASE IF EXISTS neighbour", "CREATE DATABASE neighbour")
    await roles.ensure(cluster.url("neighbour"), secret=SECRET)
    mine = await login.fetchval("SELECT current_user")

    with pytest.raises(DENIED):
        await asyncpg.connect(cluster.url("neighbour", mine))


async def test_many_at_once_in_several_databases_of_one_cluster_all_succeed(cluster: EmbeddedPostgres):
    names = [f"crowd_{number}" for number in range(3)]
    for name in names:
        await run(cluster.url("postgres"), f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}")

    made = await asyncio.gather(*(roles.ensure(cluster.url(name), secret=SECRET) for name in names * 4))

    assert len(set(made)) == 3


async def test_an_owner_needs_createrole_and_the_database_no_more(cluster: EmbeddedPostgres):
    server = cluster.url("postgres")
    await run(server, "DROP DATABASE IF EXISTS modest", "DROP ROLE IF EXISTS modest_app", "DROP ROLE IF EXISTS modest")
    await run(server, "CREATE ROLE modest LOGIN CREATEROLE", "CREATE DATABASE modest OWNER modest")
    await run(server, *(f"GRANT {role} TO modest WITH ADMIN TRUE" for role in roles.SCHEMAS.values()))

    login = await roles.ensure(cluster.url("modest", "modest"), secret=SECRET)

    await run(login, "SELECT 1")


async def test_an_owner_that_may_not_is_told_what_is_missing(cluster: EmbeddedPostgres):
    server = cluster.url("postgres")
    await run(server, "DROP DATABASE IF EXISTS poor", "DROP ROLE IF EXISTS poor")
    await run(server, "CREATE ROLE poor LOGIN", "CREATE DATABASE poor OWNER poor")

    with pytest.raises(HostProblem, match="CREATEROLE"):
        await roles.ensure(cluster.url("poor", "poor"), secret=SECRET)


def test_the_desks_of_the_code_are_those_of_the_database():
    assert {f"bihuan_{desk}" for desk in roles.DESKS} == set(Desk)


def test_the_derived_url_keeps_place_and_options():
    url = roles.login_url("postgres://o:w@db:6000/city?sslmode=require", secret=SECRET)

    assert url.startswith("postgres://city_app:")
    assert url.endswith("@db:6000/city?sslmode=require")
    assert roles.login_url(url, secret=SECRET) == url
    assert roles.login_url(url, secret=b"other") != url
