from typing import Annotated, ClassVar
from uuid import UUID

import msgspec

from backend.kit.forms import Fields

REASON = msgspec.Meta(min_length=4, max_length=200)
REASON_WANTED = "请用4到200个字写明原因"


class Return(Fields, frozen=True):
    """Why the guidance office cannot take a booking."""

    reason: Annotated[str, REASON]

    MESSAGES: ClassVar[dict[str, str]] = {"reason": REASON_WANTED}


class Replace(Fields, frozen=True):
    """Who comes instead."""

    officer: UUID

    MESSAGES: ClassVar[dict[str, str]] = {"officer": "请选一位接替的人"}


class Arrive(Fields, frozen=True):
    """A reason is needed on any day but the agreed one; the rule asks for it."""

    reason: Annotated[str, msgspec.Meta(max_length=200)] = ""

    MESSAGES: ClassVar[dict[str, str]] = {"reason": "原因最多200个字"}
