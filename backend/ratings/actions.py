"""Giving a rating. What is written in public tables about it does not lead back to the visit or to who gave it."""

from datetime import datetime
from uuid import UUID, uuid4

from backend.accounts import queries as accounts
from backend.accounts.rules import Actor, Permission
from backend.audit import actions as audit
from backend.enterprises import queries as enterprises
from backend.guidance import queries as guidance
from backend.kit import clock, db
from backend.notices import actions as notices
from backend.ratings import queries, rules
from backend.ratings.queries import BadReview
from backend.ratings.rules import Stars
from backend.standards import queries as standards

SAVE = """
INSERT INTO ratings.rating (id, visit, stars, tags, words, rated_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (visit) DO UPDATE
SET stars = excluded.stars, tags = excluded.tags, words = excluded.words, rated_at = excluded.rated_at
RETURNING id
"""


async def rate(*, actor: Actor, visit_id: UUID, stars: Stars, tags: list[str], words: str, now: datetime) -> None:
    """Rate a visit, or change the rating while the window is open; one for each visit.

    Raises rules.NotYetRatable, rules.WindowClosed, NotFound for a visit that is not the actor's.
    """
    async with db.transaction(desk=db.Desk.RATINGS):
        visit = db.found((await guidance.briefs([visit_id])).get(visit_id))
        db.found(await enterprises.acts_for(actor.person_id, visit.enterprise) or None)
        policy, calendar = await standards.rating_policy(), await standards.calendar()
        departed_on = clock.beijing_date(visit.departed_at) if visit.departed_at else None
        rules.check_open(departed_on, today=clock.beijing_date(now), policy=policy, calendar=calendar)
        kept = rules.kept_tags(stars, tags)
        rows = await db.fetch(SAVE, uuid4(), visit.id, int(stars), kept, words.strip(), now)
        rating_id = rows[0]["id"]
        # Neither who nor which visit: the log is common, and the rated officers' side may read it.
        await audit.record(by=None, did="rating.give", to=rating_id, now=now)
        if rules.is_bad(stars):
            await _tell_office(rating_id, now=now)


async def read_bad_reviews(*, actor: Actor, now: datetime) -> list[BadReview]:
    """The bad reviews, for the office that gets in touch; that it looked is written down."""
    async with db.transaction():
        await audit.record(by=actor.person_id, did="rating.read_bad", to=None, now=now)
    return await queries.bad_reviews(now=now)


async def _tell_office(rating_id: UUID, *, now: datetime) -> None:
    people = await accounts.people_who_may(Permission.VISIT_DECIDE)
    contact_by, _ = await queries.clocks(now)
    facts = {"deadline": contact_by.isoformat()}
    await notices.tell(people, kind="rating.bad", about=rating_id, facts=facts, now=now, path="/ratings/bad")
