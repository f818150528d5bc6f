"""Opaque and signed codes: for links, doors and what an officer shows."""

import base64
import secrets
import unicodedata

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SIGNATURE_BYTES = 64
VERSION = b"\x01"  # the algorithm id: 1 = Ed25519; SM2 gets its own


class Forged(Exception):
    """The code was not signed by us, or was cut or changed on its way."""


def opaque(length: int = 10) -> str:
    """A random code of ``length`` characters out of 32 that cannot be confused when read aloud (5 bits each)."""
    bits = secrets.randbits(5 * length)
    return "".join(CROCKFORD[bits >> 5 * place & 31] for place in range(length))


def normalise(typed: str) -> str:
    """What a person typed, as ``opaque`` writes it: upper case, no blanks or dashes, O as 0, I and L as 1.

    Full-width letters are welcome; what is no ASCII letter or digit then is left out.
    """
    plain = unicodedata.normalize("NFKC", typed).upper()
    kept = "".join(letter for letter in plain if letter.isascii() and letter.isalnum())
    return kept.translate(str.maketrans("OIL", "011"))


def sign(payload: bytes, *, seed: bytes) -> str:
    """``payload`` with its Ed25519 signature, as upper-case base32 without padding (a QR code's compact alphabet).

    seed: 32 bytes. About 1.6 characters a byte: 40 bytes of payload give 168 characters.
    """
    body = VERSION + payload
    signed = body + Ed25519PrivateKey.from_private_bytes(seed).sign(body)
    return base64.b32encode(signed).decode().rstrip("=")


def open_signed(code: str, *, seed: bytes) -> bytes:
    """The payload of a code made by ``sign`` with the same seed. Raises Forged for anything else."""
    try:
        text = code.strip().upper()
        signed = base64.b32decode(text + "=" * (-len(text) % 8))
    except ValueError as failure:
        raise Forged from failure
    body, signature = signed[:-SIGNATURE_BYTES], signed[-SIGNATURE_BYTES:]
    # Base32 leaves spare bits at the end: without this, two different texts would open as one code.
    if body[:1] != VERSION or base64.b32encode(signed).decode().rstrip("=") != text:
        raise Forged
    try:
        public_key(seed).verify(signature, body)
    except InvalidSignature as failure:
        raise Forged from failure
    return body[1:]


def public_key(seed: bytes) -> Ed25519PublicKey:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key()
