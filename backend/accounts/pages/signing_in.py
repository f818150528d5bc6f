"""Signing in, one thing a page: the number, the code, and on to where one wanted to go."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Template

from backend.accounts import access, actions, forms, queries, rules
from backend.accounts.pages import dev
from backend.accounts.queries import Attempt
from backend.accounts.rules import Actor
from backend.kit import html
from backend.kit.errors import DomainError
from backend.kit.forms import blank, read

PUBLIC = {"public": True}
NOT_KEPT = {"Cache-Control": "no-store"}


@get("/sign-in", name="accounts.sign_in", opt=PUBLIC)
async def sign_in(request: Request, viewer: NamedDependency[Actor | None]) -> Template | Response[None]:
    wanted = rules.safe_next(request.query_params.get("next", ""))
    if viewer is not None:
        return html.go_to(request, wanted)
    form = blank(forms.Phone, next=wanted)
    return html.page("accounts/sign_in.html", headers=NOT_KEPT, form=form, dev_sms=dev.may_see(request))


@post("/sign-in", name="accounts.sign_in_send", opt=PUBLIC)
async def sign_in_send(request: Request, now: NamedDependency[datetime]) -> Template | Response[None]:
    form = read(forms.Phone, await request.form())
    if asked := form.value:
        try:
            attempt = await _send(request, asked.phone, now=now)
            return _to_code(request, attempt, asked.next)
        except DomainError as refusal:
            form.refuse(refusal)
    template = "accounts/sign_in.html"
    return html.again(request, template, template, form=form, dev_sms=dev.may_see(request))


@get("/sign-in/code", name="accounts.code", opt=PUBLIC)
async def code(request: Request, now: NamedDependency[datetime]) -> Template | Response[None]:
    wanted = rules.safe_next(request.query_params.get("next", ""))
    attempt = await _attempt(request, now=now)
    if attempt is None:
        return html.go(request, "accounts.sign_in", query=_onward(wanted))
    form = blank(forms.Code, next=wanted)
    return html.page("accounts/code.html", headers=NOT_KEPT, form=form, attempt=attempt, dev_sms=dev.may_see(request))


@post("/sign-in/code", name="accounts.code_enter", opt=PUBLIC)
async def code_enter(request: Request, now: NamedDependency[datetime]) -> Template | Response[None]:
    form = read(forms.Code, await request.form())
    attempt = await _attempt(request, now=now)
    if attempt is None:
        return html.go(request, "accounts.sign_in", query=_onward(form.text("next")))
    if sent := form.value:
        try:
            if sent.again:
                return _to_code(request, await _send(request, attempt.phone, now=now), sent.next)
            return await _enter(request, attempt, sent, now=now)
        except DomainError as refusal:
            form.refuse(refusal)
    template = "accounts/code.html"
    return html.again(request, template, template, form=form, attempt=attempt, dev_sms=dev.may_see(request))


@post("/sign-out", name="accounts.sign_out", opt=PUBLIC)
async def sign_out(request: Request, now: NamedDependency[datetime]) -> Response[None]:
    """Works without a session too: whoever presses the button is signed out afterwards."""
    if secret := access.secret_of(request.scope):
        await actions.close_session(secret, now=now)
    answer = html.go_to(request, "/")
    answer.set_cookie(access.cookie_gone())
    answer.headers["Clear-Site-Data"] = '"cache"'  # so that Back on a shared computer shows nothing
    return answer


async def _send(request: Request, phone: str, *, now: datetime) -> UUID:
    state = request.app.state
    return await actions.send_code(
        phone=phone, address=_address(request), sms=state.sms, secret=state.settings.secret, now=now
    )


async def _enter(request: Request, attempt: Attempt, sent: forms.Code, *, now: datetime) -> Response[None]:
    entered = await actions.enter_code(
        attempt=attempt.id,
        code=sent.code,
        address=_address(request),
        device=rules.device_words(request.headers.get("user-agent", "")),
        old_secret=access.secret_of(request.scope),
        secret=request.app.state.settings.secret,
        now=now,
    )
    wanted = rules.safe_next(sent.next)
    if entered.desks > 1:
        answer = html.go(request, "accounts.desk", query=_onward(wanted))
    elif not entered.actor.name:
        answer = html.go(request, "accounts.name", query=_onward(wanted))
    else:
        answer = html.go_to(request, wanted)
    answer.set_cookie(access.cookie(entered.secret))
    answer.set_cookie(access.cookie_gone(access.ATTEMPT_COOKIE))
    return answer


def _to_code(request: Request, attempt: UUID, wanted: str) -> Response[None]:
    answer = html.go(request, "accounts.code", query=_onward(wanted))
    answer.set_cookie(access.attempt_cookie(attempt))
    return answer


def _onward(wanted: str) -> str:
    """The query that carries where one wants to go; the home page needs none."""
    path = rules.safe_next(wanted)
    return html.query(next="" if path == "/" else path)


async def _attempt(request: Request, *, now: datetime) -> Attempt | None:
    """The sign-in that this browser, and no other, has under way."""
    try:
        attempt_id = UUID(access.sent_cookie(request.scope, access.ATTEMPT_COOKIE) or "")
    except ValueError:
        return None
    return await queries.attempt(attempt_id, now=now)


def _address(request: Request[Any, Any, Any]) -> str:
    return request.client.host if request.client else ""


HANDLERS = [sign_in, sign_in_send, code, code_enter, sign_out]
