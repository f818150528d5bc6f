"""Reads of the log, newest first. The caller's domain has decided that its viewer may see the thing."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from backend.audit.rules import Entry
from backend.kit import db, paging
from backend.kit.paging import Page

SELECT = 'SELECT id, at, "by", did, "to", detail::text AS detail, request_id FROM audit_entry'


async def entries_about(thing: UUID, *, after: str | None = None, size: int = paging.PAGE) -> Page[Entry]:
    """What was done to one thing. after: the cursor of the page before; size: entries a page, 1 or more."""
    return await _page('"to" = $1', thing, after=after, size=size)


async def entries_by(person: UUID, *, after: str | None = None, size: int = paging.PAGE) -> Page[Entry]:
    """What one person did."""
    return await _page('"by" = $1', person, after=after, size=size)


async def _page(condition: str, value: UUID, *, after: str | None, size: int) -> Page[Entry]:
    rows = await db.fetch(
        f"{SELECT} WHERE {condition} AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
        value,
        _before(after),
        size + 1,
    )
    entries = [_entry(row) for row in rows[:size]]
    return Page(entries, paging.cursor(str(entries[-1].id)) if len(rows) > size else None)


def _before(after: str | None) -> int | None:
    keys = paging.read_cursor(after, parts=1)
    return int(keys[0]) if keys and keys[0].isdecimal() and len(keys[0]) < 19 else None


def _entry(row: Mapping[str, Any]) -> Entry:
    return msgspec.convert({**row, "detail": msgspec.json.decode(row["detail"])}, Entry)
