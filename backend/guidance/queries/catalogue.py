"""The catalogue on offer: shelves, what a search finds, one item whole. Public: nothing here belongs to anybody."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.accounts import queries as accounts
from backend.accounts.queries import DepartmentRow
from backend.guidance.rules import catalogue as rules
from backend.guidance.rules.catalogue import Check, Known, Mode
from backend.guidance.tables import Scenario, ServiceItem
from backend.standards import queries as standards
from backend.standards.rules import BasisRow


class ItemCard(msgspec.Struct, frozen=True):
    """A service item in a list. ``departments``: codes, the lead first; ``department_names``: their short names."""

    id: UUID
    code: str
    title: str
    promise: str
    minutes: int
    mode: Mode
    departments: list[str]
    department_names: list[str]
    scenario: str  # its code
    scenario_id: UUID
    scenario_title: str


class Shelf(msgspec.Struct, frozen=True):
    """A scenario with its items, in the version on offer. ``trades``: GB/T 4754 prefixes, none for every trade."""

    code: str
    title: str
    summary: str
    version: int
    published_at: datetime
    trades: list[str]
    keywords: list[str]
    items: list[ItemCard]


class ItemPage(msgspec.Struct, frozen=True):
    """A service item whole."""

    card: ItemCard
    version: int
    published_at: datetime
    departments: list[DepartmentRow]
    materials: list[str]
    handbook: str  # Markdown
    checklist: list[Check]
    bases: list[BasisRow]
    exclusions: list[str]


CARD = (
    ServiceItem.id,
    ServiceItem.code,
    ServiceItem.title,
    ServiceItem.promise,
    ServiceItem.minutes,
    ServiceItem.mode,
    ServiceItem.lead_department.as_alias("lead"),
    ServiceItem.joining_departments.as_alias("joining"),
    ServiceItem.scenario.code.as_alias("scenario"),
    ServiceItem.scenario.id.as_alias("scenario_id"),
    ServiceItem.scenario.title.as_alias("scenario_title"),
)
WHOLE = (
    *CARD,
    ServiceItem.materials,
    ServiceItem.handbook,
    ServiceItem.checklist,
    ServiceItem.bases,
    ServiceItem.exclusions,
    ServiceItem.scenario.version.as_alias("version"),
    ServiceItem.scenario.published_at.as_alias("published_at"),
)
ON_OFFER = ServiceItem.scenario.retired_at.is_null()


async def known_codes() -> Known:
    """What a catalogue's file may refer to."""
    return Known(
        departments=set(await accounts.department_names()),
        trades=set(await standards.trades()),
        bases=set(await standards.bases()),
    )


async def offered() -> dict[str, str]:
    """Fingerprint by code of the scenarios on offer."""
    rows = await Scenario.select(Scenario.code, Scenario.sha256).where(Scenario.retired_at.is_null())
    return {row["code"]: row["sha256"] for row in rows}


async def last_versions() -> dict[str, int]:
    """The highest version by code, of retired scenarios too."""
    rows = await Scenario.select(Scenario.code, Scenario.version).order_by(Scenario.version)
    return {row["code"]: row["version"] for row in rows}


async def shelves() -> list[Shelf]:
    """Everything on offer, in shelf order."""
    return await found_shelves()


async def found_shelves(words: str = "", *, trade: str = "", department: str = "") -> list[Shelf]:
    """What a search finds, best first; a blank condition finds all.

    words: parted by blanks, all must occur. trade: a GB/T 4754 code or prefix. department: a code, leading or joining.
    """
    scenarios = await Scenario.select().where(Scenario.retired_at.is_null()).order_by(Scenario.position, Scenario.code)
    rows = await _rows()
    found: list[tuple[int, Shelf]] = []
    for scenario in scenarios:
        if trade and not rules.for_trade(trade, scenario["trades"]):
            continue
        own = [row for row in rows if row["scenario"] == scenario["code"] and _joins(department, row)]
        if kept := _ranked(words, scenario, own):
            kept.sort(key=lambda pair: pair[0])
            found.append((kept[0][0], await _shelf(scenario, [row for _, row in kept])))
    return [shelf for _, shelf in sorted(found, key=lambda pair: pair[0])]


async def shelf(code: str) -> Shelf | None:
    """A scenario on offer. Reads its cards alone: handbooks and checklists are most of the catalogue."""
    scenario = await Scenario.select().where(Scenario.code == code, Scenario.retired_at.is_null()).first()
    if scenario is None:
        return None
    own = ServiceItem.select(*CARD).where(ON_OFFER, ServiceItem.scenario == scenario["id"])
    return await _shelf(scenario, await own.order_by(ServiceItem.position, ServiceItem.code))


async def items_on_offer(ids: Collection[UUID]) -> list[ItemCard]:
    """Those of the items that are still on offer, in shelf order: a newer version retires what a draft may hold."""
    return [card for one in await shelves() for card in one.items if card.id in ids]


async def item(code: str) -> ItemPage | None:
    """A service item on offer."""
    row = next(iter(await _rows(code)), None)
    if row is None:
        return None
    card = (await _cards([row]))[0]
    by_code = {department.code: department for department in await accounts.departments()}
    bases = await standards.bases()
    return ItemPage(
        card=card,
        version=row["version"],
        published_at=row["published_at"],
        departments=[by_code[one] for one in card.departments if one in by_code],
        materials=row["materials"],
        handbook=row["handbook"],
        checklist=msgspec.convert(row["checklist"], list[Check]),
        bases=[bases[one] for one in row["bases"] if one in bases],
        exclusions=row["exclusions"],
    )


async def _rows(code: str | None = None) -> list[dict[str, Any]]:
    query = ServiceItem.select(*WHOLE).where(ON_OFFER).order_by(ServiceItem.position, ServiceItem.code)
    if code is not None:
        query = query.where(ServiceItem.code == code)
    rows: list[dict[str, Any]] = await query.output(load_json=True)
    return rows


def _ranked(words: str, scenario: dict[str, Any], rows: list[dict[str, Any]]) -> list[tuple[int, dict[str, Any]]]:
    """The items that answer a search; all of them when only the scenario itself does."""
    ranked = [(_rank(words, row), row) for row in rows]
    kept = [(rank, row) for rank, row in ranked if rank is not None]
    if kept:
        return kept
    whole = rules.rank(
        words, title=scenario["title"], keywords=" ".join(scenario["keywords"]), body=scenario["summary"]
    )
    return [] if whole is None else [(whole, row) for row in rows]


def _rank(words: str, row: dict[str, Any]) -> int | None:
    questions = [check["question"] for check in row["checklist"]]
    body = " ".join([row["handbook"], *row["materials"], *questions])
    return rules.rank(words, title=row["title"], keywords=row["promise"], body=body)


def _joins(department: str, row: dict[str, Any]) -> bool:
    return not department or department in (row["lead"], *row["joining"])


async def _shelf(scenario: dict[str, Any], rows: list[dict[str, Any]]) -> Shelf:
    return msgspec.convert({**scenario, "items": await _cards(rows)}, Shelf)


async def _cards(rows: Iterable[dict[str, Any]]) -> list[ItemCard]:
    names = await accounts.department_names()
    cards = []
    for row in rows:
        codes = [row["lead"], *row["joining"]]
        named = [names.get(code, code) for code in codes]
        cards.append(msgspec.convert({**row, "departments": codes, "department_names": named}, ItemCard))
    return cards
