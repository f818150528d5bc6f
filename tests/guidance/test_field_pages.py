"""The team's pages and the code's: without scripts, as parts, and for nobody else."""

import re
from datetime import datetime, timedelta

import pytest

from backend.app import create_app
from backend.files.store import Store
from backend.guidance import actions
from tests.browser import Browser
from tests.guidance import make, stories
from tests.guidance.stories import LEFT, ON_SITE


class Watch:
    """The application's clock, set by the test."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def watch() -> Watch:
    return Watch(ON_SITE)


@pytest.fixture
async def browser(database, settings, watch):
    app = create_app(settings, clock=watch, pool=False)
    async with app.lifespan(), Browser.of(app, now=make.NOW) as opened:
        yield opened


def link_of(page, words: str) -> str:
    return next(link.get("href") for link in page.all("a") if words in link.text_content())


async def test_the_day_list_leads_to_visit_code_and_map(browser):
    story = await stories.accepted()
    await browser.sign_in(story.officer)

    days = await browser.get("/guidance/days")
    assert story.firm.name in days
    assert "企业想问：打磨车间" in days.words()
    assert link_of(days, "亮码").endswith(f"{story.visit}/code")
    visit = await browser.get(link_of(days, "详情"))

    assert story.firm.owner.phone not in visit
    assert "uri.amap.com" in visit


async def test_the_day_list_is_the_teams_and_the_office_is_sent_to_everybodys(browser):
    story = await stories.accepted()
    await browser.sign_in(story.firm.owner)
    await browser.get("/guidance/days", status=403)

    await browser.sign_in(story.office)
    answer = await browser.get("/guidance/days", status=303)

    assert answer.answer.headers["location"] == "/guidance/office?stage=accepted"


async def test_the_number_shows_after_a_tap(browser):
    story = await stories.accepted()
    await browser.sign_in(story.officer)

    part = await browser.send(f"/guidance/visits/{story.visit}/contact", status=200, htmx=True)
    page = await browser.send(f"/guidance/visits/{story.visit}/contact", status=200)

    assert f"tel:{story.firm.owner.phone}" in part
    assert f"tel:{story.firm.owner.phone}" in page
    assert not part.all("html")


async def test_a_visit_goes_from_arrival_to_issue_on_pages_alone(browser, watch):
    story = await stories.accepted()
    await browser.sign_in(story.officer)
    home = f"/guidance/days/{story.visit}"

    await browser.send(f"/guidance/visits/{story.visit}/arrival")
    links = [link.get("href") for link in (await browser.get(home)).all("a")]
    item = await browser.get(next(link for link in links if "/items/" in link))
    finding = await browser.get(link_of(item, "1."))
    item_id = finding.all("input[@name='item']")[0].get("value")
    assert finding.all("input[@name='grade'][@checked]")
    assert finding.all("input[@name='correct_by']")[0].get("value") == "2026-12-10"
    await browser.send(
        f"/guidance/visits/{story.visit}/findings",
        item=item_id,
        grade="minor",
        found="通道被木料占用",
        advice="清出一米二的通道",
        correct_by="2026-12-01",
    )
    assert "通道被木料占用" in await browser.get(home)
    assert "现在还不能出具" in await browser.get(f"/guidance/visits/{story.visit}/issue")
    watch.at = LEFT
    await browser.send(f"/guidance/visits/{story.visit}/departure")
    assert "出具以后不能改" in await browser.get(f"/guidance/visits/{story.visit}/issue")
    await browser.send(f"/guidance/visits/{story.visit}/issue")

    opinion = await browser.get(f"/guidance/visits/{story.visit}/opinion")
    assert "清出一米二的通道" in opinion


async def test_arriving_a_day_late_asks_for_the_reason(browser, watch):
    story = await stories.accepted()
    watch.at = ON_SITE + timedelta(days=1)
    await browser.sign_in(story.officer)

    part = await browser.send(f"/guidance/visits/{story.visit}/arrival", status=422, htmx=True)
    assert "请写明到场的原因" in part
    await browser.send(f"/guidance/visits/{story.visit}/arrival", status=422)
    await browser.send(f"/guidance/visits/{story.visit}/arrival", reason="企业临时停电，改到今天")


async def test_a_wrong_finding_comes_back_with_what_was_typed(browser):
    story = await stories.on_site()
    await browser.sign_in(story.officer)
    item_id = (await story.sheet()).items[0].id

    part = await browser.send(
        f"/guidance/visits/{story.visit}/findings",
        status=422,
        htmx=True,
        item=item_id,
        found="通道被占",
        advice="清出来就好",
        grade="",
        correct_by="2026-11-01",
    )

    assert "请选严重程度" in part
    assert "通道被占" in part
    assert not part.all("html")


async def test_a_draft_is_changed_and_removed(browser, tmp_path):
    story = await stories.on_site()
    saved = await stories.write(story, stories.finding(), store=Store(tmp_path))
    await browser.sign_in(story.officer)
    page = f"/guidance/visits/{story.visit}/findings/{saved}"

    assert stories.FOUND in await browser.get(page)
    await browser.send(f"{page}/removal")

    await browser.get(page, status=404)


async def test_photos_are_sent_with_a_finding_and_shown(browser):
    story = await stories.on_site()
    await browser.sign_in(story.officer)
    item_id = (await story.sheet()).items[0].id

    await browser.send(
        f"/guidance/visits/{story.visit}/findings",
        item=item_id,
        grade="advice",
        found="除尘口离得远",
        advice="把吸口挪近",
        files=[("photos", ("a.jpg", stories.photo(), "image/jpeg"))],
    )

    photo = (await story.sheet()).photos[0]
    answer = await browser.client.get(f"/guidance/photos/{photo.id}?thumb=true")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    await browser.sign_in(story.firm.owner)
    await browser.get(f"/guidance/photos/{photo.id}", status=404)


async def test_another_officer_finds_none_of_it(browser):
    story = await stories.on_site()
    (stranger,) = await make.officers(departments=("emergency",))
    await browser.sign_in(await make.officer_actor(stranger))
    visit = f"/guidance/visits/{story.visit}"

    for path in (f"/guidance/days/{story.visit}", f"{visit}/code", f"{visit}/findings/new", f"{visit}/issue"):
        await browser.get(path, status=404)
    await browser.get(f"{visit}/opinion", status=404)
    for path in ("arrival", "departure", "contact", "closing", "issue"):
        await browser.send(f"{visit}/{path}", status=404)


async def test_the_code_page_shows_team_number_and_short_code_and_renews_itself(browser):
    story = await stories.accepted()
    await browser.sign_in(story.officer)

    page = await browser.get(f"/guidance/visits/{story.visit}/code")
    part = await browser.get(f"/guidance/visits/{story.visit}/code", htmx=True)

    for card in (await story.sheet()).team:
        assert card.name in page
        assert card.certificate in page
    assert 'role="img"' in page
    assert "every 45s" in part
    assert not part.all("html")
    assert page.answer.headers["cache-control"] == "no-store"
    numbers = [one.all("dd[@class='code-number']")[0].text for one in (page, part)]
    assert all(re.fullmatch(r"\d{4}", number) for number in numbers)


async def test_the_code_waits_for_its_day(browser, watch):
    story = await stories.accepted()
    watch.at = make.NOW
    await browser.sign_in(story.officer)

    page = await browser.get(f"/guidance/visits/{story.visit}/code")

    assert "到那天再打开" in page
    assert not page.all("*[@class='qr']")


async def short_code(browser, story) -> str:
    await browser.sign_in(story.officer)
    page = await browser.get(f"/guidance/visits/{story.visit}/code")
    return page.all("dd[@class='show-code-text']")[0].text


async def test_anybody_checks_the_typed_code_and_the_owner_sees_whose_visit_it_is(browser):
    story = await stories.accepted()
    short = await short_code(browser, story)
    browser.sign_out()

    answer = await browser.send("/v", code=short.lower())
    public = await browser.get(answer.answer.headers["location"])
    await browser.sign_in(story.firm.owner)
    own = await browser.get(answer.answer.headers["location"])

    assert "核验通过" in public
    assert "不是检查" in public
    assert story.firm.name not in public
    assert story.firm.name in own
    assert f"/guidance/visits/{story.visit}" in own


@pytest.mark.parametrize(
    "path",
    ["/v/ABCDEFGH", "/V/AEAQ", "/v/%FF", "/v/" + "A" * 400, "/v/%E7%A0%81", "/v/..%2F", "/v/' OR 1=1 --"],
)
async def test_made_up_codes_are_answered_with_a_verdict(browser, path):
    page = await browser.get(path)

    assert "不是本市签发" in page
    assert "您可以拒绝" in page
    assert "tel:" in page


async def test_typing_nothing_comes_back_as_the_form(browser):
    await browser.get("/v")
    part = await browser.send("/v", status=422, htmx=True, code="")
    await browser.send("/v", status=422, code="！！！")

    assert "请输入二维码下面的8位字符" in part


async def test_a_scanned_address_is_taken_apart(browser):
    answer = await browser.send("/v", code="https://another.name/v/ABCDEFGH")

    assert answer.answer.headers["location"] == "/v/ABCDEFGH"


async def test_the_scan_page_works_without_signing_in(browser):
    page = await browser.get("/scan")

    assert page.all("*[@data-scanner='code']")


async def test_a_cancelled_visit_is_said_to_be_cancelled(browser):
    story = await stories.accepted()
    short = await short_code(browser, story)
    await actions.cancel(actor=story.firm.owner, visit_id=story.visit, reason="那天没有空了", now=make.NOW)
    browser.sign_out()

    page = await browser.get(f"/v/{short.replace(' ', '')}")

    assert "已取消" in page
    assert story.firm.name not in page
