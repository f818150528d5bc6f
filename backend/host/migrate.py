"""Migrations: Piccolo's, run one at a time under a lock, each in one transaction together with its own record."""

import contextlib
import io
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, cast

import asyncpg

from backend.host import roles
from backend.host.processes import HostProblem

APP = "backend"
FOLDER = Path(__file__).parents[2] / "migrations"
LACKING = (asyncpg.UndefinedFileError, asyncpg.FeatureNotSupportedError, asyncpg.InsufficientPrivilegeError)
EXTENSIONS = ("btree_gist", "pg_trgm")
LOCK_SECONDS = 300  # how long to wait for another machine that migrates
DDL_LOCK_SECONDS = 10  # a migration that waits longer for a table gives way to those who use it

Progress = Callable[[str], None]


def known() -> list[str]:
    """The ids of the migrations in the repository, oldest first. Read from the text: importing them takes a second."""
    texts = (path.read_text(encoding="utf-8") for path in FOLDER.glob("*.py"))
    return sorted(found[1] for text in texts if (found := re.search(r'^ID = "(.+)"$', text, re.MULTILINE)))


async def forwards(owner_url: str, *, progress: Progress = lambda line: None) -> list[str]:
    """Run what has not run; returns the ids. Several may call it at once: one works, the others find it done.

    Raises HostProblem when the server is too old, an extension is missing, or a table stays locked.
    """
    connection = await roles.connect(owner_url)
    try:
        async with _alone(connection):
            done = await applied(connection)
            if unknown := set(done) - set(known()):
                raise HostProblem(f"数据库由更新的版本升级过（{max(unknown)}），请更新程序后再启动")
            if pending := [one for one in known() if one not in done]:
                await _prepare(connection)
                for one in pending:
                    progress(one)
                    await _run_one(connection, one)
                await roles.grant(connection)
            return pending
    except asyncpg.LockNotAvailableError as taken:
        raise HostProblem(f"数据表被占用超过 {DDL_LOCK_SECONDS} 秒，迁移已撤回，请稍后再试") from taken
    finally:
        await connection.close()


async def backwards(owner_url: str) -> None:
    """Undo every migration, newest first; for the check that both directions run."""
    from piccolo.apps.migrations.commands.backwards import run_backwards  # noqa: PLC0415 - a second, and rarely needed

    connection = await roles.connect(owner_url)
    try:
        async with _alone(connection), _piccolo_on(connection):
            await run_backwards(APP, "all", auto_agree=True)
    finally:
        await connection.close()


async def applied(connection: asyncpg.Connection) -> list[str]:
    """The ids of the migrations that this database has."""
    if not await connection.fetchval("SELECT to_regclass('public.migration')"):
        return []
    rows = await connection.fetch("SELECT name FROM public.migration WHERE app_name = $1 ORDER BY name", APP)
    return [row["name"] for row in rows]


async def _prepare(connection: asyncpg.Connection) -> None:
    for extension in EXTENSIONS:
        try:
            await connection.execute(f"CREATE EXTENSION IF NOT EXISTS {extension} WITH SCHEMA public")
        except LACKING as lacking:
            raise HostProblem(f"数据库缺少扩展 {extension}（postgresql-contrib）：{lacking}") from lacking
    # In a locale that knows no letters beyond ASCII the search by part of a name would silently find nothing.
    if not await connection.fetchval("SELECT public.similarity('会议室', '会议') > 0"):
        raise HostProblem("数据库的区域设置不识别汉字，无法按名称搜索；请用 LC_CTYPE=C.UTF-8 重新建库")
    await roles.prepare(connection)


async def _run_one(connection: asyncpg.Connection, one: str) -> None:
    from piccolo.apps.migrations.commands.forwards import run_forwards  # noqa: PLC0415 - not on a start without news

    async with _piccolo_on(connection):
        result = await run_forwards(APP, one)
    if not result.success:
        raise HostProblem(f"迁移 {one} 失败：{result.message}")


@contextlib.asynccontextmanager
async def _alone(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """Hold the migration lock of this database."""
    await connection.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
    await connection.execute("SELECT pg_advisory_lock(hashtext('bihuan.migrate'))")
    try:
        yield
    finally:
        await connection.execute("SELECT pg_advisory_unlock(hashtext('bihuan.migrate'))")


@contextlib.asynccontextmanager
async def _piccolo_on(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """Let Piccolo work in one transaction of ``connection``.

    Left alone it records a migration after its transaction: a crash between the two, and the next start stumbles over
    tables that are there already. It also talks to standard output.
    """
    from backend.kit.db import DB  # noqa: PLC0415 - brings Piccolo with it

    async with connection.transaction():
        await connection.execute(f"SET LOCAL lock_timeout = '{DDL_LOCK_SECONDS}s'")
        token = DB.current_transaction.set(cast(Any, _Open(connection)))
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                yield
        finally:
            DB.current_transaction.reset(token)


class _Open:
    """What Piccolo looks for in its own context variable; it then opens no transaction of its own."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection
