"""Loading what law and the city set from data files. Loading the same file twice changes nothing."""

import hashlib
from collections.abc import Mapping
from datetime import datetime

import msgspec

from backend.audit import actions as audit
from backend.kit import db
from backend.standards import content, queries, rules
from backend.standards.rules import BasisRow, NamedDay, PolicyRow, YearNotice
from backend.standards.tables import Basis, CalendarDay, CalendarYear, LoadedContent, Policy, Trade

PREFIX = "standards/"


async def load_shipped(*, now: datetime) -> list[str]:
    """As ``load_content``, with this release's files. Called at each start: one query when nothing changed."""
    return await load_content(content.shipped_files(), now=now)


async def load_content(files: Mapping[str, str], *, now: datetime) -> list[str]:
    """Put files (text by name, e.g. ``calendar/2026.toml``) into the database; returns the names that had changed.

    All or nothing. Raises rules.BadContent, naming file and place.
    """
    async with db.transaction():
        rows = await LoadedContent.select().where(LoadedContent.name.like(f"{PREFIX}%"))
        held = {row["name"]: row["sha256"] for row in rows}
        changed = {name: text for name, text in files.items() if held.get(PREFIX + name) != _hash(text)}
        for name, text in changed.items():
            await _load_file(name, text, now=now)
            await remember(PREFIX + name, _hash(text), now=now)
        if changed:
            await audit.record(by=None, did="standards.load", to=None, now=now, detail={"files": sorted(changed)})
            await _forget_when_done()
    return list(changed)


async def load_calendar(text: str, *, file: str, now: datetime) -> YearNotice:
    """Take over one year's arrangement; the year's days known so far go. Raises rules.BadContent."""
    notice = rules.read_year(text, file=file)
    async with db.transaction():
        await _load_year(notice, now=now)
        await audit.record(by=None, did="calendar.load", to=None, now=now, detail={"year": notice.year})
        await _forget_when_done()
    return notice


async def learn_trades(names: Mapping[str, str]) -> None:
    """Add classes of industry that a registry names and the list does not; known codes keep their name.

    The caller has asked ``rules.known_trade``: the foreign key of an enterprise needs a row.
    """
    if names:
        rows = [Trade(code=code, name=name[:80]) for code, name in names.items()]
        await Trade.insert(*rows).on_conflict(target=Trade.code, action="DO NOTHING")
        queries.forget()


async def remember(name: str, sha256: str, *, now: datetime) -> None:
    """Note which version (hex, or a word that is none) of a content this database holds; see ``queries.held``."""
    row = LoadedContent(name=name, sha256=sha256, loaded_at=now)
    await LoadedContent.insert(row).on_conflict(
        target=LoadedContent.name, action="DO UPDATE", values=[LoadedContent.sha256, LoadedContent.loaded_at]
    )


async def _load_file(name: str, text: str, *, now: datetime) -> None:
    if name.startswith("calendar/"):
        await _load_year(rules.read_year(text, file=name), now=now)
    elif name == "statutory_days.toml":
        await _load_statutory_days(rules.read_statutory_days(text, file=name))
    elif name == "policies.toml":
        await _load_policies(rules.read_policies(text, file=name))
    elif name == "bases.toml":
        await _load_bases(rules.read_bases(text, file=name))
    elif name == "trades.csv":
        await _load_trades(rules.read_trades(text, file=name))
    else:
        raise rules.BadContent(file=name, why="不认识这个文件")


async def _load_year(notice: YearNotice, *, now: datetime) -> None:
    year = CalendarYear(year=notice.year, source=notice.source, loaded_at=now)
    await CalendarYear.insert(year).on_conflict(
        target=CalendarYear.year, action="DO UPDATE", values=[CalendarYear.source, CalendarYear.loaded_at]
    )
    await db.connection().execute("DELETE FROM calendar_day WHERE extract(year FROM day) = $1", notice.year)
    await _add_days(rules.days_of(notice))


async def _load_statutory_days(days: list[NamedDay]) -> None:
    """They speak only for years that nobody has arranged yet."""
    announced = await CalendarYear.select(CalendarYear.year).output(as_list=True)
    await db.connection().execute(
        "DELETE FROM calendar_day WHERE extract(year FROM day)::int <> ALL($1::int[])", announced
    )
    await _add_days([day for day in days if day.day.year not in announced])


async def _add_days(days: list[NamedDay]) -> None:
    if days:
        await CalendarDay.insert(*[CalendarDay(**msgspec.structs.asdict(day)) for day in days])


async def _load_policies(rows: list[PolicyRow]) -> None:
    """The file is the truth: a policy it does not name any more goes."""
    await Policy.delete(force=True)
    await Policy.insert(
        *[
            Policy(
                key=row.key,
                value=msgspec.json.encode(row.value).decode(),  # Piccolo takes a str for JSON already encoded
                unit=row.unit,
                title=row.title,
                source=row.source,
                verified=row.verified,
            )
            for row in rows
        ]
    )


async def _load_bases(rows: list[BasisRow]) -> None:
    await Basis.delete(force=True)
    await Basis.insert(*[Basis(**msgspec.structs.asdict(row)) for row in rows])


async def _load_trades(names: Mapping[str, str]) -> None:
    """Codes are never deleted: enterprises may stand under them."""
    await Trade.insert(*[Trade(code=code, name=name) for code, name in names.items()]).on_conflict(
        target=Trade.code, action="DO UPDATE", values=[Trade.name]
    )


async def _forget_when_done() -> None:
    """At once for the rest of this transaction, and again after it, when others may have read what went before."""
    queries.forget()
    db.after_commit(_forget)


async def _forget() -> None:
    queries.forget()


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
