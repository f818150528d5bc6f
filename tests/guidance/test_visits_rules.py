"""The steps of a visit: no dead ends, every refusal, and who waits for whom."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from backend.guidance import rules
from backend.guidance.rules import Side, VisitFacts, VisitState, VisitStep

DAY = date(2026, 11, 25)
STARTS_AT = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)  # 09:00 in Beijing
EARLIER = STARTS_AT - timedelta(days=1)


def facts(state: VisitState | None, side: Side, **changed) -> VisitFacts:
    plain = VisitFacts(
        state=state, side=side, now=EARLIER, today=DAY - timedelta(days=1), day=DAY, starts_at=STARTS_AT, reason="原因"
    )
    return msgspec.structs.replace(plain, **changed)


def on_the_day(state: VisitState, side: Side, **changed) -> VisitFacts:
    return facts(state, side, **{"now": STARTS_AT, "today": DAY, **changed})


def test_every_state_but_the_ends_leads_somewhere():
    stuck = set(VisitState) - {state for state, _ in rules.STEPS}

    assert stuck == rules.ENDS


def test_every_state_is_reached_from_the_booking():
    reached: set[VisitState | None] = {None}
    while more := {after for (state, _), after in rules.STEPS.items() if state in reached} - reached:
        reached |= more

    assert reached == {None, *VisitState}


def test_every_step_is_taken_somewhere_by_somebody():
    assert {step for _, step in rules.STEPS} == set(VisitStep) == set(rules.TAKEN_BY)
    assert all(rules.TAKEN_BY.values())


def test_every_state_that_is_not_an_end_waits_for_somebody_who_can_act():
    assert set(rules.WAITS_FOR) == set(VisitState) - rules.ENDS
    for state, (side, _) in rules.WAITS_FOR.items():
        steps = [step for (start, step) in rules.STEPS if start is state]
        assert any(side in rules.TAKEN_BY[step] for step in steps), state


def test_states_and_steps_all_have_words():
    assert set(rules.STATE_WORDS) == set(rules.STATE_TONES) == set(VisitState)
    assert set(rules.STEP_WORDS) == set(rules.TAKEN_WORDS) == set(VisitStep)
    assert set(rules.GRADE_WORDS) == set(rules.GRADE_MEANS) == set(rules.GRADE_TONES) == set(rules.Grade)


STORY = [
    (None, VisitStep.BOOK, Side.OWNER),
    (VisitState.SUBMITTED, VisitStep.ACCEPT, Side.OFFICE),
    (VisitState.ACCEPTED, VisitStep.ARRIVE, Side.OFFICER),
    (VisitState.ON_SITE, VisitStep.DEPART, Side.OFFICER),
    (VisitState.DEPARTED, VisitStep.ISSUE, Side.OFFICER),
    (VisitState.ISSUED, VisitStep.CONFIRM, Side.OWNER),
    (VisitState.CONFIRMED, VisitStep.CLOSE, Side.OFFICER),
]


def test_the_usual_story_goes_from_booking_to_closing():
    state: VisitState | None = None
    for start, step, side in STORY:
        assert state is start
        now = EARLIER if step in (VisitStep.BOOK, VisitStep.ACCEPT) else STARTS_AT
        state = rules.take(step, facts(start, side, now=now, today=DAY))

    assert state is VisitState.CLOSED


@pytest.mark.parametrize("state", [None, *VisitState])
@pytest.mark.parametrize("step", list(VisitStep))
@pytest.mark.parametrize("side", list(Side))
def test_a_step_is_taken_exactly_where_the_table_and_the_side_allow(state, step, side):
    asked = facts(state, side, today=DAY, uncorrected=1 if step is VisitStep.CORRECT else 0)
    allowed = (state, step) in rules.STEPS and side in rules.TAKEN_BY[step]

    assert rules.may(step, asked) is allowed
    if not allowed:
        with pytest.raises(rules.StepRefused):
            rules.take(step, asked)


def test_an_owner_cannot_accept_the_booking():
    with pytest.raises(rules.StepRefused, match="这一步由指导办办理"):
        rules.take(VisitStep.ACCEPT, facts(VisitState.SUBMITTED, Side.OWNER))


def test_a_booking_is_accepted_until_the_visit_would_start():
    just_before = facts(VisitState.SUBMITTED, Side.OFFICE, now=STARTS_AT - timedelta(seconds=1))
    too_late = facts(VisitState.SUBMITTED, Side.OFFICE, now=STARTS_AT)

    assert rules.take(VisitStep.ACCEPT, just_before) is VisitState.ACCEPTED
    with pytest.raises(rules.StepRefused, match="请退回"):
        rules.take(VisitStep.ACCEPT, too_late)
    assert rules.take(VisitStep.RETURN, too_late) is VisitState.RETURNED


@pytest.mark.parametrize("step", [VisitStep.RETURN, VisitStep.RESCHEDULE, VisitStep.CANCEL])
def test_whoever_turns_a_booking_down_or_moves_it_says_why(step):
    silent = facts(VisitState.SUBMITTED, Side.OFFICE, reason="  ")

    with pytest.raises(rules.ReasonMissing):
        rules.take(step, silent)
    assert rules.may(step, silent)


@pytest.mark.parametrize("side", [Side.OWNER, Side.OFFICE])
@pytest.mark.parametrize("step", [VisitStep.RESCHEDULE, VisitStep.CANCEL])
def test_changes_are_possible_up_to_the_limit_and_not_after(side, step):
    at_limit = facts(VisitState.ACCEPTED, side, change_until=EARLIER)
    after = facts(VisitState.ACCEPTED, side, change_until=EARLIER - timedelta(seconds=1))

    assert rules.may(step, at_limit)
    with pytest.raises(rules.StepRefused, match="太近"):
        rules.take(step, after)


def test_a_visit_is_moved_only_so_often():
    assert rules.may(VisitStep.RESCHEDULE, facts(VisitState.ACCEPTED, Side.OWNER, reschedules_left=1))
    with pytest.raises(rules.StepRefused, match="次数"):
        rules.take(VisitStep.RESCHEDULE, facts(VisitState.ACCEPTED, Side.OWNER, reschedules_left=0))
    assert rules.may(VisitStep.CANCEL, facts(VisitState.ACCEPTED, Side.OWNER, reschedules_left=0))


def test_the_office_cancels_a_visit_to_which_nobody_came():
    missed = {"today": DAY + timedelta(days=1), "now": STARTS_AT + timedelta(days=1), "change_until": EARLIER}

    assert rules.may(VisitStep.CANCEL, facts(VisitState.ACCEPTED, Side.OFFICE, **missed))
    assert not rules.may(VisitStep.CANCEL, facts(VisitState.ACCEPTED, Side.OWNER, **missed))


def test_arriving_on_the_day_needs_no_reason_and_on_a_later_day_one():
    today = on_the_day(VisitState.ACCEPTED, Side.OFFICER, reason="")
    later = facts(VisitState.ACCEPTED, Side.OFFICER, today=DAY + timedelta(days=1), reason="")

    assert rules.take(VisitStep.ARRIVE, today) is VisitState.ON_SITE
    assert rules.out_of_day(later)
    with pytest.raises(rules.ReasonMissing):
        rules.take(VisitStep.ARRIVE, later)
    assert rules.take(VisitStep.ARRIVE, msgspec.structs.replace(later, reason="企业改到今天")) is VisitState.ON_SITE


def test_nobody_arrives_before_the_day():
    with pytest.raises(rules.StepRefused, match="还没到约定的日子"):
        rules.take(VisitStep.ARRIVE, facts(VisitState.ACCEPTED, Side.OFFICER))


def test_an_opinion_is_issued_when_every_item_has_one():
    with pytest.raises(rules.StepRefused, match="还有1个事项没有写意见"):
        rules.take(VisitStep.ISSUE, on_the_day(VisitState.DEPARTED, Side.OFFICER, items_unwritten=1))
    assert rules.may(VisitStep.ISSUE, on_the_day(VisitState.DEPARTED, Side.OFFICER, items_unwritten=0))


def test_a_visit_closes_when_everything_is_corrected():
    with pytest.raises(rules.StepRefused, match="还有2项没有改好"):
        rules.take(VisitStep.CLOSE, on_the_day(VisitState.CONFIRMED, Side.OFFICE, uncorrected=2))
    assert rules.may(VisitStep.CLOSE, on_the_day(VisitState.CONFIRMED, Side.OFFICE, uncorrected=0))
    assert not rules.may(VisitStep.CORRECT, on_the_day(VisitState.CONFIRMED, Side.OWNER, uncorrected=0))


def test_the_open_steps_are_the_buttons_of_a_page():
    open_to_office = rules.steps_open(facts(VisitState.SUBMITTED, Side.OFFICE))

    assert open_to_office == [
        VisitStep.ACCEPT,
        VisitStep.RETURN,
        VisitStep.REPLACE_OFFICER,
        VisitStep.RESCHEDULE,
        VisitStep.CANCEL,
    ]
    assert rules.steps_open(facts(VisitState.CLOSED, Side.OWNER)) == []


def test_waiting_is_said_to_whom_it_is_said():
    assert rules.waiting_words(VisitState.SUBMITTED, side=Side.OWNER) == "等指导办受理"
    assert rules.waiting_words(VisitState.ISSUED, side=Side.OWNER) == "等您阅读并确认意见"
    assert rules.waiting_words(VisitState.ISSUED, side=Side.OFFICE) == "等企业阅读并确认意见"
    assert rules.waiting_words(VisitState.CLOSED, side=Side.OWNER) == ""
    assert rules.waiting_words(VisitState.CONFIRMED, side=Side.OWNER) == "等您按意见改进"
    assert rules.waiting_words(VisitState.CONFIRMED, side=Side.OWNER, all_corrected=True) == "等上门人员回访办结"
    assert rules.waits_for(VisitState.CONFIRMED, side=Side.OFFICER, all_corrected=True)
    assert rules.state_words(VisitState.ISSUED, side=Side.OWNER) == "待您确认"
    assert rules.waits_for(VisitState.ISSUED, side=Side.OWNER)
    assert not rules.waits_for(VisitState.ISSUED, side=Side.OFFICER)
