from datetime import timedelta

import asyncpg
import httpx
import pytest
from litestar import Litestar, Response, get, post
from litestar.routes import HTTPRoute

from backend.accounts import access, actions, rules
from backend.accounts.rules import Permission
from backend.accounts.tables import Session
from backend.app import create_app
from backend.kit import db
from tests.accounts import make

HERE = "https://t.example"
# What anybody may see, by handler name. Whoever adds a line is sure that the page tells nothing about anybody.
PUBLIC = {
    "accounts.sign_in",
    "accounts.sign_in_send",
    "accounts.code",
    "accounts.code_enter",
    "accounts.sign_out",  # ends whatever session there is
    "accounts.preference",  # sets two cookies about looks
    "accounts.dev_sms",  # a demonstration's own machine
    "guidance.scenarios",  # the catalogue is published
    "guidance.scenario",
    "guidance.service_item",
    "guidance.scan",  # the camera; what it reads goes to verify
    "guidance.verify",  # tells who came to whoever holds the code that the officer shows
    "guidance.verify_find",
    "guidance.verify_type",
}
PUBLIC_DOMAINS = ("public.", "static.", "health")


def scope(**headers: str) -> dict:
    pairs = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http", "method": "POST", "headers": pairs, "path": "/", "scheme": "https", "state": {}}


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({"sec_fetch_site": "same-origin"}, True),
        ({"sec_fetch_site": "none"}, True),
        ({"sec_fetch_site": "same-site"}, False),
        ({"sec_fetch_site": "cross-site"}, False),
        ({"sec_fetch_site": "cross-site", "origin": HERE}, False),
        ({"sec_fetch_site": ""}, True),
        ({"origin": HERE}, True),
        ({"origin": "http://t.example"}, True),  # TLS ends at the proxy
        ({"origin": "https://T.Example"}, True),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "https://t.example.evil.example"}, False),
        ({"origin": "https://t.example:8443"}, False),
        ({"origin": "null"}, False),
        ({"origin": "https://["}, False),
        ({"referer": f"{HERE}/guidance"}, True),
        ({"referer": "https://evil.example/?https://t.example"}, False),
        ({"origin": "https://evil.example", "referer": f"{HERE}/"}, False),
        ({}, True),
    ],
)
def test_what_another_site_sends_is_told_apart(headers, ours):
    assert access.from_here(scope(host="t.example", **headers), base_url="https://public.example") is ours


def test_a_proxy_that_renames_the_host_does_not_lock_everybody_out():
    renamed = scope(host="10.0.0.5:8000", origin="https://public.example")

    assert access.from_here(renamed, base_url="https://public.example")
    assert not access.from_here(renamed, base_url="https://other.example")


@pytest.mark.parametrize(
    ("sent", "value"),
    [
        ("__Host-bihuan=abc", "abc"),
        ("a=1; __Host-bihuan=abc; b=2", "abc"),
        ('x="un closed; __Host-bihuan=abc', "abc"),
        ("__Host-bihuan2=abc", None),
        ("bihuan=abc", None),
        ("", None),
        ("=; ;;", None),
    ],
)
def test_one_cookie_is_found_among_all_kinds(sent, value):
    assert access.secret_of(scope(cookie=sent)) == value


def test_the_cookie_is_for_this_host_over_a_safe_way_and_for_no_script():
    _, header = access.cookie("secret").to_encoded_header()
    parts = {part.strip().lower() for part in header.decode().split(";")}

    assert parts == {"__host-bihuan=secret", "secure", "httponly", "samesite=lax", "path=/", "max-age=2592000"}


async def test_every_page_needs_somebody_signed_in_unless_it_is_listed(browser, settings):
    app = create_app(settings, pool=False)
    opened = set()
    for route in app.routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else ():
            if handler.opt.get("public"):
                opened.add(str(handler.name))
                continue
            for method in handler.http_methods - {"OPTIONS", "HEAD"}:
                answer = await browser.client.request(str(method), _filled(route.path_format))
                signed_out = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")
                refused = answer.status_code == 401 and route.path.startswith("/api/")
                assert signed_out or refused, f"{method} {route.path}: {answer.status_code}"

    assert {name for name in opened if not name.startswith(PUBLIC_DOMAINS)} <= PUBLIC


def _filled(path: str) -> str:
    """A path with something in place of each parameter."""
    something = "00000000-0000-4000-8000-000000000000"
    return "/".join(something if part.startswith("{") else part for part in path.split("/"))


async def test_signed_out_people_come_back_to_where_they_wanted_to_go(browser):
    page = await browser.get("/me?x=1", status=303)
    assert page.answer.headers["location"] == "/sign-in?next=%2Fme%3Fx%3D1"

    part = await browser.get("/me", status=200, htmx=True)
    assert part.answer.headers["hx-redirect"].startswith("/sign-in?next=")


async def test_a_page_that_does_not_exist_knows_its_visitor(database, now):
    owner, seen = await make.owner(), []

    async def no_page(scope, receive, send):
        seen.append(scope["state"]["viewer"])

    door = access.guarded(no_page, base_url=HERE, trusted_proxies=(), clock=lambda: now)
    await door(scope(cookie=f"{access.COOKIE}={await _secret(owner, now)}"), None, None)
    await door(scope(), None, None)

    assert seen == [owner, None]


async def test_a_forged_cookie_is_nobody(browser):
    for forged in ("x", "a" * 5000, "../../etc", "%00"):
        browser.client.cookies.set(access.COOKIE, forged, domain="t.example", path="/")
        await browser.get("/me", status=303)


async def test_a_post_from_another_site_changes_nothing(browser, now):
    owner = await make.owner()
    await browser.sign_in(owner)

    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        answer = await browser.client.post("/me/name", data={"name": "坏人"}, headers=headers)
        assert answer.status_code == 403
        assert "别的网站" in answer.text
        assert "content-security-policy" in answer.headers

    assert "坏人" not in await browser.get("/me")


async def test_a_session_is_moved_on_once_an_hour_and_its_cookie_with_it(browser, settings, now):
    owner = await make.owner()
    await browser.sign_in(owner)
    seen_at = Session.select(Session.seen_at).where(Session.person == owner.person_id).first()
    fresh = await browser.get("/me")
    assert "set-cookie" not in fresh.answer.headers

    await Session.update({Session.seen_at: now - timedelta(hours=1)}).where(Session.person == owner.person_id)
    moved = await browser.get("/me")

    assert moved.answer.headers["set-cookie"].startswith(f"{access.COOKIE}=")
    assert (await seen_at)["seen_at"] == now


async def test_an_own_cookie_of_the_handler_has_the_last_word(browser, now):
    owner = await make.owner()
    await browser.sign_in(owner)
    await Session.update({Session.seen_at: now - timedelta(days=1)}).where(Session.person == owner.person_id)

    out = await browser.send("/sign-out")

    ours = [value for value in out.answer.headers.get_list("set-cookie") if value.startswith(access.COOKIE + "=")]
    assert len(ours) == 1
    assert "Max-Age=0" in ours[0]


async def test_no_session_is_read_for_what_is_the_same_for_everybody(browser, monkeypatch):
    await browser.sign_in(await make.owner())

    async def unasked(*_, **__):
        raise AssertionError("the session was read")

    monkeypatch.setattr(access.queries, "session", unasked)
    answer = await browser.client.get("/manifest.webmanifest")

    assert answer.status_code == 200


async def test_without_the_database_one_is_told_to_wait(browser, monkeypatch):
    await browser.sign_in(await make.owner())

    async def gone(*_, **__):
        raise ConnectionRefusedError

    monkeypatch.setattr(access.queries, "session", gone)
    answer = await browser.client.get("/me")

    assert answer.status_code == 503
    assert "请过一分钟再试" in answer.text


async def test_a_page_that_loses_the_database_on_its_way_says_wait_too(committed, now, tmp_path, monkeypatch):
    app = create_app(committed, clock=lambda: now, pool=False)
    async with asyncpg.create_pool(host=str(tmp_path), min_size=0) as nowhere:
        monkeypatch.setattr(db.DB, "pool", nowhere)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HERE) as client:
            page, data = await client.get("/v/AB12CD34"), await client.get("/api/notices/unread")

    assert (page.status_code, page.headers["retry-after"]) == (503, "30")
    assert "过几分钟再试" in page.text
    assert data.status_code == 401


@get("/office", guards=[access.needs(Permission.VISIT_DECIDE)])
async def office_only() -> str:
    return "inside"


@post("/office", guards=[access.needs(Permission.VISIT_DECIDE)])
async def office_posts() -> str:
    return "inside"


async def test_a_guard_lets_in_desks_with_the_permission(database, settings, now):
    app = Litestar([office_only, office_posts], exception_handlers={rules.NotAllowed: lambda *_: _answer(403)})
    app.asgi_handler = access.guarded(app.asgi_handler, base_url=HERE, trusted_proxies=(), clock=lambda: now)
    owner, office = await make.owner(), await make.office()

    assert await _status(app, None) == 401
    assert await _status(app, await _secret(owner, now)) == 403
    assert await _status(app, await _secret(office, now)) == 200


async def _secret(actor, now):
    return await actions.open_session(person_id=actor.person_id, grant_id=actor.grant_id, device="", now=now)


async def _status(app, secret):
    cookies = {access.COOKIE: secret} if secret else {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HERE, cookies=cookies) as client:
        return (await client.get("/office")).status_code


def _answer(status):
    return Response("", status_code=status)


def test_losing_the_database_is_told_from_a_bug():
    assert issubclass(ConnectionRefusedError, db.AWAY)
    assert not issubclass(KeyError, db.AWAY)
