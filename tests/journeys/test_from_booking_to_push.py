"""The main job, on phones: an owner books, a team comes with a code, everyone is told, a citizen follows."""

import io
import re
import time
from datetime import timedelta

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from backend.kit import clock
from tests.journeys.conftest import Town, as_owner, phone, run, sign_in
from tests.notices.push_service import PushService, Subscriber

pytestmark = pytest.mark.journey

OWNER, OFFICE = "13800000001", "13800000021"
QUESTION = "喷房换水性漆以后，废气管道要不要改？（只问给来的人听）"
ADVICE = "把打磨间的吸尘口移到工位侧面，先用软管试一周"


def test_an_owner_books_and_a_team_comes_with_a_code_and_everyone_is_told(
    chromium: Browser, town: Town, push_service: PushService
):
    with phone(chromium, town) as owners, phone(chromium, town) as offices, phone(chromium, town) as strangers:
        owner, office, citizen = owners.new_page(), offices.new_page(), strangers.new_page()
        sign_in(owner, town, OWNER)
        told = _wants_push(owner, push_service)
        number, track = _book(owner)
        _follows(citizen, track, "待受理")
        visit = _accept(office, town, number)
        _follows(citizen, track, "已约定")
        _heard(push_service, told, "受理")

        _time_passes(town, number)
        officers = run(_officers(town, number))
        with phone(chromium, town) as teams:
            officer = teams.new_page()
            sign_in(officer, town, officers[0])
            code = _shows_code(officer, visit)
            _verifies(citizen, code)
            _visits(officer, visit)
        _follows(citizen, track, "待企业确认")
        _heard(push_service, told, "意见")

        _confirms_and_rates(owner, visit)
        _follows(citizen, track, "改进中")
        text = citizen.locator("main").inner_text()
        assert QUESTION not in text
        assert ADVICE not in text
        assert push_service.problems == []


def _wants_push(page: Page, service: PushService) -> Subscriber:
    """What the browser hands over after the tap on the bell; its maker's push service is out of reach here."""
    subscriber = service.subscribe("owner")
    answer = page.evaluate(
        """async (subscription) => (await fetch("/api/push-subscriptions", {method: "POST",
           headers: {"Content-Type": "application/json"}, body: JSON.stringify(subscription)})).status""",
        subscriber.json(),
    )
    assert answer in (200, 201, 204)
    return subscriber


def _book(page: Page) -> tuple[str, str]:
    """One thing a page, then the number and the public link of the booking."""
    page.goto("/guidance/items/furniture.dust")
    page.get_by_role("link", name=re.compile("预约")).first.click()
    page.get_by_role("button", name=re.compile("开始")).click()
    page.wait_for_url("**/site")
    _next(page)  # the site: the firm's only one; the item that was tapped is chosen already
    page.locator("input[name=half_day]:not([disabled])").first.check(force=True)
    _next(page)
    page.locator("textarea[name=question]").fill(QUESTION)
    _next(page)
    expect(page.locator("main")).to_contain_text(QUESTION)
    page.get_by_role("button", name=re.compile("提交|预约")).click()
    page.wait_for_url("**/booked")
    number = page.locator("[data-number]").inner_text().strip()
    link = page.locator("a[href*='/track/']").first.get_attribute("href") or ""
    assert link
    return number, link


def _next(page: Page) -> None:
    here = page.url
    page.get_by_role("button", name=re.compile("下一步|继续")).click()
    page.wait_for_url(lambda url: url != here)


def _press(page: Page, name: re.Pattern[str]) -> None:
    """Tap a button and wait for the page it leads to."""
    with page.expect_navigation():
        page.get_by_role("button", name=name).first.click()


def _follows(page: Page, track: str, stage: str) -> None:
    page.goto(track)
    expect(page.locator("h1")).to_contain_text(stage)


def _accept(page: Page, town: Town, number: str) -> str:
    """The guidance office accepts; the visit's id."""
    sign_in(page, town, OFFICE)
    if "/desk" in page.url:
        page.get_by_text("指导办", exact=False).first.click()
        page.get_by_role("button", name="继续").click()
        page.wait_for_url("**/todo")
    page.goto(f"/guidance/office?q={number}")
    page.locator("main a[href*='/guidance/office/visits/']").first.click()
    page.get_by_role("button", name=re.compile("受理")).first.click()
    expect(page.locator("main")).to_contain_text("已约定")
    found = re.search(r"/visits/([0-9a-f-]{36})", page.url)
    assert found
    return found[1]


def _time_passes(town: Town, number: str) -> None:
    """The day of the visit comes: its dates are moved to now instead of the clock to them."""
    run(_move(town, number))


async def _move(town: Town, number: str) -> None:
    connection = await as_owner(town.data)
    now = clock.now()
    start, end = now - timedelta(minutes=5), now + timedelta(hours=2)
    values = (number, clock.beijing_date(now), start, end)
    await connection.execute(
        """UPDATE engagement SET released_at = now() WHERE released_at IS NULL AND about <> (SELECT id FROM visit
           WHERE number = $1) AND officer IN (SELECT officer FROM engagement WHERE about = (SELECT id FROM visit
           WHERE number = $1)) AND tstzrange(starts_at, ends_at) && tstzrange($2, $3)""",
        number, start, end,
    )  # fmt: skip
    await connection.execute("UPDATE visit SET day = $2, starts_at = $3, ends_at = $4 WHERE number = $1", *values)
    await connection.execute(
        """UPDATE engagement SET day = $2, starts_at = $3, ends_at = $4
           WHERE about = (SELECT id FROM visit WHERE number = $1) AND released_at IS NULL""",
        *values,
    )
    await connection.close()


async def _officers(town: Town, number: str) -> list[str]:
    """The numbers of those who come, the lead department first."""
    connection = await as_owner(town.data)
    rows = await connection.fetch(
        """SELECT p.phone FROM engagement g JOIN person p ON p.id = g.officer JOIN visit v ON v.id = g.about
           JOIN visit_department d ON d.visit = v.id AND d.department = g.department
           WHERE v.number = $1 AND g.released_at IS NULL ORDER BY d.lead DESC""",
        number,
    )
    await connection.close()
    assert len(rows) >= 2
    return [row["phone"] for row in rows]


def _shows_code(page: Page, visit: str) -> str:
    """What a camera reads off the officer's screen."""
    page.goto(f"/guidance/visits/{visit}/code")
    square = page.locator("svg.qr")
    square.scroll_into_view_if_needed()
    picture = Image.open(io.BytesIO(square.screenshot())).convert("L")
    [found] = zxingcpp.read_barcodes(picture)
    return found.text


def _verifies(page: Page, link: str) -> None:
    """The camera opens what it has read; a changed code is no code."""
    page.goto(link)
    expect(page.locator("main")).to_contain_text("核验通过")
    expect(page.locator("main")).to_contain_text("指导")
    page.goto(f"{link[:-4]}AAAA")
    expect(page.locator("main")).not_to_contain_text("核验通过")


def _visits(page: Page, visit: str) -> None:
    page.goto(f"/guidance/days/{visit}")
    _press(page, re.compile("到场|到达"))
    page.goto(f"/guidance/visits/{visit}/findings/new")
    page.locator("input[name=grade][value=general]").check(force=True)
    page.locator("textarea[name=found]").fill("打磨工位没有侧吸")
    page.locator("textarea[name=advice]").fill(ADVICE)
    _press(page, re.compile("保存"))
    page.goto(f"/guidance/days/{visit}")
    _press(page, re.compile("离场|结束"))
    page.goto(f"/guidance/visits/{visit}/issue")
    _press(page, re.compile("出具"))


def _confirms_and_rates(page: Page, visit: str) -> None:
    page.goto(f"/guidance/visits/{visit}")
    page.get_by_role("link", name="看意见并确认").click()
    expect(page.locator("main")).to_contain_text("打磨工位没有侧吸")
    _press(page, re.compile("确认"))
    page.goto(f"/ratings/visits/{visit}")
    page.locator("input[name=stars][value='5']").check(force=True)
    page.get_by_role("button", name=re.compile("提交|评价")).click()
    page.wait_for_url("**/rated")


def _heard(service: PushService, subscriber: Subscriber, word: str) -> None:
    """The phone is told, and can read what it was sent."""
    for _ in range(100):
        titles = [one.notification["title"] + one.notification.get("body", "") for one in service.to(subscriber)]
        if any(word in title for title in titles):
            return
        time.sleep(0.1)
    raise AssertionError(f"{word} not among {titles}")
