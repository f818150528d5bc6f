import os
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from backend.audit.tables import AuditEntry
from backend.files import actions, queries, rules
from backend.files.store import Store
from backend.files.tables import StoredFile
from backend.kit import db
from tests.files import make


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "files")


async def test_a_photo_is_kept_as_row_content_and_line_of_the_log(database, store, now):
    person = uuid4()

    file_id = await actions.keep_photo(make.photo(), store=store, by=person, now=now)

    file = await queries.stored(file_id)
    assert (file.media_type, file.width, file.height, file.keep_until) == ("image/jpeg", 640, 480, None)
    assert len(store.get(file.sha256)) == file.size_bytes
    entry = await AuditEntry.select().where(AuditEntry.to == file_id).first()
    assert (entry["by"], entry["did"]) == (person, "file.keep")


@pytest.mark.parametrize("raw", [b"", b"x", b"x" * 8_000_001, make.bomb()], ids=["empty", "text", "large", "bomb"])
async def test_what_is_refused_leaves_nothing(database, store, now, raw):
    with pytest.raises((rules.NotAPhoto, rules.PhotoTooLarge)):
        await actions.keep_photo(raw, store=store, by=uuid4(), now=now)

    assert await StoredFile.count() == 0
    assert not store.root.exists()


async def test_one_person_cannot_fill_the_disk(database, store, now, monkeypatch):
    monkeypatch.setattr(rules, "DAILY_FILES", 2)
    person, raw = uuid4(), make.photo(20, 20)
    for _ in range(2):
        await actions.keep_photo(raw, store=store, by=person, now=now)

    with pytest.raises(rules.TooManyToday):
        await actions.keep_photo(raw, store=store, by=person, now=now)

    assert await actions.keep_photo(raw, store=store, by=uuid4(), now=now)
    assert await actions.keep_photo(raw, store=store, by=person, now=now + timedelta(days=1))


async def test_a_small_copy_is_made_once(database, store, now, monkeypatch):
    file = await queries.stored(await actions.keep_photo(make.photo(), store=store, by=None, now=now))
    first = await actions.read(file, store=store, thumb=True)

    monkeypatch.setattr(actions.pictures, "thumbnail", None)  # would fail if it were called again

    assert await actions.read(file, store=store, thumb=True) == first
    assert len(first) < file.size_bytes


async def test_content_that_is_gone_is_not_found(database, store, now):
    file = await queries.stored(await actions.keep_photo(make.photo(), store=store, by=None, now=now))
    (store.root / file.sha256[:2] / file.sha256[2:]).unlink()

    for thumb in (False, True):
        with pytest.raises(db.NotFound):
            await actions.read(file, store=store, thumb=thumb)


async def test_a_file_may_go_on_the_day_it_was_kept_until(database, store, now):
    raw = make.photo()
    today = await actions.keep_photo(raw, store=store, by=None, keep_until=date(2026, 11, 23), now=now)
    tomorrow = await actions.keep_photo(raw, store=store, by=None, keep_until=date(2026, 11, 24), now=now)
    always = await actions.keep_photo(raw, store=store, by=None, now=now)

    await actions.sweep(store=store, now=now)

    assert set(await queries.stored_many([today, tomorrow, always])) == {tomorrow, always}


async def test_the_sweep_takes_content_that_nobody_names_after_a_day(database, store):
    now = datetime.now(UTC)
    kept = await queries.stored(await actions.keep_photo(make.photo(seed=1), store=store, by=None, now=now))
    orphan, young = store.put(b"orphan"), store.put(b"young")
    for sha256 in (kept.sha256, orphan):
        os.utime(store.root / sha256[:2] / sha256[2:], (0, 0))

    assert await actions.sweep(store=store, now=now) == 1

    assert store.get(orphan) is None
    assert store.get(young)
    assert store.get(kept.sha256)


async def test_content_that_two_rows_name_outlives_one_of_them(database, store):
    now = datetime.now(UTC)
    ids = [await actions.keep_photo(make.photo(), store=store, by=None, now=now) for _ in range(2)]
    sha256 = (await queries.stored(ids[0])).sha256
    os.utime(store.root / sha256[:2] / sha256[2:], (0, 0))

    await actions.forget(ids[:1], by=None, now=now)
    await actions.sweep(store=store, now=now)
    assert store.get(sha256)

    await actions.forget([ids[1], uuid4()], by=None, now=now)
    await actions.sweep(store=store, now=now)
    assert store.get(sha256) is None


async def test_a_photo_of_a_transaction_rolled_back_has_no_row(database, store, now):
    async def change() -> None:
        async with db.transaction():
            await actions.keep_photo(make.photo(), store=store, by=None, now=now)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await change()

    assert await StoredFile.count() == 0
