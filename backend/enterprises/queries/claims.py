"""Firms that somebody could say are theirs: the number proved at sign-in is the registered contact's."""

from uuid import UUID

import msgspec

from backend.accounts.rules import Actor
from backend.enterprises.queries.cards import CARD, EnterpriseCard, enterprises_of
from backend.enterprises.rules import EnterpriseStatus
from backend.enterprises.tables import Enterprise


async def claimable(viewer: Actor) -> list[EnterpriseCard]:
    """Active firms registered with the viewer's number that are not tied to the viewer yet, by name."""
    tied = {card.id for card in await enterprises_of(viewer)}
    rows = await (
        Enterprise.select(*CARD)
        .where(Enterprise.contact_phone == viewer.phone, Enterprise.status == EnterpriseStatus.ACTIVE)
        .order_by(Enterprise.name)
    )
    return [card for card in msgspec.convert(rows, list[EnterpriseCard]) if card.id not in tied]


async def claimable_one(enterprise_id: UUID, *, viewer: Actor) -> EnterpriseCard | None:
    """The firm, or None when it is not one that the viewer could still claim."""
    return next((card for card in await claimable(viewer) if card.id == enterprise_id), None)
