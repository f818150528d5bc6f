"""What a search finds, held against a filter that reads every name."""

import itertools
import unicodedata
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from random import Random
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.enterprises import queries
from backend.enterprises.queries import Narrow
from backend.enterprises.rules import EnterpriseStatus, search
from backend.enterprises.tables import Enterprise
from backend.kit import codes, db, paging
from tests.conftest import NOW

_numbers = itertools.count(1)
NAMES = (
    "东阳市南马红木雕刻有限公司",
    "东阳市横店影视道具厂",
    "浙江𠮷祥家具有限公司",
    "南马镇大明红木家具厂",
    "Ａ８（东阳）３Ｄ打印有限公司",
    "百分之百100%纯_木业",
    "ABC Wood 东阳分公司",
    "红",
)


async def add(name: str, *, phone: str = "", uscc: str = "", region: str = "330783118", trade: str = "C2110") -> str:
    number = next(_numbers)
    await Enterprise.insert(
        Enterprise(
            id=uuid4(),
            uscc=uscc or f"91330783MA3{number:07}",
            name=name,
            trade=trade,
            region=region,
            status=EnterpriseStatus.ACTIVE,
            contact_phone=phone or f"139{number:08}",
            door_code=codes.opaque(),
            updated_at=NOW,
        )
    )
    return name


async def add_all() -> None:
    for name in NAMES:
        await add(name)


async def found(words: str, **conditions: str) -> list[str]:
    return [card.name for card in (await queries.search(Narrow(words=words, **conditions))).items]


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("红木", {NAMES[0], NAMES[3]}),
        ("木雕", {NAMES[0]}),
        ("𠮷", {NAMES[2]}),
        ("𠮷祥", {NAMES[2]}),
        ("红", {NAMES[0], NAMES[3], NAMES[7]}),
        ("3d打印", {NAMES[4]}),
        ("A8(东阳)", {NAMES[4]}),
        ("100%", {NAMES[5]}),
        ("纯_", {NAMES[5]}),
        ("木_业", set()),
        ("abc　wood", {NAMES[6]}),
        ("wood 东阳", {NAMES[6]}),
        ("东阳 红木", {NAMES[0]}),
        ("a8", {NAMES[4]}),
        ("\x00", set(NAMES)),
        ("没有这样的", set()),
    ],
)
async def test_any_part_of_a_name_is_enough(database, typed, names):
    await add_all()
    assert set(await found(typed)) == names


async def test_the_whole_code_and_the_whole_number_find_whose_they_are(database):
    await add_all()
    name = await add("横店群演服务部", uscc="91330783MA00QA0142", phone="13800001234")
    for typed in (
        "91330783MA00QA0142",
        "91330783ma00qa0142",
        "９１３３０７８３ＭＡ００ＱＡ０１４２",
        "13800001234",
        "+8613800001234",
    ):
        assert await found(typed) == [name]
    for typed in ("ma00qa0142", "0qa01", "00001234", "138 0000 1234", "138-0000-1234", "群演 1234"):
        assert await found(typed) == [name]


async def test_a_landline_is_found_with_and_without_its_dash(database):
    await add_all()
    name = await add("歌山镇老年活动中心", phone="0579-86621234")
    for typed in ("0579-86621234", "057986621234", "86621234", "8662-1234"):
        assert await found(typed) == [name]


async def test_names_that_begin_so_come_first_by_name_and_the_others_after(database):
    for name in ("新东阳木业", "东阳乙厂", "东阳甲厂", "老东阳木业"):
        await add(name)
    assert await found("东阳") == ["东阳乙厂", "东阳甲厂", "新东阳木业", "老东阳木业"]


async def test_conditions_narrow_and_nothing_typed_lists_by_name(database):
    for name, region, trade in (
        ("乙", "330783118", "C2110"),
        ("甲", "330783118", "R8730"),
        ("丙", "330783123", "C2110"),
    ):
        await add(name, region=region, trade=trade)
    assert await found("") == ["丙", "乙", "甲"]
    assert await found("", township="330783118") == ["乙", "甲"]
    assert await found("", trade="C21") == ["丙", "乙"]
    assert await found("甲", trade="R") == ["甲"]
    assert await found("甲", trade="C") == []
    assert await found("", status="revoked") == []


async def test_every_page_of_a_frequent_word_shows_each_firm_once(database):
    """More firms than the sample of the index holds, so that every way to collect them is taken."""
    random = Random(3)
    await add_many([f"{random.choice('东西南北')}{random.choice('甲乙丙丁')}{at}木业" for at in range(2000)])
    for words, limit in (("木业", 300), ("南", 90), ("丙", 90), ("7木", 20), ("199", 3)):
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = await queries.search(Narrow(words=words), cursor=cursor, limit=limit)
            seen += [card.name for card in page.items]
            cursor = page.next
        assert sorted(seen) == sorted(await naive(words))


@given(
    names=st.lists(st.text("东阳红木𠮷aB3%_\\（ １", min_size=1, max_size=9).filter(str.strip), min_size=1, max_size=8),
    words=st.text("东阳红木𠮷aB3%_\\（(１ ", max_size=4),
)
async def test_the_same_as_a_filter_that_reads_everything(database, names, words):
    async with undone():
        for name in names:
            await add(name)
        assert sorted(await found(words)) == sorted(await naive(words))


async def test_a_made_up_cursor_begins_anew(database):
    name = await add("红")
    for cursor in ("x", paging.cursor("i", "x"), paging.cursor("n", "\0"), paging.cursor("n")):
        assert [card.name for card in (await queries.search(Narrow(words="红"), cursor=cursor)).items] == [name]


@asynccontextmanager
async def undone() -> AsyncIterator[None]:
    """One example's rows, gone before the next."""

    class Undo(Exception):
        pass

    try:
        async with db.transaction():
            yield
            raise Undo
    except Undo:
        return


async def naive(typed: str) -> list[str]:
    """Names of the firms that hold each word in the name, or in code or phone when it is long enough for one."""
    rows = await db.fetch("SELECT name, uscc, contact_phone FROM enterprise")
    return [row["name"] for row in rows if all(_holds(row, word) for word in search.words_of(typed))]


def _holds(row: Mapping[str, str], word: str) -> bool:
    name = unicodedata.normalize("NFKC", row["name"])
    lower = "".join(letter.lower() if letter.isascii() else letter for letter in name)
    number = f"{row['uscc'].lower()} {row['contact_phone'].replace('-', '')}"
    return word in lower or (len(word) >= 3 and word.isalnum() and word in number)


async def add_many(names: list[str]) -> None:
    rows = [
        (uuid4(), f"91330783MB{next(_numbers):08}", name, "C2110", "330783118", codes.opaque(12), f"138{at:08}", NOW)
        for at, name in enumerate(names)
    ]
    columns = ("id", "uscc", "name", "trade", "region", "door_code", "contact_phone", "updated_at")
    async with db.transaction():
        filled = [(*row, "", "active", "", "") for row in rows]
        columns = (*columns, "address", "status", "contact_name", "source")
        await db.connection().copy_records_to_table("enterprise", columns=columns, records=filled)
