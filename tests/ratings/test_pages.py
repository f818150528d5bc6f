"""Rating on a phone without scripts: a face and a button."""

import pytest

from backend.files.store import Store
from tests.guidance import make, stories


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path)


@pytest.fixture
def now():
    return stories.LEFT


async def test_two_taps_rate_a_visit(browser, store):
    story = await stories.left(store=store)
    await browser.sign_in(story.firm.owner)
    page = await browser.get(f"/ratings/visits/{story.visit}")
    assert not page.all("input[@checked]")
    assert "您的评价对被评价人匿名" in page

    await browser.send(f"/ratings/visits/{story.visit}", stars=5)

    result = await browser.get(f"/ratings/visits/{story.visit}/rated")
    assert "非常满意" in result
    assert "联系您" not in result


async def test_a_bad_review_shows_both_clocks(browser, store):
    story = await stories.left(store=store)
    await browser.sign_in(story.firm.owner)

    await browser.send(f"/ratings/visits/{story.visit}", stars=1, tags=["rude", "late"], words="迟到一小时")

    result = await browser.get(f"/ratings/visits/{story.visit}/rated")
    assert "最迟11月26日 周四（1个工作日内），指导办联系您" in result
    assert "最迟12月16日 周三（15个工作日内），把结果告诉您" in result
    again = await browser.get(f"/ratings/visits/{story.visit}")
    assert {one.get("value") for one in again.all("input[@checked]")} == {"1", "rude", "late"}


async def test_no_grade_comes_back_as_the_form(browser, store):
    story = await stories.left(store=store)
    await browser.sign_in(story.firm.owner)

    part = await browser.send(f"/ratings/visits/{story.visit}", status=422, htmx=True, words="还行")
    await browser.send(f"/ratings/visits/{story.visit}", status=422, stars=9)

    assert "请选一个评价" in part
    assert "还行" in part
    assert not part.all("html")


async def test_before_the_team_leaves_the_page_says_when(browser):
    story = await stories.on_site()
    await browser.sign_in(story.firm.owner)

    assert "还不能评价" in await browser.get(f"/ratings/visits/{story.visit}")
    await browser.send(f"/ratings/visits/{story.visit}", status=422, stars=5)


async def test_officers_and_strangers_have_no_rating_page(browser, store):
    story = await stories.left(store=store)
    for actor, status in ((story.officer, 403), (story.office, 403), ((await make.firm()).owner, 404)):
        await browser.sign_in(actor)
        await browser.get(f"/ratings/visits/{story.visit}", status=status)
        await browser.get(f"/ratings/visits/{story.visit}/rated", status=status)
        await browser.send(f"/ratings/visits/{story.visit}", status=status, stars=5)


async def test_only_the_office_reads_bad_reviews(browser, store):
    story = await stories.left(store=store)
    await browser.sign_in(story.firm.owner)
    await browser.send(f"/ratings/visits/{story.visit}", stars=2, words="说法不一")
    await browser.get("/ratings/bad", status=403)
    await browser.sign_in(story.officer)
    await browser.get("/ratings/bad", status=403)

    await browser.sign_in(story.office)
    page = await browser.get("/ratings/bad")

    assert "说法不一" in page
    assert story.firm.name in page
