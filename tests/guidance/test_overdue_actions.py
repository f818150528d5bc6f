"""Who is reminded of what, when, and only once."""

from datetime import timedelta

import pytest

from backend.files.store import Store
from backend.guidance import actions, jobs
from backend.notices.tables import Notice
from backend.staff import queries as staff
from tests.conftest import NOW
from tests.guidance import make, stories
from tests.guidance.stories import ISSUED, LEFT, finding


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path)


async def told(kind: str) -> list:
    return [row["person"] for row in await Notice.select(Notice.person).where(Notice.kind == kind)]


async def test_the_office_hears_of_an_overdue_acceptance_once(database):
    await make.officers()
    office = await make.office()
    await make.visit(await make.firm())  # booked on Monday: due on Wednesday

    assert await actions.remind_of_waiting(now=NOW + timedelta(days=2)) == 0
    assert await actions.remind_of_waiting(now=NOW + timedelta(days=3)) == 1
    await actions.remind_of_waiting(now=NOW + timedelta(days=4))

    assert await told("visit.accept_overdue") == [office.person_id]


async def test_the_team_hears_of_its_opinion_on_the_last_day(database, store):
    story = await stories.left(finding(), store=store)  # on Wednesday: due on Monday

    assert await actions.remind_of_waiting(now=LEFT + timedelta(days=4)) == 0
    assert await actions.remind_of_waiting(now=LEFT + timedelta(days=5)) == 1
    await actions.remind_of_waiting(now=LEFT + timedelta(days=6))

    assert sorted(await told("visit.opinion_due")) == sorted(one.officer for one in await staff.engaged(story.visit))


async def test_the_owner_hears_three_working_days_before_and_on_the_day(database, store):
    story = await stories.issued(store=store)  # to be put right by Thursday, December 10th
    day = timedelta(days=1)
    monday = ISSUED + 11 * day

    assert await actions.remind_of_waiting(now=monday - 4 * day) == 0  # Thursday before: four working days and more
    await actions.remind_of_waiting(now=monday)
    await actions.remind_of_waiting(now=monday + day)
    assert await told("visit.correct_soon") == [story.firm.owner.person_id]
    await actions.remind_of_waiting(now=monday + 3 * day)
    assert len(await told("visit.correct_soon")) == 2
    assert await actions.remind_of_waiting(now=monday + 4 * day) == 0


async def test_what_is_put_right_is_not_reminded_of(database, store):
    story = await stories.confirmed(store=store)
    opinion = (await story.sheet()).opinions[0]
    await actions.correct(
        actor=story.firm.owner, visit_id=story.visit, opinion_id=opinion.id, photos=[], store=store, now=ISSUED
    )

    assert await actions.remind_of_waiting(now=ISSUED + timedelta(days=14)) == 0


async def test_the_job_asks_the_clock(database, monkeypatch):
    await make.officers()
    await make.office()
    await make.visit(await make.firm())
    monkeypatch.setattr(jobs.clock, "now", lambda: NOW + timedelta(days=3))

    assert await jobs.remind_of_waiting({}) == 1
