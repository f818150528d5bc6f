"""Pictures as phones and strangers send them."""

import io
import random
import struct
import zlib

from PIL import Image

SECRET_PLACE = b"GPS-29.2896N-120.2424E"


def photo(width: int = 640, height: int = 480, *, kind: str = "JPEG", seed: int = 1, **options: object) -> bytes:
    """A picture of coloured noise, so that it cannot be made much smaller."""
    noise = random.Random(seed).randbytes(64 * 48 * 3)
    image = Image.frombytes("RGB", (64, 48), noise).resize((width, height))
    into = io.BytesIO()
    image.save(into, kind, **options)
    return into.getvalue()


def photo_with_place(*, orientation: int = 6) -> bytes:
    """A JPEG with the camera's name, a place and a sideways orientation in its EXIF, and a comment."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Camera Maker"
    exif[0x010E] = SECRET_PLACE.decode()
    exif.get_ifd(0x8825).update({1: "N", 2: (29.0, 17.0, 22.0), 3: "E", 4: (120.0, 14.0, 32.0)})
    return photo(exif=exif, comment=SECRET_PLACE)


def bomb(side: int = 30_000) -> bytes:
    """A PNG of a few hundred kilobytes that says it is 900 megapixels."""
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * (side // 8 + 1) * 1000)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
