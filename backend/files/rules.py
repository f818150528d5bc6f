"""What may be uploaded, and for how long it is kept. Pure."""

from datetime import date, timedelta
from uuid import UUID

import msgspec

from backend.kit.errors import DomainError

PHOTO_MAX_BYTES = 8_000_000
PHOTO_MAX_SIDE = (
    1600  # pixels of the longer side as kept: enough to read a label on, small enough for a village's network
)
THUMB_MAX_SIDE = 320
# Decoded at once, so memory is what bounds them. A JPEG is decoded at a fraction of its size, other formats are not.
JPEG_MAX_PIXELS = 220_000_000
OTHER_MAX_PIXELS = 30_000_000
# A progressive JPEG is unfolded whole before it can be made smaller: 6 bytes a pixel, once more for each of its scans.
PROGRESSIVE_MAX_PIXELS = 50_000_000
MAX_SCANS = 64  # encoders make about ten
DAILY_FILES = 200  # by one person in 24 hours: nobody fills the disk
ORPHANS_KEPT = timedelta(days=1)  # content without a row: an upload whose transaction was rolled back


class Picture(msgspec.Struct, frozen=True):
    """A picture ready to be kept: upright, small, and without a word about where and when it was taken."""

    content: bytes
    media_type: str
    width: int  # pixels
    height: int


class StoredCard(msgspec.Struct, frozen=True):
    """What is known of a stored file. Whose it is and who may see it, only the domain that owns it knows."""

    id: UUID
    sha256: str
    media_type: str
    size_bytes: int
    width: int | None
    height: int | None
    keep_until: date | None


class PhotoTooLarge(DomainError):
    field = "photos"
    message = "有一张照片超过8MB，请在手机相册里选小一些的，或用“中等大小”发送"
    status = 413


class NotAPhoto(DomainError):
    field = "photos"
    message = "有一个文件不是能打开的照片，请换成 JPG、PNG 或 WebP 格式的照片"


class TooManyPhotos(DomainError):
    field = "photos"
    message = "一次最多上传{most}张照片"


class TooManyToday(DomainError):
    field = "photos"
    message = "您今天上传的照片已达上限，请明天再传，或联系工作人员"


def check_size(size_bytes: int) -> None:
    """Raises PhotoTooLarge above 8 MB, NotAPhoto for nothing at all."""
    if size_bytes > PHOTO_MAX_BYTES:
        raise PhotoTooLarge
    if size_bytes == 0:
        raise NotAPhoto


def check_pixels(pixels: int, *, jpeg: bool) -> None:
    """Refuse a picture that would unfold into too much memory. pixels: width times height. Raises NotAPhoto."""
    if pixels > (JPEG_MAX_PIXELS if jpeg else OTHER_MAX_PIXELS):
        raise NotAPhoto


def check_progressive(pixels: int, *, scans: int) -> None:
    """Refuse a progressive JPEG that would take too much memory or time. Raises NotAPhoto."""
    if pixels > PROGRESSIVE_MAX_PIXELS or scans > MAX_SCANS:
        raise NotAPhoto


def check_today(uploaded: int) -> None:
    """uploaded: files of one person in the last 24 hours. Raises TooManyToday."""
    if uploaded >= DAILY_FILES:
        raise TooManyToday
