"""Reads of the registry. What belongs to somebody is scoped by ``viewer``: not theirs is None, like not there."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.accounts.rules import Actor, Permission
from backend.enterprises.rules import EnterpriseStatus
from backend.enterprises.tables import Enterprise, Representative, Site
from backend.kit import codes


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


CARD = (
    Enterprise.id,
    Enterprise.uscc,
    Enterprise.name,
    Enterprise.trade,
    Enterprise.trade.name.as_alias("trade_name"),
    Enterprise.region,
    Enterprise.region.name.as_alias("region_name"),
    Enterprise.address,
    Enterprise.status,
    Enterprise.door_code,
)
FILE = (
    *CARD,
    Enterprise.contact_name,
    Enterprise.contact_phone,
    Enterprise.established_on,
    Enterprise.updated_at,
    Enterprise.source,
)
SITE = (
    Site.id,
    Site.enterprise,
    Site.name,
    Site.address,
    Site.region,
    Site.region.name.as_alias("region_name"),
    Site.latitude,
    Site.longitude,
    Site.main,
)


async def enterprises_of(viewer: Actor) -> list[EnterpriseCard]:
    """The enterprises that the viewer acts for, by name."""
    ids = await _acted_for(viewer.person_id)
    return sorted((await cards(ids)).values(), key=lambda card: card.name)


async def enterprise(enterprise_id: UUID, *, viewer: Actor) -> EnterpriseFile | None:
    """The enterprise, or None when it does not exist, or the viewer is neither an official nor acts for it."""
    if not viewer.may(Permission.ENTERPRISE_READ) and not await acts_for(viewer.person_id, enterprise_id):
        return None
    row = await Enterprise.select(*FILE).where(Enterprise.id == enterprise_id).first()
    return msgspec.convert(row, EnterpriseFile | None)


async def acts_for(person_id: UUID, enterprise_id: UUID) -> bool:
    """Whether the person is a representative of the enterprise now."""
    return enterprise_id in await _acted_for(person_id)


async def cards(ids: Collection[UUID]) -> dict[UUID, EnterpriseCard]:
    """Cards by id, for any number of ids in one query; unknown ids are left out. The caller has checked who may see."""
    if not ids:
        return {}
    rows = await Enterprise.select(*CARD).where(Enterprise.id.is_in(list(ids)))
    return {card.id: card for card in msgspec.convert(rows, list[EnterpriseCard])}


async def card(enterprise_id: UUID) -> EnterpriseCard | None:
    return (await cards([enterprise_id])).get(enterprise_id)


async def sites_of(enterprise_id: UUID) -> list[SiteCard]:
    """Sites that are open, the main one first. The caller has checked who may see the enterprise."""
    rows = await (
        Site.select(*SITE)
        .where(Site.enterprise == enterprise_id, Site.closed_at.is_null())
        .order_by(Site.main, ascending=False)
        .order_by(Site.name)
    )
    return msgspec.convert(rows, list[SiteCard])


async def site(site_id: UUID) -> SiteCard | None:
    """A site by its id, open or closed: a visit made there stays readable."""
    return msgspec.convert(await Site.select(*SITE).where(Site.id == site_id).first(), SiteCard | None)


async def people_of(enterprise_id: UUID) -> list[UUID]:
    """Who is told what concerns the enterprise: its representatives who can sign in, longest tied first."""
    found = Representative.select(Representative.person).where(
        Representative.enterprise == enterprise_id,
        Representative.ended_at.is_null(),
        Representative.person.active.eq(True),  # type: ignore[union-attr]
    )
    return [row["person"] for row in await found.order_by(Representative.since)]


async def by_door_code(door_code: str) -> EnterpriseCard | None:
    """The enterprise whose door carries this code, typed in any case and with blanks or dashes."""
    row = await Enterprise.select(*CARD).where(Enterprise.door_code == codes.normalise(door_code)).first()
    return msgspec.convert(row, EnterpriseCard | None)


async def _acted_for(person_id: UUID) -> list[UUID]:
    rows: list[dict[str, Any]] = await Representative.select(Representative.enterprise).where(
        Representative.person == person_id, Representative.ended_at.is_null()
    )
    return [row["enterprise"] for row in rows]
