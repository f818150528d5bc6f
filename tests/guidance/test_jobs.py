from datetime import timedelta

from backend.files.store import Store
from backend.files.tables import StoredFile
from backend.guidance import actions, jobs, queries, rules
from backend.guidance.rules import VisitState
from backend.guidance.tables import Visit
from backend.kit import clock, workdays
from backend.notices.tables import Notice
from tests.files import make as files
from tests.guidance import make

THE_DAY_BEFORE = clock.at_beijing(make.WEDNESDAY - workdays.DAY, 17)


async def _reminded() -> set:
    return set(await Notice.select(Notice.person).where(Notice.kind == "visit.reminder").output(as_list=True))


async def test_the_day_before_both_sides_are_reminded_once(database, woken, now):
    team, firm = await make.officers(), await make.firm()
    await make.accepted_visit(firm)

    assert await actions.remind_of_visits(now=THE_DAY_BEFORE) == 1
    await actions.remind_of_visits(now=THE_DAY_BEFORE + timedelta(hours=1))

    assert await _reminded() == {firm.owner.person_id, *team}
    assert await Notice.count().where(Notice.kind == "visit.reminder") == 3


async def test_nobody_is_reminded_of_a_visit_that_is_not_tomorrow_or_not_agreed(database, woken, now):
    await make.officers(2)
    firm = await make.firm()
    await make.visit(firm)  # not accepted
    await make.accepted_visit(firm, day=make.WEDNESDAY + workdays.DAY)

    assert await actions.remind_of_visits(now=THE_DAY_BEFORE) == 0
    assert await _reminded() == set()


async def test_a_visit_called_off_meanwhile_is_passed_over(database, woken, now, monkeypatch):
    await make.officers()
    visit = await make.accepted_visit(await make.firm())
    lock = actions.reminders.steps.lock

    async def cancelled_meanwhile(visit_id):
        await Visit.update({Visit.state: VisitState.CANCELLED}).where(Visit.id == visit)
        return await lock(visit_id)

    monkeypatch.setattr(actions.reminders.steps, "lock", cancelled_meanwhile)

    assert await actions.remind_of_visits(now=THE_DAY_BEFORE) == 0


async def test_the_job_asks_the_clock(database, woken, now, monkeypatch):
    await make.officers()
    await make.accepted_visit(await make.firm())
    monkeypatch.setattr(jobs.clock, "now", lambda: THE_DAY_BEFORE)

    assert await jobs.remind_of_visits({}) == 1


async def test_bookings_that_nobody_goes_on_with_are_thrown_away_with_their_photos(database, now, tmp_path):
    firm, other = await make.firm(), await make.firm()
    old = await actions.start_booking(actor=firm.owner, enterprise_id=firm.id, now=now)
    fresh = await actions.start_booking(
        actor=other.owner, enterprise_id=other.id, now=now + rules.DRAFT_KEPT - timedelta(hours=1)
    )
    await actions.ask(
        actor=firm.owner, draft_id=old, question="", photos=[files.photo()], done=False, store=Store(tmp_path), now=now
    )

    gone = await actions.forget_old_drafts(now=now + rules.DRAFT_KEPT + timedelta(hours=1))

    assert gone == 1
    assert await queries.booking(old, viewer=firm.owner) is None
    assert await queries.booking(fresh, viewer=other.owner) is not None
    assert not await StoredFile.exists()
