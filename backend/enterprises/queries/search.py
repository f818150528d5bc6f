"""Finding firms among hundreds of thousands. For officials: the pages guard who may ask."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from backend.accounts import queries as accounts
from backend.enterprises.queries.cards import EnterpriseCard
from backend.enterprises.rules import search as rules
from backend.kit import db, paging
from backend.kit.paging import Page
from backend.standards import queries as standards

BY_NAME, BY_ID = "n", "i"  # what a cursor goes on from
CONTAINS = 2  # the rank, as the function gives it, of firms that hold the words somewhere
SEARCH = """
    SELECT e.id, e.uscc, e.name, e.trade, e.region, e.address, e.status, e.door_code, e.search_text, found.tier
    FROM enterprise_search($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        WITH ORDINALITY AS found (id, tier, place)
    JOIN enterprise e ON e.id = found.id
    ORDER BY found.place
"""


class Narrow(msgspec.Struct, frozen=True):
    """What is asked for; an empty condition asks for nothing.

    words: parts of name, code or phone, parted by blanks. township: a region's code. trade: a GB/T 4754 code or its
    beginning. status: an EnterpriseStatus.
    """

    words: str = ""
    township: str = ""
    trade: str = ""
    status: str = ""


async def search(narrow: Narrow, *, cursor: str = "", limit: int = paging.PAGE) -> Page[EnterpriseCard]:
    """Firms that hold all the words and conditions: the one with this code, those whose name begins so, the others.

    The others come in an order of no meaning (by id), which is what makes a search as quick as a look-up; when all of
    them fit on the first page they are sorted by name.
    """
    terms = rules.terms(narrow.words)
    conditions = _keys(narrow)
    after_text, after_id = _read(cursor)
    rows = await db.fetch(
        SEARCH,
        terms.patterns,
        terms.keys + conditions,
        terms.number_keys + conditions,
        terms.prefix,
        terms.code,
        terms.phone,
        narrow.township,
        narrow.trade,
        narrow.status,
        after_text,
        after_id,
        limit + 1,
    )
    more = len(rows) > limit
    shown = rows[:limit]
    if not more and not cursor:
        shown = sorted(shown, key=lambda row: (row["tier"], row["search_text"]) if row["tier"] == CONTAINS else (0, ""))
    return Page(await _cards(shown), _cursor(shown[-1]) if more else None)


def _keys(narrow: Narrow) -> list[str]:
    """The conditions as the index knows them."""
    named = (("r", narrow.township), ("t", narrow.trade), ("s", narrow.status))
    return [kind + value for kind, value in named if value]


def _cursor(row: Mapping[str, Any]) -> str:
    if row["tier"] == CONTAINS:
        return paging.cursor(BY_ID, str(row["id"]))
    return paging.cursor(BY_NAME, row["search_text"] if row["tier"] else "")


def _read(cursor: str) -> tuple[str | None, UUID | None]:
    """The name or the id to go on after. A made-up cursor begins anew."""
    kind, value = paging.read_cursor(cursor, parts=2) or ("", "")
    try:
        return (value if kind == BY_NAME else None), (UUID(value) if kind == BY_ID else None)
    except ValueError:
        return None, None


async def _cards(rows: Sequence[Mapping[str, Any]]) -> list[EnterpriseCard]:
    trades = await standards.trades()
    regions = {one.code: one.name for one in await accounts.regions()}
    return [
        msgspec.convert(
            {
                **row,
                "trade_name": trades.get(row["trade"], row["trade"]),
                "region_name": regions.get(row["region"], row["region"]),
            },
            EnterpriseCard,
        )
        for row in rows
    ]
