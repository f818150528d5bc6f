"""Many owners send a booking for the same half-day at the same moment, through the real handler and PostgreSQL.

Scenario of cal.diy's skipped race test and Easy!Appointments #1783: exactly as many win as there are places, nobody
sees an error, every loser sees what is free now, and nothing that anybody typed is lost.
"""

import asyncio
from collections import Counter

import httpx
import pytest
from lxml import html as lxml_html

from backend.accounts import access
from backend.accounts import actions as accounts
from backend.app import create_app
from backend.guidance import queries
from backend.guidance.tables import Visit
from backend.notices.tables import Notice
from backend.staff.tables import Engagement
from tests.browser import ORIGIN
from tests.guidance import make

SAME_ORIGIN = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}


@pytest.mark.parametrize(
    ("bookers", "places"), [(24, 3), pytest.param(200, 20, marks=pytest.mark.slow)], ids=["sample", "all"]
)
async def test_as_many_win_as_there_are_places_and_the_others_lose_nothing(committed, woken, now, bookers, places):
    await make.officers(places)
    sent = [await _ready_to_send() for _ in range(bookers)]
    app = create_app(committed, clock=lambda: now, pool=False)

    async with app.lifespan(), httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as client:
        answers = await asyncio.gather(*(_send(client, draft, cookie) for _, draft, cookie in sent))

    assert Counter(answer.status_code for answer in answers) == {303: places, 422: bookers - places}
    assert await Visit.count() == places
    assert await Notice.count().where(Notice.kind == "visit.booked") == places
    taken = await Engagement.select(Engagement.officer).output(as_list=True)
    assert len(taken) == len(set(taken)) == 2 * places
    for (firm, draft, _), answer in zip(sent, answers, strict=True):
        if answer.status_code == 422:
            await _lost_nothing(firm, draft, answer)


async def _ready_to_send() -> tuple[make.Firm, object, str]:
    firm = await make.firm()
    draft = await make.draft(firm)
    owner = firm.owner
    cookie = await accounts.open_session(
        person_id=owner.person_id, grant_id=owner.grant_id, device="tests", now=make.NOW
    )
    return firm, draft, cookie


async def _send(client: httpx.AsyncClient, draft: object, cookie: str) -> httpx.Response:
    headers = {**SAME_ORIGIN, "Cookie": f"{access.COOKIE}={cookie}"}
    return await client.post("/guidance/visits", data={"draft": str(draft)}, headers=headers)


async def _lost_nothing(firm: make.Firm, draft, answer: httpx.Response) -> None:
    page = lxml_html.fromstring(answer.text)
    assert "刚刚被约满" in page.get_element_by_id("half_day-error").text_content()
    offered = {radio.get("value") for radio in page.xpath("//input[@type='radio']")}
    assert offered
    assert "2026-11-25-morning" not in offered
    kept = await queries.booking(draft, viewer=firm.owner)
    assert kept is not None
    assert kept.answers.question == make.QUESTION
    assert kept.answers.items
