"""A booking, one question a page. Each page saves on "next"; coming back opens where one stopped."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from backend.accounts import queries as accounts
from backend.accounts.access import needs
from backend.accounts.rules import Actor, Permission
from backend.enterprises import queries as enterprises
from backend.files import pages as files
from backend.guidance import actions, forms, queries
from backend.guidance.pages import half_days
from backend.guidance.pages.words import WORDS, photo_views
from backend.guidance.queries import Booking, catalogue
from backend.guidance.rules import BookingPage
from backend.guidance.rules.catalogue import for_trade
from backend.kit import db, html
from backend.kit.errors import DomainError, NotFound
from backend.kit.forms import Form, blank, read
from backend.staff.rules import Need
from backend.standards import queries as standards

BOOKS = [needs(Permission.VISIT_BOOK)]
ORDER = list(BookingPage)
MOST_FILES = 20  # read of one form; how many a booking takes is a policy
ROUTES = {
    BookingPage.SITE: "guidance.booking_site",
    BookingPage.ITEMS: "guidance.booking_items",
    BookingPage.HALF_DAY: "guidance.booking_half_day",
    BookingPage.QUESTION: "guidance.booking_question",
    BookingPage.CHECK: "guidance.booking_check",
}
ASKED_ON = {  # where the answer is given that a refusal names
    "site": BookingPage.SITE,
    "items": BookingPage.ITEMS,
    "half_day": BookingPage.HALF_DAY,
    "question": BookingPage.QUESTION,
    "photos": BookingPage.QUESTION,
}
Answer = Template | Response[None]


@get("/bookings/{draft_id:uuid}", name="guidance.booking", guards=BOOKS)
async def booking(request: Request, draft_id: FromPath[UUID], actor: NamedDependency[Actor]) -> Answer:
    return await go_on(request, draft_id, actor=actor)


@get("/bookings/{draft_id:uuid}/site", name="guidance.booking_site", guards=BOOKS)
async def booking_site(
    request: Request, draft_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Answer:
    return await _page(request, BookingPage.SITE, draft_id, actor=actor, now=now)


@post("/bookings/{draft_id:uuid}/site", name="guidance.booking_site_choose", guards=BOOKS)
async def booking_site_choose(
    request: Request, draft_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Answer:
    form = read(forms.ChooseSite, await request.form())
    if chosen := form.value:
        try:
            await actions.choose_site(actor=actor, draft_id=draft_id, site_id=chosen.site, now=now)
            return await go_on(request, draft_id, actor=actor)
        except DomainError as refusal:
            form.refuse(refusal)
    return await _page(request, BookingPage.SITE, draft_id, actor=actor, now=now, form=form)


@get("/bookings/{draft_id:uuid}/items", name="guidance.booking_items", guards=BOOKS)
async def booking_items(
    request: Request,
    draft_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
    scenario: FromQuery[str] = "",
) -> Answer:
    """First the scenarios, then the items of one. scenario: its code, or ``all`` to choose another."""
    return await _page(request, BookingPage.ITEMS, draft_id, actor=actor, now=now, scenario=scenario)


@post("/bookings/{draft_id:uuid}/items", name="guidance.booking_items_choose", guards=BOOKS)
async def booking_items_choose(
    request: Request,
    draft_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
    scenario: FromQuery[str] = "",
) -> Answer:
    form = read(forms.ChooseItems, await request.form())
    if chosen := form.value:
        try:
            await actions.choose_items(actor=actor, draft_id=draft_id, items=chosen.items, now=now)
            return await go_on(request, draft_id, actor=actor)
        except DomainError as refusal:
            form.refuse(refusal)
    return await _page(request, BookingPage.ITEMS, draft_id, actor=actor, now=now, form=form, scenario=scenario)


@get("/bookings/{draft_id:uuid}/half-day", name="guidance.booking_half_day", guards=BOOKS)
async def booking_half_day(
    request: Request, draft_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Answer:
    return await _page(request, BookingPage.HALF_DAY, draft_id, actor=actor, now=now)


@post("/bookings/{draft_id:uuid}/half-day", name="guidance.booking_half_day_choose", guards=BOOKS)
async def booking_half_day_choose(
    request: Request, draft_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Answer:
    form = read(forms.ChooseHalfDay, await request.form())
    if (chosen := form.value) and (when := chosen.when):
        try:
            await actions.choose_half_day(actor=actor, draft_id=draft_id, day=when[0], half=when[1], now=now)
            return await go_on(request, draft_id, actor=actor)
        except DomainError as refusal:
            form.refuse(refusal)
    return await _page(request, BookingPage.HALF_DAY, draft_id, actor=actor, now=now, form=form)


@get("/bookings/{draft_id:uuid}/question", name="guidance.booking_question", guards=BOOKS)
async def booking_question(
    request: Request, draft_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Answer:
    return await _page(request, BookingPage.QUESTION, draft_id, actor=actor, now=now)


@post(
    "/bookings/{draft_id:uuid}/question",
    name="guidance.booking_question_ask",
    guards=BOOKS,
    request_max_body_size=files.FORM_BYTES,
)
async def booking_question_ask(
    request: Request, draft_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Answer:
    """The words, and photos that come and go, until the owner goes on."""
    sent = await request.form()
    form = read(forms.AskQuestion, sent)
    if asked := form.value:
        try:
            await actions.ask(
                actor=actor,
                draft_id=draft_id,
                question=asked.question,
                photos=await files.uploads(sent, most=MOST_FILES),
                remove=asked.remove,
                done=not asked.stays,
                store=request.app.state.files,
                now=now,
            )
            if asked.stays:
                return html.go(request, "guidance.booking_question", draft_id=draft_id)
            return await go_on(request, draft_id, actor=actor)
        except DomainError as refusal:
            form.refuse(refusal)
    return await _page(request, BookingPage.QUESTION, draft_id, actor=actor, now=now, form=form)


@get("/bookings/{draft_id:uuid}/check", name="guidance.booking_check", guards=BOOKS)
async def booking_check(
    request: Request, draft_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Answer:
    return await _page(request, BookingPage.CHECK, draft_id, actor=actor, now=now)


async def go_on(request: Request, draft_id: UUID, *, actor: Actor) -> Response[None]:
    """To the first page that still waits for an answer; to the visit when the booking was sent. Raises NotFound."""
    begun = await queries.booking(draft_id, viewer=actor)
    if begun is not None:
        return html.go(request, ROUTES[begun.open_page], draft_id=draft_id)
    html.or_404(await queries.is_booked(draft_id, viewer=actor) or None)
    return html.go(request, "guidance.visit_booked", visit_id=draft_id)


async def refused(request: Request, draft_id: UUID, refusal: DomainError, *, actor: Actor, now: datetime) -> Answer:
    """The page on which the answer was given that the booking was refused for, with the refusal beside it."""
    if isinstance(refusal, NotFound):
        raise refusal
    page = ASKED_ON.get(refusal.field or "", BookingPage.CHECK)
    begun = html.or_404(await queries.booking(draft_id, viewer=actor))
    form = await _as_saved(page, begun)
    form.refuse(refusal)
    return await _page(request, page, draft_id, actor=actor, now=now, form=form)


async def _page(
    request: Request,
    page: BookingPage,
    draft_id: UUID,
    *,
    actor: Actor,
    now: datetime,
    form: Form[Any] | None = None,
    scenario: str = "",
) -> Answer:
    """One page with what is saved, or ``form`` again; to the first page without an answer where that comes before."""
    async with db.reading(desk=db.Desk.GUIDANCE):  # one connection for all that the page asks
        begun = await queries.booking(draft_id, viewer=actor)
        if begun is None or ORDER.index(page) > ORDER.index(begun.open_page):
            return await go_on(request, draft_id, actor=actor)
        context = {
            "booking": begun,
            "firm": await enterprises.card(begun.enterprise),
            "form": form or await _as_saved(page, begun),
            "step": ORDER.index(page) + 1,
            "policy": await standards.booking_policy(),
            **WORDS,
            **await _shown(page, begun, now=now, scenario=scenario),
        }
    name = context.pop("template", page.replace("-", "_"))
    if form is None:
        return html.page(f"guidance/booking_{name}.html", **context)
    return html.again(request, f"guidance/booking_{name}.html", f"guidance/_booking_{name}_form.html", **context)


async def _as_saved(page: BookingPage, begun: Booking) -> Form[Any]:
    answers = begun.answers
    match page:
        case BookingPage.SITE:
            sites = await enterprises.sites_of(begun.enterprise)
            return blank(forms.ChooseSite, site=answers.site or (sites[0].id if sites else ""))
        case BookingPage.ITEMS:
            return blank(forms.ChooseItems, items=list(answers.items))
        case BookingPage.HALF_DAY:
            return blank(forms.ChooseHalfDay, half_day=answers.half_day.key if answers.half_day else "")
        case BookingPage.QUESTION:
            return blank(forms.AskQuestion, question=answers.question)
        case BookingPage.CHECK:
            return blank(forms.BookVisit, draft=begun.id)


async def _shown(page: BookingPage, begun: Booking, *, now: datetime, scenario: str) -> dict[str, Any]:
    """What a page shows beside its form."""
    match page:
        case BookingPage.SITE:
            return {"sites": await enterprises.sites_of(begun.enterprise)}
        case BookingPage.ITEMS:
            return await _shelves(begun, scenario)
        case BookingPage.HALF_DAY:
            need = await queries.need_of(await queries.offered_items(begun.answers.items))
            days = await queries.free_days(need, now=now)
            chosen = begun.answers.half_day.key if begun.answers.half_day else ""
            policy = await standards.booking_policy()
            return half_days.context(days, chosen=chosen, policy=policy, **await _who_comes(need))
        case BookingPage.QUESTION:
            return {"photos": photo_views(begun.photos, "照片")}
        case BookingPage.CHECK:
            items = await queries.offered_items(begun.answers.items)
            return {
                "place": await enterprises.site(html.or_404(begun.answers.site)),
                "items": items,
                "photos": photo_views(begun.photos, "照片"),
                **await _who_comes(await queries.need_of(items)),
            }


async def _who_comes(need: Need) -> dict[str, Any]:
    names = await accounts.department_names()
    return {"departments": [names[code] for code in need.departments], "officers": need.size}


async def _shelves(begun: Booking, scenario: str) -> dict[str, Any]:
    """The items of the scenario asked for or chosen before; else the scenarios, those for the firm's trade first."""
    chosen = await queries.offered_items(begun.answers.items)
    code = scenario or (chosen[0].scope if chosen else "")
    if code and code != "all" and (shelf := await catalogue.shelf(code)) is not None:
        return {"shelf": shelf}
    firm = html.or_404(await enterprises.card(begun.enterprise))
    shelves = await catalogue.shelves()
    fitting = {shelf.code for shelf in shelves if shelf.trades and for_trade(firm.trade, shelf.trades)}
    return {
        "template": "scenarios",
        "shelves": sorted(shelves, key=lambda shelf: shelf.code not in fitting),
        "fitting": fitting,
    }


HANDLERS = [
    booking,
    booking_site,
    booking_site_choose,
    booking_items,
    booking_items_choose,
    booking_half_day,
    booking_half_day_choose,
    booking_question,
    booking_question_ask,
    booking_check,
]
