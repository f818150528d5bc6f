"""What the pages of notices send."""

from typing import ClassVar

import msgspec

from backend.kit.forms import Fields
from backend.notices.rules import Group


class WhichGroup(Fields, frozen=True):
    group: Group

    MESSAGES: ClassVar[dict[str, str]] = {"group": "请选择一类消息"}


class Muting(Fields, frozen=True):
    group: Group
    muted: bool = False

    MESSAGES: ClassVar[dict[str, str]] = {"group": "请选择一类消息"}


class Keys(msgspec.Struct, frozen=True):
    """A browser's key and secret, base64url."""

    p256dh: str
    auth: str


class Subscription(msgspec.Struct, frozen=True):
    """What PushSubscription.toJSON() gives; ``expirationTime`` and whatever else there is are passed over."""

    endpoint: str
    keys: Keys


class Unsubscription(msgspec.Struct, frozen=True):
    endpoint: str
