"""Two taps, two phones, two sides at the same moment: a step is taken once, and whoever comes late is told so."""

import asyncio
from collections import Counter
from datetime import datetime
from uuid import UUID

import httpx

from backend.app import create_app
from backend.kit import db
from backend.settings import Settings
from backend.staff.rules import Half
from tests.browser import ORIGIN
from tests.conftest import NOW
from tests.guidance import make, stories
from tests.journeys.crowd import signed_in

TAPS = 6
REASON = {"reason": "设备坏了，先修好再约"}
STEPS = "SELECT step FROM visit_step WHERE visit = $1 ORDER BY at, step"
OPEN = "SELECT count(*) AS open FROM engagement WHERE about = $1 AND released_at IS NULL"
Tap = tuple[str, str, dict[str, str]]


class Phones:
    """Everybody's browsers, at one moment."""

    def __init__(self, settings: Settings) -> None:
        self.now: datetime = NOW
        self.app = create_app(settings, clock=lambda: self.now, pool=False)

    async def at_once(self, *taps: Tap, times: int = 1) -> Counter[int]:
        """What the taps were answered with. A tap: cookie, path, fields."""
        async with (
            self.app.lifespan(),
            httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=ORIGIN) as client,
        ):
            sent = [
                client.post(path, data=fields, headers={"cookie": cookie, "Sec-Fetch-Site": "same-origin"})
                for cookie, path, fields in taps * times
            ]
            return Counter(answer.status_code for answer in await asyncio.gather(*sent))


async def steps(visit_id: UUID) -> list[str]:
    return [row["step"] for row in await db.fetch(STEPS, visit_id)]


async def test_each_step_of_a_visit_is_taken_once(committed: Settings, woken: list[str]):
    phones = Phones(committed)
    await make.officers()
    firm, office = await make.firm(), await make.office()
    owner, decides = await signed_in(firm.owner), await signed_in(office)
    visit = await make.draft(firm)

    booked = await phones.at_once((owner, "/guidance/visits", {"draft": str(visit)}), times=TAPS)
    accepted = await phones.at_once((decides, f"/guidance/visits/{visit}/acceptance", {}), times=TAPS)
    rows = await db.fetch("SELECT officer FROM engagement WHERE about = $1", visit)
    officer = await signed_in(await make.officer_actor(rows[0]["officer"]))
    told = []
    for moment, path in ((stories.ON_SITE, "arrival"), (stories.LEFT, "departure")):
        phones.now = moment
        told.append(await phones.at_once((officer, f"/guidance/visits/{visit}/{path}", {}), times=TAPS))

    assert booked == {303: TAPS}  # all lead to the one visit
    assert accepted == {303: 1, 409: TAPS - 1}
    assert [one[303] for one in told] == [1, 1]
    assert all(status < 500 for one in told for status in one)
    assert await steps(visit) == ["accept", "book", "arrive", "depart"]
    assert len(rows) == 2


async def test_of_accepting_returning_and_cancelling_at_once_the_end_is_one_and_frees_the_team(
    committed: Settings, woken: list[str]
):
    phones = Phones(committed)
    await make.officers()
    firm = await make.firm()
    owner, decides = await signed_in(firm.owner), await signed_in(await make.office())
    visit = await make.visit(firm, half=Half.AFTERNOON)
    page = f"/guidance/visits/{visit}"

    answers = await phones.at_once(
        (decides, f"{page}/acceptance", {}),
        (owner, f"{page}/cancellation", REASON),
        (decides, f"{page}/return", REASON),
    )

    taken = await steps(visit)
    assert max(answers) < 500
    assert len({"cancel", "return"} & set(taken)) == 1 or taken == ["accept", "book"]
    assert (await db.fetch(OPEN, visit))[0]["open"] == (2 if taken == ["accept", "book"] else 0)
