"""A running application with somebody at each desk, visits in every state, and every id that there is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import httpx
import msgspec

from backend.accounts import actions as accounts
from backend.accounts.access import COOKIE
from backend.accounts.rules import Actor, Role
from backend.app import create_app
from backend.files.store import Store
from backend.guidance.rules import Grade
from backend.kit import db
from backend.settings import Settings
from backend.staff.rules import Half
from tests.browser import ORIGIN
from tests.conftest import NOW
from tests.guidance import make, stories
from tests.journeys import hostile

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

    async def cookies(self) -> list[str]:
        """New sessions, one for each of the people; empty for the stranger."""
        return [await signed_in(one) if one else "" for one in self.people]


@asynccontextmanager
async def gathered(settings: Settings) -> AsyncIterator[Town]:
    """In a database that commits, whose pool is open."""
    app = create_app(settings, clock=lambda: NOW, pool=False)
    people = await _people(app.state.files)
    async with app.lifespan(), httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as client:
        yield Town(client, [*people, None], await _ids(), hostile.routes(app))


async def signed_in(actor: Actor) -> str:
    """The cookie of a new session."""
    secret = await accounts.open_session(person_id=actor.person_id, grant_id=actor.grant_id, device="tests", now=NOW)
    return f"{COOKIE}={secret}"


async def _people(store: Store) -> list[Actor]:
    """Visits in several states, with everybody who is part of one, and a stranger at each desk."""
    await make.officers(4)
    stranger, elsewhere = await make.firm(), await make.officers(departments=("ecology",))
    issued = await stories.issued(stories.finding(), store=store)
    left = await stories.left(stories.finding(), store=store)
    await stories.write(left, stories.finding(Grade.ADVICE, None), store=store, photos=1)
    confirmed = await stories.confirmed(store=store)
    on_site = await stories.on_site()
    await make.visit(await make.firm(), half=Half.AFTERNOON)
    await make.draft(issued.firm, half=Half.AFTERNOON)
    people = [issued.firm.owner, left.firm.owner, confirmed.firm.owner, stranger.owner, issued.office]
    people += [left.officer, on_site.officer, await make.officer_actor(elsewhere[0])]
    return [*people, await make.person(Role.SYSTEM_ADMIN)]


async def _ids() -> dict[str, list[str]]:
    found = {name: list(values) for name, values in PLAIN.items()}
    async with db.reading(desk=db.Desk.GUIDANCE):
        for row in await db.fetch(TELLS):
            found.setdefault(row["name"], []).append(row["id"])
    found["device_id"] = [str(uuid4()), str(UUID(int=0))]
    return found
