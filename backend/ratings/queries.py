"""Reads behind the ratings desk. Whoever is rated has no way in here; owners see their own rating."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from backend.accounts.rules import Actor
from backend.enterprises import queries as enterprises
from backend.guidance import queries as guidance
from backend.guidance.queries import Brief
from backend.kit import clock, db
from backend.kit.workdays import Term
from backend.ratings import rules
from backend.ratings.rules import Stars
from backend.ratings.tables import Rating
from backend.standards import queries as standards

BACK = timedelta(days=60)  # how long a bad review stays on the office's list


class RatingCard(msgspec.Struct, frozen=True):
    """One rating; nothing in it says who gave it."""

    id: UUID
    visit: UUID
    stars: Stars
    tags: list[str]
    words: str
    rated_at: datetime

    @property
    def bad(self) -> bool:
        return rules.is_bad(self.stars)


class Rateable(msgspec.Struct, frozen=True):
    """A visit that its owner may rate, has rated, or could have. rate_by: None while the team has not left."""

    visit: Brief
    rating: RatingCard | None
    rate_by: Term | None
    open: bool


class BadReview(msgspec.Struct, frozen=True):
    """A bad review with its two clocks, for the office that gets in touch."""

    visit: Brief
    rating: RatingCard
    contact_by: date
    rectify_by: date


COLUMNS = (Rating.id, Rating.visit, Rating.stars, Rating.tags, Rating.words, Rating.rated_at)


async def rateable(visit_id: UUID, *, viewer: Actor, now: datetime) -> Rateable | None:
    """The visit and the rating it has, for somebody who acts for its enterprise; None for everybody else."""
    visit = (await guidance.briefs([visit_id])).get(visit_id)
    if visit is None or not await enterprises.acts_for(viewer.person_id, visit.enterprise):
        return None
    policy, calendar = await standards.rating_policy(), await standards.calendar()
    departed_on = clock.beijing_date(visit.departed_at) if visit.departed_at else None
    rate_by = rules.rate_by(departed_on, policy=policy, calendar=calendar) if departed_on else None
    return Rateable(
        visit=visit,
        rating=await _rating_of(visit_id),
        rate_by=rate_by,
        open=rate_by is not None and clock.beijing_date(now) <= rate_by.last_on,
    )


async def clocks(rated_at: datetime) -> tuple[date, date]:
    """Until when somebody gets in touch after a bad review, and until when it is put right (Beijing dates)."""
    policy, calendar = await standards.rating_policy(), await standards.calendar()
    rated_on = clock.beijing_date(rated_at)
    return (
        rules.contact_by(rated_on, policy=policy, calendar=calendar).last_on,
        rules.rectify_by(rated_on, policy=policy, calendar=calendar).last_on,
    )


async def bad_reviews(*, now: datetime) -> list[BadReview]:
    """The two lowest grades of the last weeks, the newest first. The caller has checked that nobody rated may look."""
    async with db.reading(desk=db.Desk.RATINGS):
        found = Rating.select(*COLUMNS).where(Rating.stars <= Stars.BAD, Rating.rated_at > now - BACK)
        rows = await found.order_by(Rating.rated_at, ascending=False)
    cards = [_card(row) for row in rows]
    visits = await guidance.briefs([card.visit for card in cards])
    return [
        BadReview(visits[card.visit], card, *(await clocks(card.rated_at))) for card in cards if card.visit in visits
    ]


async def _rating_of(visit_id: UUID) -> RatingCard | None:
    async with db.reading(desk=db.Desk.RATINGS):
        row = await Rating.select(*COLUMNS).where(Rating.visit == visit_id).first()
    return _card(row) if row else None


def _card(row: Mapping[str, Any]) -> RatingCard:
    stars = Stars(row["stars"])
    return msgspec.convert({**row, "tags": rules.tag_words(stars, row["tags"])}, RatingCard)
