"""From the first draft to the end: who may write, read and put right what, and that nobody else can."""

from datetime import date, timedelta

import asyncpg
import pytest

from backend.audit.tables import AuditEntry
from backend.files.store import Store
from backend.files.tables import StoredFile
from backend.guidance import actions, queries, rules
from backend.guidance.rules import Grade, PhotoUse, VisitState
from backend.guidance.tables import Opinion, Photo, Visit
from backend.kit import db
from backend.kit.errors import NotFound
from backend.notices.tables import Notice
from backend.ratings.tables import Rating
from tests.guidance import make, stories
from tests.guidance.stories import ISSUED, LEFT, ON_SITE, Story, finding

ADVICE_ALONE = finding(Grade.ADVICE, None)


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path)


async def visit_row(story: Story) -> dict:
    return await Visit.select(Visit.state, Visit.all_corrected_at).where(Visit.id == story.visit).first()


async def drafts() -> list[dict]:
    async with db.reading(desk=db.Desk.GUIDANCE):
        return await Opinion.select().order_by(Opinion.position)


async def test_a_finding_is_drafted_on_site_with_photos_and_changed_later(database, store):
    story = await stories.on_site()
    saved = await stories.write(story, finding(), store=store, photos=2)
    sheet = await story.sheet()

    await actions.save_opinion(
        actor=story.officer,
        visit_id=story.visit,
        visit_item=sheet.items[0].id,
        opinion_id=saved,
        finding=finding(Grade.MINOR),
        photos=[stories.photo("red")],
        store=store,
        now=LEFT,
    )

    changed = (await story.sheet()).opinions
    assert [(one.id, one.grade) for one in changed] == [(saved, Grade.MINOR)]
    assert len((await story.sheet()).photos_of(changed[0], PhotoUse.FOUND)) == 3


async def test_a_finding_sent_twice_is_written_once(database, store):
    story = await stories.on_site()

    saved = [await stories.write(story, one, store=store) for one in (finding(), finding(), ADVICE_ALONE, ADVICE_ALONE)]

    assert saved[0] == saved[1] != saved[2] == saved[3]
    assert len(await drafts()) == 2


async def test_too_many_photos_are_refused_and_nothing_is_kept(database, store):
    story = await stories.on_site()

    with pytest.raises(rules.TooManyPhotos):
        await stories.write(story, finding(), store=store, photos=7)

    assert await drafts() == []


async def test_a_removed_draft_takes_its_photos_along(database, store):
    story = await stories.on_site()
    saved = await stories.write(story, finding(), store=store, photos=1)

    await actions.remove_opinion(actor=story.officer, visit_id=story.visit, opinion_id=saved, now=ON_SITE)

    assert await drafts() == []
    assert not await StoredFile.exists()


async def test_nothing_is_written_before_arrival_or_after_issue(database, store):
    before, after = await stories.accepted(), await stories.issued(store=store)

    for story in (before, after):
        with pytest.raises(rules.NotWriting):
            await stories.write(story, finding(), store=store, now=LEFT)
    opinion = (await after.sheet()).opinions[0]
    with pytest.raises(rules.NotWriting):
        await actions.remove_opinion(actor=after.officer, visit_id=after.visit, opinion_id=opinion.id, now=ISSUED)


async def test_a_date_of_the_past_is_refused(database, store):
    story = await stories.on_site()

    with pytest.raises(rules.CorrectByPast):
        await stories.write(story, finding(correct_by=date(2026, 11, 24)), store=store)


async def test_another_visits_item_is_not_found(database, store):
    story, other = await stories.on_site(), await stories.on_site()
    theirs = (await other.sheet()).items[0]

    with pytest.raises(NotFound):
        await actions.save_opinion(
            actor=story.officer,
            visit_id=story.visit,
            visit_item=theirs.id,
            opinion_id=None,
            finding=finding(),
            photos=[],
            store=store,
            now=ON_SITE,
        )


async def test_issuing_tells_the_owner_the_nearest_date(database, store):
    later, sooner = finding(correct_by=date(2026, 12, 20)), finding(Grade.MINOR, date(2026, 12, 1))
    story = await stories.issued(later, sooner, store=store)

    notice = await Notice.select().where(Notice.kind == "visit.opinion_issued").first()

    assert (await visit_row(story))["state"] == VisitState.ISSUED
    assert '"deadline":"2026-12-01"' in notice["facts"].replace(" ", "")
    assert notice["path"] == f"/guidance/visits/{story.visit}/opinion"


async def test_an_item_without_an_opinion_holds_the_issue_back(database, store):
    story = await stories.left(store=store)

    with pytest.raises(rules.StepRefused, match="还有1个事项没有写意见"):
        await actions.issue(actor=story.officer, visit_id=story.visit, now=ISSUED)


async def test_nothing_is_issued_before_the_team_has_left(database, store):
    story = await stories.on_site()
    await stories.write(story, finding(), store=store)

    with pytest.raises(rules.StepRefused, match="指导中"):
        await actions.issue(actor=story.officer, visit_id=story.visit, now=ON_SITE)


async def test_a_draft_whose_date_has_gone_by_is_not_issued(database, store):
    story = await stories.left(finding(correct_by=date(2026, 11, 26)), store=store)

    with pytest.raises(rules.DraftOutOfDate):
        await actions.issue(actor=story.officer, visit_id=story.visit, now=ISSUED + timedelta(days=1))


async def test_the_owner_and_the_office_read_no_draft(database, store):
    story = await stories.left(finding(), store=store)

    owner = await queries.owner_sheet(story.visit, viewer=story.firm.owner)
    office = await queries.office_sheet(story.visit)
    assert owner.opinions == office.opinions == []

    await actions.issue(actor=story.officer, visit_id=story.visit, now=ISSUED)
    owner = await queries.owner_sheet(story.visit, viewer=story.firm.owner)
    assert [one.found for one in owner.opinions] == [stories.FOUND]


async def test_another_owner_finds_nothing(database, store):
    story = await stories.issued(store=store)
    stranger = (await make.firm()).owner

    assert await queries.owner_sheet(story.visit, viewer=stranger) is None
    with pytest.raises(NotFound):
        await actions.confirm(actor=stranger, visit_id=story.visit, now=ISSUED)


async def test_confirming_with_something_to_correct_waits_for_the_owner(database, store):
    story = await stories.confirmed(store=store)

    assert await visit_row(story) == {"state": "confirmed", "all_corrected_at": None}
    with pytest.raises(rules.StepRefused, match="还有1项没有改好"):
        await actions.close(actor=story.office, visit_id=story.visit, now=ISSUED)


async def test_confirming_with_nothing_to_correct_closes_and_looks_the_same_from_outside(database, store):
    story = await stories.confirmed(ADVICE_ALONE, store=store)

    row = await visit_row(story)
    assert (row["state"], row["all_corrected_at"]) == ("closed", ISSUED)
    assert await Notice.exists().where(Notice.kind == "visit.closed", Notice.about == story.visit)


async def test_findings_are_put_right_one_by_one_and_the_last_says_so(database, store):
    story = await stories.confirmed(finding(), finding(Grade.MINOR), ADVICE_ALONE, store=store)
    first, second, advice = (await story.sheet()).opinions
    owner = story.firm.owner

    await actions.correct(
        actor=owner, visit_id=story.visit, opinion_id=first.id, photos=[stories.photo()], store=store, now=ISSUED
    )
    assert (await visit_row(story))["all_corrected_at"] is None
    with pytest.raises(rules.AlreadyCorrected):
        await actions.correct(
            actor=owner, visit_id=story.visit, opinion_id=first.id, photos=[], store=store, now=ISSUED
        )
    with pytest.raises(rules.StepRefused):
        await actions.correct(
            actor=owner, visit_id=story.visit, opinion_id=advice.id, photos=[], store=store, now=ISSUED
        )
    await actions.correct(actor=owner, visit_id=story.visit, opinion_id=second.id, photos=[], store=store, now=ISSUED)

    assert (await visit_row(story))["all_corrected_at"] == ISSUED
    assert await Notice.exists().where(Notice.kind == "visit.corrected")
    sheet = await story.sheet()
    assert len(sheet.photos_of(sheet.opinions[0], PhotoUse.CORRECTED)) == 1


@pytest.mark.parametrize("closer", ["office", "officer"])
async def test_office_or_team_closes_what_is_put_right(database, store, closer):
    story = await stories.confirmed(store=store)
    opinion = (await story.sheet()).opinions[0]
    await actions.correct(
        actor=story.firm.owner, visit_id=story.visit, opinion_id=opinion.id, photos=[], store=store, now=ISSUED
    )

    await actions.close(actor=getattr(story, closer), visit_id=story.visit, now=ISSUED)

    assert (await visit_row(story))["state"] == "closed"


async def test_the_owner_cannot_close(database, store):
    story = await stories.confirmed(store=store)

    with pytest.raises(NotFound):
        await actions.close(actor=story.firm.owner, visit_id=story.visit, now=ISSUED)


async def test_log_and_notices_carry_none_of_the_words(database, store):
    story = await stories.confirmed(store=store)

    public = repr([*await AuditEntry.select(), *await Notice.select()])

    for words in (stories.FOUND, stories.ADVICE, make.QUESTION, "泄爆"):
        assert words not in public
    assert str(story.visit) in public


async def test_photos_are_seen_by_those_they_concern_and_only_in_time(database, store):
    story = await stories.on_site()
    await stories.write(story, finding(), store=store, photos=1)
    photo = (await story.sheet()).photos[0]
    owner, stranger = story.firm.owner, (await make.firm()).owner

    async def seen(viewer) -> bool:
        return await queries.photo(photo.id, viewer=viewer) is not None

    assert await seen(story.officer)
    assert not await seen(owner)
    assert not await seen(story.office)
    await actions.depart(actor=story.officer, visit_id=story.visit, now=LEFT)
    await actions.issue(actor=story.officer, visit_id=story.visit, now=ISSUED)
    assert await seen(owner)
    assert await seen(story.office)
    assert not await seen(stranger)


@pytest.mark.parametrize(
    "table",
    ["guidance.opinion", "guidance.visit_words", "guidance.photo", "guidance.step_reason", "guidance.booking_draft"],
)
async def test_without_the_desk_postgresql_refuses(committed, table):
    for desk in (None, db.Desk.RATINGS):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with db.transaction(desk=desk):
                await db.fetch(f"SELECT * FROM {table}")


async def test_piccolo_is_refused_like_everybody(committed):
    for table in (Opinion, Photo, Rating):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await table.select()
