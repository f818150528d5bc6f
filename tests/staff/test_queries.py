from datetime import date, timedelta
from uuid import uuid4

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.kit import clock, db, workdays
from backend.staff import queries, rules
from backend.staff.rules import Half
from backend.staff.tables import Engagement
from backend.standards.content import shipped_calendar
from tests.staff import make

CALENDAR = shipped_calendar()
NATIONAL_WEEKS = [date(2026, 9, 24) + timedelta(days=offset) for offset in range(17)]  # two holidays, one make-up day
DEPARTMENTS = ("fire", "market", "ecology")
SCOPES = ("wood", "fuel")


async def free(need, asked, calendar=CALENDAR) -> dict[str, int]:
    found = await queries.free_half_days(need, asked, calendar=calendar)
    return {one.half_day.key: one.places for one in found}


async def test_a_half_day_is_free_when_everybody_needed_can_come(database):
    await make.officer(department="fire"), await make.officer(department="market")
    asked = await queries.half_days([make.WEDNESDAY])

    assert await free(make.need("fire", "market"), asked) == {"2026-11-25-morning": 1, "2026-11-25-afternoon": 1}
    assert await free(make.need("fire", "ecology"), asked) == {}


async def test_the_hours_of_a_half_day_are_the_policy_s(database):
    morning, afternoon = await queries.half_days([make.WEDNESDAY])

    assert [clock.beijing(at).strftime("%H:%M") for at in (morning.starts_at, morning.ends_at)] == ["09:00", "11:30"]
    assert [clock.beijing(at).strftime("%H:%M") for at in (afternoon.starts_at, afternoon.ends_at)] == [
        "14:00",
        "17:00",
    ]


async def test_a_holiday_has_no_free_half_day_and_a_make_up_day_has(database):
    await make.officer(plan=[(3, Half.MORNING)]), await make.officer(plan=[(3, Half.MORNING)])
    holiday, make_up_day = date(2026, 10, 7), date(2026, 10, 10)  # this Saturday works like the Wednesday next to it

    found = await free(make.need(), await queries.half_days([holiday, make_up_day]))

    assert found == {"2026-10-10-morning": 1}


async def test_a_certificate_that_ends_before_the_day_does_not_count(database):
    await make.officer(), await make.officer(expires_on=make.WEDNESDAY)
    asked = await queries.half_days([make.WEDNESDAY, make.WEDNESDAY + workdays.DAY])

    assert {key[:10] for key in await free(make.need(), asked)} == {"2026-11-25"}


async def test_an_engagement_across_noon_takes_both_halves(database, now):
    await make.officer(), await make.officer()
    morning, afternoon = await queries.half_days([make.WEDNESDAY])
    await make.engaged(at=msgspec.structs.replace(morning, ends_at=afternoon.starts_at + timedelta(minutes=1)))

    assert await free(make.need(), [morning, afternoon]) == {}


async def test_an_officer_is_shown_with_a_masked_certificate(database):
    officer = await make.officer(name="李执法", department="market", expires_on=date(2027, 3, 1))

    card = await queries.officer(officer)

    assert (card.name, card.department, card.department_short) == ("李执法", "market", "市场监管")
    assert card.certificate.startswith("3307******")
    assert card.certified_on(date(2027, 3, 1))
    assert not card.certified_on(date(2027, 3, 2))


async def test_nobody_is_not_an_officer(database):
    assert await queries.officer(uuid4()) is None
    assert await queries.officers([]) == {}


async def test_an_officer_s_days_come_in_order(database):
    officer = await make.officer()
    later, sooner = await make.engaged(at=make.half_day(half=Half.AFTERNOON)), await make.engaged()

    days = await queries.engagements_of(officer, from_on=make.WEDNESDAY, until=make.WEDNESDAY + workdays.DAY)

    assert [one.about for one in days] == [sooner, later]
    assert await queries.engagements_of(officer, from_on=date(2026, 11, 1), until=make.WEDNESDAY) == []
    assert await queries.is_engaged(officer, about=sooner)
    assert not await queries.is_engaged(uuid4(), about=sooner)


async def test_stand_ins_are_offered_with_the_least_loaded_first(database):
    await make.officer()
    visit = await make.engaged()
    (leaving,) = await make.team(visit)
    busy, idle = await make.officer(), await make.officer()
    await make.officer(department="market")
    await Engagement.insert(*[_plain_engagement(busy, make.half_day(half=Half.AFTERNOON))])

    found = await queries.stand_ins(about=visit, leaving=leaving, scope="wood")

    assert [one.officer for one in found] == [idle, busy]


# --- the free half-days against a model that reads like the rule ---


class Crew(msgspec.Struct):
    """One officer as the model knows them."""

    department: str
    scopes: list[str]
    issued_on: date
    expires_on: date
    active: bool
    plan: list[tuple[int, Half]]
    away: list[tuple[date, date]]
    taken: list[tuple[date, Half]]

    def can_come(self, day: date, half: Half, scope: str) -> bool:
        return (
            self.active
            and scope in self.scopes
            and self.issued_on <= day <= self.expires_on
            and (rules.plan_weekday(day, calendar=CALENDAR), half) in self.plan
            and not any(first <= day <= last for first, last in self.away)
            and (day, half) not in self.taken
        )


days = st.sampled_from(NATIONAL_WEEKS)
halves = st.sampled_from(Half)
crew = st.builds(
    Crew,
    department=st.sampled_from(DEPARTMENTS),
    scopes=st.lists(st.sampled_from(SCOPES), min_size=1, unique=True),
    issued_on=st.sampled_from([date(2020, 1, 1), NATIONAL_WEEKS[3]]),
    expires_on=st.sampled_from([date(2030, 1, 1), NATIONAL_WEEKS[-4]]),
    active=st.sampled_from([True, True, True, False]),
    plan=st.lists(st.tuples(st.integers(1, 5), halves), unique=True, min_size=4, max_size=10),
    away=st.lists(st.tuples(days, days).map(lambda pair: (min(pair), max(pair))), max_size=1),
    taken=st.lists(st.tuples(days, halves), unique=True, max_size=3),
)


@pytest.mark.parametrize("examples", [12, pytest.param(400, marks=pytest.mark.slow)])
async def test_free_half_days_are_those_of_the_model(database, examples):
    asked = await queries.half_days(NATIONAL_WEEKS)
    cases: list[tuple[list[Crew], rules.Need]] = []

    @settings(
        max_examples=examples, database=None, deadline=None, suppress_health_check=[*HealthCheck], derandomize=True
    )
    @given(
        st.lists(crew, min_size=2, max_size=9),
        st.lists(st.sampled_from(DEPARTMENTS), min_size=1, max_size=3, unique=True),
        st.sampled_from(SCOPES),
        st.integers(1, 3),
    )
    def collect(officers, departments, scope, least):
        cases.append((officers, rules.Need(departments=tuple(departments), scope=scope, officers=least)))

    collect()
    for officers, need in cases:
        await _insert(officers)
        assert await free(need, asked) == _modelled(officers, need, asked), (officers, need)


def _modelled(officers: list[Crew], need: rules.Need, asked: list[rules.HalfDay]) -> dict[str, int]:
    found = {}
    for one in asked:
        able = [who.department for who in officers if who.can_come(one.day, one.half, need.scope)]
        counts = {name: able.count(name) for name in need.departments}
        visits = 0
        # Take quorums away one after another until one cannot be had.
        while all(counts.values()) and sum(counts.values()) >= need.size:
            for name in need.departments:
                counts[name] -= 1
            for _ in range(need.size - len(need.departments)):
                counts[max(counts, key=lambda name: counts[name])] -= 1
            visits += 1
        if visits:
            found[one.key] = visits
    return found


async def _insert(officers: list[Crew]) -> None:
    for table in ("engagement", "leave", "working_plan", "officer"):
        await db.fetch(f"DELETE FROM {table}")
    for who in officers:
        officer = await make.officer(
            department=who.department,
            scopes=who.scopes,
            issued_on=who.issued_on,
            expires_on=who.expires_on,
            active=who.active,
            plan=who.plan,
        )
        for first, last in who.away:
            await make.leave(officer, first, last)
        if who.taken:
            taken = [_plain_engagement(officer, make.half_day(*when)) for when in who.taken]
            await Engagement.insert(*taken)
    # A plan renewed in the middle must not count an officer twice, nor one that has ended count at all.
    await db.fetch(
        "INSERT INTO working_plan (id, officer, weekday, half, from_on, until)"
        " SELECT gen_random_uuid(), officer, weekday, half, DATE '2025-01-01', NULL FROM working_plan UNION ALL"
        " SELECT gen_random_uuid(), id, 1, 'morning', DATE '2025-02-01', DATE '2026-01-01' FROM officer"
    )


def _plain_engagement(officer, at: rules.HalfDay) -> Engagement:
    return Engagement(
        officer=officer,
        day=at.day,
        half=at.half,
        starts_at=at.starts_at,
        ends_at=at.ends_at,
        purpose=rules.Purpose.INSPECTION,
        about=uuid4(),
        department="fire",
        engaged_at=make.NOW,
    )
