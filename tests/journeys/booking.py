"""The pages of a booking, as anybody walks through them, with scripts or without."""

import re

from playwright.sync_api import Page, expect

ITEM = "furniture.dust"
QUESTION = "打磨间的吸尘口装在哪一侧好？"
HALF_DAYS = "input[name=half_day]:not([disabled])"


def begin(page: Page, item: str = ITEM) -> None:
    """To the first page; the item that was tapped in the menu, if any, is chosen already."""
    page.goto(f"/guidance/visits/new?item={item}")
    page.get_by_role("button", name="开始预约").click()
    page.wait_for_url("**/site")


def choose_site(page: Page) -> str:
    """The first address; its value."""
    first = page.locator("input[name=site]").first
    first.check(force=True)
    value = str(first.get_attribute("value"))
    go_on(page)
    return value


def choose_item(page: Page) -> str:
    """The furniture makers' shelf and its first item; the item's value."""
    page.locator("main a[href*='scenario=furniture']").click()
    first = page.locator("input[name=items]").first
    first.check(force=True)
    value = str(first.get_attribute("value"))
    go_on(page)
    return value


def choose_half_day(page: Page, value: str = "") -> str:
    """The half-day ``value``, or the first free one; its value."""
    chosen = page.locator(f"input[name=half_day][value='{value}']" if value else HALF_DAYS).first
    value = str(chosen.get_attribute("value"))
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    chosen.check(force=True)
    go_on(page)
    return value


def ask(page: Page, question: str = QUESTION) -> None:
    page.locator("textarea[name=question]").fill(question)
    go_on(page)


def go_on(page: Page) -> None:
    """Press "next" and wait for the page it leads to."""
    here = page.url
    page.get_by_role("button", name="下一步").click()
    page.wait_for_url(lambda url: url != here)


def send(page: Page) -> str:
    """Send the booking from the page where one checks it; its number."""
    page.get_by_role("button", name="提交预约").click()
    page.wait_for_url("**/booked")
    expect(page.locator("h1")).to_have_text("预约已提交")
    number = page.locator("[data-number]").inner_text().strip()
    assert re.fullmatch(r"ZD-\d{4}-\d{6}", number)
    return number
