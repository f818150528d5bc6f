"""The door to PostgreSQL: one engine, transactions that know desks, hooks after commit.

Never Piccolo's own ``DB.transaction()`` or ``.batch()``: a failing COMMIT leaks the connection and leaves its context
variable set, nesting is not atomic, and ``batch`` swallows exceptions (decisions/0005-transactions.md).
"""

import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import Any, TypeVar, cast

import asyncpg
import structlog
from piccolo.engine.postgres import PostgresEngine

from backend.kit.errors import NotFound

Row = TypeVar("Row")
Hook = Callable[[], Awaitable[None]]
log = structlog.get_logger()
# What a query raises when the database is not there: it may be back in a minute, and the code is not at fault.
# OperatorInterventionError: it is starting, stopping, or has crashed and mends itself.
GONE = (asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError, asyncpg.TooManyConnectionsError)
AWAY = (OSError, TimeoutError, *GONE, asyncpg.InterfaceError)

# How long one may queue for a connection: a crowd that books at once is to wait, not to see an error.
ACQUIRE_SECONDS = 20


class Desk(StrEnum):
    """A database role that a transaction may take; its schema is closed to everybody else."""

    GUIDANCE = "bihuan_guidance"
    RATINGS = "bihuan_ratings"


class Engine(PostgresEngine):
    """Piccolo's engine without its habit of connecting when it is made."""

    async def check_version(self) -> None:
        return

    async def prep_database(self) -> None:
        return


DB = Engine(config={})

_hooks: ContextVar[list[Hook] | None] = ContextVar("after_commit_hooks", default=None)
_desk: ContextVar[Desk | None] = ContextVar("desk", default=None)


class _Open:
    """What Piccolo finds in its context variable: only the connection is ever asked for."""

    __slots__ = ("connection", "rehearsal")

    def __init__(self, connection: asyncpg.Connection, *, rehearsal: bool = False) -> None:
        self.connection = connection
        self.rehearsal = rehearsal


def is_away(error: BaseException) -> bool:
    """Whether an error that nobody expected says no more than that the database is not there.

    An OSError says so when it comes out of asyncpg, an InterfaceError when a connection was closed under it.
    """
    if isinstance(error, asyncpg.InterfaceError):
        return "clos" in str(error)
    if isinstance(error, OSError):
        frames = traceback.walk_tb(error.__traceback__)
        return any(frame.f_globals.get("__name__", "").startswith("asyncpg.") for frame, _ in frames)
    return isinstance(error, GONE)


def configure(url: str) -> None:
    """Say which database ``DB`` talks to, before the pool is opened."""
    DB.config = {"dsn": url}


@asynccontextmanager
async def pool(url: str, *, size: int = 10) -> AsyncIterator[None]:
    """Open the pool for as long as the block lasts.

    The per-release RESET round trip is off (it costs 40 %): so nothing may SET for a session, LISTEN or take a session
    lock on a pooled connection; SET LOCAL only.
    """
    configure(url)
    DB.pool = await asyncpg.create_pool(url, min_size=1, max_size=size, reset=_leave_as_is, command_timeout=30)
    try:
        yield
    finally:
        opened, DB.pool = DB.pool, None
        if opened is not None:
            await opened.close()


async def _leave_as_is(connection: object) -> None:
    return


@asynccontextmanager
async def transaction(*, desk: Desk | None = None) -> AsyncIterator[None]:
    """Open a transaction, or a savepoint inside the open one. Never use asyncio.gather inside.

    desk: the role whose rows may be read and written; None keeps the desk already taken, if any. Hooks given to
    ``after_commit`` run once, after the outermost commit, and their failure is logged, never raised.
    """
    outer = DB.current_transaction.get()
    if outer is not None and not getattr(outer, "rehearsal", False):
        async with outer.connection.transaction(), _taking(desk, outer.connection):
            yield
        return
    hooks: list[Hook] = []
    async with _connection(outer) as connection, connection.transaction():
        opened, hooking = DB.current_transaction.set(cast(Any, _Open(connection))), _hooks.set(hooks)
        try:
            async with _taking(desk, connection, to_the_end=outer is None):
                yield
        finally:
            DB.current_transaction.reset(opened)
            _hooks.reset(hooking)
    await run_hooks(hooks)


@asynccontextmanager
async def _connection(rehearsal: Any) -> AsyncIterator[asyncpg.Connection]:
    if rehearsal is not None:
        yield rehearsal.connection
        return
    if DB.pool is None:
        raise RuntimeError("the database pool is not open")
    async with DB.pool.acquire(timeout=ACQUIRE_SECONDS) as connection:
        yield connection


@asynccontextmanager
async def rehearsal() -> AsyncIterator[None]:
    """For tests: everything inside is rolled back, yet each outermost transaction behaves as if it committed."""
    async with _connection(None) as connection:
        undone = connection.transaction()
        await undone.start()
        token = DB.current_transaction.set(cast(Any, _Open(connection, rehearsal=True)))
        try:
            yield
        finally:
            DB.current_transaction.reset(token)
            await undone.rollback()


@asynccontextmanager
async def reading(*, desk: Desk) -> AsyncIterator[None]:
    """Read the desk's rows: a transaction like any other, named for what it is used for."""
    async with transaction(desk=desk):
        yield


@asynccontextmanager
async def _taking(
    desk: Desk | None, connection: asyncpg.Connection, *, to_the_end: bool = False
) -> AsyncIterator[None]:
    """Take a desk's role. to_the_end: nothing but the end of the transaction follows, which gives the role back."""
    before = _desk.get()
    if desk is None or desk is before:
        yield
        return
    await connection.execute(f"SET LOCAL ROLE {desk.value}")
    token = _desk.set(desk)
    try:
        yield
    except BaseException:
        # A rolled-back savepoint or transaction gives the role back by itself; the connection may not even answer now.
        _desk.reset(token)
        raise
    _desk.reset(token)
    if not to_the_end:
        await connection.execute(f"SET LOCAL ROLE {before.value if before else 'NONE'}")


async def run_hooks(hooks: list[Hook]) -> None:
    """Run what was promised for after the commit. The rows stand whatever happens here, so a failure is only logged."""
    for hook in hooks:
        try:
            await hook()
        except Exception as failure:
            log.warning("after_commit_failed", error=repr(failure))


def after_commit(hook: Hook) -> None:
    """Run ``hook`` once the outermost transaction has committed; never if it rolls back. Needs an open transaction."""
    hooks = _hooks.get()
    if hooks is None:
        raise RuntimeError("after_commit needs an open transaction")
    hooks.append(hook)


def connection() -> asyncpg.Connection:
    """The open transaction's connection, for SQL that Piccolo cannot say (``$1`` parameters)."""
    opened = DB.current_transaction.get()
    if opened is None:
        raise RuntimeError("no transaction is open")
    return opened.connection


async def fetch(sql: str, *values: object) -> list[Mapping[str, Any]]:
    """Rows of a hand-written query (``$1`` parameters), inside the open transaction or on a pooled connection."""
    opened = DB.current_transaction.get()
    if opened is not None:
        return list(await opened.connection.fetch(sql, *values))
    if DB.pool is None:
        raise RuntimeError("the database pool is not open")
    return list(await DB.pool.fetch(sql, *values))


def one_of(column: str, values: type[StrEnum]) -> str:
    """The condition of a CHECK that keeps ``column`` to an enum's values (Piccolo's own ``is_in`` writes none here)."""
    listed = ", ".join(f"'{one.value}'" for one in values)
    return f'"{column}" IN ({listed})'


def found(row: Row | None) -> Row:
    """The row; raises NotFound for None."""
    if row is None:
        raise NotFound
    return row


__all__ = [
    "AWAY", "DB", "Desk", "Engine", "NotFound", "after_commit", "configure", "connection", "fetch", "found", "is_away",
    "one_of", "pool", "reading", "rehearsal", "run_hooks", "transaction",
]  # fmt: skip
