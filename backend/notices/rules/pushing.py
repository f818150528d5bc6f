"""What may be pushed where: addresses, keys, and the bytes of a message. Pure."""

import base64
import hashlib
import re
from collections.abc import Iterable
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from backend.kit.errors import DomainError
from backend.notices.rules.sending import Message

# A push service need not take more than 4,096 bytes (RFC 8030 §7.2); encryption adds 103 of them (RFC 8291, RFC 8188).
MAX_BYTES = 3_993
SMALL_BYTES = 1_000  # what is tried once more where the first was refused as too large
MAX_ENDPOINT = 1_000  # characters
PLAIN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # printable ASCII without blanks, quotes and backslashes

LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
HOST = re.compile(rf"{LABEL}(?:\.{LABEL})*|\[[0-9a-f:.]+\]|[0-9a-f:.]+")
# The curve P-256 (FIPS 186-5): y² = x³ - 3x + B over the integers modulo P.
P = 2**256 - 2**224 + 2**192 + 2**96 - 1
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B


class EndpointRefused(DomainError):
    field = "endpoint"
    message = "这个浏览器的推送服务不在允许的名单里，消息仍会出现在“消息”页"


class KeysWrong(DomainError):
    field = "keys"
    message = "浏览器给出的密钥不对，请关闭提醒后再打开一次"


class Endpoint(msgspec.Struct, frozen=True):
    """An address that may be pushed to. ``origin`` is the audience of our token (RFC 8292 §2)."""

    url: str
    host: str
    origin: str
    public_only: bool  # must resolve to public addresses; False where the city named exactly this origin


def check_endpoint(url: str, *, hosts: Iterable[str]) -> Endpoint:
    """The address, if a browser of ours may have it: it is a stranger's word on where our server shall connect to.

    hosts: host names, ``*.`` in front for any below; or a whole origin (``http://127.0.0.1:9000``), which then may be
    private: that is somebody who runs a push service of the city's own.
    Raises EndpointRefused.
    """
    if len(url) > MAX_ENDPOINT or not PLAIN.fullmatch(url):
        raise EndpointRefused
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise EndpointRefused from None
    if parts.username is not None or parts.fragment or not HOST.fullmatch(host):
        raise EndpointRefused
    origin = f"{parts.scheme}://{host}" + (f":{port}" if port and (parts.scheme, port) != ("https", 443) else "")
    for allowed in hosts:
        if "://" in allowed:
            if origin == allowed.lower().rstrip("/"):
                return Endpoint(url=url, host=host, origin=origin, public_only=False)
        elif parts.scheme == "https" and port in (None, 443) and _matches(host, allowed.lower()):
            return Endpoint(url=url, host=host, origin=origin, public_only=True)
    raise EndpointRefused


def _matches(host: str, allowed: str) -> bool:
    return host.endswith(allowed[1:]) and host != allowed[2:] if allowed.startswith("*.") else host == allowed


def check_keys(p256dh: str, auth: str) -> None:
    """A browser's key is an uncompressed point of P-256, 65 bytes; its secret has 16. Raises KeysWrong."""
    point, secret = _decoded(p256dh), _decoded(auth)
    if len(point) != 65 or point[0] != 4 or len(secret) != 16:
        raise KeysWrong
    x, y = int.from_bytes(point[1:33]), int.from_bytes(point[33:])
    if max(x, y) >= P or (y * y - x * x * x + 3 * x - B) % P:
        raise KeysWrong


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise KeysWrong from None


def tag_of(kind: str, about: UUID, *, collapse: bool, turn: int) -> str:
    """The Topic (RFC 8030 §5.4: at most 32 base64url characters) and the tag of the notification on the phone.

    A later notice of the same kind about the same thing replaces the earlier one; one that must not be replaced
    carries its turn. The same notice sent twice always replaces itself.
    """
    said = f"{kind} {about}" if collapse else f"{kind} {about} {turn}"
    return base64.urlsafe_b64encode(hashlib.sha256(said.encode()).digest()).decode()[:32]


def payload(message: Message, *, limit: int = MAX_BYTES) -> bytes:
    """The message as declarative web push, in at most ``limit`` bytes: the body gives way first, then the title.

    Safari shows it by itself; elsewhere our service worker reads the same JSON. The badge stands in both places where
    the specification and its first implementation look for it.
    """
    title, body = message.title, message.body
    while len(packed := _packed(message, title, body)) > limit:
        over = len(packed) - limit
        if body:
            body = _cut(body, over)
        elif title:
            title = _cut(title, over)
        else:
            raise ValueError(f"the address alone is longer than {limit} bytes")
    return packed


def _packed(message: Message, title: str, body: str) -> bytes:
    notification = {
        "title": title,
        "body": body,
        "lang": "zh-CN",
        "dir": "ltr",
        "navigate": message.url,
        "tag": message.tag,
        "app_badge": str(message.badge),
    }
    return msgspec.json.encode({"web_push": 8030, "notification": notification, "app_badge": message.badge})


def _cut(text: str, over: int) -> str:
    """``text`` shorter by at least ``over`` bytes, ending in an ellipsis where that leaves room; possibly empty."""
    kept = text.encode()[: max(len(text.encode()) - over - len("…".encode()), 0)].decode(errors="ignore")
    return f"{kept.rstrip('…')}…" if kept.rstrip("…") else ""
