"""Whatever somebody sends to any address, at any desk, is answered: never a page that says that we are broken."""

import re
from collections.abc import AsyncIterator
from random import Random
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
from structlog.testing import capture_logs

from backend.accounts import actions as accounts
from backend.accounts.access import COOKIE
from backend.accounts.rules import Actor, Role
from backend.app import create_app
from backend.files.store import Store
from backend.kit import db
from backend.settings import Settings
from backend.staff.rules import Half
from tests.browser import ORIGIN
from tests.conftest import NOW
from tests.guidance import make, stories
from tests.journeys import hostile

SEED = 20_261_123
SITTING = 40  # requests until everybody signs in again
ANSWERS_IN_CHINESE = re.compile("[一-鿿]")
LEAKS = re.compile(r"Traceback|asyncpg|psycopg|piccolo|litestar|msgspec|File \"/|SELECT .* FROM|invalid byte sequence")
TELLS = """
    SELECT 'visit_id' AS name, id::text FROM visit UNION ALL SELECT 'enterprise_id', id::text FROM enterprise
    UNION ALL SELECT 'enterprise', id::text FROM enterprise UNION ALL SELECT 'site', id::text FROM site
    UNION ALL SELECT 'officer_id', id::text FROM officer UNION ALL SELECT 'officer', id::text FROM officer
    UNION ALL SELECT 'item_id', id::text FROM visit_item UNION ALL SELECT 'item', id::text FROM visit_item
    UNION ALL SELECT 'items', id::text FROM service_item UNION ALL SELECT 'code', code FROM service_item
    UNION ALL SELECT 'item', code FROM service_item UNION ALL SELECT 'code', code FROM scenario
    UNION ALL SELECT 'scenario', code FROM scenario UNION ALL SELECT 'code', track_code FROM visit
    UNION ALL SELECT 'code', door_code FROM enterprise UNION ALL SELECT 'notice_id', id::text FROM notice
    UNION ALL SELECT 'grant_id', id::text FROM role_grant UNION ALL SELECT 'stage', state FROM visit
    UNION ALL SELECT 'draft_id', id::text FROM guidance.booking_draft
    UNION ALL SELECT 'draft', id::text FROM guidance.booking_draft
    UNION ALL SELECT 'opinion_id', id::text FROM guidance.opinion
    UNION ALL SELECT 'photo_id', id::text FROM guidance.photo UNION ALL SELECT 'remove', id::text FROM guidance.photo
"""
PLAIN = {
    "half_day": ["2026-11-25-morning", "2026-11-27-afternoon", "2026-11-24-morning"],
    "reason": ["设备坏了，先修好再约"],
    "question": [make.QUESTION],
    "grade": ["general", "minor", "serious"],
    "found": [stories.FOUND],
    "advice": [stories.ADVICE],
    "options": ["清灰0元"],
    "correct_by": ["2026-12-10"],
    "stars": ["5", "1"],
    "tags": ["clear", "polite"],
    "words": ["讲得清楚"],
    "phone": ["13700000001", "13811112222"],
    "name": ["李檀生"],
    "next": ["/home"],
    "here": ["/home"],
    "group": ["todo", "progress", "news"],
    "then": ["next", "photos"],
    "key": ["0123456789abcdef"],
    "again": ["", "1"],
    "afresh": ["", "1"],
    "muted": ["", "1"],
}


class Town(msgspec.Struct, frozen=True):
    """A running application, somebody at each desk, and every id that there is."""

    client: httpx.AsyncClient
    people: list[Actor | None]  # None is a stranger
    ids: dict[str, list[str]]
    routes: list[hostile.Route]


@pytest.fixture
async def town(committed: Settings, woken: list[str]) -> AsyncIterator[Town]:
    app = create_app(committed, clock=lambda: NOW, pool=False)
    people = await _people(app.state.files)
    async with app.lifespan(), httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as client:
        yield Town(client, [*people, None], await _ids(), hostile.routes(app))


async def test_no_request_that_somebody_made_up_breaks_a_page(town: Town):
    await _attack(town, rounds=8, seed=SEED)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
async def test_none_of_thousands_of_requests_breaks_a_page(town: Town, seed: int):
    await _attack(town, rounds=60, seed=seed)


async def _attack(town: Town, *, rounds: int, seed: int) -> None:
    problems: list[str] = []
    secrets: list[str] = []
    chance = Random(seed)
    for number, (route, case) in enumerate(hostile.cases(town.routes, town.ids, rounds=rounds, seed=seed)):
        request = case.request()
        if number % SITTING == 0:  # somebody signs out every now and then
            secrets = [await _signed_in(one) if one else "" for one in town.people]
        if secret := chance.choice(secrets):
            request.headers["cookie"] = f"{COOKIE}={secret}"
        with capture_logs() as logged:
            answer = await town.client.send(request)
        if wrong := _wrong(answer):
            causes = [repr(entry.get("exc_info") or entry.get("error")) for entry in logged if "exc_info" in entry]
            problems.append(f"{route.name}: {wrong}: {case.said} {causes}")
    assert not problems, f"{len(problems)} of {number + 1}:\n" + "\n".join(problems[:25])


def _wrong(answer: httpx.Response) -> str:
    """What is the matter with an answer; empty when it is a page, a file or a refusal as ours look."""
    kind = answer.headers.get("content-type", "")
    text = answer.text if kind.startswith(("text/", "application/json")) else ""
    if answer.status_code >= 500:
        return str(answer.status_code)
    if answer.status_code >= 400 and not ANSWERS_IN_CHINESE.search(text):
        return f"{answer.status_code} that says nothing in Chinese: {kind} {text[:100]!r}"
    if answer.status_code >= 400 and (leak := LEAKS.search(text)):
        return f"{answer.status_code} that tells of our insides: {leak[0]}"
    if "content-security-policy" not in answer.headers:
        return "no policy"
    if "<script>alert" in text or "onload='alert" in text:
        return "somebody's script on a page of ours"
    location = answer.headers.get("location") or answer.headers.get("hx-redirect") or "/"
    return "" if location.startswith("/") and not location.startswith(("//", "/\\")) else f"leads away to {location}"


async def _people(store: Store) -> list[Actor]:
    """Visits in several states, with everybody who is part of one, and a stranger at each desk."""
    await make.officers(4)
    stranger, elsewhere = await make.firm(), await make.officers(departments=("ecology",))
    issued = await stories.issued(stories.finding(), store=store)
    left = await stories.left(stories.finding(), store=store)
    await stories.write(left, stories.finding(), store=store, photos=1)
    confirmed = await stories.confirmed(store=store)
    on_site = await stories.on_site()
    await make.visit(await make.firm(), half=Half.AFTERNOON)
    await make.draft(issued.firm, half=Half.AFTERNOON)
    people = [issued.firm.owner, left.firm.owner, confirmed.firm.owner, stranger.owner, issued.office]
    people += [left.officer, on_site.officer, await make.officer_actor(elsewhere[0])]
    return [*people, await make.person(Role.SYSTEM_ADMIN)]


async def _signed_in(actor: Actor) -> str:
    return await accounts.open_session(person_id=actor.person_id, grant_id=actor.grant_id, device="tests", now=NOW)


async def _ids() -> dict[str, list[str]]:
    found = {name: list(values) for name, values in PLAIN.items()}
    async with db.reading(desk=db.Desk.GUIDANCE):
        for row in await db.fetch(TELLS):
            found.setdefault(row["name"], []).append(row["id"])
    found["device_id"] = [str(uuid4()), str(UUID(int=0))]
    return found
