"""Clock, masks, codes, cursors, QR, headers for htmx."""

from datetime import UTC, date, datetime

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st

from backend.kit import clock, codes, html, masks, paging, qr

SEED = bytes(range(32))


def test_beijing_is_eight_hours_ahead_and_has_its_own_date():
    assert clock.beijing_date(datetime(2026, 11, 23, 16, 0, tzinfo=UTC)) == date(2026, 11, 24)
    assert clock.at_beijing(date(2026, 11, 23), 9) == datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    assert clock.moment_words(datetime(2026, 11, 23, 1, 5, tzinfo=UTC)) == "2026年11月23日 周一 09:05"


@pytest.mark.parametrize(
    ("whole", "shown"), [("张三", "张*"), ("张小三", "张*三"), ("欧阳小三", "欧**三"), ("张", "张"), ("", "")]
)
def test_a_name_keeps_its_first_and_last_letter(whole, shown):
    assert masks.name(whole) == shown


@pytest.mark.parametrize(("whole", "shown"), [("13812345678", "138****5678"), ("0579-86621234", "**********234")])
def test_a_number_keeps_what_its_owner_knows_it_by(whole, shown):
    assert masks.phone(whole) == shown


@given(st.binary(max_size=60))
def test_a_signed_code_opens_as_what_was_signed(payload):
    assert codes.open_signed(codes.sign(payload, seed=SEED), seed=SEED) == payload


@given(st.text(max_size=200))
def test_no_text_that_we_did_not_sign_opens(text):
    with pytest.raises(codes.Forged):
        codes.open_signed(text, seed=SEED)


def test_a_changed_cut_or_foreign_code_is_forged():
    code = codes.sign(b"visit", seed=SEED)
    changed = ("B" if code[3] != "B" else "C").join((code[:3], code[4:]))
    for wrong in (code[:-2], changed, code + "A", codes.sign(b"visit", seed=bytes(32))):
        with pytest.raises(codes.Forged):
            codes.open_signed(wrong, seed=SEED)


def test_two_texts_never_open_as_one_code():
    code = codes.sign(b"visit!", seed=SEED)
    opened = []
    for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567":
        try:
            opened.append(codes.open_signed(code[:-1] + last, seed=SEED))
        except codes.Forged:
            continue
    assert opened == [b"visit!"]


def test_an_opaque_code_survives_being_read_aloud():
    code = codes.opaque()
    assert codes.normalise(f" {code[:5].lower()}-{code[5:]} ") == code
    assert codes.normalise("oil") == "011"
    assert codes.normalise("Ａ１二²é") == "A12"


def test_a_cursor_comes_back_and_a_made_up_one_is_none():
    text = paging.cursor("2026-11-23", "七")
    assert paging.read_cursor(text, parts=2) == ["2026-11-23", "七"]
    for wrong in (None, "", "!!!", "abc", text[:-3], paging.cursor("one"), paging.cursor("a\0", "b")):
        assert paging.read_cursor(wrong, parts=2) is None


def test_a_moment_that_no_row_can_hold_is_made_up():
    assert paging.read_moment("2026-11-23T01:00:00+00:00") == datetime(2026, 11, 23, 1, tzinfo=UTC)
    for wrong in ("", "九点", "2026-11-23T01:00:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"):
        assert paging.read_moment(wrong) is None


def test_a_qr_is_read_back(tmp_path):
    from segno import make  # noqa: PLC0415 - only here

    text = "HTTPS://T.EXAMPLE/V/" + codes.sign(b"x" * 24, seed=SEED)
    make(text, error="m", micro=False, boost_error=False).save(str(tmp_path / "code.png"), scale=4, border=4)
    from PIL import Image  # noqa: PLC0415

    read = zxingcpp.read_barcodes(Image.open(tmp_path / "code.png").convert("L"))
    assert [one.text for one in read] == [text]
    assert 'role="img"' in qr.svg(text, title="码")


def test_chinese_fits_into_a_header_as_escapes():
    assert html.ascii_json("预约𠮷") == '"\\u9884\\u7ea6\\ud842\\udfb7"'
