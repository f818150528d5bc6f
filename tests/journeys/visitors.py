"""People at their desks without the way through the sign-in page, and a city that lacks no page's example."""

import hashlib
import itertools
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import asyncpg
from litestar import Litestar
from playwright.sync_api import Browser, BrowserContext, Page

from backend import settings as settings_of
from backend.accounts import access
from backend.app import create_app
from backend.guidance import queries as guidance
from backend.host import servers
from backend.kit import clock, html
from backend.settings import Settings
from tests.journeys.conftest import PHONE, Town, as_owner, run
from tests.journeys.places import BOOKER, PHONES, Place

LOOKS: dict[str, dict[str, str]] = {"normal": {}, "elder": {"elder": "1"}, "dark": {"theme": "dark"}}
_numbers = itertools.count(13_900_000_000 + secrets.randbelow(10**8))  # a city may serve several runs
SIT_DOWN = """
INSERT INTO session (id_hash, person, "grant", created_at, seen_at, expires_at, device)
SELECT $1, p.id, g.id, now(), now(), now() + interval '1 day', 'tests'
FROM person p JOIN role_grant g ON g.person = p.id WHERE p.phone = $2 AND g.role = $3 AND g.revoked_at IS NULL
"""
# Visits that ended lately, once more as they stood when the team had left, or was about to.
REOPEN = """
UPDATE visit SET state = $1, all_corrected_at = NULL WHERE id IN (
    SELECT v.id FROM visit v JOIN engagement g ON g.about = v.id JOIN person p ON p.id = g.officer
    WHERE v.state = 'closed' AND p.phone = $2 ORDER BY v.day DESC, v.id LIMIT greatest(0, $3 - (
        SELECT count(*) FROM visit v JOIN engagement g ON g.about = v.id JOIN person p ON p.id = g.officer
        WHERE v.state = $1 AND p.phone = $2))) RETURNING id
"""
FORGET = "DELETE FROM visit_step WHERE visit = ANY($1) AND step = ANY($2)"
NOT_RIGHT = """
UPDATE guidance.opinion SET corrected_at = NULL, corrected_by = NULL, correct_by = current_date + 15
WHERE visit = ANY($1) AND grade <> 'advice'
"""
HALF_DONE = """
INSERT INTO guidance.booking_draft (id, person, enterprise, site, items, day, half, question, updated_at)
SELECT gen_random_uuid(), p.id, s.enterprise, s.id, ARRAY[i.id], v.day, v.half, '喷漆房离仓库多远才行？', now()
FROM person p JOIN representative r ON r.person = p.id JOIN site s ON s.enterprise = r.enterprise AND s.main
CROSS JOIN service_item i
CROSS JOIN (SELECT day, half FROM visit WHERE starts_at > now() + interval '8 days' ORDER BY starts_at LIMIT 1) v
WHERE p.phone = $1 AND i.code = 'furniture.dust' ORDER BY r.id LIMIT 1
ON CONFLICT (person, enterprise) DO UPDATE
SET site = excluded.site, items = excluded.items, day = excluded.day, half = excluded.half, question = excluded.question
"""
IDLE = """
SELECT p.phone FROM person p JOIN representative r ON r.person = p.id JOIN enterprise e ON e.id = r.enterprise
WHERE e.status = 'active' AND p.phone NOT LIKE '1380000%' AND NOT EXISTS (SELECT FROM visit WHERE booked_by = p.id)
AND NOT EXISTS (SELECT FROM guidance.booking_draft WHERE person = p.id) AND NOT EXISTS (
    SELECT FROM enterprise f WHERE f.contact_phone = p.phone AND f.id <> e.id)
GROUP BY p.phone HAVING count(*) = 1 ORDER BY p.phone LIMIT $1
"""
# Somebody new whose number is a firm's registered contact.
NEWCOMER = """
WITH firm AS (SELECT contact_phone FROM enterprise e WHERE status = 'active'
              AND NOT EXISTS (SELECT FROM person WHERE phone = e.contact_phone) ORDER BY uscc LIMIT 1),
     came AS (INSERT INTO person (id, name, phone, active, created_at)
              SELECT gen_random_uuid(), '新来的', contact_phone, true, now() FROM firm
              WHERE NOT EXISTS (SELECT FROM person p WHERE name = '新来的'
                                AND NOT EXISTS (SELECT FROM representative WHERE person = p.id)) RETURNING id)
INSERT INTO role_grant (id, person, role, granted_at) SELECT gen_random_uuid(), id, 'owner', now() FROM came
"""
UNDELIVERED = """
UPDATE notice SET state = 'dead', why = $2, read_at = NULL WHERE id IN (
    SELECT n.id FROM notice n JOIN person p ON p.id = n.person WHERE p.phone = $1 ORDER BY n.created_at LIMIT 2)
"""


async def prepare(town: Town) -> None:
    """What a quiet week of the demonstration city may lack, or a test has used up: every page has its example."""
    connection = await as_owner(town.data)
    for state, steps, count in (
        ("departed", ["issue", "confirm", "close", "correct"], 4),
        ("on_site", ["depart", "issue", "confirm", "close", "correct"], 2),
    ):
        rows = await connection.fetch(REOPEN, state, PHONES["officer"], count)
        visits = [row["id"] for row in rows]
        await connection.execute(FORGET, visits, steps)
        await connection.execute(NOT_RIGHT, visits)
    await connection.execute(HALF_DONE, BOOKER)
    await connection.execute(NEWCOMER)
    await connection.execute(UNDELIVERED, PHONES["owner"], "推送服务没有应答")
    await connection.close()


def find(town: Town, place: Place) -> tuple[str, dict[str, str]]:
    """Whose page it is (a phone number) and the parameters of its path. Fails where the city has no example."""
    return run(_find(town, place))


async def _find(town: Town, place: Place) -> tuple[str, dict[str, str]]:
    if not place.sql:
        return PHONES.get(place.role, ""), {}
    connection = await as_owner(town.data)
    row = await connection.fetchrow(place.sql)
    if row is None:
        await prepare(town)
        row = await connection.fetchrow(place.sql)
    await connection.close()
    assert row is not None, f"the demonstration city has none: {place.sql}"
    found = {key: str(value) for key, value in row.items()}
    phone = found.pop("phone", PHONES.get(place.role, ""))
    if found.pop("shown", ""):  # the code that its team shows at this moment
        found["code"] = _shown_code(town, row)
    return phone, found


def settings(town: Town) -> Settings:
    """The running city's own settings."""
    running = servers.read_state(town.data)
    assert running is not None
    return settings_of.read(servers.overlaid({}, running.environment), data=town.data)


def application(town: Town) -> Litestar:
    """The application of the running city, to ask for its routes; it serves nobody."""
    return create_app(settings(town), pool=False)


def _shown_code(town: Town, row: asyncpg.Record) -> str:
    of = settings(town)
    link = guidance.shown_code(
        row["visit_id"], nonce=secrets.token_bytes(6), seed=of.signing_key, base_url="", now=clock.now(),
        rotates_seconds=int(timedelta(hours=1).total_seconds()),
    ).link  # fmt: skip
    return link.rpartition("/")[2]


def address(app: Litestar, name: str, place: Place, found: dict[str, str]) -> str:
    """The path of a page with its parameters filled in."""
    urls = html.Urls(app)
    wanted = next(path for path in _parameters(app, name) if path <= set(found))
    path = urls(name, **{key: found[key] for key in wanted})
    return path + (f"?{place.query}" if place.query else "")


def _parameters(app: Litestar, name: str) -> list[set[str]]:
    index = app.get_handler_index_by_name(name)
    assert index is not None
    return [{part[1:].partition(":")[0] for part in path.split("/") if part[:1] == "{"} for path in index["paths"]]


def owners(town: Town, count: int) -> list[str]:
    """Numbers of owners of one firm each who have never booked anything."""
    return run(_owners(town, count))


async def _owners(town: Town, count: int) -> list[str]:
    connection = await as_owner(town.data)
    rows = await connection.fetch(IDLE, count)
    await connection.close()
    assert len(rows) == count
    return [row["phone"] for row in rows]


@contextmanager
def visitor(
    chromium: Browser, town: Town, *, phone: str = "", role: str = "", look: str = "normal", **options: Any
) -> Iterator[BrowserContext]:
    """A browser of somebody who sits at the desk ``role``, or of nobody."""
    context = chromium.new_context(**{"base_url": town.url, "viewport": PHONE, "locale": "zh-CN", **options})
    context.set_default_timeout(8_000)
    for name, value in LOOKS[look].items():
        _give(context, name, value)
    if role:
        seat(context, town, phone=phone or PHONES[role], role=role)
    yield context
    context.close()


def seat(context: BrowserContext, town: Town, *, phone: str, role: str) -> None:
    """Sign somebody in, at the desk ``role``, in a browser that is open already."""
    _give(context, access.COOKIE, run(_sit_down(town, phone, role)))


def _give(context: BrowserContext, name: str, value: str) -> None:
    context.add_cookies([{"name": name, "value": value, "domain": "127.0.0.1", "path": "/", "secure": True}])


async def _sit_down(town: Town, phone: str, role: str) -> str:
    secret = secrets.token_urlsafe(32)
    connection = await as_owner(town.data)
    done = await connection.execute(SIT_DOWN, hashlib.sha256(secret.encode()).hexdigest(), phone, role)
    await connection.close()
    assert done.endswith(" 1"), f"{phone} has no desk {role}"
    return secret


def ask_for_code(context: BrowserContext, town: Town) -> None:
    """Somebody new has asked for a sign-in code in this browser."""
    answer = context.request.post("/sign-in", form={"phone": str(next(_numbers))}, headers={"Origin": town.url})
    assert answer.ok, answer.text()


def complaints(page: Page, town: Town) -> list[str]:
    """A list that fills with errors in scripts, breaches of the policy, failed requests, and requests to others."""
    said: list[str] = []
    own = (town.url, "data:", "blob:")
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith(own) else said.append(f"asked {request.url}"))
    return said


def get_names(app: Litestar) -> set[str]:
    """The names of every handler that answers GET."""
    return {
        str(handler.name)
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        if "GET" in handler.http_methods
    }
