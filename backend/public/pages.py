"""Pages for everybody: the entrance, a visit's progress, a door's code, and what the site says of itself."""

from datetime import datetime

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from backend.accounts.rules import Actor
from backend.kit import html, qr
from backend.kit.forms import blank, read
from backend.public import forms, queries
from backend.settings import Settings

PUBLIC = {"public": True}
# A page that follows each step must not be kept by anybody on the way.
FRESH = {"Cache-Control": "no-store"}


@get("/", name="public.home", opt=PUBLIC)
async def home(request: Request, viewer: NamedDependency[Actor | None]) -> Template | Response[None]:
    """The entrance; whoever is signed in goes on to their own first page."""
    if viewer is not None:
        return html.go(request, "loop.home")
    return html.page("public/home.html")


@get("/track", name="public.track_new", opt=PUBLIC)
async def track_new(request: Request, code: FromQuery[str | None] = None) -> Template | Response[None]:
    """Type the code from below a QR."""
    if code is None:
        return html.page("public/track_new.html", form=blank(forms.Track))
    form = read(forms.Track, {"code": code})
    if form.value is None:
        return html.page("public/track_new.html", form=form, status=422)
    return html.go(request, "public.track", code=form.value.code)


@get("/track/{code:str}", name="public.track", opt=PUBLIC)
async def track(request: Request, code: FromPath[str], now: NamedDependency[datetime]) -> Template:
    """Where a visit stands."""
    found = await queries.tracked(code, now=now)
    if found is None:
        form = read(forms.Track, {"code": code})
        form.errors["code"] = "没有这个查询码。请对照二维码下面的字再输一次"
        return html.page("public/track_new.html", form=form, status=404)
    settings: Settings = request.app.state.settings
    address = settings.base_url + request.app.route_reverse("public.track", code=found.track_code)
    square = qr.svg(address, title="这次指导的进度页")
    return html.page("public/track.html", visit=found, square=square, address=address, headers=FRESH)


@get("/d/{code:str}", name="public.door", opt=PUBLIC)
async def door(code: FromPath[str], now: NamedDependency[datetime]) -> Template:
    """The page behind the code on an enterprise's door."""
    return html.page("public/door.html", visits=html.or_404(await queries.at_door(code, now=now)), headers=FRESH)


@get("/privacy", name="public.privacy", opt=PUBLIC, sync_to_thread=False)
def privacy() -> Template:
    return html.page("public/privacy.html")


@get("/sources", name="public.sources", opt=PUBLIC, sync_to_thread=False)
def sources() -> Template:
    return html.page("public/sources.html")


router = Router("/", route_handlers=[home, track_new, track, door, privacy, sources])
