"""Who is asking and whether they may: the session of each request, the guards, and the check against other sites."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.exceptions import NotAuthorizedException
from litestar.handlers import BaseRouteHandler
from litestar.types import ASGIApp, Guard, HTTPScope, Message, Receive, Scope, Send

from backend.accounts import actions, queries, rules
from backend.accounts.rules import Actor, Permission
from backend.kit import addresses, bodies, db

log = structlog.get_logger()
COOKIE = "__Host-bihuan"
ATTEMPT_COOKIE = "__Host-bihuan-attempt"  # names the sign-in that this browser has under way
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
NOBODY_ASKS = ("/static/", "/sw.js", "/manifest.webmanifest", "/health")  # the same for everybody: no session is read
PLAIN = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title></head><body><main><h1>{title}</h1>{words}<p><a href="/">回到首页</a></p></main></body></html>
"""
OTHER_SITE = PLAIN.format(
    title="没有提交成功",
    words="<p>这次提交来自别的网站，为保护您的账号没有办理，您的信息没有变化。</p>"
    "<p>如果是您本人操作，请回到本站页面重新提交。</p>",
)
UNREADABLE = PLAIN.format(
    title="打不开这个地址",
    words="<p>地址里有无法识别的字符，可能复制得不完整。请回到首页，或重新扫一次二维码。</p>",
)
AWAY = PLAIN.format(title="系统正在恢复", words="<p>请过一分钟再试。已经提交的内容不会丢失。</p>")


def guarded(app: ASGIApp, *, base_url: str, trusted_proxies: Iterable[str], clock: Callable[[], datetime]) -> ASGIApp:
    """``app`` behind its door: who asks from where, nothing posted from other sites, and a visitor for every page.

    Sets ``scope["client"]`` and the scheme to what trusted proxies say, and ``scope["state"]["viewer"]`` to an Actor or
    None, for pages that do not exist too.
    """
    trusted = addresses.Trusted(trusted_proxies)

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        if str(scope["type"]) != "http":
            await app(scope, receive, send)
            return
        asked = cast(HTTPScope, scope)
        _name_client(asked, trusted)
        if not bodies.readable(asked["path"], asked.get("query_string", b"")):
            await _answer(send, 400, UNREADABLE)
            return
        if asked["method"] not in SAFE_METHODS and not from_here(asked, base_url=base_url):
            log.warning("other_origin_refused", path=asked["path"])
            await _answer(send, 403, OTHER_SITE)
            return
        asked["state"]["viewer"] = None
        if asked["path"].startswith(NOBODY_ASKS):
            await app(scope, receive, send)
            return
        try:
            sending = await _recognise(asked, send, now=clock())
        except db.AWAY as failure:
            log.error("session_not_read", error=repr(failure))
            await _answer(send, 503, AWAY)
            return
        await app(scope, receive, sending)

    return door


def from_here(scope: HTTPScope, *, base_url: str) -> bool:
    """Whether a page of this site sent the request, as far as the browser tells.

    Sec-Fetch-Site where there is one (no page can forge it); else the host of Origin, or of Referer, must be ours: the
    one asked for, or the public one when a proxy renames it. With none of the three no browser of the last years sent
    it, and the SameSite cookie is what is left.
    """
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    if site := headers.get(b"sec-fetch-site"):
        return site in ("same-origin", "none")
    said = headers.get(b"origin") or headers.get(b"referer")
    if said is None:
        return True
    try:
        host = urlsplit(said).netloc.lower()
    except ValueError:
        return False
    return bool(host) and host in (headers.get(b"host", "").lower(), urlsplit(base_url).netloc.lower())


async def provide_actor(scope: Scope, now: NamedDependency[datetime]) -> Actor:
    """The person signed in. Raises NotAuthorizedException, which sends pages to /sign-in and tells data 401.

    now: not needed, but two dependencies that need nothing of each other cost a group of tasks at every request.
    """
    viewer = provide_viewer(scope)
    if viewer is None:
        raise NotAuthorizedException
    return viewer


def provide_viewer(scope: Scope) -> Actor | None:
    """The person signed in, if any: for public pages."""
    return cast("Actor | None", cast(Any, scope)["state"].get("viewer"))


# Guards are coroutines although they wait for nothing: Litestar sends others to a thread, which costs a page a tenth of
# its time (decisions/0010-measured-speed.md).
async def signed_in(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """The application's guard: whatever is not marked ``public`` needs somebody signed in."""
    if not handler.opt.get("public") and provide_viewer(connection.scope) is None:
        raise NotAuthorizedException


def needs(permission: Permission) -> Guard:
    """A guard that lets in desks with ``permission``. Whether the thing is *theirs* is the query's question."""

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        viewer = provide_viewer(connection.scope)
        if viewer is None:
            raise NotAuthorizedException
        if not viewer.may(permission):
            raise rules.NotAllowed

    return guard


def cookie(secret: str) -> Cookie:
    """The session's cookie. ``__Host-``: secure, this host alone, the whole site; no page's script can read it."""
    return _strict(COOKIE, secret, lasts=rules.SESSION_LASTS)


def attempt_cookie(attempt: UUID) -> Cookie:
    return _strict(ATTEMPT_COOKIE, str(attempt), lasts=rules.ATTEMPT_LASTS)


def cookie_gone(key: str = COOKIE) -> Cookie:
    return _strict(key, "", lasts=timedelta(0))


def _strict(key: str, value: str, *, lasts: timedelta) -> Cookie:
    return Cookie(
        key=key,
        value=value,
        path="/",
        max_age=int(lasts.total_seconds()),
        secure=True,
        httponly=True,
        samesite="lax",
    )


def secret_of(scope: Scope) -> str | None:
    """The session secret that the browser showed, whatever it is worth."""
    return sent_cookie(scope, COOKIE)


def sent_cookie(scope: Scope, name: str) -> str | None:
    """One cookie's value, read leniently: another's broken cookie must not hide ours."""
    for key, value in cast(Any, scope)["headers"]:
        if key != b"cookie":
            continue
        for pair in value.decode("latin-1").split(";"):
            found, _, text = pair.strip().partition("=")
            if found == name:
                return cast(str, text.strip().strip('"'))
    return None


def _name_client(scope: HTTPScope, trusted: addresses.Trusted) -> None:
    scope["state"]["passed_on"] = addresses.passed_on(scope, trusted)
    address, scheme = addresses.client(scope, trusted)
    scope["client"] = (address, 0)
    scope["scheme"] = scheme


async def _recognise(scope: HTTPScope, send: Send, *, now: datetime) -> Send:
    """Find the visitor; returns the ``send`` that renews the cookie when the session was moved on."""
    secret = secret_of(cast(Scope, scope))
    if secret is None:
        return send
    seen = await queries.session(secret, now=now)
    if seen is None:
        return send
    scope["state"]["viewer"] = seen.actor
    if now - seen.seen_at < rules.SESSION_TOUCHED_EVERY:
        return send
    await actions.touch_session(secret, now=now)
    renewed = cookie(secret).to_encoded_header()

    async def send_renewed(message: Message) -> None:
        # A handler that sets the cookie itself (sign-out, another desk) has the last word.
        if message["type"] == "http.response.start" and not _sets_cookie(message["headers"]):
            message["headers"] = [*message["headers"], renewed]
        await send(message)

    return send_renewed


def _sets_cookie(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(name.lower() == b"set-cookie" and value.startswith(f"{COOKIE}=".encode()) for name, value in headers)


async def _answer(send: Send, status: int, page: str) -> None:
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": page.encode(), "more_body": False})
