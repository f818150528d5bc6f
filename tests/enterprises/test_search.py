"""What a search finds, held against a filter that reads every name."""

import itertools
from uuid import uuid4

import pytest



from backend.enterprises import queries
from backend.enterprises.queries import Narrow
from backend.enterprises.rules import EnterpriseStatus, search
from backend.enterprises.tables import Enterprise
from backend.kit import codes
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
