"""The owner's and the citizen's journeys in a browser that runs no scripts."""

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.journeys import booking, visitors
from tests.journeys.conftest import Town, sign_in
from tests.journeys.places import PLACES

pytestmark = pytest.mark.journey
PLAIN: dict[str, Any] = {"java_script_enabled": False}


@pytest.fixture
def page(chromium: Browser, town: Town) -> Iterator[Page]:
    """Somebody's browser that runs no scripts."""
    with visitors.visitor(chromium, town, **PLAIN) as context:
        yield context.new_page()


def test_an_owner_signs_in_books_with_a_photo_and_cancels(page: Page, town: Town) -> None:
    sign_in(page, town, visitors.owners(town, 1)[0])
    booking.begin(page)
    booking.choose_site(page)
    booking.choose_half_day(page)
    page.locator("textarea[name=question]").fill(booking.QUESTION)
    page.locator("#photos").set_input_files({"name": "IMG_1.JPG", "mimeType": "image/jpeg", "buffer": _photo()})
    page.get_by_role("button", name="先上传照片").click()
    expect(page.locator("main img")).to_have_count(1)
    booking.go_on(page)
    expect(page.locator("main")).to_contain_text("1张")
    number = booking.send(page)

    page.get_by_role("link", name="查看预约").click()
    expect(page.locator("main")).to_contain_text(number)
    expect(page.locator("main img")).to_have_count(1)
    page.get_by_role("link", name=re.compile("取消")).click()
    page.locator("textarea[name=reason]").fill("那天车间要停电")
    page.get_by_role("button", name="取消这次预约").click()

    expect(page.locator("main")).to_contain_text("已取消")


def test_an_owner_reads_confirms_and_rates(chromium: Browser, town: Town) -> None:
    waiting = PLACES["guidance.opinion"][0]
    phone, found = visitors.find(town, waiting)
    with visitors.visitor(chromium, town, phone=phone, role=waiting.role, **PLAIN) as context:
        page = context.new_page()
        page.goto(f"/guidance/visits/{found['visit_id']}")
        page.get_by_role("link", name="看意见并确认").click()
        page.get_by_role("button", name="我看过了").click()
        expect(page.locator("main")).not_to_contain_text("等您确认")

        page.goto(f"/ratings/visits/{found['visit_id']}")
        page.get_by_role("button", name="评价").click()
        assert page.title().startswith("错误：")
        page.locator("input[name=stars][value='5']").check(force=True)
        page.get_by_role("button", name="评价").click()

        expect(page).to_have_url(re.compile("/rated$"))


def test_a_citizen_follows_a_visit(page: Page, town: Town) -> None:
    _, found = visitors.find(town, PLACES["public.track"][1])
    page.goto("/track")
    page.get_by_label("查询码").fill(found["code"].lower())
    page.get_by_role("button", name="查进度").click()

    expect(page).to_have_url(re.compile("/track/"))
    expect(page.locator("h1")).to_contain_text("已约定")


def test_a_citizen_types_the_code_that_the_officer_shows(page: Page, chromium: Browser, town: Town) -> None:
    shown = PLACES["guidance.visit_code"][0]
    phone, found = visitors.find(town, shown)
    with visitors.visitor(chromium, town, phone=phone, role=shown.role, **PLAIN) as context:
        officers = context.new_page()
        officers.goto(f"/guidance/visits/{found['visit_id']}/code")
        code = officers.locator(".show-code-text").inner_text()

    page.goto("/v")
    page.locator("input[name=code]").fill(code.lower())
    page.get_by_role("button", name="核验").click()

    expect(page.locator("h1")).to_contain_text("核验通过")


def _photo() -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (900, 600), "#7a5230").save(held, "JPEG")
    return held.getvalue()
