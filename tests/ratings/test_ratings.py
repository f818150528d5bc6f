"""Ratings: by whom, when, changed how often, and that nobody who was rated can look."""

from datetime import timedelta

import asyncpg
import pytest

from backend.audit.tables import AuditEntry
from backend.files.store import Store
from backend.kit import db
from backend.kit.errors import NotFound
from backend.notices.tables import Notice
from backend.ratings import actions, queries, rules
from backend.ratings.rules import Stars
from tests.guidance import make, stories
from tests.guidance.stories import LEFT


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path)


async def give(story, stars: Stars, *, now=LEFT, tags=(), words: str = "") -> None:
    await actions.rate(actor=story.firm.owner, visit_id=story.visit, stars=stars, tags=list(tags), words=words, now=now)


async def rating_of(story, *, now=LEFT) -> queries.RatingCard:
    return (await queries.rateable(story.visit, viewer=story.firm.owner, now=now)).rating


async def test_an_owner_rates_after_the_team_has_left(database, store):
    story = await stories.left(store=store)

    await give(story, Stars.GOOD, tags=["clear", "rude"], words=" 讲得细 ")

    rating = await rating_of(story)
    assert (rating.stars, rating.tags, rating.words) == (Stars.GOOD, ["讲得明白"], "讲得细")


async def test_a_rating_is_changed_until_the_window_closes_and_stays_one(database, store):
    story = await stories.left(store=store)
    last_day = LEFT + timedelta(days=15)

    await give(story, Stars.BAD)
    await give(story, Stars.VERY_GOOD, now=last_day)
    with pytest.raises(rules.WindowClosed):
        await give(story, Stars.BAD, now=last_day + timedelta(days=1))

    assert (await rating_of(story)).stars is Stars.VERY_GOOD
    async with db.reading(desk=db.Desk.RATINGS):
        assert (await db.fetch("SELECT count(*) AS number FROM ratings.rating"))[0]["number"] == 1


async def test_nobody_rates_before_the_team_has_left(database):
    story = await stories.on_site()

    with pytest.raises(rules.NotYetRatable):
        await give(story, Stars.GOOD)


async def test_another_owner_finds_nothing_to_rate(database, store):
    story = await stories.left(store=store)
    stranger = (await make.firm()).owner

    with pytest.raises(NotFound):
        await actions.rate(actor=stranger, visit_id=story.visit, stars=Stars.BAD, tags=[], words="", now=LEFT)
    assert await queries.rateable(story.visit, viewer=stranger, now=LEFT) is None
    assert await queries.rateable(story.visit, viewer=story.officer, now=LEFT) is None


async def test_the_log_says_that_a_rating_was_given_but_not_by_whom_or_of_what(database, store):
    story = await stories.left(store=store)

    await give(story, Stars.VERY_BAD, words="来的人态度很差")

    (entry,) = await AuditEntry.select().where(AuditEntry.did == "rating.give")
    assert entry["by"] is None
    assert str(story.visit) not in repr(entry)
    assert "态度" not in repr([*await AuditEntry.select(), *await Notice.select()])


async def test_a_bad_review_tells_the_office_and_nobody_who_was_rated(database, store):
    story = await stories.left(store=store)

    await give(story, Stars.BAD)
    await give(story, Stars.VERY_BAD)

    told = await Notice.select(Notice.person, Notice.facts).where(Notice.kind == "rating.bad")
    assert [row["person"] for row in told] == [story.office.person_id]
    assert story.firm.name not in repr(told)
    (review,) = await queries.bad_reviews(now=LEFT)
    assert (review.visit.id, review.contact_by, review.rectify_by) == (
        story.visit,
        LEFT.date() + timedelta(days=1),
        LEFT.date() + timedelta(days=21),
    )


async def test_a_good_review_tells_nobody(database, store):
    story = await stories.left(store=store)

    await give(story, Stars.FAIR)

    assert not await Notice.exists().where(Notice.kind == "rating.bad")
    assert await queries.bad_reviews(now=LEFT) == []


@pytest.mark.parametrize("desk", [None, db.Desk.GUIDANCE])
async def test_without_its_own_desk_postgresql_refuses(committed, desk):
    for statement in ("SELECT * FROM ratings.rating", "DELETE FROM ratings.rating"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with db.transaction(desk=desk):
                await db.fetch(statement)
