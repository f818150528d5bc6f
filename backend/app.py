"""The web application: the list of routers, what every request is given, and how errors look."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from litestar import Litestar, Request
from litestar.di import Provide
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig

from backend import errors, health, logs
from backend.accounts import access
from backend.accounts import pages as accounts
from backend.enterprises import pages as enterprises
from backend.files.store import Store
from backend.guidance import pages as guidance
from backend.kit import bodies, db, headers, html, limits, live, queue, sms, static
from backend.kit import clock as kit_clock
from backend.loop import pages as loop
from backend.notices import api as notices_api
from backend.notices import pages as notices
from backend.notices import queries as unread_notices
from backend.public import pages as public
from backend.ratings import pages as ratings
from backend.settings import Settings

ROUTERS = [
    public.router,
    accounts.router,
    enterprises.router,
    guidance.router,
    ratings.router,
    loop.router,
    notices.router,
    notices_api.router,
]


def create_app(settings: Settings, *, clock: Callable[[], datetime] = kit_clock.now, pool: bool = True) -> Litestar:
    """The application for one city.

    clock: what ``now`` is for each request; tests pass a fixed one. pool: False when the caller opened the database.
    """

    async def provide_now() -> datetime:
        return clock()

    @asynccontextmanager
    async def running(app: Litestar) -> AsyncIterator[None]:
        if pool:
            async with db.pool(settings.database_url), _connected(app, settings):
                yield
        else:
            async with _connected(app, settings):
                yield

    app = Litestar(
        route_handlers=[*ROUTERS, *static.HANDLERS, health.health],
        dependencies={
            "now": Provide(provide_now),
            "actor": Provide(access.provide_actor),
            "viewer": Provide(access.provide_viewer, sync_to_thread=False),
        },
        guards=[access.signed_in],
        before_request=_before,
        before_send=[headers.secure],
        compression_config=headers.COMPRESSION,
        exception_handlers=errors.HANDLERS,
        lifespan=[running],
        logging_config=None,
        openapi_config=None,
        request_class=bodies.Asked,
        request_max_body_size=bodies.MOST_BYTES,
        template_config=TemplateConfig(instance=_templates(lambda name, **at: urls(name, **at), settings)),
    )
    urls = html.Urls(app)
    app.state.settings = settings
    app.state.clock = clock
    app.state.files = Store(settings.data / "files")
    app.state.sms = sms.adapter(settings.sms, settings.data / "sms.jsonl", settings.sms_url, settings.sms_token)
    door = access.guarded(
        app.asgi_handler, base_url=settings.base_url, trusted_proxies=settings.trusted_proxies, clock=clock
    )
    # Outside of routing, so that a page that does not exist knows its visitor too.
    app.asgi_handler = logs.with_request_id(door)
    return app


def _templates(url: Callable[..., str], settings: Settings) -> JinjaTemplateEngine:
    site = html.Site(name=settings.city_name, icp=settings.icp_filing, police=settings.police_filing)
    return JinjaTemplateEngine.from_environment(html.environment(url=url, static=static.url, site=site))


@asynccontextmanager
async def _connected(app: Litestar, settings: Settings) -> AsyncIterator[None]:
    await queue.connect(settings.redis_url)
    limits.connect(settings.redis_url)
    app.state.live = live.Hub(settings.redis_url)
    async with app.state.live.running():
        yield
    await queue.close()
    await limits.close()
    await app.state.sms.close()


async def _before(request: Request[Any, Any, Any]) -> None:
    """Count what is unread, for the badge on every page of somebody signed in."""
    viewer = request.scope["state"].get("viewer")
    if viewer is not None and request.method == "GET" and not html.Hx.of(request).partial:
        request.scope["state"]["unread"] = await unread_notices.unread(viewer.person_id)
