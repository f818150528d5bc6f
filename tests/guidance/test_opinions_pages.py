"""The owner reads, confirms and puts right; nobody else's opinion opens."""

import pytest

from backend.files.store import Store
from backend.guidance.rules import Grade
from tests.guidance import make, stories
from tests.guidance.stories import finding

PROMISES = ("不予处罚", "不处罚", "免罚", "免予处罚", "不作为处罚依据", "不会被罚")


@pytest.fixture
def store(settings) -> Store:
    return Store(settings.data / "files")


@pytest.fixture
def now():
    return stories.ISSUED


async def test_the_owner_reads_confirms_and_marks_one_by_one(browser, store):
    story = await stories.issued(finding(), finding(Grade.MINOR), store=store)
    await browser.sign_in(story.firm.owner)
    opinion = f"/guidance/visits/{story.visit}/opinion"

    page = await browser.get(opinion)
    assert stories.FOUND in page
    assert "改好了" not in page.words()
    await browser.send(f"/guidance/visits/{story.visit}/confirmation")
    for line in (await story.sheet()).opinions:
        correction = f"/guidance/visits/{story.visit}/findings/{line.id}/correction"
        assert stories.ADVICE in await browser.get(correction)
        await browser.send(correction, files=[("photos", ("a.jpg", stories.photo(), "image/jpeg"))])

    page = await browser.get(opinion)
    assert "全部改好了" in page
    assert len(page.all("img")) == 2


async def test_no_page_of_the_opinion_promises_anything_about_penalties(browser, store):
    story = await stories.issued(store=store)

    for actor in (story.firm.owner, story.officer, story.office):
        await browser.sign_in(actor)
        page = await browser.get(f"/guidance/visits/{story.visit}/opinion")
        assert not [words for words in PROMISES if words in page]


async def test_before_the_issue_owner_and_office_read_that_it_is_coming(browser, store):
    story = await stories.left(finding(), store=store)

    for actor in (story.firm.owner, story.office):
        await browser.sign_in(actor)
        page = await browser.get(f"/guidance/visits/{story.visit}/opinion")
        assert "还没有出具" in page
        assert stories.FOUND not in page


async def test_another_owner_gets_404_everywhere(browser, store):
    story = await stories.confirmed(store=store)
    line = (await story.sheet()).opinions[0]
    await browser.sign_in((await make.firm()).owner)
    visit = f"/guidance/visits/{story.visit}"

    await browser.get(f"{visit}/opinion", status=404)
    await browser.get(f"{visit}/findings/{line.id}/correction", status=404)
    await browser.send(f"{visit}/confirmation", status=404)
    await browser.send(f"{visit}/findings/{line.id}/correction", status=404)


async def test_an_officer_does_not_confirm_for_the_owner(browser, store):
    story = await stories.issued(store=store)
    await browser.sign_in(story.officer)

    await browser.send(f"/guidance/visits/{story.visit}/confirmation", status=403)


async def test_something_that_is_no_photo_is_refused_beside_the_field(browser, store):
    story = await stories.confirmed(store=store)
    line = (await story.sheet()).opinions[0]
    await browser.sign_in(story.firm.owner)
    correction = f"/guidance/visits/{story.visit}/findings/{line.id}/correction"

    part = await browser.send(
        correction, status=422, htmx=True, files=[("photos", ("a.jpg", b"not a photo", "image/jpeg"))]
    )

    assert "不是能打开的照片" in part
    assert not part.all("html")


async def test_the_office_closes_what_is_put_right(browser, store):
    story = await stories.confirmed(store=store)
    line = (await story.sheet()).opinions[0]
    await browser.sign_in(story.firm.owner)
    await browser.send(f"/guidance/visits/{story.visit}/findings/{line.id}/correction")
    await browser.sign_in(story.office)
    page = await browser.get(f"/guidance/office/visits/{story.visit}")
    assert "办结这次指导" in page

    await browser.send(f"/guidance/visits/{story.visit}/closing")

    assert "已办结" in await browser.get(f"/guidance/office/visits/{story.visit}")
