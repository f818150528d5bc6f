import asyncio
from uuid import uuid4

import pytest

from backend.kit import db
from backend.kit.errors import NotFound
from backend.staff import actions, queries, rules
from backend.staff.rules import Half, Purpose
from backend.staff.tables import Engagement
from tests.staff import make

GUIDANCE = {"purpose": Purpose.GUIDANCE}


async def test_a_team_is_one_officer_of_each_department(database, now):
    fire, market = await make.officer(department="fire"), await make.officer(department="market")
    await make.officer(department="ecology")
    visit = uuid4()

    team = await actions.engage(
        need=make.need("market", "fire"), half_day=make.half_day(), about=visit, now=now, **GUIDANCE
    )

    assert team == [market, fire]
    assert await make.team(visit) == {fire, market}


async def test_engaging_when_somebody_is_missing_leaves_nothing_behind(database, now):
    await make.officer(department="fire")

    with pytest.raises(rules.HalfDayTaken):
        await actions.engage(
            need=make.need("fire", "market"), half_day=make.half_day(), about=uuid4(), now=now, **GUIDANCE
        )

    assert not await Engagement.exists()


async def test_the_one_with_fewer_half_days_around_is_taken(database, now):
    busy, idle = await make.officer(), await make.officer()
    await make.engaged(at=make.half_day(half=Half.AFTERNOON), about=(inspection := uuid4()))
    first = await make.team(inspection)

    team = await actions.engage(
        need=make.need(officers=1), half_day=make.half_day(), about=uuid4(), now=now, **GUIDANCE
    )

    assert set(team) == {busy, idle} - first


async def test_whoever_inspects_cannot_guide_at_the_same_time(database, now):
    await make.officer(), await make.officer()
    await make.engaged(officers=1)

    with pytest.raises(rules.HalfDayTaken):
        await actions.engage(need=make.need(), half_day=make.half_day(), about=uuid4(), now=now, **GUIDANCE)


async def test_the_database_itself_refuses_to_take_an_officer_twice(database, now, monkeypatch):
    officer = await make.officer()
    await make.engaged()

    async def as_if_free(*args: object, **named: object) -> list[rules.Candidate]:
        return [rules.Candidate(officer=officer, department="fire", load=0)]

    monkeypatch.setattr(queries, "candidates", as_if_free)
    with pytest.raises(rules.HalfDayTaken):
        await actions.engage(need=make.need(officers=1), half_day=make.half_day(), about=uuid4(), now=now, **GUIDANCE)

    assert await Engagement.count() == 1


async def test_letting_a_team_go_frees_it_and_twice_does_no_harm(database, now):
    officers = {await make.officer(), await make.officer()}
    visit = await make.engaged(officers=2)

    released = await actions.release(about=visit, now=now)

    assert set(released) == officers
    assert await actions.release(about=visit, now=now) == []
    assert await make.team(await make.engaged(officers=2)) == officers


async def test_moving_lets_the_old_half_day_go_and_takes_the_new_one(database, now):
    officers = {await make.officer(), await make.officer()}
    visit = await make.engaged(officers=2)
    afternoon = make.half_day(half=Half.AFTERNOON)

    team = await actions.move(need=make.need(), half_day=afternoon, about=visit, now=now, **GUIDANCE)

    assert set(team) == officers
    assert {one.half_day.half for one in await queries.engaged(visit)} == {Half.AFTERNOON}
    assert await make.team(await make.engaged(officers=2)) == officers


async def test_a_move_to_where_nobody_is_free_changes_nothing(database, now):
    await make.officer(), await make.officer()
    afternoon = make.half_day(half=Half.AFTERNOON)
    await make.engaged(officers=1, at=afternoon)
    visit = await make.engaged(officers=2)

    with pytest.raises(rules.HalfDayTaken):
        await actions.move(need=make.need(), half_day=afternoon, about=visit, now=now, **GUIDANCE)

    assert [one.half_day.half for one in await queries.engaged(visit)] == [Half.MORNING, Half.MORNING]


async def test_another_officer_of_the_same_department_can_stand_in(database, now):
    first, second = await make.officer(), await make.officer()
    visit = await make.engaged()
    (leaving,) = await make.team(visit)

    done = await actions.replace(
        about=visit, leaving=leaving, joining=({first, second} - {leaving}).pop(), scope="wood", now=now, **GUIDANCE
    )

    assert await make.team(visit) == {done.officer} == {first, second} - {leaving}


@pytest.mark.parametrize("wrong", [{"department": "market"}, {"scopes": ("fuel",)}, {"active": False}, {"plan": []}])
async def test_whoever_could_not_have_come_cannot_stand_in(database, now, wrong):
    leaving = await make.officer()
    visit = await make.engaged()
    joining = await make.officer(**wrong)

    with pytest.raises(rules.OfficerNotFree):
        await actions.replace(about=visit, leaving=leaving, joining=joining, scope="wood", now=now, **GUIDANCE)

    assert await make.team(visit) == {leaving}


async def test_only_a_member_of_the_team_can_be_replaced(database, now):
    await make.officer()
    visit, other = await make.engaged(), await make.officer()

    with pytest.raises(NotFound):
        await actions.replace(
            about=visit, leaving=other, joining=await make.officer(), scope="wood", now=now, **GUIDANCE
        )


async def _try_to_take(departments, at) -> bool:
    """One of many who ask at once, in a transaction of its own."""
    try:
        async with db.transaction():
            need = make.need(*departments)
            await actions.engage(need=need, half_day=at, about=uuid4(), purpose=Purpose.GUIDANCE, now=make.NOW)
    except rules.HalfDayTaken:
        return False
    return True


async def test_those_who_ask_at_once_get_exactly_the_places_there_are(committed):
    for department in ("fire", "market", "ecology"):
        for _ in range(3):
            await make.officer(department=department)
    # Kinds of need that share officers and name them in different orders: whoever locked in that order would hang.
    kinds = [("fire", "market"), ("market", "fire"), ("ecology", "market", "fire")]

    took = await asyncio.gather(*(_try_to_take(kinds[n % 3], make.half_day()) for n in range(30)))

    assert sum(took) == 3
    assert await Engagement.count() == len({row["officer"] for row in await Engagement.select(Engagement.officer)})
