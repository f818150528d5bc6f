"""The first page of each desk, and an enterprise's file."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from backend.accounts.access import needs
from backend.accounts.rules import Actor, Permission, Role
from backend.guidance import rules as guidance_rules
from backend.kit import html, paging
from backend.kit.headers import KEEP_OFFLINE
from backend.loop import queries
from backend.staff.rules import HALF_WORDS

WORDS: dict[str, Any] = {
    "state_words": guidance_rules.STATE_WORDS,
    "state_tones": guidance_rules.STATE_TONES,
    "taken_words": guidance_rules.TAKEN_WORDS,
    "half_words": HALF_WORDS,
}


@get("/home", name="loop.home")
async def home(
    request: Request, actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Template | Response[None]:
    """An owner's home; the other desks begin with what they have to do."""
    if actor.role is not Role.OWNER:
        return html.go(request, "loop.todo")
    return html.page("loop/home.html", home=await queries.home(actor, now=now), headers=KEEP_OFFLINE, **WORDS)


@get("/todo", name="loop.todo")
async def todo(
    request: Request, actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Template | Response[None]:
    """What waits for an official, the most pressing first."""
    match actor.role:
        case Role.OWNER:
            return html.go(request, "loop.home")
        case Role.SYSTEM_ADMIN:
            return html.page("loop/admin.html")
        case _:
            waiting = await queries.todo(actor, now=now)
            total = await queries.queue_length() if actor.role is Role.GUIDANCE_OFFICE else len(waiting)
            return html.page("loop/todo.html", matters=waiting, total=total, **WORDS)


@get("/enterprises/{enterprise_id:uuid}/file", name="loop.file", guards=[needs(Permission.ENTERPRISE_READ)])
async def file(
    enterprise_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
    before: FromQuery[str] = "",
) -> Template:
    """before: the moment that the timeline goes on from; its beginning for one that somebody made up."""
    older = paging.read_moment(before)
    found = html.or_404(await queries.file(enterprise_id, viewer=actor, before=older, now=now))
    return html.page("loop/file.html", file=found, continued=older is not None, **WORDS)


router = Router("/", route_handlers=[home, todo, file])
