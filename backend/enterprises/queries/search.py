"""Finding firms among hundreds of thousands. For officials: the pages guard who may ask."""

import msgspec

from backend.enterprises.queries.cards import CARD, EnterpriseCard
from backend.enterprises.tables import Enterprise
from backend.kit import paging
from backend.kit.paging import Page


class Narrow(msgspec.Struct, frozen=True):
    """What is asked for; an empty condition asks for nothing.

    words: parts of name, code or phone, parted by blanks. township: a region's code or its beginning. trade: a
    GB/T 4754 code or its beginning. status: an EnterpriseStatus.
    """

    words: str = ""
    township: str = ""
    trade: str = ""
    status: str = ""


async def search(narrow: Narrow, *, cursor: str = "", limit: int = paging.PAGE) -> Page[EnterpriseCard]:
    query = Enterprise.select(*CARD).where(Enterprise.name.like(f"%{narrow.words}%"))
    rows = await query.order_by(Enterprise.name).limit(limit)
    return Page(msgspec.convert(rows, list[EnterpriseCard]))
