"""What a line of the log looks like. Pure."""

import re
from datetime import date, datetime
from enum import Enum
from typing import Any
from uuid import UUID

import msgspec

ACTION = re.compile(r"[a-z][a-z_]*(\.[a-z][a-z_]*){1,2}")  # noun.verb, as permissions and kinds of notices
FACT_LONGEST = 120


class Entry(msgspec.Struct, frozen=True):
    """One line: who did what to which thing, and when."""

    id: int
    at: datetime
    by: UUID | None  # None: the system itself
    did: str
    to: UUID | None
    detail: dict[str, Any]
    request_id: str


class NotForTheLog(ValueError):
    """A bug of the caller: the log carries ids and codes, never words that a person said."""


def check_action(did: str) -> None:
    """Raises NotForTheLog for a name that is not ``noun.verb``."""
    if not ACTION.fullmatch(did) or len(did) > 60:
        raise NotForTheLog(f"not a noun.verb: {did!r}")


def check_facts(detail: object) -> None:
    """Raises NotForTheLog for anything but ids, codes, dates and numbers, and lists or dicts of them.

    A text counts as a code when it is ASCII and at most 120 characters long: Chinese sentences cannot get in, and so
    what is told to guidance cannot leave it by way of the log (house rule 4.7).
    """
    if isinstance(detail, dict):
        for key, value in detail.items():
            check_facts(key)
            check_facts(value)
    elif isinstance(detail, (list, tuple, set, frozenset)):
        for value in detail:
            check_facts(value)
    elif isinstance(detail, str) and not isinstance(detail, Enum):
        if not detail.isascii() or len(detail) > FACT_LONGEST:
            raise NotForTheLog(f"words in the log: {detail[:20]!r}…")
    elif not (detail is None or isinstance(detail, (bool, int, float, UUID, date, Enum))):
        raise NotForTheLog(f"not a fact: {type(detail).__name__}")
