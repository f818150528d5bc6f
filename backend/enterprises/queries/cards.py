"""Reads of the registry. What belongs to somebody is scoped by ``viewer``: not theirs is None, like not there."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

import msgspec

from backend.accounts.rules import Actor, Permission
from backend.enterprises.rules import EnterpriseStatus
from backend.kit import codes, db


class EnterpriseCard(msgspec.Struct, frozen=True):
    """What lists, notices and other domains show of an enterprise; nothing private."""

    id: UUID
    uscc: str
    name: str
    trade: str
    trade_name: str
    region: str
    region_name: str
    address: str
    status: EnterpriseStatus
    door_code: str


class EnterpriseFile(EnterpriseCard, frozen=True):
    """The whole registry row, for those who may see the contact."""

    contact_name: str
    contact_phone: str
    established_on: date | None
    updated_at: datetime
    source: str


class SiteCard(msgspec.Struct, frozen=True):
    """A place of an enterprise that can be visited."""

    id: UUID
    enterprise: UUID
    name: str
    address: str
    region: str
    region_name: str
    latitude: float | None
    longitude: float | None
    main: bool


# By hand, not by Piccolo: these are part of nearly every page, and putting the words together took longer than asking
# (decisions/0010-measured-speed.md).
CARD_COLUMNS = """e.id, e.uscc, e.name, e.trade, t.name AS trade_name, e.region, r.name AS region_name, e.address,
    e.status, e.door_code"""
FILE_COLUMNS = f"{CARD_COLUMNS}, e.contact_name, e.contact_phone, e.established_on, e.updated_at, e.source"
FROM = "FROM enterprise e LEFT JOIN trade t ON t.code = e.trade LEFT JOIN region r ON r.code = e.region"
CARDS = f"SELECT {CARD_COLUMNS} {FROM} WHERE"  # and a condition on `e`
OF = "e.id IN (SELECT enterprise FROM representative WHERE person = $1 AND ended_at IS NULL)"
FILE = f"SELECT {FILE_COLUMNS} {FROM} WHERE e.id = $1"
SITES = """
SELECT s.id, s.enterprise, s.name, s.address, s.region, r.name AS region_name, s.latitude, s.longitude, s.main
FROM site s LEFT JOIN region r ON r.code = s.region
"""
ACTS_FOR = "SELECT FROM representative WHERE person = $1 AND enterprise = $2 AND ended_at IS NULL"
PEOPLE_OF = """
SELECT r.person FROM representative r JOIN person p ON p.id = r.person AND p.active
WHERE r.enterprise = $1 AND r.ended_at IS NULL ORDER BY r.since
"""


async def enterprises_of(viewer: Actor) -> list[EnterpriseCard]:
    """The enterprises that the viewer acts for, by name."""
    return sorted(await cards_where(OF, viewer.person_id), key=lambda card: card.name)


async def enterprise(enterprise_id: UUID, *, viewer: Actor) -> EnterpriseFile | None:
    """The enterprise, or None when it does not exist, or the viewer is neither an official nor acts for it."""
    if not viewer.may(Permission.ENTERPRISE_READ) and not await acts_for(viewer.person_id, enterprise_id):
        return None
    rows = await db.fetch(FILE, enterprise_id)
    return msgspec.convert(dict(rows[0]), EnterpriseFile) if rows else None


async def acts_for(person_id: UUID, enterprise_id: UUID) -> bool:
    """Whether the person is a representative of the enterprise now."""
    return bool(await db.fetch(ACTS_FOR, person_id, enterprise_id))


async def cards(ids: Collection[UUID]) -> dict[UUID, EnterpriseCard]:
    """Cards by id, for any number of ids in one query; unknown ids are left out. The caller has checked who may see."""
    if not ids:
        return {}
    return {card.id: card for card in await cards_where("e.id = ANY($1::uuid[])", list(ids))}


async def card(enterprise_id: UUID) -> EnterpriseCard | None:
    return (await cards([enterprise_id])).get(enterprise_id)


async def sites_of(enterprise_id: UUID) -> list[SiteCard]:
    """Sites that are open, the main one first. The caller has checked who may see the enterprise."""
    which = "WHERE s.enterprise = $1 AND s.closed_at IS NULL ORDER BY s.main DESC, s.name"
    return [msgspec.convert(dict(row), SiteCard) for row in await db.fetch(SITES + which, enterprise_id)]


async def site(site_id: UUID) -> SiteCard | None:
    """A site by its id, open or closed: a visit made there stays readable."""
    rows = await db.fetch(f"{SITES} WHERE s.id = $1", site_id)
    return msgspec.convert(dict(rows[0]), SiteCard) if rows else None


async def people_of(enterprise_id: UUID) -> list[UUID]:
    """Who is told what concerns the enterprise: its representatives who can sign in, longest tied first."""
    return [row["person"] for row in await db.fetch(PEOPLE_OF, enterprise_id)]


async def by_door_code(door_code: str) -> EnterpriseCard | None:
    """The enterprise whose door carries this code, typed in any case and with blanks or dashes."""
    return next(iter(await cards_where("e.door_code = $1", codes.normalise(door_code))), None)


async def cards_where(condition: str, *values: object) -> list[EnterpriseCard]:
    """For the queries of this domain alone. condition: on ``e``, the enterprise; ``values`` fill its ``$1``."""
    return [msgspec.convert(dict(row), EnterpriseCard) for row in await db.fetch(f"{CARDS} {condition}", *values)]
