"""What scripts of our own pages and the service worker ask: subscriptions, the unread count, live updates."""

from collections.abc import AsyncIterator
from datetime import datetime
from time import monotonic
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.response import ServerSentEvent, ServerSentEventMessage

from backend.accounts import access
from backend.accounts.rules import Actor, session_hash
from backend.kit.errors import DomainError
from backend.kit.live import Hub
from backend.notices import actions, forms, queries

PING_SECONDS = 20  # proxies close what stays silent for half a minute
STREAM_SECONDS = 600  # then the browser asks again, and its session is looked at again
AGAIN_MILLISECONDS = 3_000  # how soon a browser comes back after a stream has ended
NOT_KEPT = {"Cache-Control": "no-store"}


class Unread(msgspec.Struct, frozen=True):
    unread: int


class Refused(msgspec.Struct, frozen=True):
    """Why not, in words for the person."""

    words: str


@post("/push-subscriptions", name="notices.subscribe")
async def subscribe(
    request: Request, data: JSONBody[forms.Subscription], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Response[Refused | None]:
    try:
        await actions.remember_device(
            actor=actor,
            session=session_hash(access.secret_of(request.scope) or ""),
            endpoint=data.endpoint,
            p256dh=data.keys.p256dh,
            auth=data.keys.auth,
            device=request.headers.get("user-agent", ""),
            hosts=request.app.state.settings.push_hosts,
            now=now,
        )
    except DomainError as refusal:
        return Response(Refused(refusal.text), status_code=refusal.status, headers=NOT_KEPT)
    return Response(None, status_code=204)


@delete("/push-subscriptions", name="notices.unsubscribe")
async def unsubscribe(
    data: JSONBody[forms.Unsubscription], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> None:
    await actions.forget_device(actor=actor, endpoint=data.endpoint, now=now)


@get("/notices/unread", name="notices.unread")
async def unread(actor: NamedDependency[Actor]) -> Response[Unread]:
    return Response(Unread(await queries.unread(actor.person_id)), headers=NOT_KEPT)


@get("/notices/live", name="notices.live", opt={"uncompressed": True})
async def live(request: Request, actor: NamedDependency[Actor]) -> ServerSentEvent:
    """The number of unread notices, now and whenever it changes."""
    headers = {**NOT_KEPT, "X-Accel-Buffering": "no"}
    return ServerSentEvent(_counts(request.app.state.live, actor.person_id), headers=headers)


async def _counts(hub: Hub, person_id: UUID) -> AsyncIterator[ServerSentEventMessage]:
    until, news = monotonic() + STREAM_SECONDS, True
    with hub.listening(person_id) as listener:
        while monotonic() < until:
            if news:
                yield _event(await queries.unread(person_id))
            else:
                yield ServerSentEventMessage(comment="ping", data=None)
            news = await listener.news(seconds=PING_SECONDS)
            if listener.ended:
                return


def _event(count: int) -> ServerSentEventMessage:
    data: Any = msgspec.json.encode(Unread(count)).decode()
    return ServerSentEventMessage(data=data, event="unread", retry=AGAIN_MILLISECONDS)


router = Router("/api", route_handlers=[subscribe, unsubscribe, unread, live])
