"""Keeping and forgetting files: the content on disk, one row each in the database."""

import asyncio
from collections.abc import Collection
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from backend.audit import actions as audit
from backend.files import pictures, rules
from backend.files.rules import StoredCard
from backend.files.store import Store
from backend.files.tables import StoredFile
from backend.kit import clock, db

AT_ONCE = asyncio.Semaphore(2)  # pictures decoded at the same time in one process: each takes some 50 MB
UPLOADED = "SELECT count(*) AS files FROM stored_file WHERE uploaded_by = $1 AND uploaded_at > $2"
USED = "SELECT DISTINCT sha256 FROM stored_file WHERE sha256 = ANY($1::text[])"
EXPIRED = "DELETE FROM stored_file WHERE keep_until <= $1 RETURNING id"
SWEPT_AT_ONCE = 500


async def keep_photo(
    raw: bytes, *, store: Store, by: UUID | None, keep_until: date | None = None, now: datetime
) -> UUID:
    """Keep a photo, cleaned of everything but what it shows; returns the file's id.

    raw: as uploaded, at most 8 MB. keep_until: the Beijing date from which it may go; None: as long as the record it
    belongs to. Runs in the caller's transaction if one is open; the content of one rolled back is swept a day later.
    Raises rules.PhotoTooLarge, rules.NotAPhoto, rules.TooManyToday.
    """
    rules.check_size(len(raw))
    if by is not None:
        uploaded = await db.fetch(UPLOADED, by, now - timedelta(days=1))
        rules.check_today(uploaded[0]["files"])
    async with AT_ONCE:
        picture = await asyncio.to_thread(pictures.clean, raw)
    sha256 = await asyncio.to_thread(store.put, picture.content)
    file_id = uuid4()
    async with db.transaction():
        await StoredFile.insert(
            StoredFile(
                id=file_id,
                sha256=sha256,
                media_type=picture.media_type,
                size_bytes=len(picture.content),
                width=picture.width,
                height=picture.height,
                uploaded_by=by,
                uploaded_at=now,
                keep_until=keep_until,
            )
        )
        await audit.record(by=by, did="file.keep", to=file_id, now=now, detail={"bytes": len(picture.content)})
    return file_id


async def read(file: StoredCard, *, store: Store, thumb: bool = False) -> bytes:
    """The content of a file, or a small copy of a photo, made when first asked for. Raises db.NotFound."""
    if not thumb:
        return db.found(await asyncio.to_thread(store.get, file.sha256))
    made = await asyncio.to_thread(store.get_thumb, file.sha256)
    return made if made is not None else await _make_thumb(file, store)


async def forget(ids: Collection[UUID], *, by: UUID | None, now: datetime) -> None:
    """Delete files; the nightly sweep takes their content. What is not there is passed over."""
    if not ids:
        return
    async with db.transaction():
        gone = await db.fetch("DELETE FROM stored_file WHERE id = ANY($1::uuid[]) RETURNING id", list(ids))
        for row in gone:
            await audit.record(by=by, did="file.forget", to=row["id"], now=now)


async def sweep(*, store: Store, now: datetime) -> int:
    """Delete what has been kept long enough, and content that no row names; returns how many contents went.

    Safe to run twice or beside uploads: content put in the last day stays whatever the rows say.
    """
    async with db.transaction():
        for row in await db.fetch(EXPIRED, clock.beijing_date(now)):
            await audit.record(by=None, did="file.expire", to=row["id"], now=now)
    before = now - rules.ORPHANS_KEPT
    old = await asyncio.to_thread(lambda: list(store.older_than(before)))
    removed = 0
    for start in range(0, len(old), SWEPT_AT_ONCE):
        batch = old[start : start + SWEPT_AT_ONCE]
        used = {row["sha256"] for row in await db.fetch(USED, batch)}
        for sha256 in batch:
            if sha256 not in used:
                await asyncio.to_thread(store.remove, sha256, older_than=before)
                removed += 1
    return removed


async def _make_thumb(file: StoredCard, store: Store) -> bytes:
    content = db.found(await asyncio.to_thread(store.get, file.sha256))
    async with AT_ONCE:
        picture = await asyncio.to_thread(pictures.thumbnail, content)
    await asyncio.to_thread(store.put_thumb, file.sha256, picture.content)
    return picture.content
