"""Pictures through Pillow: what came in is decoded and written anew, so nothing that hid in the file survives."""

import io

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from backend.files import rules
from backend.files.rules import NotAPhoto, Picture

Image.MAX_IMAGE_PIXELS = rules.JPEG_MAX_PIXELS  # Pillow's own line of defence, above which ours has refused already
FORMATS = ("JPEG", "PNG", "WEBP")  # JPEG opens MPO too: what phones with two lenses write
QUALITY = 82
START_OF_SCAN = b"\xff\xda"  # the marker; inside a scan these two bytes cannot follow each other
BROKEN = (OSError, UnidentifiedImageError, ValueError, SyntaxError, EOFError, IndexError, TypeError)


def clean(raw: bytes) -> Picture:
    """The photo as it is kept: JPEG in sRGB, upright, at most 1600 pixels wide or high, no EXIF, no place, no comment.

    The type is what Pillow finds, whatever the browser called it. Raises rules.PhotoTooLarge, rules.NotAPhoto.
    """
    rules.check_size(len(raw))
    return _written(raw, side=rules.PHOTO_MAX_SIDE)


def thumbnail(kept: bytes) -> Picture:
    """A small copy of a photo that ``clean`` has made. Raises rules.NotAPhoto when it was damaged meanwhile."""
    return _written(kept, side=rules.THUMB_MAX_SIDE)


def _written(raw: bytes, *, side: int) -> Picture:
    try:
        with Image.open(io.BytesIO(raw), formats=FORMATS) as image:
            if "progressive" in image.info:
                rules.check_progressive(image.width * image.height, scans=raw.count(START_OF_SCAN))
            upright = _reduced(image, side)
    except Image.DecompressionBombError as bomb:
        raise NotAPhoto from bomb
    except BROKEN as broken:
        raise NotAPhoto from broken
    into = io.BytesIO()
    upright.save(into, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return Picture(content=into.getvalue(), media_type="image/jpeg", width=upright.width, height=upright.height)


def _reduced(image: Image.Image, side: int) -> Image.Image:
    jpeg = image.format in ("JPEG", "MPO")
    rules.check_pixels(image.width * image.height, jpeg=jpeg)
    if jpeg:
        image.draft("RGB", (side, side))  # decodes at 1/2, 1/4 or 1/8: a photo of 100 megapixels costs a few
    profile = image.info.get("icc_profile")
    turned = ImageOps.exif_transpose(image)
    turned.thumbnail((side, side), Image.Resampling.LANCZOS)
    return _plain(turned, profile)


def _plain(image: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB on white, in the colours that every screen means, without metadata."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        seen = image.convert("RGBA")
        image = Image.new("RGB", seen.size, "white")
        image.paste(seen, mask=seen.getchannel("A"))
    elif image.mode != "RGB":
        image = image.convert("RGB")
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            image = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB")) or image
        except (ImageCms.PyCMSError, OSError):
            pass  # a profile that nobody understands: the colours stay as they are
    bare = Image.new("RGB", image.size)
    bare.paste(image)
    return bare
