"""Database roles: who may read what, held by PostgreSQL rather than by the code that asks (decisions/0003)."""

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import asyncpg

from backend.host.processes import HostProblem

OLDEST = 16  # GRANT … WITH INHERIT FALSE, SET TRUE
COMMON = "bihuan_common"
DESKS = ("guidance", "ratings")  # each is a schema, and a role ``bihuan_<desk>`` that alone may enter it
SCHEMAS = {"public": COMMON} | {desk: f"bihuan_{desk}" for desk in DESKS}
APPEND_ONLY = ("audit_entry",)
READ_ONLY = ("migration",)
ATTEMPTS = 8

# Roles belong to the whole cluster, so two databases may change the same one at the same time.
COLLISIONS = (asyncpg.UniqueViolationError, asyncpg.DuplicateObjectError, asyncpg.DeadlockDetectedError)


async def ensure(owner_url: str, *, secret: bytes) -> str:
    """Make roles, schemas, grants and the login of web and worker; returns that login's URL. Safe to repeat.

    owner_url: a login that owns the database and may create roles.
    secret: the login's password is derived from it, so that it is kept nowhere.
    Raises HostProblem for a server older than PostgreSQL 16 or an owner that may not create roles.
    """
    login, url = login_name(owner_url), login_url(owner_url, secret=secret)
    connection = await connect(owner_url)
    try:
        database = await connection.fetchval("SELECT current_database()")
        await _retried(connection, lambda: _ensure(connection, database, login))
        if not await _may_sign_in(url):
            password = _password(secret, login)
            await _retried(connection, lambda: connection.execute(f"ALTER ROLE {_name(login)} PASSWORD '{password}'"))
        return url
    except asyncpg.InsufficientPrivilegeError as refused:
        raise HostProblem(f"数据库所有者缺少权限（需要 CREATEROLE，且拥有该数据库）：{refused}") from refused
    finally:
        await connection.close()


async def refresh(owner_url: str) -> None:
    """Roles, schemas and grants for a database whose login of web and worker somebody else made."""
    connection = await connect(owner_url)
    try:
        await prepare(connection)
        await grant(connection)
    finally:
        await connection.close()


def login_name(url: str) -> str:
    """The name of the login of web and worker for the database that ``url`` names."""
    return f"{_database(url)}_app"


def login_url(url: str, *, secret: bytes) -> str:
    """``url`` with the login of web and worker. Given such a URL it returns the same one."""
    parts = urlsplit(url)
    login, place = login_name(url), parts.netloc.rpartition("@")[2]
    netloc = f"{quote(login)}:{_password(secret, login)}@{place}"
    return urlunsplit(parts._replace(netloc=netloc, path=f"/{quote(_database(url))}"))


def _database(url: str) -> str:
    """The database's name; where the URL has none it is the login's, as for every client of PostgreSQL."""
    parts = urlsplit(url)
    return unquote(parts.path.lstrip("/")) or unquote(parts.username or "")


async def connect(owner_url: str) -> asyncpg.Connection:
    """A connection of the owner. Raises HostProblem when the server is too old or cannot be reached."""
    try:
        connection = await asyncpg.connect(owner_url, timeout=10)
    except (OSError, TimeoutError, asyncpg.PostgresError) as problem:
        raise HostProblem(f"无法连接数据库：{problem}") from problem
    major = connection.get_server_version().major
    if major < OLDEST:
        await connection.close()
        raise HostProblem(f"数据库是 PostgreSQL {major}，需要 {OLDEST} 或更高版本")
    return connection


async def prepare(connection: asyncpg.Connection) -> None:
    """Roles, schemas and what tables made from now on grant. Runs before any migration."""
    await _retried(connection, lambda: _prepare(connection))


async def grant(connection: asyncpg.Connection) -> None:
    """Grant every table that is there; runs after migrations, which may have loosened what is append-only."""
    await _retried(connection, lambda: _grant(connection))


async def _ensure(connection: asyncpg.Connection, database: str, login: str) -> None:
    await _prepare(connection)
    await _create_role(connection, login, "LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE")
    await connection.execute(f"GRANT {COMMON} TO {_name(login)} WITH INHERIT TRUE, SET FALSE")
    for desk in DESKS:
        await connection.execute(f"GRANT bihuan_{desk} TO {_name(login)} WITH INHERIT FALSE, SET TRUE")
    await connection.execute(f"REVOKE ALL ON DATABASE {_name(database)} FROM PUBLIC")
    await connection.execute(f"GRANT CONNECT, TEMPORARY ON DATABASE {_name(database)} TO {_name(login)}")
    await _grant(connection)


async def _prepare(connection: asyncpg.Connection) -> None:
    for schema, role in SCHEMAS.items():
        await _create_role(connection, role, "NOLOGIN")
        await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        await connection.execute(f"REVOKE ALL ON SCHEMA {schema} FROM PUBLIC")
        await connection.execute(f"GRANT USAGE ON SCHEMA {schema} TO {role}")
        future = f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema}"
        await connection.execute(f"{future} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}")
        await connection.execute(f"{future} GRANT USAGE, SELECT ON SEQUENCES TO {role}")
    for desk in DESKS:
        await connection.execute(f"GRANT {COMMON} TO bihuan_{desk} WITH INHERIT TRUE, SET FALSE")


async def _grant(connection: asyncpg.Connection) -> None:
    for schema, role in SCHEMAS.items():
        await connection.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}")
        await connection.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}")
    for tables, privileges in ((APPEND_ONLY, "UPDATE, DELETE"), (READ_ONLY, "INSERT, UPDATE, DELETE")):
        for table in tables:
            if await connection.fetchval("SELECT to_regclass($1)", f"public.{table}"):
                await connection.execute(f"REVOKE {privileges} ON public.{table} FROM {COMMON}")


async def _create_role(connection: asyncpg.Connection, name: str, attributes: str) -> None:
    if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name):
        await connection.execute(f"CREATE ROLE {_name(name)} {attributes}")


async def _retried(connection: asyncpg.Connection, change: Callable[[], Awaitable[object]]) -> None:
    """Run ``change`` in one transaction, again when another database changed the same roles meanwhile."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            async with connection.transaction():
                await connection.execute("SELECT pg_advisory_xact_lock(hashtext('bihuan.roles'))")
                await change()
            return
        except COLLISIONS:
            if attempt == ATTEMPTS:
                raise
        except asyncpg.InternalServerError as error:
            # "tuple concurrently updated" has no code of its own.
            if "concurrently" not in str(error) or attempt == ATTEMPTS:
                raise
        await asyncio.sleep(0.05 * attempt)


async def _may_sign_in(url: str) -> bool:
    try:
        connection = await asyncpg.connect(url, timeout=10)
    except (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError):
        return False
    await connection.close()
    return True


def _password(secret: bytes, login: str) -> str:
    return hmac.new(secret, f"database login {login}".encode(), hashlib.sha256).hexdigest()


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
