from datetime import date
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kit.workdays import Calendar
from backend.staff import rules
from backend.staff.rules import Candidate, Need

NATIONAL_DAY = Calendar(
    off=frozenset({date(2026, 9, 25), *(date(2026, 10, day) for day in range(1, 8))}),
    working=frozenset({date(2026, 9, 20), date(2026, 10, 10)}),
    years=frozenset({2026}),
)
VISIT = UUID(int=7)


@pytest.mark.parametrize(
    ("day", "weekday"),
    [
        (date(2026, 10, 8), 4),  # an ordinary Thursday
        (date(2026, 10, 1), None),  # National Day
        (date(2026, 10, 11), None),  # an ordinary Sunday
        (date(2026, 10, 10), 3),  # works Saturday, the nearest day off is Wednesday the 7th
        (date(2026, 9, 20), 5),  # works Sunday, the nearest day off is Friday the 25th
    ],
)
def test_a_make_up_day_is_worked_by_the_plan_of_the_nearest_weekday_off(day, weekday):
    assert rules.plan_weekday(day, calendar=NATIONAL_DAY) == weekday


def test_of_two_days_off_as_near_the_earlier_one_counts():
    calendar = Calendar(
        off=frozenset({date(2026, 5, 7), date(2026, 5, 11)}), working=frozenset({date(2026, 5, 9)}), years=frozenset()
    )

    assert rules.plan_weekday(date(2026, 5, 9), calendar=calendar) == 4


def test_a_make_up_day_far_from_any_day_off_keeps_its_own_weekday():
    calendar = Calendar(working=frozenset({date(2026, 5, 9)}))

    assert rules.plan_weekday(date(2026, 5, 9), calendar=calendar) == 6


@pytest.mark.parametrize(
    ("free", "departments", "officers", "places"),
    [
        ({"fire": 2}, ("fire",), 2, 1),
        ({"fire": 1}, ("fire",), 2, 0),  # one department alone has to send two
        ({"fire": 1, "market": 1}, ("fire", "market"), 2, 1),
        ({"fire": 3, "market": 0}, ("fire", "market"), 2, 0),
        ({"fire": 1, "market": 1, "ecology": 1}, ("fire", "market", "ecology"), 2, 1),
        ({"fire": 1, "market": 1, "water": 9}, ("fire", "market"), 3, 0),  # nobody comes from a department not needed
        ({"fire": 2, "market": 5}, ("fire", "market"), 3, 2),
        ({}, ("fire",), 2, 0),
    ],
)
def test_places_count_quorums_not_officers(free, departments, officers, places):
    need = Need(departments=departments, scope="wood", officers=officers)

    assert rules.places(free, need=need) == places


def test_the_least_loaded_of_each_department_comes():
    idle, busy, other = (
        Candidate(officer=uuid4(), department="fire", load=1),
        Candidate(officer=uuid4(), department="fire", load=4),
        Candidate(officer=uuid4(), department="market", load=9),
    )

    team = rules.choose(Need(departments=("market", "fire"), scope="wood"), [busy, other, idle], about=VISIT)

    assert team == [other, idle]


def test_among_equals_the_visit_decides_so_that_no_name_is_always_first():
    crew = [Candidate(officer=UUID(int=n), department="fire", load=0) for n in range(1, 6)]
    need = Need(departments=("fire",), scope="wood", officers=1)

    first = [rules.choose(need, crew, about=UUID(int=visit))[0].officer for visit in range(1, 60)]
    again = rules.choose(need, reversed(crew), about=UUID(int=1))[0].officer

    assert set(first) == {one.officer for one in crew}
    assert again == first[0]


def test_too_few_officers_are_refused_beside_the_half_day():
    alone = [Candidate(officer=uuid4(), department="fire", load=0)]

    with pytest.raises(rules.HalfDayTaken) as refusal:
        rules.choose(Need(departments=("fire",), scope="wood"), alone, about=VISIT)

    assert refusal.value.field == "half_day"


@given(
    free=st.dictionaries(st.sampled_from("abcd"), st.integers(0, 6), min_size=1),
    officers=st.integers(1, 5),
    visits=st.integers(0, 2**64),
)
def test_every_promised_place_can_be_taken_and_not_one_more(free, officers, visits):
    need = Need(departments=tuple(free), scope="wood", officers=officers)
    left = [
        Candidate(officer=UUID(int=number * 100 + place), department=name, load=place % 3)
        for number, (name, count) in enumerate(free.items())
        for place in range(count)
    ]

    for visit in range(rules.places(free, need=need)):
        team = rules.choose(need, left, about=UUID(int=visits + visit))
        assert len(team) == len({one.officer for one in team}) == need.size
        assert {one.department for one in team} == set(free)
        left = [one for one in left if one not in team]

    with pytest.raises(rules.HalfDayTaken):
        rules.choose(need, left, about=VISIT)


@pytest.mark.parametrize(
    ("day", "holds"),
    [
        (date(2026, 3, 31), False),
        (date(2026, 4, 1), True),
        (date(2026, 4, 15), True),
        (date(2026, 4, 16), False),
    ],
)
def test_a_certificate_holds_on_its_first_and_last_day(day, holds):
    assert rules.certificate_holds(issued_on=date(2026, 4, 1), expires_on=date(2026, 4, 15), day=day) is holds


def test_a_half_day_is_named_in_a_form_and_read_back():
    half_day = rules.HalfDay(day=date(2026, 11, 25), half=rules.Half.MORNING, starts_at=None, ends_at=None)

    assert rules.read_key(half_day.key) == (date(2026, 11, 25), rules.Half.MORNING)


@pytest.mark.parametrize("key", ["", "2026-11-25", "2026-11-31-morning", "2026-11-25-noon", "morning"])
def test_a_made_up_half_day_is_nothing(key):
    assert rules.read_key(key) is None
