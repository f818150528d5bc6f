"""The disk: content under its own hash, ``<root>/ab/cdef…``. Written whole or not at all."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

THUMB = ".thumb"


class Store:
    """One city's files. Blocking: actions call it in a thread."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, content: bytes) -> str:
        """Keep ``content``; returns its SHA-256, hex. Then it is on the disk; the same twice is kept once."""
        sha256 = hashlib.sha256(content).hexdigest()
        self._write(self._path(sha256), content)
        return sha256

    def get(self, sha256: str) -> bytes | None:
        """The content, or None when it is gone."""
        try:
            return self._path(sha256).read_bytes()
        except FileNotFoundError:
            return None

    def put_thumb(self, sha256: str, content: bytes) -> None:
        self._write(self._path(sha256 + THUMB), content)

    def get_thumb(self, sha256: str) -> bytes | None:
        return self.get(sha256 + THUMB)

    def remove(self, sha256: str, *, older_than: datetime) -> None:
        """Delete a content and its small copy, unless somebody has put it again meanwhile."""
        path = self._path(sha256)
        if path.exists() and _put_at(path) < older_than:
            path.unlink(missing_ok=True)
            self._path(sha256 + THUMB).unlink(missing_ok=True)

    def older_than(self, moment: datetime) -> Iterator[str]:
        """Hashes whose content was last put before ``moment``; leftovers of writes that were cut off go on the way."""
        for path in self.root.glob("??/*"):
            if _put_at(path) >= moment:
                continue
            if path.suffix == ".part":
                path.unlink(missing_ok=True)
            elif path.suffix != THUMB:
                yield path.parent.name + path.name

    def _path(self, name: str) -> Path:
        return self.root / name[:2] / name[2:]

    def _write(self, path: Path, content: bytes) -> None:
        if path.exists():
            os.utime(path)  # tells the sweeper that somebody has just come to need it
            return
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _put_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
