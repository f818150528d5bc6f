from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import pytest

from backend.guidance import rules
from backend.guidance.rules import BookingPage, Draft, ItemNeed
from backend.kit import clock, workdays
from backend.staff.rules import Half, HalfDay
from backend.standards.content import shipped_calendar
from backend.standards.rules import BookingPolicy

CALENDAR = shipped_calendar()
POLICY = BookingPolicy(
    notice_hours=24,
    horizon_working_days=5,
    min_officers=2,
    max_open_visits=3,
    max_items=2,
    max_photos=6,
    question_max_chars=20,
    change_until_hours=12,
    max_reschedules=2,
)
TUESDAY = HalfDay(
    day=date(2026, 11, 24),
    half=Half.MORNING,
    starts_at=clock.at_beijing(date(2026, 11, 24), 9),
    ends_at=clock.at_beijing(date(2026, 11, 24), 11, 30),
)
WOOD = UUID(int=1)
DONE = Draft(site=uuid4(), items=(uuid4(),), half_day=TUESDAY, question="粉尘怎么治理")


@pytest.mark.parametrize(
    ("missing", "page"),
    [
        ({}, BookingPage.CHECK),
        ({"question": " \n"}, BookingPage.QUESTION),
        ({"half_day": None}, BookingPage.HALF_DAY),
        ({"items": (), "half_day": None}, BookingPage.ITEMS),
        ({"site": None, "question": ""}, BookingPage.SITE),
    ],
)
def test_a_booking_opens_at_the_first_page_without_an_answer(missing, page):
    assert rules.open_page(msgspec.structs.replace(DONE, **missing)) is page


def test_an_unfinished_booking_cannot_be_sent():
    rules.check_finished(DONE)
    with pytest.raises(rules.NotFinished):
        rules.check_finished(Draft())


def test_a_firm_may_have_visits_ahead_of_it_up_to_the_limit():
    rules.check_enterprise("檀木轩", active=True, open_visits=2, policy=POLICY)
    with pytest.raises(rules.TooManyVisits, match="3次"):
        rules.check_enterprise("檀木轩", active=True, open_visits=3, policy=POLICY)


def test_a_firm_that_is_gone_cannot_book():
    with pytest.raises(rules.EnterpriseNotActive, match="檀木轩"):
        rules.check_enterprise("檀木轩", active=False, open_visits=0, policy=POLICY)


@pytest.mark.parametrize(
    ("items", "asked", "refusal"),
    [
        ([], 0, rules.ItemsChanged),
        ([WOOD], 2, rules.ItemsChanged),  # one of them is off the menu
        ([WOOD, UUID(int=2)], 2, rules.ItemsMixed),
        ([WOOD] * 3, 3, rules.TooManyItems),
    ],
)
def test_items_that_no_visit_can_take_are_refused_beside_the_items(items, asked, refusal):
    with pytest.raises(refusal) as refused:
        rules.check_items([ItemNeed(scenario=one, lead="fire") for one in items], asked=asked, policy=POLICY)

    assert refused.value.field == "items"


def test_as_many_items_as_the_limit_are_fine():
    rules.check_items([ItemNeed(scenario=WOOD, lead="fire")] * 2, asked=2, policy=POLICY)


@pytest.mark.parametrize(("length", "fine"), [(3, False), (4, True), (20, True), (21, False)])
def test_a_question_has_a_least_and_a_greatest_length(length, fine):
    question = f"  {'问' * length}\n"

    if fine:
        rules.check_question(question, policy=POLICY)
    else:
        with pytest.raises((rules.QuestionTooShort, rules.QuestionTooLong)):
            rules.check_question(question, policy=POLICY)


def test_there_may_be_as_many_photos_as_the_limit():
    rules.check_photos(6, policy=POLICY)
    with pytest.raises(rules.TooManyQuestionPhotos, match="先去掉1张"):
        rules.check_photos(7, policy=POLICY)


def test_each_department_comes_once_and_the_scenario_s_leads():
    items = [
        ItemNeed(scenario=WOOD, lead="fire", joining=("emergency", "market")),
        ItemNeed(scenario=WOOD, lead="emergency", joining=("fire",)),
    ]

    assert rules.departments(items, lead="emergency") == ("emergency", "fire", "market")


def test_where_no_item_needs_the_scenario_s_lead_the_first_item_s_leads():
    items = [ItemNeed(scenario=WOOD, lead="fire", joining=("market",))]

    assert rules.departments(items, lead="emergency") == ("fire", "market")


def test_a_visit_needs_at_least_as_many_officers_as_the_policy_says():
    need = rules.need([ItemNeed(scenario=WOOD, lead="fire")], lead="fire", scope="wood", policy=POLICY)

    assert (need.departments, need.scope, need.size) == (("fire",), "wood", 2)


def test_days_are_offered_up_to_the_horizon_and_rest_days_are_not():
    days = rules.offered_days(date(2026, 9, 30), policy=POLICY, calendar=CALENDAR)

    # National Day is off until the 7th; Saturday the 10th is worked for it.
    assert [day.isoformat()[5:] for day in days] == ["09-30", "10-08", "10-09", "10-10", "10-12", "10-13"]


def test_on_a_rest_day_the_first_day_offered_is_the_next_working_day():
    days = rules.offered_days(date(2026, 11, 21), policy=POLICY, calendar=CALENDAR)

    assert days[0] == date(2026, 11, 23)
    assert len(days) == POLICY.horizon_working_days


@pytest.mark.parametrize(("hours", "fine"), [(24, True), (23.999, False)])
def test_exactly_the_notice_time_is_early_enough(hours, fine):
    now = TUESDAY.starts_at - timedelta(hours=hours)

    assert rules.early_enough(TUESDAY, now=now, policy=POLICY) is fine


def _check(half_day: HalfDay, now: datetime) -> None:
    today = clock.beijing_date(now)
    rules.check_half_day(half_day, now=now, today=today, policy=POLICY, calendar=CALENDAR)


def test_a_half_day_on_the_last_offered_day_is_fine_and_one_after_it_is_not():
    now = clock.at_beijing(date(2026, 11, 17), 9)

    _check(TUESDAY, now)
    with pytest.raises(rules.NotOffered):
        _check(TUESDAY, now - workdays.DAY)


def test_a_half_day_too_soon_or_past_is_refused():
    with pytest.raises(rules.TooSoon, match="24小时"):
        _check(TUESDAY, TUESDAY.starts_at - timedelta(hours=23))
    with pytest.raises(rules.NotOffered):
        _check(TUESDAY, TUESDAY.starts_at + workdays.DAY)


def test_a_rest_day_is_not_offered_even_to_somebody_who_makes_up_the_form():
    sunday = msgspec.structs.replace(TUESDAY, day=date(2026, 11, 22), starts_at=TUESDAY.starts_at - 2 * workdays.DAY)

    with pytest.raises(rules.NotOffered):
        _check(sunday, clock.at_beijing(date(2026, 11, 20), 9))


def test_a_visit_may_be_changed_until_hours_before_it_starts():
    assert rules.change_until(TUESDAY.starts_at, policy=POLICY) == TUESDAY.starts_at - timedelta(hours=12)


@pytest.mark.parametrize(("done", "left"), [(0, 2), (2, 0), (3, 0)])
def test_reschedules_run_out(done, left):
    assert rules.reschedules_left(done, policy=POLICY) == left


def test_a_visit_s_number_shows_the_year_and_six_digits_or_more():
    assert rules.visit_number(2026, 123) == "ZD-2026-000123"
    assert rules.visit_number(2027, 1_234_567) == "ZD-2027-1234567"
