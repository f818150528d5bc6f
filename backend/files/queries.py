"""Reads of what is stored. Only the domain that owns a file asks, after it has decided that its viewer may see it."""

from collections.abc import Collection
from uuid import UUID

import msgspec

from backend.files.rules import StoredCard
from backend.kit import db

CARDS = """
    SELECT id, sha256, media_type, size_bytes, width, height, keep_until FROM stored_file WHERE id = ANY($1::uuid[])
"""


async def stored(file_id: UUID) -> StoredCard | None:
    return (await stored_many([file_id])).get(file_id)


async def stored_many(ids: Collection[UUID]) -> dict[UUID, StoredCard]:
    """By id; what is not there is left out."""
    rows = await db.fetch(CARDS, list(ids))
    return {row["id"]: msgspec.convert(dict(row), StoredCard) for row in rows}
