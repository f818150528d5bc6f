"""Two owners want the last half-day: one gets it, the other is shown what is free and keeps everything typed."""

from datetime import date

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys import booking, visitors
from tests.journeys.conftest import Town, as_owner, run

pytestmark = pytest.mark.journey
NAMES = ("甲问：", "乙问：")
SATURDAY = 6
# Everybody of the leading department who could come at that half-day is away but one.
AWAY = """
INSERT INTO leave (id, officer, from_on, to_on, kind)
SELECT gen_random_uuid(), o.id, $1, $1, 'training' FROM officer o
JOIN working_plan w ON w.officer = o.id AND w.half = $2 AND w.weekday = $3
WHERE o.active AND 'furniture' = ANY(o.scopes) AND $1 BETWEEN o.issued_on AND o.expires_on AND o.department =
    (SELECT lead_department FROM service_item WHERE code = $4 LIMIT 1)
AND NOT EXISTS (SELECT FROM engagement g WHERE g.officer = o.id AND g.day = $1 AND g.half = $2
                AND g.released_at IS NULL)
AND NOT EXISTS (SELECT FROM leave l WHERE l.officer = o.id AND $1 BETWEEN l.from_on AND l.to_on)
ORDER BY o.id OFFSET 1
"""


def test_one_gets_the_last_half_day_and_the_other_keeps_what_was_typed(chromium: Browser, town: Town) -> None:
    first, second = visitors.owners(town, 2)
    with (
        visitors.visitor(chromium, town, phone=first, role="owner") as one,
        visitors.visitor(chromium, town, phone=second, role="owner") as other,
    ):
        pages = [one.new_page(), other.new_page()]
        wanted = ""
        for page, name in zip(pages, NAMES, strict=True):
            wanted = _up_to_the_check(page, wanted, f"{name}{booking.QUESTION}")
        run(_all_but_one_away(town, wanted))

        for page in pages:
            page.evaluate("document.getElementById('check-form').requestSubmit()")
        [winner] = [page for page in pages if _won(page)]
        [loser] = [page for page in pages if page is not winner]

        expect(loser.locator("#half_day-error")).to_contain_text("刚刚被约满")
        assert loser.locator(f"input[name=half_day][value='{wanted}']").count() == 0
        booking.choose_half_day(loser)
        expect(loser.locator("main")).to_contain_text(f"{NAMES[pages.index(loser)]}{booking.QUESTION}")
        booking.send(loser)


def _up_to_the_check(page: Page, wanted: str, question: str) -> str:
    """Answer every page; the half-day that was chosen: ``wanted``, or the first one of an ordinary working day."""
    booking.begin(page)
    booking.choose_site(page)
    offered = [str(radio.get_attribute("value")) for radio in page.locator(booking.HALF_DAYS).all()]
    wanted = wanted or next(one for one in offered if _day(one).isoweekday() < SATURDAY)
    booking.choose_half_day(page, wanted)
    booking.ask(page, question)
    expect(page.locator("h1")).to_contain_text("核对")
    return wanted


def _won(page: Page) -> bool:
    page.wait_for_selector("[data-number], .error-summary")
    return page.url.endswith("/booked")


def _day(half_day: str) -> date:
    return date.fromisoformat(half_day.rpartition("-")[0])


async def _all_but_one_away(town: Town, half_day: str) -> None:
    on, half = _day(half_day), half_day.rpartition("-")[2]
    connection = await as_owner(town.data)
    await connection.execute(AWAY, on, half, on.isoweekday(), booking.ITEM)
    await connection.close()
