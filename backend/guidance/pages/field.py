"""The team's side of a visit: the day list, the visit on site, arriving and leaving."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from backend.accounts.access import needs
from backend.accounts.rules import Actor, NotAllowed, Permission
from backend.guidance import actions, forms, queries, rules
from backend.guidance.pages.words import WORDS, photo_views
from backend.guidance.queries import Sheet
from backend.guidance.rules import Side, VisitStep
from backend.kit import clock, html, markdown
from backend.kit.errors import DomainError
from backend.kit.forms import Form, blank, read
from backend.kit.headers import KEEP_OFFLINE

HOLDS = [needs(Permission.VISIT_HOLD)]


@get("/days", name="guidance.days")
async def days(
    request: Request, actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Template | Response[None]:
    """An officer's days; the office's are the agreed visits of everybody."""
    if actor.may(Permission.VISIT_DECIDE):
        return html.go(request, "guidance.office", query="stage=accepted")
    if not actor.may(Permission.VISIT_HOLD):
        raise NotAllowed
    found = await queries.days_of(actor, now=now)
    return html.page(
        "guidance/days.html",
        headers=KEEP_OFFLINE,
        days=found,
        may_show_code=queries.may_show_code,
        today=clock.beijing_date(now),
        **WORDS,
    )


@get("/days/{visit_id:uuid}", name="guidance.day_visit", guards=HOLDS)
async def day_visit(
    visit_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Template:
    sheet = html.or_404(await queries.field_sheet(visit_id, viewer=actor))
    context = await _context(sheet, blank(forms.Arrive), now=now)
    return html.page("guidance/day_visit.html", headers=KEEP_OFFLINE, **context)


@get("/days/{visit_id:uuid}/items/{item_id:uuid}", name="guidance.day_item", guards=HOLDS)
async def day_item(visit_id: FromPath[UUID], item_id: FromPath[UUID], actor: NamedDependency[Actor]) -> Template:
    """One booked item with its handbook, and the checklist to walk through on site."""
    sheet = html.or_404(await queries.field_sheet(visit_id, viewer=actor))
    item = html.or_404(next((one for one in sheet.items if one.id == item_id), None))
    return html.page(
        "guidance/day_item.html",
        sheet=sheet,
        item=item,
        handbook=markdown.html(item.handbook),
        may_write=rules.may_write(sheet.state),
        **WORDS,
    )


@post("/visits/{visit_id:uuid}/contact", name="guidance.visit_contact")
async def visit_contact(
    request: Request, visit_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Template:
    """The enterprise's whole phone number, for those who go there or decide; that it was read is in the log."""
    decides = actor.may(Permission.VISIT_DECIDE)
    sheet = await (queries.office_sheet(visit_id) if decides else queries.field_sheet(visit_id, viewer=actor))
    shown = html.or_404(sheet)
    await actions.read_contact(actor=actor, visit_id=visit_id, now=now)
    partial = html.Hx.of(request).partial
    return html.page("guidance/_contact_shown.html" if partial else "guidance/contact.html", sheet=shown)


@post("/visits/{visit_id:uuid}/arrival", name="guidance.visit_arrive", guards=HOLDS)
async def visit_arrive(
    request: Request, visit_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Template | Response[None]:
    form = read(forms.Arrive, await request.form())
    if arrival := form.value:
        try:
            await actions.arrive(actor=actor, visit_id=visit_id, reason=arrival.reason, now=now)
            return html.go(request, "guidance.day_visit", visit_id=visit_id)
        except DomainError as refusal:
            form.refuse(refusal)
    sheet = html.or_404(await queries.field_sheet(visit_id, viewer=actor))
    context = await _context(sheet, form, now=now)
    return html.again(request, "guidance/day_visit.html", "guidance/_arrival_form.html", **context)


@post("/visits/{visit_id:uuid}/departure", name="guidance.visit_depart", guards=HOLDS)
async def visit_depart(
    request: Request, visit_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Response[None]:
    await actions.depart(actor=actor, visit_id=visit_id, now=now)
    return html.go(request, "guidance.day_visit", visit_id=visit_id)


@post("/visits/{visit_id:uuid}/closing", name="guidance.visit_close")
async def visit_close(
    request: Request, visit_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Response[None]:
    await actions.close(actor=actor, visit_id=visit_id, now=now)
    page = "guidance.office_visit" if actor.may(Permission.VISIT_DECIDE) else "guidance.day_visit"
    return html.go(request, page, visit_id=visit_id)


async def _context(sheet: Sheet, form: Form[forms.Arrive], *, now: datetime) -> dict[str, Any]:
    facts = await queries.facts_of(sheet, side=Side.OFFICER, now=now)
    return {
        "sheet": sheet,
        "form": form,
        "open_steps": rules.steps_open(facts),
        "Step": VisitStep,
        "out_of_day": rules.out_of_day(facts),
        "may_show": rules.may_show(sheet.state, day=sheet.day, today=facts.today),
        "may_write": rules.may_write(sheet.state),
        "clock": await queries.clock_of_sheet(sheet, now=now),
        "waiting": rules.waiting_words(
            sheet.state, side=Side.OFFICER, all_corrected=sheet.all_corrected_at is not None
        ),
        "asked": photo_views(sheet.photos_asked(), "企业拍的照片"),
        **WORDS,
    }


HANDLERS = [days, day_visit, day_item, visit_contact, visit_arrive, visit_depart, visit_close]
