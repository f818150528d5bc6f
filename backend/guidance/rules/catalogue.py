"""The catalogue: what a data file must hold, what changed between two readings, and what a search finds. Pure."""

import hashlib
import tomllib
from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Any, TypeVar

import msgspec

from backend.guidance.rules.visits import Grade
from backend.kit.errors import DomainError

Part = TypeVar("Part", bound=msgspec.Struct)
Code = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)?$", max_length=40)]
Line = Annotated[str, msgspec.Meta(min_length=2, max_length=60)]


class Mode(StrEnum):
    """Where a service item is given."""

    ONSITE = "onsite"
    ONLINE = "online"
    EITHER = "either"


MODE_WORDS = {Mode.ONSITE: "上门指导", Mode.ONLINE: "线上指导", Mode.EITHER: "上门或线上"}


class Change(StrEnum):
    """What a load does to one scenario."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    RETIRED = "retired"


class Check(msgspec.Struct, frozen=True):
    """One line of a checklist. passes: what good looks like. verified: the department has confirmed the line."""

    question: Annotated[str, msgspec.Meta(min_length=4, max_length=120)]
    how: Annotated[str, msgspec.Meta(min_length=2, max_length=120)]
    passes: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    grade: Grade
    photo: bool = False
    verified: bool = False


class ItemText(msgspec.Struct, frozen=True):
    """A service item as its file states it. minutes: 15 to 480. handbook: Markdown without HTML."""

    code: Code
    title: Line
    promise: Annotated[str, msgspec.Meta(min_length=4, max_length=120)]
    lead: str
    minutes: Annotated[int, msgspec.Meta(ge=15, le=480)]
    handbook: Annotated[str, msgspec.Meta(min_length=50, max_length=4000)]
    joining: list[str] = []
    mode: Mode = Mode.ONSITE
    bases: list[str] = []
    materials: list[str] = []
    exclusions: list[str] = []
    checklist: list[Check] = []


class ScenarioText(msgspec.Struct, frozen=True):
    """A scenario as its file states it. trades: GB/T 4754 prefixes, none for every trade. position: shelf order."""

    code: Code
    title: Line
    summary: Annotated[str, msgspec.Meta(min_length=10, max_length=200)]
    lead: str
    items: list[ItemText]
    trades: list[str] = []
    keywords: list[str] = []
    position: int = 0


class Known(msgspec.Struct, frozen=True):
    """The codes that a file may refer to."""

    departments: Collection[str]
    trades: Collection[str]
    bases: Collection[str]


class Flaw(msgspec.Struct, frozen=True):
    """What is wrong, and where: ``items[2].minutes`` counts from 1."""

    file: str
    field: str
    why: str


class BadCatalogue(DomainError):
    """Files that cannot be published; ``flaws`` lists every problem of every file."""

    message = "目录有{count}处问题，没有载入：\n{listing}"

    def __init__(self, flaws: list[Flaw]) -> None:
        self.flaws = flaws
        listing = "\n".join(f"{flaw.file} {flaw.field}：{flaw.why}" for flaw in flaws)
        super().__init__(count=len(flaws), listing=listing)


WANTED = {
    "code": "小写字母、数字、下划线的代码，事项代码写成“场景.事项”",
    "title": "2到60个字",
    "summary": "10到200个字",
    "promise": "4到120个字的一句话",
    "minutes": "15到480的整数（分钟）",
    "handbook": "50到4000个字",
    "mode": "onsite、online 或 either",
    "grade": "advice、minor、general 或 major",
    "question": "4到120个字",
    "how": "2到120个字",
    "passes": "1到120个字",
    "photo": "true 或 false",
    "verified": "true 或 false",
    "position": "整数",
    "lead": "部门代码",
}


def read_catalogue(files: Mapping[str, str], *, known: Known) -> list[ScenarioText]:
    """The scenarios of all files (text by name), in shelf order. Raises BadCatalogue with every flaw there is."""
    flaws: list[Flaw] = []
    read: dict[str, ScenarioText] = {}
    for file, text in sorted(files.items()):
        scenario = _read_file(file, text, flaws)
        if scenario is not None:
            flaws += _stray_codes(file, scenario, known)
            if scenario.code in read:
                flaws.append(Flaw(file, "code", f"“{scenario.code}”在另一个文件里已经有了"))
            read[scenario.code] = scenario
    if not files:
        flaws.append(Flaw("目录", "", "没有找到 .toml 文件"))
    if flaws:
        raise BadCatalogue(flaws)
    return sorted(read.values(), key=lambda scenario: (scenario.position, scenario.code))


def fingerprint(scenario: ScenarioText) -> str:
    """SHA-256 (hex) of the content, not of the file: comments and blank lines make no new version."""
    return hashlib.sha256(msgspec.json.encode(scenario)).hexdigest()


def changes(offered: Mapping[str, str], read: Iterable[ScenarioText]) -> dict[str, Change]:
    """What loading ``read`` does to what is ``offered`` now (fingerprint by code)."""
    fresh = {scenario.code: fingerprint(scenario) for scenario in read}
    changed = {
        code: Change.NEW if code not in offered else Change.SAME if offered[code] == print_ else Change.CHANGED
        for code, print_ in fresh.items()
    }
    return changed | {code: Change.RETIRED for code in offered if code not in fresh}


def for_trade(trade: str, prefixes: Collection[str]) -> bool:
    """Whether a scenario for ``prefixes`` is meant for an industry code; both may be the coarser one."""
    return not prefixes or any(trade.startswith(prefix) or prefix.startswith(trade) for prefix in prefixes)


def rank(words: str, *, title: str, keywords: str, body: str) -> int | None:
    """How well a text answers a search, smaller is better; None when a word occurs nowhere. Blank finds all.

    Words are parted by blanks and sought as they are: two Chinese characters suffice, one is enough too.
    """
    ranks = []
    for word in words.casefold().split():
        places = [word in text.casefold() for text in (title, keywords, body)]
        if not any(places):
            return None
        ranks.append(places.index(True))
    return sum(ranks)


def validity_words(valid_from: date | None, valid_until: date | None, *, today: date) -> str:
    """Since when a clause holds, or since when it does not; empty when no date is known. valid_until is exclusive."""
    if valid_until is not None and valid_until <= today:
        return f"自{date_words(valid_until)}起不再适用，仅用于此前的行为"
    if valid_from is not None and valid_from > today:
        return f"{date_words(valid_from)}起施行"
    since = f"自{date_words(valid_from)}起施行" if valid_from else ""
    until = f"适用至{date_words(valid_until - timedelta(days=1))}" if valid_until else ""
    return "，".join(part for part in (since, until) if part)


def date_words(day: date) -> str:
    """``2026年8月15日``"""
    return f"{day.year}年{day.month}月{day.day}日"


def _read_file(file: str, text: str, flaws: list[Flaw]) -> ScenarioText | None:
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        flaws.append(Flaw(file, "", f"不是合格的 TOML：{error}"))
        return None
    return _read(ScenarioText, raw, "", file, flaws)


def _read(kind: type[Part], raw: Any, at: str, file: str, flaws: list[Flaw]) -> Part | None:
    """Convert field by field, so that all that is wrong is told at once."""
    if not isinstance(raw, dict):
        flaws.append(Flaw(file, at.rstrip("."), "应为一节内容"))
        return None
    before, values = len(flaws), {}
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    flaws += [Flaw(file, at + name, "不认识这一项") for name in raw if name not in fields]
    for name, field in fields.items():
        if name in PARTS and name in raw:
            values[name] = _read_parts(PARTS[name], raw[name], at + name, file, flaws)
        elif name in raw:
            try:
                values[name] = msgspec.convert(raw[name], field.type)
            except msgspec.ValidationError:
                flaws.append(Flaw(file, at + name, f"应为{WANTED.get(name, '文字的列表')}"))
        elif field.required:
            flaws.append(Flaw(file, at + name, f"缺少这一项（{WANTED.get(name, '列表')}）"))
    return kind(**values) if len(flaws) == before else None


def _read_parts(kind: type[Part], raw: Any, at: str, file: str, flaws: list[Flaw]) -> list[Part]:
    if not isinstance(raw, list) or not raw:
        flaws.append(Flaw(file, at, "至少要有一条"))
        return []
    parts = [_read(kind, one, f"{at}[{number}].", file, flaws) for number, one in enumerate(raw, start=1)]
    return [part for part in parts if part is not None]


PARTS: dict[str, type[msgspec.Struct]] = {"items": ItemText, "checklist": Check}


def _stray_codes(file: str, scenario: ScenarioText, known: Known) -> list[Flaw]:
    """References that lead nowhere, and codes that are not unique or not under their scenario."""
    flaws = [Flaw(file, "trades", f"行业代码“{one}”不存在") for one in scenario.trades if one not in known.trades]
    if scenario.lead not in known.departments:
        flaws.append(Flaw(file, "lead", f"部门“{scenario.lead}”不存在"))
    seen: set[str] = set()
    for number, item in enumerate(scenario.items, start=1):
        at = f"items[{number}]."
        named = [("lead", item.lead), *(("joining", one) for one in item.joining)]
        flaws += [Flaw(file, at + name, f"部门“{one}”不存在") for name, one in named if one not in known.departments]
        flaws += [Flaw(file, at + "bases", f"依据“{one}”不存在") for one in item.bases if one not in known.bases]
        if item.lead in item.joining:
            flaws.append(Flaw(file, at + "joining", "牵头部门不用再写一次"))
        if not item.code.startswith(f"{scenario.code}.") or item.code in seen:
            flaws.append(Flaw(file, at + "code", f"应以“{scenario.code}.”开头且不重复"))
        seen.add(item.code)
    return flaws
