"""Firms that somebody could say are theirs: the number proved at sign-in is the registered contact's."""

from uuid import UUID

from backend.accounts.rules import Actor
from backend.enterprises.queries.cards import EnterpriseCard, cards_where, enterprises_of
from backend.enterprises.rules import EnterpriseStatus


async def claimable(viewer: Actor) -> list[EnterpriseCard]:
    """Active firms registered with the viewer's number that are not tied to the viewer yet, by name."""
    tied = {card.id for card in await enterprises_of(viewer)}
    theirs = "e.contact_phone = $1 AND e.status = $2 ORDER BY e.name"
    found = await cards_where(theirs, viewer.phone, EnterpriseStatus.ACTIVE.value)
    return [card for card in found if card.id not in tied]


async def claimable_one(enterprise_id: UUID, *, viewer: Actor) -> EnterpriseCard | None:
    """The firm, or None when it is not one that the viewer could still claim."""
    return next((card for card in await claimable(viewer) if card.id == enterprise_id), None)
