"""The team arrives and leaves; nobody else's visit is theirs."""

from datetime import timedelta

import pytest

from backend.audit.tables import AuditEntry
from backend.guidance import actions, queries, rules
from backend.guidance.rules import VisitState
from backend.kit.errors import NotFound
from backend.notices.tables import Notice
from tests.conftest import NOW
from tests.guidance import make, stories


async def kinds() -> list[str]:
    return [row["kind"] for row in await Notice.select(Notice.kind)]


async def test_arriving_moves_the_visit_and_asks_the_owner_to_scan(database):
    story = await stories.accepted()

    await actions.arrive(actor=story.officer, visit_id=story.visit, reason="", now=stories.ON_SITE)

    assert (await story.sheet()).state is VisitState.ON_SITE
    assert (await kinds()).count("visit.arrived") == 1
    assert await AuditEntry.exists().where(AuditEntry.did == "visit.arrive", AuditEntry.to == story.visit)


async def test_nobody_arrives_early_and_late_only_with_a_reason(database):
    story = await stories.accepted()
    late = stories.ON_SITE + timedelta(days=1)

    with pytest.raises(rules.StepRefused):
        await actions.arrive(actor=story.officer, visit_id=story.visit, reason="", now=NOW)
    with pytest.raises(rules.ReasonMissing):
        await actions.arrive(actor=story.officer, visit_id=story.visit, reason="", now=late)
    await actions.arrive(actor=story.officer, visit_id=story.visit, reason="企业停电，改到今天", now=late)

    assert (await story.sheet()).steps[0].reason == "企业停电，改到今天"


async def test_a_reason_on_the_day_itself_is_not_kept(database):
    story = await stories.accepted()

    await actions.arrive(actor=story.officer, visit_id=story.visit, reason="没有必要", now=stories.ON_SITE)

    assert (await story.sheet()).steps[0].reason == ""


async def test_leaving_asks_the_owner_for_a_rating(database):
    story = await stories.on_site()

    await actions.depart(actor=story.officer, visit_id=story.visit, now=stories.LEFT)

    asked = await Notice.select(Notice.person, Notice.path).where(Notice.kind == "visit.rate_please")
    assert asked == [{"person": story.firm.owner.person_id, "path": f"/ratings/visits/{story.visit}"}]


async def test_another_officers_visit_is_not_found(database):
    story = await stories.on_site()
    (stranger,) = await make.officers(departments=("emergency",))
    other = await make.officer_actor(stranger)

    assert await queries.field_sheet(story.visit, viewer=other) is None
    for step in (
        actions.arrive(actor=other, visit_id=story.visit, reason="", now=stories.ON_SITE),
        actions.depart(actor=other, visit_id=story.visit, now=stories.LEFT),
        actions.close(actor=other, visit_id=story.visit, now=stories.LEFT),
    ):
        with pytest.raises(NotFound):
            await step


async def test_a_replaced_officer_loses_the_visit(database):
    await make.officers(2)
    visit_id = await make.accepted_visit(await make.firm())
    sheet = await queries.office_sheet(visit_id)
    leaving = sheet.team[0]
    able = await queries.stand_ins(sheet, leaving=leaving.id)
    await actions.replace_officer(
        actor=await make.office(), visit_id=visit_id, leaving=leaving.id, joining=able[0].officer.id, now=NOW
    )

    assert await queries.field_sheet(visit_id, viewer=await make.officer_actor(leaving.id)) is None
    assert await queries.field_sheet(visit_id, viewer=await make.officer_actor(able[0].officer.id)) is not None


async def test_the_day_list_has_today_first_then_the_days_ahead(database):
    story = await stories.accepted()

    on_monday = await queries.days_of(story.officer, now=NOW)
    on_the_day = await queries.days_of(story.officer, now=stories.ON_SITE)

    assert on_monday.today.stops == []
    assert [(day.on, len(day.stops)) for day in on_monday.next] == [(make.WEDNESDAY, 1)]
    assert on_the_day.today.stops[0].question == make.QUESTION
    assert on_the_day.owed == []


async def test_a_visit_that_is_over_stays_on_the_list_until_it_is_written_up(database):
    story = await stories.on_site()
    await actions.depart(actor=story.officer, visit_id=story.visit, now=stories.LEFT)

    found = await queries.days_of(story.officer, now=stories.LEFT + timedelta(days=6))

    assert [owed.row.id for owed in found.owed] == [story.visit]
    assert found.owed[0].clock.words == "已超期1个工作日"


async def test_somebody_elses_days_are_empty(database):
    await stories.accepted()
    (stranger,) = await make.officers(departments=("emergency",))

    found = await queries.days_of(await make.officer_actor(stranger), now=NOW)

    assert (found.today.stops, found.next, found.owed) == ([], [], [])


async def test_reading_the_whole_number_is_written_down(database):
    story = await stories.accepted()

    await actions.read_contact(actor=story.officer, visit_id=story.visit, now=NOW)

    entry = await AuditEntry.select(AuditEntry.by, AuditEntry.to).where(AuditEntry.did == "visit.contact_read").first()
    assert entry == {"by": story.officer.person_id, "to": story.visit}
