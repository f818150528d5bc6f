import io

import pytest
from PIL import Image, ImageCms

from backend.files import pictures, rules
from tests.files import make


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "MPO"])
def test_every_kind_of_photo_is_kept_as_jpeg(kind):
    kept = pictures.clean(make.photo(kind=kind))

    image = opened(kept.content)
    assert (image.format, image.mode, kept.media_type) == ("JPEG", "RGB", "image/jpeg")
    assert image.size == (kept.width, kept.height) == (640, 480)


@pytest.mark.parametrize(
    ("size", "kept_size"),
    [((1600, 1200), (1600, 1200)), ((4000, 3000), (1600, 1200)), ((900, 3600), (400, 1600)), ((10, 10), (10, 10))],
)
def test_a_large_photo_is_made_smaller_and_a_small_one_left(size, kept_size):
    kept = pictures.clean(make.photo(*size, quality=60))

    assert (kept.width, kept.height) == kept_size


def test_neither_place_nor_camera_nor_comment_survives():
    raw = make.photo_with_place()
    assert make.SECRET_PLACE in raw

    kept = pictures.clean(raw)

    assert make.SECRET_PLACE not in kept.content
    assert b"Exif" not in kept.content
    assert b"Camera" not in kept.content
    assert not opened(kept.content).getexif()
    assert "comment" not in opened(kept.content).info


def test_a_photo_taken_sideways_stands_upright():
    assert pictures.clean(make.photo_with_place(orientation=6)).height == 640
    assert pictures.clean(make.photo_with_place(orientation=1)).height == 480


def test_what_is_hidden_behind_a_picture_is_gone():
    raw = make.photo() + b"<script>alert(1)</script><?php ?>"

    assert b"script" not in pictures.clean(raw).content


def test_see_through_becomes_white_and_not_black():
    into = io.BytesIO()
    Image.new("RGBA", (50, 50), (255, 0, 0, 0)).save(into, "PNG")

    kept = opened(pictures.clean(into.getvalue()).content)

    assert kept.getpixel((25, 25)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["L", "P", "1", "LA", "CMYK", "I;16"])
def test_every_mode_of_colour_is_read(mode):
    into = io.BytesIO()
    kind = "JPEG" if mode == "CMYK" else "PNG"
    Image.new(mode, (50, 50)).save(into, kind)

    assert opened(pictures.clean(into.getvalue()).content).mode == "RGB"


def test_a_profile_is_turned_into_the_colours_of_every_screen():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    kept = pictures.clean(make.photo(icc_profile=profile))
    broken = pictures.clean(make.photo(icc_profile=b"not a profile"))

    assert "icc_profile" not in opened(kept.content).info
    assert broken.width == 640


@pytest.mark.parametrize(
    "raw",
    [
        b"x",
        b"%PDF-1.7 not a picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        b"GIF89a" + b"\0" * 100,
        b"\xff\xd8\xff\xe0" + b"\0" * 100,
        make.photo()[:2000],
        make.photo(kind="PNG")[:-20_000],
        b"BM" + b"\0" * 200,
    ],
    ids=["letter", "pdf", "svg", "gif", "only a head", "cut jpeg", "cut png", "bmp"],
)
def test_what_is_no_photo_is_refused_whatever_it_is_called(raw):
    with pytest.raises(rules.NotAPhoto):
        pictures.clean(raw)


def test_a_bomb_does_not_go_off():
    with pytest.raises(rules.NotAPhoto):
        pictures.clean(make.bomb())
    with pytest.raises(rules.NotAPhoto):
        pictures.clean(make.bomb(8_000))  # 64 megapixels: below Pillow's own line, above ours


def test_a_photo_of_a_hundred_megapixels_is_read_in_little_memory():
    into = io.BytesIO()
    Image.new("RGB", (12_000, 9_000), "teal").save(into, "JPEG", quality=20)

    kept = pictures.clean(into.getvalue())

    assert (kept.width, kept.height) == (1600, 1200)


def test_a_progressive_photo_that_unfolds_into_too_much_is_refused():
    into = io.BytesIO()
    Image.new("RGB", (9_000, 6_000), "teal").save(into, "JPEG", quality=20, progressive=True)
    usual = make.photo(1600, 1200, progressive=True)
    scan = usual[usual.rindex(b"\xff\xda") : -2]

    assert pictures.clean(usual).width == 1600
    for bomb in (into.getvalue(), usual[:-2] + scan * 100 + usual[-2:]):
        with pytest.raises(rules.NotAPhoto):
            pictures.clean(bomb)


def test_a_small_copy_is_small():
    kept = pictures.clean(make.photo(1600, 1200))

    thumb = pictures.thumbnail(kept.content)

    assert (thumb.width, thumb.height) == (320, 240)
    assert len(thumb.content) < len(kept.content) / 4
