"""Who we are to a push service (RFC 8292): a token per origin, signed again long before it runs out."""

import base64
from datetime import datetime, timedelta
from functools import cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

LASTS = timedelta(hours=11)  # RFC 8292 allows 24 hours; some services take half of that
RENEW_BEFORE = timedelta(hours=1)


@cache
def public_key(key: bytes) -> str:
    """What a browser subscribes with: the uncompressed point of the P-256 scalar ``key`` (32 bytes), base64url."""
    private = ec.derive_private_key(int.from_bytes(key), ec.SECP256R1())
    point = private.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return _base64url(point)


class Vapid:
    """Our tokens, kept per origin: signing costs as much as a third of encrypting a message."""

    def __init__(self, *, key: bytes, subject: str) -> None:
        self._signer = Vapid02.from_raw(_base64url(key).encode())
        self._subject = subject
        self._kept: dict[str, tuple[datetime, str]] = {}

    def header(self, origin: str, *, now: datetime) -> str:
        """The Authorization header for a push service: ``vapid t=…,k=…``."""
        kept = self._kept.get(origin)
        if kept is None or kept[0] <= now:
            expires = now + LASTS
            # A fresh dict each time: kept, it would carry the first origin's audience to the second.
            claims = {"aud": origin, "exp": int(expires.timestamp()), "sub": self._subject}
            kept = (expires - RENEW_BEFORE, self._signer.sign(claims)["Authorization"])
            self._kept[origin] = kept
        return kept[1]


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
