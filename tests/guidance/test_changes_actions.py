from datetime import timedelta

import pytest

from backend.audit.tables import AuditEntry
from backend.guidance import actions, rules
from backend.guidance.rules import VisitState
from backend.guidance.tables import StepReason, Visit, VisitStepTaken
from backend.kit import clock, db, workdays
from backend.kit.errors import NotFound
from backend.notices.tables import Notice
from backend.staff.rules import Half, HalfDayTaken
from tests.guidance import make
from tests.staff import make as staff

THURSDAY = make.WEDNESDAY + workdays.DAY
WHY = "那天要停电检修"


async def _told(kind: str) -> set:
    return set(await Notice.select(Notice.person).where(Notice.kind == kind).output(as_list=True))


async def test_moving_a_visit_frees_the_old_half_day_and_takes_the_new(database, woken, now):
    await make.officers()
    firm = await make.firm()
    visit = await make.visit(firm)

    await actions.reschedule(actor=firm.owner, visit_id=visit, day=THURSDAY, half=Half.AFTERNOON, reason=WHY, now=now)

    row = db.found(await Visit.select().where(Visit.id == visit).first())
    assert (row["day"], row["half"], row["revision"]) == (THURSDAY, Half.AFTERNOON, 1)
    assert (row["starts_at"], row["ends_at"]) == (clock.at_beijing(THURSDAY, 14), clock.at_beijing(THURSDAY, 17))
    assert row["state"] == VisitState.SUBMITTED
    await make.visit(await make.firm())  # the same officers are free again on Wednesday morning


async def test_a_move_is_told_to_everybody_it_concerns_with_the_old_time(database, woken, now):
    team, office = await make.officers(), await make.office()
    firm = await make.firm()
    visit = await make.accepted_visit(firm, by=office)

    await actions.reschedule(actor=firm.owner, visit_id=visit, day=THURSDAY, half=Half.MORNING, reason=WHY, now=now)

    assert await _told("visit.rescheduled") == {firm.owner.person_id, office.person_id, *team}
    facts = await Notice.select(Notice.facts).where(Notice.kind == "visit.rescheduled").output(load_json=True)
    assert {(one["facts"]["was_day"], one["facts"]["day"]) for one in facts} == {("2026-11-25", "2026-11-26")}


async def test_officers_who_come_instead_are_told_and_those_who_need_not_too(database, woken, now):
    before = await make.officers()
    firm = await make.firm()
    visit = await make.accepted_visit(firm)
    await staff.leave(before[0], THURSDAY, THURSDAY)
    (substitute,) = await make.officers(departments=("emergency",))

    await actions.reschedule(actor=firm.owner, visit_id=visit, day=THURSDAY, half=Half.MORNING, reason=WHY, now=now)

    assert await staff.team(visit) == {substitute, before[1]}
    assert await _told("visit.to_attend") == {substitute, *before}
    assert await _told("visit.rescheduled") >= {before[1]}
    gone = Notice.select(Notice.path).where(Notice.kind == "visit.officer_replaced")
    assert await gone.output(as_list=True) == ["/guidance/days"]  # the visit is not theirs to see any more


async def test_officers_hear_nothing_of_a_booking_not_yet_accepted(database, woken, now):
    team, firm = await make.officers(), await make.firm()
    visit = await make.visit(firm)

    await actions.cancel(actor=firm.owner, visit_id=visit, reason=WHY, now=now)

    assert not set(await Notice.select(Notice.person).output(as_list=True)) & set(team)


async def test_a_move_to_where_nobody_is_free_leaves_the_visit_where_it_was(database, woken, now):
    await make.officers()
    firm = await make.firm()
    visit = await make.visit(firm)
    await make.visit(await make.firm(), day=THURSDAY)

    with pytest.raises(HalfDayTaken):
        await actions.reschedule(actor=firm.owner, visit_id=visit, day=THURSDAY, half=Half.MORNING, reason=WHY, now=now)

    row = db.found(await Visit.select().where(Visit.id == visit).first())
    assert (row["day"], row["revision"]) == (make.WEDNESDAY, 0)
    assert len(await staff.team(visit)) == 2


async def test_an_owner_moves_a_visit_as_often_as_the_policy_allows(database, woken, now):
    await make.officers()
    firm = await make.firm()
    visit = await make.visit(firm)
    for half in (Half.AFTERNOON, Half.MORNING):
        await actions.reschedule(actor=firm.owner, visit_id=visit, day=make.WEDNESDAY, half=half, reason=WHY, now=now)

    with pytest.raises(rules.StepRefused, match="次数已经用完"):
        await actions.reschedule(actor=firm.owner, visit_id=visit, day=THURSDAY, half=Half.MORNING, reason=WHY, now=now)
    await actions.reschedule(
        actor=await make.office(), visit_id=visit, day=THURSDAY, half=Half.MORNING, reason=WHY, now=now
    )


@pytest.mark.parametrize(("hours", "fine"), [(12, True), (11.99, False)])
async def test_a_visit_can_be_cancelled_until_the_policy_s_hours_before_it(database, woken, now, hours, fine):
    await make.officers()
    firm = await make.firm()
    visit = await make.visit(firm)
    when = clock.at_beijing(make.WEDNESDAY, 9) - timedelta(hours=hours)

    if fine:
        await actions.cancel(actor=firm.owner, visit_id=visit, reason=WHY, now=when)
    else:
        with pytest.raises(rules.StepRefused, match="太近"):
            await actions.cancel(actor=firm.owner, visit_id=visit, reason=WHY, now=when)


async def test_cancelling_frees_the_officers_and_keeps_the_reason_behind_the_desk(database, woken, now):
    await make.officers()
    firm, office = await make.firm(), await make.office()
    visit = await make.visit(firm)

    await actions.cancel(actor=firm.owner, visit_id=visit, reason=WHY, now=now)

    assert await staff.team(visit) == set()
    assert await _told("visit.cancelled") == {firm.owner.person_id, office.person_id}
    steps = await VisitStepTaken.select(VisitStepTaken.step, VisitStepTaken.side).order_by(VisitStepTaken.at)
    assert ("cancel", "owner") in {(step["step"], step["side"]) for step in steps}
    async with db.reading(desk=db.Desk.GUIDANCE):
        assert await StepReason.select(StepReason.reason).output(as_list=True) == [WHY]
    assert WHY not in str(await AuditEntry.select(AuditEntry.detail))
    await make.visit(await make.firm())


async def test_the_office_cancels_too_and_tells_the_owner(database, woken, now):
    await make.officers()
    firm = await make.firm()
    visit = await make.visit(firm)

    await actions.cancel(actor=await make.office(), visit_id=visit, reason="台风停止户外作业", now=now)

    assert firm.owner.person_id in await _told("visit.cancelled")


@pytest.mark.parametrize("reason", ["", "  "])
async def test_a_change_needs_a_reason(database, woken, now, reason):
    await make.officers()
    firm = await make.firm()
    visit = await make.visit(firm)

    with pytest.raises(rules.ReasonMissing):
        await actions.cancel(actor=firm.owner, visit_id=visit, reason=reason, now=now)
    with pytest.raises(rules.ReasonMissing):
        await actions.reschedule(
            actor=firm.owner, visit_id=visit, day=THURSDAY, half=Half.MORNING, reason=reason, now=now
        )


async def test_nobody_changes_somebody_else_s_visit(database, woken, now):
    team = await make.officers()
    firm, stranger = await make.firm(), await make.firm()
    visit = await make.visit(firm)

    for actor in (stranger.owner, await make.officer_actor(team[0])):
        with pytest.raises(NotFound):
            await actions.cancel(actor=actor, visit_id=visit, reason=WHY, now=now)
        with pytest.raises(NotFound):
            await actions.reschedule(actor=actor, visit_id=visit, day=THURSDAY, half=Half.MORNING, reason=WHY, now=now)


async def test_a_cancelled_visit_cannot_be_changed_any_more(database, woken, now):
    await make.officers()
    firm = await make.firm()
    visit = await make.visit(firm)
    await actions.cancel(actor=firm.owner, visit_id=visit, reason=WHY, now=now)

    with pytest.raises(rules.StepRefused):
        await actions.cancel(actor=firm.owner, visit_id=visit, reason=WHY, now=now)


async def test_a_visit_is_not_moved_to_where_it_is(database, woken, now):
    await make.officers(2)
    firm = await make.firm()
    visit = await make.visit(firm)

    with pytest.raises(rules.NotOffered):
        await actions.reschedule(
            actor=firm.owner, visit_id=visit, day=make.WEDNESDAY, half=Half.MORNING, reason=WHY, now=now
        )
