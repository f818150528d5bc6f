"""Taking over a bureau's export: every good row stands, every refused one has a reason."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec

from backend.accounts import queries as accounts
from backend.accounts.rules import Level
from backend.audit import actions as audit
from backend.enterprises import rules
from backend.enterprises.rules import Known, Reason, RegistryRow
from backend.kit import codes, db
from backend.standards import actions as standards_actions
from backend.standards import queries as standards
from backend.standards import rules as standards_rules

MAIN_SITE = "登记住所"
MERGE_SECONDS = 300
CHUNK = 10_000  # rows in one transaction: a crash loses at most these, and the next run takes them again
Rows = Iterable[tuple[int, Mapping[str, Any]]]

STAGE = """
CREATE TEMP TABLE IF NOT EXISTS registry_stage (
    id uuid, uscc text, name text, trade text, region text, address text, status text, contact_name text,
    contact_phone text, established_on date, door_code text
) ON COMMIT DELETE ROWS
"""
COLUMNS = [
    "id",
    "uscc",
    "name",
    "trade",
    "region",
    "address",
    "status",
    "contact_name",
    "contact_phone",
    "established_on",
    "door_code",
]
# Rows are written in the order of their code, so that two loads at once wait for each other instead of dying together.
MERGE = """
WITH merged AS (
    INSERT INTO enterprise (id, uscc, name, trade, region, address, status, contact_name, contact_phone,
                            established_on, door_code, updated_at, source)
    SELECT id, uscc, name, trade, region, address, status, contact_name, contact_phone,
           established_on, door_code, $1, $2
    FROM registry_stage ORDER BY uscc
    ON CONFLICT (uscc) DO UPDATE SET
        name = excluded.name, trade = excluded.trade, region = excluded.region, address = excluded.address,
        status = excluded.status, contact_name = excluded.contact_name, contact_phone = excluded.contact_phone,
        established_on = excluded.established_on, updated_at = excluded.updated_at, source = excluded.source
    WHERE (enterprise.name, enterprise.trade, enterprise.region, enterprise.address, enterprise.status,
           enterprise.contact_name, enterprise.contact_phone, enterprise.established_on)
        IS DISTINCT FROM (excluded.name, excluded.trade, excluded.region, excluded.address, excluded.status,
                          excluded.contact_name, excluded.contact_phone, excluded.established_on)
    RETURNING id, address, region
)
INSERT INTO site (id, enterprise, name, address, region, main)
SELECT gen_random_uuid(), id, $3::text, address, region, true FROM merged WHERE address <> ''
ON CONFLICT (enterprise, name) DO UPDATE SET address = excluded.address, region = excluded.region
"""


class Refusal(msgspec.Struct, frozen=True):
    """A row that was not taken. row: its number in the file, from 1."""

    row: int
    name: str
    uscc: str
    reason: Reason


class Report(msgspec.Struct):
    """What became of a file. ``rows`` = blank + accepted + updated + refused; ``updated`` are codes that came again."""

    rows: int = 0
    blank: int = 0
    accepted: int = 0
    updated: int = 0
    reasons: Counter[str] = msgspec.field(default_factory=Counter)
    refusals: list[Refusal] = msgspec.field(default_factory=list)

    @property
    def refused(self) -> int:
        return len(self.refusals)


async def load_registry(
    rows: Rows,
    *,
    source: str,
    now: datetime,
    dry_run: bool = False,
    by: UUID | None = None,
    progress: Callable[[Report], None] = lambda report: None,
) -> Report:
    """Take over the rows of a file; the later row of one code wins, and the file wins over the registry.

    source: the file's name, kept with each row it changed. Each chunk is a transaction of its own: run it again after a
    crash and it ends in the same registry. progress: called after each chunk.
    """
    report, seen, listed = Report(), set[str](), iter(rows)
    known, trades = await _known(), await standards.trades()
    while chunk := list(islice(listed, CHUNK)):
        good: dict[str, RegistryRow] = {}
        known = await _learn(chunk, known, trades, dry_run=dry_run)
        for number, cells in chunk:
            report.rows += 1
            if rules.is_blank(cells):
                report.blank += 1
                continue
            row = rules.check_row(cells, known=known)
            if isinstance(row, Reason):
                report.reasons[row.value] += 1
                report.refusals.append(Refusal(number, str(cells.get("name") or ""), str(cells.get("uscc") or ""), row))
                continue
            if row.uscc in good:
                report.updated += 1
            good[row.uscc] = row
        before = seen | await _registered(good.keys() - seen)
        again = len(good.keys() & before)
        report.updated += again
        report.accepted += len(good) - again
        seen |= good.keys()
        if not dry_run:
            await _write(list(good.values()), new=good.keys() - before, source=source, now=now)
        progress(report)
    if not dry_run:
        counts = {"accepted": report.accepted, "updated": report.updated, "refused": report.refused}
        async with db.transaction():
            await audit.record(by=by, did="registry.load", to=None, now=now, detail=counts)
    return report


async def _write(rows: list[RegistryRow], *, new: set[str], source: str, now: datetime) -> None:
    """Write one chunk. What is new goes straight into its tables, which is twice as fast as merging it."""
    ranked = sorted(rows, key=lambda row: row.uscc)
    async with db.transaction():
        try:
            async with db.transaction():
                await _copy([row for row in ranked if row.uscc in new], source=source, now=now)
        except asyncpg.UniqueViolationError:  # another load was quicker with one of them
            await _merge(ranked, source=source, now=now)
        else:
            await _merge([row for row in ranked if row.uscc not in new], source=source, now=now)


async def _copy(rows: list[RegistryRow], *, source: str, now: datetime) -> None:
    records = [_record(row) for row in rows]
    sites = [(uuid4(), record[0], MAIN_SITE, record[5], record[4], True) for record in records if record[5]]
    copy = db.connection().copy_records_to_table
    changed = (now, source[:120])
    await copy("enterprise", columns=[*COLUMNS, "updated_at", "source"], records=[(*one, *changed) for one in records])
    await copy("site", columns=["id", "enterprise", "name", "address", "region", "main"], records=sites)


async def _merge(rows: list[RegistryRow], *, source: str, now: datetime) -> None:
    if not rows:
        return
    connection = db.connection()
    await connection.execute(STAGE)
    await connection.copy_records_to_table("registry_stage", columns=COLUMNS, records=[_record(row) for row in rows])
    await connection.execute(MERGE, now, source[:120], MAIN_SITE, timeout=MERGE_SECONDS)
    await connection.execute("TRUNCATE registry_stage")


def _record(row: RegistryRow) -> tuple[Any, ...]:
    """A row in the order of COLUMNS, with an id and a door code in case it is new."""
    return (
        uuid4(),
        row.uscc,
        row.name,
        row.trade,
        row.region,
        row.address,
        row.status.value,
        row.contact_name,
        row.contact_phone,
        row.established_on,
        codes.opaque(),
    )


async def _registered(wanted: set[str]) -> set[str]:
    rows = await db.fetch("SELECT uscc FROM enterprise WHERE uscc = ANY($1::text[])", list(wanted))
    return {row["uscc"] for row in rows}


async def _known() -> Known:
    townships = [region for region in await accounts.regions() if region.level is Level.TOWNSHIP]
    above = {region.name for region in await accounts.regions()} - {region.name for region in townships}
    towns = {name: region.code for region in townships for name in _names(region.code, region.name, above)}
    return Known(trades=frozenset(await standards.trades()), towns=towns)


def _names(code: str, name: str, above: set[str]) -> set[str]:
    """How bureaus write a township: its code (9 digits, or 12 with a village's zeros), its name, short or in full."""
    short = name.removesuffix("街道").removesuffix("镇").removesuffix("乡")
    return {code, f"{code}000", name, short, *(f"{higher}{name}" for higher in above)}


async def _learn(
    chunk: list[tuple[int, Mapping[str, Any]]], known: Known, listed: dict[str, str], *, dry_run: bool
) -> Known:
    """``known`` with the classes of industry that this chunk names and the list does not have yet."""
    named = {str(cells.get("trade") or "").strip().upper(): str(cells.get("trade_name") or "") for _, cells in chunk}
    new = {
        code: name
        for code, name in named.items()
        if code not in known.trades and standards_rules.known_trade(code, listed) == "class"
    }
    if new and not dry_run:
        async with db.transaction():
            await standards_actions.learn_trades({code: name or code for code, name in new.items()})
    return Known(trades=known.trades | new.keys(), towns=known.towns) if new else known
