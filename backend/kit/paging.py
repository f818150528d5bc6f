"""Cursor paging: a page, and the opaque cursor of the next one."""

import base64
import binascii
from datetime import datetime
from typing import Generic, TypeVar

import msgspec

Item = TypeVar("Item")
PAGE = 20


class Page(msgspec.Struct, Generic[Item], frozen=True):
    """Some items of a longer list; ``next`` is None at the end ("没有更多了")."""

    items: list[Item]
    next: str | None = None


def cursor(*values: str) -> str:
    """An opaque text for the last row's sort keys."""
    return base64.urlsafe_b64encode(msgspec.json.encode(values)).decode().rstrip("=")


def read_cursor(text: str | None, *, parts: int) -> list[str] | None:
    """The sort keys in a cursor made by ``cursor``; None for none or for one that somebody made up."""
    if not text:
        return None
    try:
        values = msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=list[str])
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        return None
    return values if len(values) == parts and not any("\0" in value for value in values) else None


def read_moment(text: str) -> datetime | None:
    """A time as links of ours carry it; None for one that somebody made up: no time, zoneless, or ages away."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None and 1900 < at.year < 2200 else None
