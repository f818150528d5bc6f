"""One's own page: name, desk, look, browsers signed in."""

from datetime import datetime

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from backend.accounts import access, actions, forms, queries, rules
from backend.accounts.rules import Actor
from backend.kit import html
from backend.kit.forms import blank, read


@get("/me", name="accounts.me")
async def me(request: Request, actor: NamedDependency[Actor], now: NamedDependency[datetime]) -> Template:
    desks = await queries.desks_of(actor.person_id)
    devices = await queries.devices_of(actor, secret=access.secret_of(request.scope), now=now)
    desk = next(desk for desk in desks if desk.grant_id == actor.grant_id)
    return html.page("accounts/me.html", desk=desk, desks=desks, devices=devices)


@get("/me/name", name="accounts.name")
async def name(request: Request, actor: NamedDependency[Actor]) -> Template:
    wanted = rules.safe_next(request.query_params.get("next", "/me"))
    return html.page("accounts/name.html", form=blank(forms.Name, name=actor.name, next=wanted))


@post("/me/name", name="accounts.name_change")
async def name_change(
    request: Request, actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Template | Response[None]:
    form = read(forms.Name, await request.form())
    if sent := form.value:
        await actions.rename(actor=actor, name=sent.name, now=now)
        return html.go_to(request, rules.safe_next(sent.next))
    return html.again(request, "accounts/name.html", "accounts/name.html", form=form)


@get("/desk", name="accounts.desk")
async def desk(request: Request, actor: NamedDependency[Actor]) -> Template | Response[None]:
    wanted = rules.safe_next(request.query_params.get("next", ""))
    desks = await queries.desks_of(actor.person_id)
    if len(desks) < 2:
        return html.go_to(request, wanted)
    form = blank(forms.Desk, grant_id=actor.grant_id, next=wanted)
    return html.page("accounts/desk.html", form=form, desks=desks)


@post("/desk", name="accounts.desk_change")
async def desk_change(
    request: Request, actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Template | Response[None]:
    form = read(forms.Desk, await request.form())
    if sent := form.value:
        secret = await actions.change_desk(
            actor=actor,
            secret=access.secret_of(request.scope) or "",
            grant_id=sent.grant_id,
            device=rules.device_words(request.headers.get("user-agent", "")),
            now=now,
        )
        answer = html.go_to(request, rules.safe_next(sent.next))
        if secret:
            answer.set_cookie(access.cookie(secret))
        return answer
    desks = await queries.desks_of(actor.person_id)
    return html.again(request, "accounts/desk.html", "accounts/desk.html", form=form, desks=desks)


@post("/me/sessions/{key:str}/closure", name="accounts.session_close")
async def session_close(
    request: Request, key: FromPath[str], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Response[None]:
    await actions.close_session_by_key(actor=actor, key=key, now=now)
    return html.go(request, "accounts.me")


@post("/me/sessions/closure", name="accounts.sessions_close")
async def sessions_close(
    request: Request, actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Response[None]:
    await actions.close_other_sessions(actor=actor, secret=access.secret_of(request.scope) or "", now=now)
    return html.go(request, "accounts.me")


HANDLERS = [me, name, name_change, desk, desk_change, session_close, sessions_close]
