import asyncio
from datetime import timedelta
from uuid import uuid4

import asyncpg
import msgspec
import pytest

from backend.audit.tables import AuditEntry
from backend.enterprises.rules import EnterpriseStatus
from backend.guidance import actions, queries, rules
from backend.guidance.rules import BookingPage, VisitState
from backend.guidance.tables import BookingDraft, Visit, VisitDepartment, VisitStepTaken, VisitWords
from backend.kit import db
from backend.kit.errors import NotFound
from backend.notices.tables import Notice
from backend.staff.rules import Half, HalfDayTaken
from backend.staff.tables import Engagement
from tests.guidance import make
from tests.staff import make as staff


async def test_booking_writes_the_visit_its_team_the_log_and_the_notices_together(database, woken, now):
    team, office, firm = await make.officers(), await make.office(), await make.firm()
    draft = await make.draft(firm)

    visit_id = await actions.book_visit(actor=firm.owner, draft_id=draft, now=now)

    visit = db.found(await Visit.select().where(Visit.id == visit_id).first())
    assert (visit["state"], visit["day"], visit["half"]) == (VisitState.SUBMITTED, make.WEDNESDAY, Half.MORNING)
    assert visit["number"].startswith("ZD-2026-")
    assert await staff.team(visit_id) == set(team)
    assert await VisitStepTaken.select(VisitStepTaken.step).output(as_list=True) == ["book"]
    told = await Notice.select(Notice.kind, Notice.person).order_by(Notice.kind)
    assert [(one["kind"], one["person"]) for one in told] == [
        ("visit.booked", firm.owner.person_id),
        ("visit.to_accept", office.person_id),
    ]
    assert "send_due_notices" in woken


async def test_the_log_and_the_notices_carry_no_word_of_what_was_asked(database, woken, now):
    await make.officers()
    await make.office()
    visit_id = await make.visit(await make.firm())

    entries = await AuditEntry.select(AuditEntry.did, AuditEntry.detail).where(AuditEntry.to == visit_id)
    facts = await Notice.select(Notice.facts).output(as_list=True)

    assert [entry["did"] for entry in entries] == ["visit.book"]
    assert make.QUESTION not in f"{entries}{facts}"
    async with db.reading(desk=db.Desk.GUIDANCE):
        assert await VisitWords.select(VisitWords.question).output(as_list=True) == [make.QUESTION]


async def test_the_departments_of_all_items_come_and_the_scenario_s_leads(database, woken, now):
    await make.officers()
    visit_id = await make.visit(await make.firm(), items=(make.FIRE, make.DUST))

    coming = await VisitDepartment.select(VisitDepartment.department, VisitDepartment.lead).where(
        VisitDepartment.visit == visit_id
    )

    assert {(one["department"], one["lead"]) for one in coming} == {("emergency", True), ("fire", False)}


async def test_sending_a_booking_twice_leads_to_the_same_visit(database, woken, now):
    await make.officers(2)
    firm = await make.firm()
    draft = await make.draft(firm)

    first = await actions.book_visit(actor=firm.owner, draft_id=draft, now=now)
    second = await actions.book_visit(actor=firm.owner, draft_id=draft, now=now)

    assert first == second == draft
    assert await Visit.count() == 1
    assert await Notice.count() == 1


async def test_a_half_day_gone_meanwhile_is_refused_and_the_draft_stays(database, woken, now):
    await make.officers()
    firm, faster = await make.firm(), await make.firm()
    draft = await make.draft(firm)
    await make.visit(faster)

    with pytest.raises(HalfDayTaken):
        await actions.book_visit(actor=firm.owner, draft_id=draft, now=now)

    kept = db.found(await queries.booking(draft, viewer=firm.owner))
    assert kept.answers.question == make.QUESTION
    assert await Visit.count() == 1
    assert await Notice.count().where(Notice.person == firm.owner.person_id) == 0


async def test_an_unfinished_booking_is_refused(database, now):
    firm = await make.firm()
    draft = await actions.start_booking(actor=firm.owner, enterprise_id=firm.id, now=now)

    with pytest.raises(rules.NotFinished):
        await actions.book_visit(actor=firm.owner, draft_id=draft, now=now)


async def test_nobody_sends_or_reads_somebody_else_s_booking(database, now):
    await make.officers()
    firm, stranger = await make.firm(), await make.firm()
    draft = await make.draft(firm)
    await make.act_for(firm.id, stranger.owner)  # even a colleague's draft is the colleague's

    assert await queries.booking(draft, viewer=stranger.owner) is None
    with pytest.raises(NotFound):
        await actions.book_visit(actor=stranger.owner, draft_id=draft, now=now)
    with pytest.raises(NotFound):
        await actions.ask(actor=stranger.owner, draft_id=draft, question="我来改一改", now=now)


async def test_whoever_acts_for_a_firm_no_longer_loses_the_draft(database, now):
    await make.officers()
    firm = await make.firm()
    draft = await make.draft(firm)
    await db.fetch("UPDATE representative SET ended_at = now()")

    assert await queries.booking(draft, viewer=firm.owner) is None
    assert await queries.bookings_of(firm.owner) == {}


async def test_a_firm_has_no_more_visits_ahead_of_it_than_the_policy_allows(database, woken, now):
    await make.officers(3)
    firm = await make.firm()
    for _ in range(3):
        await make.visit(firm)

    with pytest.raises(rules.TooManyVisits):
        await actions.start_booking(actor=firm.owner, enterprise_id=firm.id, now=now)


async def test_a_firm_that_is_gone_cannot_start(database, now):
    firm = await make.firm(status=EnterpriseStatus.DEREGISTERED)

    with pytest.raises(rules.EnterpriseNotActive, match=firm.name):
        await actions.start_booking(actor=firm.owner, enterprise_id=firm.id, now=now)


async def test_a_booking_opens_where_it_was_left(database, now):
    await make.officers()
    firm = await make.firm()
    draft = await actions.start_booking(actor=firm.owner, enterprise_id=firm.id, item_code=make.DUST, now=now)
    await actions.choose_site(actor=firm.owner, draft_id=draft, site_id=firm.site, now=now)

    again = await actions.start_booking(actor=firm.owner, enterprise_id=firm.id, now=now)

    assert again == draft
    assert db.found(await queries.booking(draft, viewer=firm.owner)).open_page is BookingPage.HALF_DAY


async def test_beginning_afresh_forgets_what_was_begun(database, now):
    await make.officers()
    firm = await make.firm()
    begun = await make.draft(firm)

    fresh = await actions.start_booking(actor=firm.owner, enterprise_id=firm.id, afresh=True, now=now)

    assert fresh != begun
    assert db.found(await queries.booking(fresh, viewer=firm.owner)).open_page is BookingPage.SITE


async def test_an_item_joins_those_of_its_scenario_and_replaces_those_of_another(database, now):
    firm = await make.firm()

    async def items_after(code: str) -> set[str]:
        draft = await actions.start_booking(actor=firm.owner, enterprise_id=firm.id, item_code=code, now=now)
        chosen = db.found(await queries.booking(draft, viewer=firm.owner)).answers.items
        return {item.code for item in await queries.offered_items(chosen)}

    assert await items_after(make.DUST) == {make.DUST}
    assert await items_after(make.FIRE) == {make.DUST, make.FIRE}
    assert await items_after("film.set") == {"film.set"}
    assert await items_after("no.such_item") == {"film.set"}


async def test_another_firm_s_site_cannot_be_chosen(database, now):
    firm, other = await make.firm(), await make.firm()
    draft = await actions.start_booking(actor=firm.owner, enterprise_id=firm.id, now=now)

    with pytest.raises(rules.SiteClosed):
        await actions.choose_site(actor=firm.owner, draft_id=draft, site_id=other.site, now=now)


async def test_other_items_give_up_a_half_day_that_they_cannot_have(database, now):
    await make.officers()
    firm = await make.firm()
    draft = await make.draft(firm)
    label = await make.item("furniture.label")  # market and planning: nobody there

    await actions.choose_items(actor=firm.owner, draft_id=draft, items=[label.id], now=now)

    assert db.found(await queries.booking(draft, viewer=firm.owner)).open_page is BookingPage.HALF_DAY


async def test_other_items_keep_a_half_day_that_they_can_have(database, now):
    await make.officers()
    firm = await make.firm()
    draft = await make.draft(firm)

    await actions.choose_items(actor=firm.owner, draft_id=draft, items=[(await make.item(make.FIRE)).id], now=now)

    assert db.found(await queries.booking(draft, viewer=firm.owner)).open_page is BookingPage.CHECK


async def test_an_item_taken_off_the_menu_since_must_be_chosen_again(database, now):
    await make.officers()
    firm = await make.firm()
    draft = await make.draft(firm, items=(make.DUST, make.FIRE))
    await db.fetch("UPDATE scenario SET retired_at = now() WHERE code = 'furniture'")

    booking = db.found(await queries.booking(draft, viewer=firm.owner))
    with pytest.raises((rules.ItemsChanged, rules.NotFinished)):
        await actions.book_visit(actor=firm.owner, draft_id=draft, now=now)

    assert booking.items_gone == 2
    assert booking.open_page is BookingPage.ITEMS


async def test_a_half_day_too_soon_is_refused_at_once_and_at_the_end(database, now):
    await make.officers()
    firm = await make.firm()
    draft = await make.draft(firm)
    late = now + timedelta(hours=25)

    with pytest.raises(rules.TooSoon):
        await actions.choose_half_day(actor=firm.owner, draft_id=draft, day=make.WEDNESDAY, half=Half.MORNING, now=late)
    with pytest.raises(rules.TooSoon):
        await actions.book_visit(actor=firm.owner, draft_id=draft, now=late)


async def test_what_is_typed_is_kept_even_when_it_is_too_short_to_send(database, now):
    await make.officers()
    firm = await make.firm()
    draft = await make.draft(firm, question="灰")

    assert db.found(await queries.booking(draft, viewer=firm.owner)).answers.question == "灰"
    with pytest.raises(rules.QuestionTooShort):
        await actions.book_visit(actor=firm.owner, draft_id=draft, now=now)


async def test_a_draft_lies_behind_the_desk(database, now):
    firm = await make.firm()
    await actions.start_booking(actor=firm.owner, enterprise_id=firm.id, now=now)

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with db.transaction():
            await BookingDraft.count()


async def test_of_two_taps_at_the_same_moment_one_books_and_both_see_it(committed, woken, now):
    await make.officers(2)
    firm = await make.firm()
    draft = await make.draft(firm)

    both = await asyncio.gather(*(actions.book_visit(actor=firm.owner, draft_id=draft, now=now) for _ in range(4)))

    assert set(both) == {draft}
    assert await Visit.count() == 1
    assert await Engagement.count() == 2


async def test_two_colleagues_at_once_cannot_pass_the_limit_together(committed, woken, now):
    await make.officers(6)
    firm = await make.firm()
    sent = []
    for _ in range(5):
        colleague = msgspec.structs.replace(firm, owner=await make.person(make.Role.OWNER))
        await make.act_for(firm.id, colleague.owner)
        sent.append((colleague.owner, await make.draft(colleague)))

    booked = await asyncio.gather(
        *(actions.book_visit(actor=owner, draft_id=draft, now=now) for owner, draft in sent), return_exceptions=True
    )

    assert sum(isinstance(one, rules.TooManyVisits) for one in booked) == 2
    assert await Visit.count() == 3


async def test_a_visit_that_never_was_is_not_found(database, now):
    firm = await make.firm()

    with pytest.raises(NotFound):
        await actions.book_visit(actor=firm.owner, draft_id=uuid4(), now=now)
