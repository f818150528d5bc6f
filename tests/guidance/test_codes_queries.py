"""Codes as they are made and judged: forged, cut, old and foreign ones all get a verdict, never an error."""

import base64
import io
import random
from datetime import timedelta

import msgspec
import pytest
import segno
import zxingcpp
from PIL import Image

from backend.guidance import actions, queries, rules
from backend.guidance.rules import Verdict
from backend.kit import codes, qr
from backend.staff.tables import Officer
from tests.guidance import make, stories
from tests.guidance.stories import LEFT, ON_SITE

SEED = bytes(range(32))
ELSEWHERE = bytes(32)
BASE = "https://bihuan.example.gov.cn"


def shown(visit_id, *, now=ON_SITE, seed: bytes = SEED, nonce: bytes = b"\x00\x00\x00\x00\x12\x34"):
    return queries.shown_code(visit_id, nonce=nonce, seed=seed, base_url=BASE, now=now, rotates_seconds=60)


def text_of(code: queries.ShownCode) -> str:
    return code.link.rpartition("/")[2]


async def verdict(code: str, *, now=ON_SITE, viewer=None) -> queries.Verified:
    return await queries.verified(code, seed=SEED, viewer=viewer, now=now)


async def test_a_fresh_code_says_who_came_and_the_number_on_the_screen(database):
    story = await stories.accepted()
    code = shown(story.visit)

    found = await verdict(text_of(code))

    assert found.verdict is Verdict.VALID
    assert found.number == code.number == "4660"
    assert len(found.came.team) == 2
    assert all("*" in card.certificate for card in found.came.team)


async def test_lower_case_reads_the_same(database):
    story = await stories.accepted()

    assert (await verdict(text_of(shown(story.visit)).lower())).verdict is Verdict.VALID


async def test_only_the_firms_own_people_read_its_whole_name(database):
    story = await stories.accepted()
    code = text_of(shown(story.visit))

    stranger = await verdict(code, viewer=(await make.firm()).owner)
    nobody = await verdict(code)
    own = await verdict(code, viewer=story.firm.owner)

    assert (own.came.own, own.came.enterprise_name) == (True, story.firm.name)
    assert not stranger.came.own
    assert story.firm.name not in repr(stranger)
    assert story.firm.name not in repr(nobody)


async def test_a_code_lasts_two_turns_and_then_tells_nothing(database):
    story = await stories.accepted()
    code = text_of(shown(story.visit))

    assert (await verdict(code, now=ON_SITE + timedelta(seconds=119))).verdict is Verdict.VALID
    expired = await verdict(code, now=ON_SITE + timedelta(seconds=120))
    assert expired == queries.Verified(verdict=Verdict.EXPIRED)


async def test_a_code_of_another_city_is_forged(database):
    story = await stories.accepted()

    assert (await verdict(text_of(shown(story.visit, seed=ELSEWHERE)))).verdict is Verdict.FORGED


async def test_a_code_signed_by_another_algorithm_is_forged(database):
    story = await stories.accepted()
    signed = base64.b32decode(text_of(shown(story.visit)) + "=" * 6)
    other = base64.b32encode(b"\x02" + signed[1:]).decode().rstrip("=")

    assert (await verdict(other)).verdict is Verdict.FORGED


async def test_bytes_signed_by_us_for_something_else_are_no_code(database):
    assert (await verdict(codes.sign(b"some other thing", seed=SEED))).verdict is Verdict.FORGED


async def test_a_code_for_a_visit_that_is_not_there_is_forged(database):
    assert (await verdict(text_of(shown(make.uuid4())))).verdict is Verdict.FORGED


@pytest.mark.parametrize("seed", range(30))
async def test_whatever_is_cut_changed_or_made_up_is_forged(database, seed):
    story = await stories.accepted()
    good, chance = text_of(shown(story.visit)), random.Random(seed)
    at = chance.randrange(len(good))
    letter = chance.choice([one for one in "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" if one != good[at]])
    wrong = [
        good[:at],
        good[:at] + letter + good[at + 1 :],
        good + letter,
        good[at:],
        chance.randbytes(chance.randrange(1, 200)).decode("latin-1"),
        "".join(chance.choices("码\x00 /%é💥=", k=8)),
        "0" * 8,
    ]

    for code in wrong:
        assert (await verdict(code)).verdict is Verdict.FORGED, code


@pytest.mark.parametrize(
    ("step", "expected"), [("cancel", Verdict.CANCELLED), ("leave", Verdict.OVER), ("nothing", Verdict.VALID)]
)
async def test_what_became_of_the_visit_is_said(database, step, expected):
    story = await stories.on_site() if step == "leave" else await stories.accepted()
    code = text_of(shown(story.visit, now=LEFT))
    match step:
        case "cancel":
            long_before = make.NOW
            await actions.cancel(actor=story.firm.owner, visit_id=story.visit, reason="那天没空了", now=long_before)
        case "leave":
            await actions.depart(actor=story.officer, visit_id=story.visit, now=LEFT)

    assert (await verdict(code, now=LEFT)).verdict is expected


async def test_a_certificate_that_has_run_out_is_shown_as_such(database):
    story = await stories.accepted()
    await Officer.update({Officer.expires_on: make.WEDNESDAY - timedelta(days=1)}).where(
        Officer.id == story.officer.person_id
    )

    found = await verdict(text_of(shown(story.visit)))

    assert found.verdict is Verdict.PAPERS
    assert [card.certified_on(make.WEDNESDAY) for card in found.came.team].count(False) == 1


async def test_the_short_code_is_typed_in_any_way_for_up_to_ten_minutes(database):
    story = await stories.accepted()
    short = shown(story.visit).short

    for typed in (short, short.replace(" ", ""), short.lower(), short.replace(" ", "-").replace("0", "o")):
        assert (await verdict(typed)).verdict is Verdict.VALID, typed
    assert (await verdict(short, now=ON_SITE + timedelta(seconds=300))).verdict is Verdict.VALID
    assert (await verdict(short, now=ON_SITE + timedelta(seconds=601))).verdict is Verdict.FORGED
    assert (await verdict(short)).number == ""


async def test_two_visits_have_different_codes_and_each_turn_another_number(database):
    one, other = make.uuid4(), make.uuid4()

    assert shown(one).short != shown(other).short
    assert shown(one).short == shown(one, now=ON_SITE + timedelta(seconds=60)).short
    assert shown(one, nonce=b"\x00" * 5 + b"\x07").number == "0007"
    assert text_of(shown(one)) != text_of(shown(one, nonce=b"\x01" * 6))


def test_the_qr_code_is_small_and_read_back_by_another_decoder():
    code = shown(make.uuid4())
    made = segno.make(code.link, error="m", micro=False, boost_error=False)
    into = io.BytesIO()
    made.save(into, kind="png", scale=4, border=4)

    (read,) = zxingcpp.read_barcodes(Image.open(into))

    assert read.text == code.link
    assert made.mode == "alphanumeric"
    assert made.version <= 12
    assert "<svg" in qr.svg(code.link, title="核验二维码")


def test_the_payload_shows_no_names_and_no_words():
    signed = base64.b32decode(text_of(shown(make.uuid4())) + "=" * 6)

    assert len(signed) == 1 + rules.codes.LAYOUT.size + codes.SIGNATURE_BYTES
    assert msgspec.json.encode(signed)
