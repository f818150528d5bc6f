"""The inbox, the bell, and what could not be delivered."""

from datetime import datetime
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from backend.accounts.access import needs
from backend.accounts.rules import Actor, Permission
from backend.kit import html
from backend.kit.errors import DomainError
from backend.kit.forms import read
from backend.notices import actions, forms, queries, rules, vapid
from backend.notices.rules import Group


@get("/", name="notices.inbox")
async def inbox(
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
    group: FromQuery[Group | None] = None,
    after: FromQuery[str | None] = None,
) -> Template:
    drawers = await queries.drawers(viewer=actor)
    chosen = rules.first_group(group, unread={one.group: one.unread for one in drawers})
    page = await queries.inbox(viewer=actor, group=chosen, after=after, now=now)
    here = next(one for one in drawers if one.group is chosen)
    return html.page("notices/notices.html", drawers=drawers, here=here, page=page, after=after)


@get("/{notice_id:uuid}", name="notices.notice")
async def notice(
    request: Request, notice_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Response[None]:
    return html.go_to(request, await actions.open_notice(actor=actor, notice_id=notice_id, now=now))


@post("/reading", name="notices.group_read")
async def group_read(request: Request, actor: NamedDependency[Actor], now: NamedDependency[datetime]) -> Response[None]:
    form = read(forms.WhichGroup, await request.form())
    if form.value:
        await actions.read_group(actor=actor, group=form.value.group, now=now)
    return html.go(request, "notices.inbox", query=f"group={form.value.group}" if form.value else "")


@get("/bell", name="notices.bell")
async def bell(
    request: Request, actor: NamedDependency[Actor], now: NamedDependency[datetime], sent: FromQuery[str] = ""
) -> Template:
    return await _bell(request, actor, now, sent=bool(sent))


async def _bell(request: Request, actor: Actor, now: datetime, *, sent: bool = False, problem: str = "") -> Template:
    return html.page(
        "notices/bell.html",
        status=422 if problem else 200,
        devices=await queries.devices_of(viewer=actor, now=now),
        drawers=await queries.drawers(viewer=actor),
        reason=await queries.has_reason(viewer=actor),
        key=vapid.public_key(request.app.state.settings.vapid_key),
        sent=sent,
        problem=problem,
    )


@post("/bell/tests", name="notices.test_send")
async def test_send(request: Request, actor: NamedDependency[Actor], now: NamedDependency[datetime]) -> Response[None]:
    await actions.send_test(actor=actor, path=request.app.route_reverse("notices.bell"), now=now)
    return html.go(request, "notices.bell", query="sent=1")


@post("/bell/mutes", name="notices.mute")
async def mute(
    request: Request, actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Template | Response[None]:
    form = read(forms.Muting, await request.form())
    if muting := form.value:
        try:
            await actions.mute(actor=actor, group=muting.group, muted=muting.muted)
            return html.go(request, "notices.bell")
        except DomainError as refusal:
            form.refuse(refusal)
    return await _bell(request, actor, now, problem=form.error("group") or "")


@post("/bell/devices/{device_id:uuid}/removal", name="notices.device_remove")
async def device_remove(
    request: Request, device_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Response[None]:
    await actions.forget_device(actor=actor, device_id=device_id, now=now)
    return html.go(request, "notices.bell")


@get("/undelivered", name="notices.undelivered", guards=[needs(Permission.NOTICE_REPAIR)])
async def undelivered(now: NamedDependency[datetime], after: FromQuery[str | None] = None) -> Template:
    page = await queries.dead(after=after)
    return html.page("notices/undelivered.html", page=page, outbox=await queries.outbox(now=now), now=now)


@post("/undelivered/{notice_id:uuid}/sending", name="notices.send_again", guards=[needs(Permission.NOTICE_REPAIR)])
async def send_again(
    request: Request, notice_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Response[None]:
    await actions.send_again(by=actor.person_id, notice_id=notice_id, now=now)
    return html.go(request, "notices.undelivered")


router = Router(
    "/notices",
    route_handlers=[
        inbox, notice, group_read, bell, test_send, mute, device_remove, undelivered, send_again,
    ],
)  # fmt: skip
