"""Publishing the catalogue: a scenario that changed becomes a new version, one that is gone is retired."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import msgspec

from backend.audit import actions as audit
from backend.guidance.queries import catalogue as queries
from backend.guidance.rules import catalogue as rules
from backend.guidance.rules.catalogue import Change, ItemText, ScenarioText
from backend.guidance.tables import Scenario, ServiceItem
from backend.kit import db
from backend.standards import actions as standards
from backend.standards import queries as held_content

SHIPPED = Path(__file__).parents[1] / "data"
CONTENT = "guidance/catalogue"  # the row of loaded_content that says which shipped catalogue was loaded last
OWN = "own"  # the city has published a catalogue of its own: a new release must not replace it


class Published(msgspec.Struct, frozen=True):
    """What became of one scenario. version: the one on offer now, or the last one of a retired scenario."""

    code: str
    title: str
    version: int
    change: Change


async def load_catalogue(
    *, now: datetime, files: Mapping[str, str] | None = None, dry_run: bool = False, shipped: bool = False
) -> list[Published]:
    """Publish data files (text by name); all or nothing.

    files: a city's own; None: those of this release, skipped when they are loaded already or when the city has
    published its own, unless ``shipped`` asks for them. dry_run: only say what would change.
    Raises rules.BadCatalogue with every flaw of every file.
    """
    own, files = files is not None, _shipped() if files is None else files
    mark = OWN if own else _hash(files)
    if not own and not shipped and await held_content.held(CONTENT) in (mark, OWN):
        return []
    read = rules.read_catalogue(files, known=await queries.known_codes())
    async with db.transaction():
        await db.connection().execute("LOCK TABLE scenario IN SHARE ROW EXCLUSIVE MODE")
        changes = rules.changes(await queries.offered(), read)
        versions = await queries.last_versions()
        if not dry_run:
            await _publish(read, changes, versions, now=now)
            await standards.remember(CONTENT, mark, now=now)
    return _told(read, changes, versions)


async def _publish(
    read: list[ScenarioText], changes: Mapping[str, Change], versions: Mapping[str, int], *, now: datetime
) -> None:
    moved = {code: change for code, change in changes.items() if change is not Change.SAME}
    if not moved:
        return
    gone = [code for code, change in moved.items() if change is not Change.NEW]
    if gone:
        retired = Scenario.update({Scenario.retired_at: now})
        await retired.where(Scenario.code.is_in(gone), Scenario.retired_at.is_null())
    for text in read:
        if text.code in moved:
            await _add(text, version=versions.get(text.code, 0) + 1, now=now)
    await audit.record(by=None, did="catalogue.load", to=None, now=now, detail={"scenarios": moved})


async def _add(text: ScenarioText, *, version: int, now: datetime) -> None:
    scenario = Scenario(
        code=text.code,
        version=version,
        title=text.title,
        summary=text.summary,
        trades=text.trades,
        keywords=text.keywords,
        lead_department=text.lead,
        position=text.position,
        sha256=rules.fingerprint(text),
        published_at=now,
    )
    await scenario.save()
    rows = [_row(scenario, item, position) for position, item in enumerate(text.items)]
    await ServiceItem.insert(*rows)


def _row(scenario: Scenario, item: ItemText, position: int) -> ServiceItem:
    return ServiceItem(
        scenario=scenario.id,
        code=item.code,
        title=item.title,
        promise=item.promise,
        lead_department=item.lead,
        joining_departments=item.joining,
        minutes=item.minutes,
        mode=item.mode,
        materials=_json(item.materials),
        handbook=item.handbook.strip(),
        checklist=_json(item.checklist),
        bases=item.bases,
        exclusions=_json(item.exclusions),
        position=position,
    )


def _told(read: list[ScenarioText], changes: Mapping[str, Change], versions: Mapping[str, int]) -> list[Published]:
    titles = {text.code: text.title for text in read}
    return [
        Published(
            code=code,
            title=titles.get(code, code),
            version=versions.get(code, 0) + (change in (Change.NEW, Change.CHANGED)),
            change=change,
        )
        for code, change in changes.items()
    ]


def _shipped() -> dict[str, str]:
    return {file.name: file.read_text("utf-8") for file in sorted(SHIPPED.glob("*.toml"))}


def _hash(files: Mapping[str, str]) -> str:
    return hashlib.sha256("\0".join(f"{name}\0{text}" for name, text in sorted(files.items())).encode()).hexdigest()


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
