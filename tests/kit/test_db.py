"""The transaction door: desks, savepoints, hooks, and what Piccolo's own would have broken."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from backend.audit.tables import AuditEntry
from backend.guidance.tables import VisitWords
from backend.kit import db
from backend.ratings.tables import Rating


async def note(what: str) -> None:
    await AuditEntry(did=f"test {what}").save()


async def noted() -> list[str]:
    rows = await AuditEntry.select(AuditEntry.did).where(AuditEntry.did.like("test %")).order_by(AuditEntry.id)
    return [row["did"].removeprefix("test ") for row in rows]


async def break_off(*, desk: db.Desk | None = None) -> None:
    async with db.transaction(desk=desk):
        await note("inner")
        raise ZeroDivisionError


async def break_at_commit() -> None:
    async with db.transaction():
        await db.connection().execute("CREATE TEMP TABLE late (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        await db.connection().execute("INSERT INTO late VALUES (1), (1)")


async def test_a_nested_transaction_is_a_savepoint(committed):
    async with db.transaction():
        await note("outer")
        with pytest.raises(ZeroDivisionError):
            await break_off()
        await note("after")

    assert await noted() == ["outer", "after"]


async def test_a_failed_commit_neither_leaks_a_connection_nor_leaves_a_transaction_open(committed):
    for _ in range(25):  # more often than the pool has connections
        with pytest.raises(asyncpg.UniqueViolationError):
            await break_at_commit()

    assert db.DB.current_transaction.get() is None
    async with db.transaction():
        await note("still works")
    assert await noted() == ["still works"]


async def test_a_cancelled_transaction_gives_its_connection_back(committed):
    async def sleep() -> None:
        async with db.transaction():
            await note("never")
            await asyncio.sleep(60)

    for _ in range(25):
        task = asyncio.create_task(sleep())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert await noted() == []


async def test_hooks_run_after_the_outermost_commit_and_only_log_their_failure(committed):
    seen: list[str] = []

    async def hook() -> None:
        seen.append("after commit" if await noted() == ["kept"] else "too early")

    async def broken() -> None:
        raise RuntimeError("the queue is away")

    async with db.transaction():
        async with db.transaction():
            db.after_commit(broken)
            db.after_commit(hook)
            await note("kept")
        assert seen == []

    assert seen == ["after commit"]


async def test_hooks_of_a_rolled_back_transaction_never_run(committed):
    seen: list[str] = []

    async def hook() -> None:
        seen.append("ran")

    async def promise() -> None:
        async with db.transaction():
            db.after_commit(hook)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await promise()

    assert seen == []


async def test_a_hook_needs_an_open_transaction():
    with pytest.raises(RuntimeError):
        db.after_commit(note)


@pytest.mark.parametrize("table", [VisitWords, Rating])
async def test_without_its_desk_a_secret_table_is_closed_by_the_database(committed, table):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await table.select()


async def test_a_desk_is_taken_for_its_block_and_given_back(committed):
    async with db.transaction():
        async with db.transaction(desk=db.Desk.GUIDANCE):
            assert await VisitWords.select() == []
            async with db.transaction(desk=db.Desk.RATINGS):
                assert await Rating.select() == []
            assert await VisitWords.select() == []
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with db.transaction():
                await VisitWords.select()


async def test_one_desk_does_not_open_the_other(committed):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with db.transaction(desk=db.Desk.RATINGS):
            await VisitWords.select()


async def test_a_refusal_inside_a_desk_gives_the_role_back(committed):
    async with db.transaction():
        with pytest.raises(ZeroDivisionError):
            await break_off(desk=db.Desk.GUIDANCE)
        assert await db.connection().fetchval("SELECT current_user = session_user")


async def test_the_log_can_be_written_and_read_but_never_changed(committed):
    async with db.transaction():
        await note("once")
    for change in ("UPDATE audit_entry SET did = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with db.transaction():
                await db.connection().execute(change)

    assert await noted() == ["once"]


async def test_the_login_owns_nothing_and_inherits_no_desk(committed):
    async with db.transaction():
        role = await db.connection().fetchrow(
            "SELECT rolinherit, rolsuper, rolcreaterole FROM pg_roles WHERE rolname = session_user"
        )
        owned = await db.connection().fetchval("SELECT count(*) FROM pg_tables WHERE tableowner = session_user")

    assert (role["rolinherit"], role["rolsuper"], role["rolcreaterole"], owned) == (False, False, False, 0)


async def test_a_rehearsal_forgets_everything_yet_runs_the_hooks(committed):
    seen: list[str] = []

    async def hook() -> None:
        seen.append("ran")

    async with db.rehearsal():
        async with db.transaction():
            await note("gone")
            db.after_commit(hook)
        assert await noted() == ["gone"]

    assert (await noted(), seen) == ([], ["ran"])


async def _error_of(work: Callable[[], Awaitable[object]]) -> BaseException:
    try:
        await work()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


async def test_a_database_that_is_away_is_told_from_a_bug(committed, tmp_path):
    connection = await asyncpg.connect(committed.database_url)
    ended = "SELECT pg_terminate_backend(pg_backend_pid())"

    gone = [
        lambda: asyncpg.connect(host=str(tmp_path)),  # its socket is not there
        lambda: asyncpg.connect(host="127.0.0.1", port=1, timeout=5),
        lambda: connection.execute(ended),
        lambda: connection.execute("SELECT 1"),
    ]
    bugs = [
        lambda: db.fetch("SELECT 1 FROM no_such_table"),
        lambda: db.fetch("SELECT $1::timestamptz", "today"),
        lambda: asyncio.to_thread((tmp_path / "no such file").read_bytes),
    ]

    assert [db.is_away(await _error_of(work)) for work in gone] == [True] * 4
    assert [db.is_away(await _error_of(work)) for work in bugs] == [False] * 3
