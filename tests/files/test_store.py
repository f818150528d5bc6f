import hashlib
import os
import stat
from datetime import UTC, datetime, timedelta

import pytest

from backend.files.store import Store


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "files")


def aged(store: Store, sha256: str, *, days: float) -> None:
    then = (datetime.now(UTC) - timedelta(days=days)).timestamp()
    os.utime(store._path(sha256), (then, then))


def test_content_lies_under_its_own_hash_for_its_owner_alone(store):
    sha256 = store.put(b"content")

    assert sha256 == hashlib.sha256(b"content").hexdigest()
    path = store.root / sha256[:2] / sha256[2:]
    assert path.read_bytes() == b"content"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert store.get(sha256) == b"content"


def test_the_same_twice_is_kept_once(store):
    store.put(b"content")
    store.put(b"content")

    assert len([path for path in store.root.rglob("*") if path.is_file()]) == 1


def test_what_is_not_there_is_none(store):
    assert store.get("0" * 64) is None
    assert store.get_thumb("0" * 64) is None


def test_a_write_that_is_cut_off_leaves_nothing_that_looks_whole(store, monkeypatch):
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.put(b"content")

    assert store.get(hashlib.sha256(b"content").hexdigest()) is None
    monkeypatch.undo()
    left = next(store.root.rglob("*.part"))
    os.utime(left, (0, 0))
    assert list(store.older_than(datetime.now(UTC))) == []
    assert not left.exists()


def test_only_what_has_lain_long_is_old(store):
    old, young = store.put(b"old"), store.put(b"young")
    store.put_thumb(old, b"small")
    aged(store, old, days=2)
    aged(store, old + ".thumb", days=2)

    assert list(store.older_than(datetime.now(UTC) - timedelta(days=1))) == [old]
    assert store.get(young)


def test_what_was_put_again_meanwhile_is_not_removed(store):
    sha256, before = store.put(b"content"), datetime.now(UTC) - timedelta(days=1)
    store.put_thumb(sha256, b"small")
    aged(store, sha256, days=2)
    store.put(b"content")

    store.remove(sha256, older_than=before)
    assert store.get(sha256) == b"content"

    aged(store, sha256, days=2)
    store.remove(sha256, older_than=before)
    assert store.get(sha256) is None
    assert store.get_thumb(sha256) is None
