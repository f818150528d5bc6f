"""The demonstration city: whole, valid, the same every day, and loaded into an empty database only."""

from datetime import timedelta

import pytest

from backend import demo
from backend.accounts import queries as accounts
from backend.demo import people
from backend.enterprises import queries as enterprises
from backend.enterprises import rules as enterprise_rules
from backend.guidance.rules import VisitState
from backend.kit import clock, db
from backend.standards import queries as standards
from tests.conftest import NOW


async def count(sql: str, *values: object) -> int:
    return (await db.fetch(f"SELECT count(*) AS n FROM {sql}", *values))[0]["n"]


async def test_the_city_is_as_large_as_promised_and_no_list_is_empty(committed):
    await demo.load(now=NOW)

    assert await count("region WHERE level = 'township'") == 18
    assert await count("department") == 27
    assert await count("officer") == 120
    assert await count("working_plan") > 500
    assert await count("enterprise") == 2000
    states = {row["state"] for row in await db.fetch("SELECT DISTINCT state FROM visit")}
    assert states >= set(VisitState) - {VisitState.ON_SITE}  # that one lasts an hour
    async with db.transaction(desk=db.Desk.RATINGS):
        assert await count("ratings.rating") > 100
    for phone, *_ in people.ACCOUNTS[:5]:
        assert await count("notice n JOIN person p ON p.id = n.person WHERE p.phone = $1", phone) > 0
    assert await count("notice WHERE state = 'dead'") > 0


async def test_every_firm_would_pass_the_registry(committed):
    await demo.load(now=NOW)

    rows = await db.fetch("SELECT uscc FROM enterprise")
    assert [row["uscc"] for row in rows if enterprise_rules.check_code(row["uscc"])] == []


async def test_each_visit_has_its_quorum_of_qualified_officers(committed):
    await demo.load(now=NOW)

    lacking = await db.fetch(
        """SELECT v.number, d.department FROM visit v JOIN visit_department d ON d.visit = v.id
           JOIN scenario s ON s.id = v.scenario
           WHERE NOT EXISTS (SELECT FROM engagement g JOIN officer o ON o.id = g.officer WHERE g.about = v.id
                             AND g.department = d.department AND s.code = ANY(o.scopes) AND o.expires_on >= v.day)"""
    )
    alone = await db.fetch("SELECT about FROM engagement GROUP BY about HAVING count(*) < 2")
    assert (lacking, alone) == ([], [])


async def test_the_accounts_can_sign_in_and_their_owners_have_room_to_book(committed):
    listed = await demo.load(now=NOW)

    limit = (await standards.booking_policy()).max_open_visits
    for account in listed:
        assert await accounts.person_by_phone(account.phone)
    for phone in (people.OWNER, people.SECOND_OWNER):
        open_visits = await count(
            """visit v JOIN person p ON p.id = v.booked_by
               WHERE p.phone = $1 AND v.state IN ('submitted', 'accepted', 'on_site')""",
            phone,
        )
        assert open_visits < limit


async def test_an_officer_has_a_visit_today_whatever_day_it_is(committed):
    sunday = NOW - timedelta(days=1)
    await demo.load(now=sunday)

    today = clock.beijing_date(sunday)
    assert await count(
        """engagement g JOIN person p ON p.id = g.officer JOIN visit v ON v.id = g.about
           WHERE p.phone = $1 AND v.day = $2 AND v.state = 'accepted'""",
        people.OFFICER,
        today,
    )


async def test_it_is_never_loaded_over_a_city_that_knows_people(committed):
    await demo.load(now=NOW)
    before = await count("person")

    with pytest.raises(demo.NotEmpty):
        await demo.load(now=NOW)

    assert await count("person") == before


async def test_the_owners_firms_are_found_by_their_doors(committed):
    await demo.load(now=NOW)

    [row] = await db.fetch("SELECT door_code FROM enterprise WHERE uscc = '91330783MA00QA0142'")
    card = await enterprises.by_door_code(row["door_code"])
    assert card is not None
    assert card.name == "东阳市檀木轩家具有限公司"
