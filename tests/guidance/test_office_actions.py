"""The guidance office accepts, returns and sends somebody else; every refusal leaves nothing behind."""

import asyncio
from datetime import timedelta

import pytest

from backend.audit.tables import AuditEntry
from backend.guidance import actions, queries, rules
from backend.guidance.queries import Narrow
from backend.guidance.rules import VisitState
from backend.guidance.tables import StepReason, Visit, VisitStepTaken
from backend.kit import clock, db
from backend.kit.errors import NotFound
from backend.notices.tables import Notice
from backend.staff import queries as staff
from backend.staff.rules import Half, OfficerNotFree
from tests.conftest import NOW
from tests.guidance import make

TODAY = clock.beijing_date(NOW)


async def state_of(visit_id) -> VisitState:
    row = await Visit.select(Visit.state).where(Visit.id == visit_id).first()
    return VisitState(row["state"])


async def steps_of(visit_id) -> list[str]:
    found = VisitStepTaken.select(VisitStepTaken.step).where(VisitStepTaken.visit == visit_id)
    return [row["step"] for row in await found.order_by(VisitStepTaken.at)]


async def told(kind: str) -> set:
    return {row["person"] for row in await Notice.select(Notice.person).where(Notice.kind == kind)}


async def test_accepting_writes_state_step_log_and_notices_together(database, woken):
    await make.officers()
    firm, office = await make.firm(), await make.office()
    visit_id = await make.visit(firm)

    await actions.accept_visit(actor=office, visit_id=visit_id, now=NOW)

    assert await state_of(visit_id) is VisitState.ACCEPTED
    assert sorted(await steps_of(visit_id)) == ["accept", "book"]
    log = await AuditEntry.select(AuditEntry.by).where(AuditEntry.did == "visit.accept", AuditEntry.to == visit_id)
    assert [row["by"] for row in log] == [office.person_id]
    assert await told("visit.accepted") == {firm.owner.person_id}
    assert await told("visit.to_attend") == {one.officer for one in await staff.engaged(visit_id)}
    assert "send_due_notices" in woken


async def test_accepting_twice_is_refused_and_changes_nothing(database):
    await make.officers()
    visit_id = await make.accepted_visit(await make.firm())

    with pytest.raises(rules.StepRefused, match="已约定"):
        await actions.accept_visit(actor=await make.office(), visit_id=visit_id, now=NOW)

    assert sorted(await steps_of(visit_id)) == ["accept", "book"]


async def test_two_who_accept_at_once_accept_once(committed):
    await make.officers()
    visit_id = await make.visit(await make.firm())
    desks = [await make.office(), await make.office()]

    answers = await asyncio.gather(
        *(actions.accept_visit(actor=desk, visit_id=visit_id, now=NOW) for desk in desks), return_exceptions=True
    )

    assert sorted(type(answer).__name__ for answer in answers) == ["NoneType", "StepRefused"]
    assert (await steps_of(visit_id)).count("accept") == 1


async def test_a_booking_of_the_past_cannot_be_accepted_but_returned(database):
    await make.officers()
    visit_id = await make.visit(await make.firm())
    later = NOW + timedelta(days=3)

    with pytest.raises(rules.StepRefused):
        await actions.accept_visit(actor=await make.office(), visit_id=visit_id, now=later)
    await actions.return_visit(actor=await make.office(), visit_id=visit_id, reason="时间已过", now=later)

    assert await state_of(visit_id) is VisitState.RETURNED


async def test_returning_keeps_the_reason_behind_the_desk_and_frees_the_officers(database):
    await make.officers()
    firm = await make.firm()
    visit_id = await make.visit(firm)

    await actions.return_visit(actor=await make.office(), visit_id=visit_id, reason="那天全市停电，请改约下周", now=NOW)

    assert await staff.engaged(visit_id) == []
    assert await told("visit.returned") == {firm.owner.person_id}
    async with db.reading(desk=db.Desk.GUIDANCE):
        assert await StepReason.select(StepReason.reason).output(as_list=True) == ["那天全市停电，请改约下周"]
    public = [*await AuditEntry.select().output(as_list=False), *await Notice.select()]
    assert "停电" not in repr(public)


async def test_returning_without_a_reason_is_refused(database):
    await make.officers()
    visit_id = await make.visit(await make.firm())

    with pytest.raises(rules.ReasonMissing):
        await actions.return_visit(actor=await make.office(), visit_id=visit_id, reason=" ", now=NOW)

    assert await state_of(visit_id) is VisitState.SUBMITTED
    assert len(await staff.engaged(visit_id)) == 2


async def test_a_visit_that_is_not_there_is_not_found(database):
    with pytest.raises(NotFound):
        await actions.accept_visit(actor=await make.office(), visit_id=make.uuid4(), now=NOW)


async def test_somebody_else_of_the_department_comes_instead(database):
    await make.officers(2)
    firm = await make.firm()
    visit_id = await make.accepted_visit(firm)
    team = [one.officer for one in await staff.engaged(visit_id)]
    sheet = db.found(await queries.office_sheet(visit_id))
    able = await queries.stand_ins(sheet, leaving=team[0])

    await actions.replace_officer(
        actor=await make.office(), visit_id=visit_id, leaving=team[0], joining=able[0].officer.id, now=NOW
    )

    assert {one.officer for one in await staff.engaged(visit_id)} == {able[0].officer.id, team[1]}
    assert await told("visit.officer_replaced") == {firm.owner.person_id, team[0]}
    assert able[0].officer.id in await told("visit.to_attend")


async def test_somebody_who_is_taken_cannot_come_instead(database):
    await make.officers(2)
    visit_id = await make.accepted_visit(await make.firm())
    other = await make.accepted_visit(await make.firm())
    leaving, *_ = await staff.engaged(visit_id)
    taken = next(one for one in await staff.engaged(other) if one.department == leaving.department)

    with pytest.raises(OfficerNotFree):
        await actions.replace_officer(
            actor=await make.office(), visit_id=visit_id, leaving=leaving.officer, joining=taken.officer, now=NOW
        )

    assert leaving in await staff.engaged(visit_id)
    assert "replace_officer" not in await steps_of(visit_id)


async def test_the_queue_is_oldest_first_and_goes_on_by_cursor(database):
    await make.officers(4)
    booked = [
        await make.visit(await make.firm(), half=half, now=NOW - timedelta(hours=hours))
        for hours, half in ((1, Half.MORNING), (3, Half.MORNING), (2, Half.AFTERNOON))
    ]

    first = await queries.visits_in(VisitState.SUBMITTED, narrow=Narrow(), cursor=None, today=TODAY, limit=2)
    rest = await queries.visits_in(VisitState.SUBMITTED, narrow=Narrow(), cursor=first.next, today=TODAY, limit=2)

    assert [line.row.id for line in first.items] == [booked[1], booked[2]]
    assert [line.row.id for line in rest.items] == [booked[0]]
    assert rest.next is None


@pytest.mark.parametrize("cursor", ["", "x", "WyJhIiwiYiJd", "//"])
async def test_a_made_up_cursor_shows_the_beginning(database, cursor):
    await make.officers()
    await make.visit(await make.firm())

    page = await queries.visits_in(VisitState.SUBMITTED, narrow=Narrow(), cursor=cursor, today=TODAY)

    assert len(page.items) == 1


async def test_what_waits_too_long_is_overdue(database):
    await make.officers(2)
    fresh = await make.visit(await make.firm())
    late = await make.visit(await make.firm(), now=NOW - timedelta(days=4))  # booked on a Thursday: due on Monday

    tuesday = TODAY + timedelta(days=1)
    page = await queries.visits_in(VisitState.SUBMITTED, narrow=Narrow(overdue=True), cursor=None, today=tuesday)
    everything = await queries.visits_in(VisitState.SUBMITTED, narrow=Narrow(), cursor=None, today=tuesday)

    assert [line.row.id for line in page.items] == [late]
    assert {line.row.id: line.clock.overdue for line in everything.items} == {fresh: False, late: True}
    assert await queries.overdue_count(tuesday) == 1
    assert await queries.overdue_count(TODAY) == 0


async def test_the_list_is_narrowed_by_place_department_scenario_and_words(database):
    await make.officers(2)
    wanted, other = await make.firm(name="檀木轩100%家具"), await make.firm(name="另一家木业")
    visit_id = await make.visit(wanted)
    await make.visit(other)

    async def found(**narrow) -> list:
        page = await queries.visits_in(VisitState.SUBMITTED, narrow=Narrow(**narrow), cursor=None, today=TODAY)
        return [line.row.id for line in page.items]

    assert await found(search="檀木") == await found(search="100%") == [visit_id]
    assert await found(search="%") == [visit_id]
    assert len(await found(department="fire", scenario="furniture", township="330783")) == 2
    assert await found(department="market") == await found(scenario="fuel") == await found(township="330783001") == []
    assert (await queries.counts())[VisitState.SUBMITTED] == 2
    facets = await queries.facets(VisitState.SUBMITTED)
    assert {one.value: one.count for one in facets.departments} == {"emergency": 2, "fire": 2}
