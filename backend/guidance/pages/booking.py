"""Where a booking begins and where it ends: starting, sending, and the page with the number."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from backend.accounts.rules import Actor
from backend.enterprises import queries as enterprises
from backend.guidance import actions, forms, queries
from backend.guidance.pages import drafts
from backend.guidance.pages.drafts import BOOKS, Answer
from backend.guidance.pages.words import WORDS
from backend.kit import db, html, qr
from backend.kit.errors import DomainError
from backend.kit.forms import Form, blank, read


@get("/visits/new", name="guidance.visit_new", guards=BOOKS)
async def visit_new(actor: NamedDependency[Actor], item: FromQuery[str] = "") -> Template:
    """item: the code of a service item to begin with."""
    return await _start(actor, blank(forms.StartBooking, item=item))


@post("/bookings", name="guidance.booking_start", guards=BOOKS)
async def booking_start(request: Request, actor: NamedDependency[Actor], now: NamedDependency[datetime]) -> Answer:
    form = read(forms.StartBooking, await request.form())
    if wanted := form.value:
        try:
            draft_id = await actions.start_booking(
                actor=actor, enterprise_id=wanted.enterprise, item_code=wanted.item, afresh=wanted.afresh, now=now
            )
            return await drafts.go_on(request, draft_id, actor=actor)
        except DomainError as refusal:
            form.refuse(refusal)
    return await _start(actor, form, request=request)


@post("/visits", name="guidance.visit_book", guards=BOOKS)
async def visit_book(request: Request, actor: NamedDependency[Actor], now: NamedDependency[datetime]) -> Answer:
    """Sent twice, it leads to the same visit; refused, to the page where the answer was given."""
    sent = html.or_404(read(forms.BookVisit, await request.form()).value)
    try:
        visit_id = await actions.book_visit(actor=actor, draft_id=sent.draft, now=now)
    except DomainError as refusal:
        return await drafts.refused(request, sent.draft, refusal, actor=actor, now=now)
    return html.go(request, "guidance.visit_booked", visit_id=visit_id)


@get("/visits/{visit_id:uuid}/booked", name="guidance.visit_booked", guards=BOOKS)
async def visit_booked(
    request: Request,
    visit_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template:
    """The number, the tracking link as a code for the door, and until when there will be an answer."""
    sheet = html.or_404(await queries.owner_sheet(visit_id, viewer=actor))
    link = request.app.state.settings.base_url + request.app.route_reverse("public.track", code=sheet.track_code)
    return html.page(
        "guidance/visit_booked.html",
        sheet=sheet,
        clock=await queries.clock_of_sheet(sheet, now=now),
        link=link,
        code=qr.svg(link, title="进度查询码"),
        **WORDS,
    )


async def _start(actor: Actor, form: Form[forms.StartBooking], *, request: Request | None = None) -> Template:
    """The first page, or its form again when ``request`` was refused."""
    async with db.reading(desk=db.Desk.GUIDANCE):  # one connection for all that the page asks
        context: dict[str, Any] = {
            "form": form,
            "firms": await enterprises.enterprises_of(actor),
            "begun": await queries.bookings_of(actor),
            "item": await queries.offered_item(form.text("item")) if form.text("item") else None,
        }
    if request is None:
        return html.page("guidance/visit_new.html", **context)
    return html.again(request, "guidance/visit_new.html", "guidance/_visit_new_form.html", **context)


HANDLERS = [visit_new, booking_start, visit_book, visit_booked]
