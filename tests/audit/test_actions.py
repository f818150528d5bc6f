from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import pytest
import structlog

from backend.audit import actions, queries, rules
from backend.audit.tables import AuditEntry
from backend.kit import db


async def test_a_line_stands_with_everything_it_was_given(database, now):
    person, thing = uuid4(), uuid4()

    async with db.transaction():
        with structlog.contextvars.bound_contextvars(request_id="a1b2c3"):
            await actions.record(by=person, did="visit.book", to=thing, now=now, detail={"site": thing, "count": 2})

    [entry] = (await queries.entries_about(thing)).items
    assert (entry.at, entry.by, entry.did, entry.to, entry.request_id) == (now, person, "visit.book", thing, "a1b2c3")
    assert entry.detail == {"site": str(thing), "count": 2}
    assert (await queries.entries_by(person)).items == [entry]


async def test_a_line_goes_with_the_change_that_is_rolled_back(database, now):
    thing = uuid4()

    async def change() -> None:
        async with db.transaction():
            await actions.record(by=None, did="visit.book", to=thing, now=now)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await change()

    assert (await queries.entries_about(thing)).items == []


async def test_outside_of_a_transaction_nothing_is_recorded(settings, now):
    async with db.pool(settings.database_url, size=1):
        with pytest.raises(RuntimeError, match="transaction"):
            await actions.record(by=None, did="visit.book", to=None, now=now)


async def test_a_line_with_words_is_refused(database, now):
    async with db.transaction():
        with pytest.raises(rules.NotForTheLog):
            await actions.record(by=None, did="visit.book", to=None, now=now, detail={"why": "没有空"})


async def test_pages_of_the_log_follow_each_other(database, now):
    thing = uuid4()
    async with db.transaction():
        for number in range(5):
            await actions.record(by=None, did="visit.book", to=thing, now=now, detail={"number": number})
            await actions.record(by=None, did="visit.book", to=uuid4(), now=now)

    first = await queries.entries_about(thing, size=2)
    second = await queries.entries_about(thing, after=first.next, size=2)
    third = await queries.entries_about(thing, after=second.next, size=2)

    seen = [entry.detail["number"] for page in (first, second, third) for entry in page.items]
    assert seen == [4, 3, 2, 1, 0]
    assert third.next is None


@pytest.mark.parametrize("made_up", ["", "x", "W10", "WyItMSJd", "W" * 500])
async def test_a_made_up_cursor_shows_the_first_page(database, now, made_up):
    thing = uuid4()
    async with db.transaction():
        await actions.record(by=None, did="visit.book", to=thing, now=now)

    assert len((await queries.entries_about(thing, after=made_up)).items) == 1


@pytest.mark.parametrize(
    "change", ["UPDATE audit_entry SET did = 'x.y'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"]
)
async def test_the_login_of_web_and_worker_cannot_change_a_line(committed, change):
    async with db.transaction():
        await actions.record(by=None, did="visit.book", to=None, now=datetime(2026, 11, 23, tzinfo=UTC))

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await db.fetch(change)

    assert await AuditEntry.count() >= 1
