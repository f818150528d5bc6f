"""Back, forward and refresh on every page of a booking: nothing that was answered or typed is lost."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys import booking, visitors
from tests.journeys.conftest import Town

pytestmark = pytest.mark.journey


def test_back_and_refresh_lose_nothing(chromium: Browser, town: Town) -> None:
    [owner] = visitors.owners(town, 1)
    with visitors.visitor(chromium, town, phone=owner, role="owner") as context:
        page = context.new_page()
        booking.begin(page, item="")
        answered = [("site", booking.choose_site(page))]
        answered.append(("items", booking.choose_item(page)))
        answered.append(("half_day", booking.choose_half_day(page)))
        booking.ask(page)
        expect(page.locator("h1")).to_contain_text("核对")

        page.go_back()
        _typed(page, booking.QUESTION)
        for name, value in reversed(answered):
            _turn(page.go_back, page, name)
            _chosen(page, name, value)

        for name, value in answered[1:]:
            _turn(page.go_forward, page, name)
            _chosen(page, name, value)
        page.go_forward()
        _typed(page, booking.QUESTION)
        booking.go_on(page)
        expect(page.locator("main")).to_contain_text(booking.QUESTION)
        booking.send(page)


def test_what_was_typed_and_not_sent_is_there_again(chromium: Browser, town: Town) -> None:
    [owner] = visitors.owners(town, 1)
    with visitors.visitor(chromium, town, phone=owner, role="owner") as context:
        page = context.new_page()
        booking.begin(page)
        booking.choose_site(page)
        booking.choose_half_day(page)
        page.locator("textarea[name=question]").fill("写到一半")
        page.wait_for_timeout(500)  # what is typed is kept after a pause of 0.3 s

        page.reload()
        _typed_here(page, "写到一半")
        page.go_back()
        page.go_forward()

        _typed_here(page, "写到一半")


def _turn(turn: Callable[[], object], page: Page, name: str) -> None:
    """Back or forward once, or twice where the page of shelves lies between."""
    turn()
    if not page.locator(f"input[name={name}]").count():
        turn()


def _chosen(page: Page, name: str, value: str) -> None:
    """The answer stands there, and still after a refresh."""
    for _ in range(2):
        expect(page.locator(f"input[name={name}][value='{value}']")).to_be_checked()
        page.reload()


def _typed(page: Page, words: str) -> None:
    _typed_here(page, words)
    page.reload()
    _typed_here(page, words)


def _typed_here(page: Page, words: str) -> None:
    expect(page.locator("textarea[name=question]")).to_have_value(words)
