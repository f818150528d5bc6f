"""The owner's visits: the list, one visit, its calendar file. Moving and calling off, for owner and office alike."""

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
from backend.guidance import actions, calendar_file, forms, queries, rules
from backend.guidance.calendar_file import Appointment
from backend.guidance.pages.words import WORDS, photo_views
from backend.guidance.queries import Sheet
from backend.guidance.rules import Side, VisitState, VisitStep
from backend.kit import html
from backend.kit.errors import DomainError
from backend.kit.forms import Form, blank, read

BOOKS = [needs(Permission.VISIT_BOOK)]
Answer = Template | Response[None]


@get("/visits", name="guidance.visits", guards=BOOKS)
async def visits(actor: NamedDependency[Actor], ended: FromQuery[bool] = False, after: FromQuery[str] = "") -> Template:
    return html.page(
        "guidance/visits.html",
        page=await queries.visits_of(actor, ended=ended, cursor=after),
        ended=ended,
        first=not after,
        **OWNER_WORDS,
    )


@get("/visits/{visit_id:uuid}", name="guidance.visit", guards=BOOKS)
async def visit(
    visit_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime], done: FromQuery[str] = ""
) -> Template:
    """done: what the owner has just done to it, for a word of confirmation."""
    sheet = html.or_404(await queries.owner_sheet(visit_id, viewer=actor))
    phones = {department.code: department.phone for department in await accounts.departments()}
    return html.page(
        "guidance/visit.html",
        sheet=sheet,
        open_steps=await queries.steps_of(sheet, side=Side.OWNER, now=now),
        clock=await queries.clock_of_sheet(sheet, now=now),
        ahead=await queries.ahead_of(sheet),
        waiting=rules.waiting_words(sheet.state, side=Side.OWNER),
        asked=photo_views(sheet.photos_asked(), "您拍的照片"),
        phone=phones.get(sheet.departments[0].code, ""),
        team_shown=sheet.at(VisitStep.ARRIVE) is not None,
        done=done,
        **OWNER_WORDS,
    )


@get("/visits/{visit_id:uuid}/calendar.ics", name="guidance.visit_calendar")
async def visit_calendar(
    request: Request, visit_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Response[bytes]:
    sheet = html.or_404(await _sheet(visit_id, actor=actor) or await queries.field_sheet(visit_id, viewer=actor))
    link = request.app.state.settings.base_url + request.app.route_reverse("guidance.visit", visit_id=visit_id)
    return Response(
        calendar_file.write(_appointment(sheet, link=link, now=now)),
        media_type=calendar_file.MEDIA_TYPE.format(method=calendar_file.method(sheet.state)),
        headers={"Content-Disposition": f'attachment; filename="{sheet.number}.ics"', "Cache-Control": "private"},
    )


@get("/visits/{visit_id:uuid}/rescheduling", name="guidance.visit_reschedule_new")
async def visit_reschedule_new(
    request: Request, visit_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Answer:
    return await _change(request, VisitStep.RESCHEDULE, visit_id, blank(forms.Reschedule), actor=actor, now=now)


@post("/visits/{visit_id:uuid}/rescheduling", name="guidance.visit_reschedule")
async def visit_reschedule(
    request: Request, visit_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Answer:
    form = read(forms.Reschedule, await request.form())
    if (wanted := form.value) and (when := wanted.when):
        try:
            await actions.reschedule(
                actor=actor, visit_id=visit_id, day=when[0], half=when[1], reason=wanted.reason, now=now
            )
            return _back(request, visit_id, actor=actor, done="rescheduled")
        except DomainError as refusal:
            form.refuse(refusal)
    return await _change(request, VisitStep.RESCHEDULE, visit_id, form, actor=actor, now=now)


@get("/visits/{visit_id:uuid}/cancellation", name="guidance.visit_cancel_new")
async def visit_cancel_new(
    request: Request, visit_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Answer:
    return await _change(request, VisitStep.CANCEL, visit_id, blank(forms.Cancel), actor=actor, now=now)


@post("/visits/{visit_id:uuid}/cancellation", name="guidance.visit_cancel")
async def visit_cancel(
    request: Request, visit_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Answer:
    form = read(forms.Cancel, await request.form())
    if wanted := form.value:
        try:
            await actions.cancel(actor=actor, visit_id=visit_id, reason=wanted.reason, now=now)
            return _back(request, visit_id, actor=actor, done="cancelled")
        except DomainError as refusal:
            form.refuse(refusal)
    return await _change(request, VisitStep.CANCEL, visit_id, form, actor=actor, now=now)


async def _change(
    request: Request, step: VisitStep, visit_id: UUID, form: Form[Any], *, actor: Actor, now: datetime
) -> Template:
    """The page that moves a visit or calls it off; once that may not be done any more, it says why."""
    sheet = html.or_404(await _sheet(visit_id, actor=actor))
    side = _side(actor)
    context: dict[str, Any] = {
        "sheet": sheet,
        "form": form,
        "refusal": rules.refusal(step, await queries.facts_of(sheet, side=side, now=now)),
        "left": await queries.reschedules_left(visit_id, side=side),
        "back": request.app.route_reverse(HOME[side], visit_id=visit_id),
        "side": side,
        **WORDS,
    }
    if step is VisitStep.RESCHEDULE and not context["refusal"]:
        context["days"] = await queries.days_for(sheet, now=now)
    if form.errors:
        return html.again(request, f"guidance/visit_{step}.html", f"guidance/_{step}_form.html", **context)
    return html.page(f"guidance/visit_{step}.html", **context)


async def _sheet(visit_id: UUID, *, actor: Actor) -> Sheet | None:
    """The visit as the actor's desk sees it: the office any, an owner theirs."""
    if _side(actor) is Side.OFFICE:
        return await queries.office_sheet(visit_id)
    return await queries.owner_sheet(visit_id, viewer=actor)


def _side(actor: Actor) -> Side:
    return Side.OFFICE if actor.may(Permission.VISIT_DECIDE) else Side.OWNER


def _back(request: Request, visit_id: UUID, *, actor: Actor, done: str) -> Response[None]:
    return html.go(request, HOME[_side(actor)], visit_id=visit_id, query=html.query(done=done))


def _appointment(sheet: Sheet, *, link: str, now: datetime) -> Appointment:
    departments = "、".join(department.short for department in sheet.departments)
    materials = "；".join(dict.fromkeys(material for item in sheet.items for material in item.materials))
    words = [f"编号 {sheet.number}", f"事项：{'、'.join(item.title for item in sheet.items)}"]
    return Appointment(
        uid=f"visit-{sheet.id}@bihuan",
        sequence=sheet.revision,
        state=sheet.state,
        starts_at=sheet.starts_at,
        ends_at=sheet.ends_at,
        title=f"入企指导：{sheet.scenario}（{departments}）",
        place=f"{sheet.site_address}（{sheet.enterprise_name}·{sheet.site_name}）",
        words="\n".join([*words, f"请准备：{materials}"] if materials else words),
        url=link,
        organizer=sheet.departments[0].name,
        written_at=now,
    )


HOME = {Side.OWNER: "guidance.visit", Side.OFFICE: "guidance.office_visit"}
OWNER_WORDS = {
    **WORDS,
    "state_words": {state: rules.state_words(state, side=Side.OWNER) for state in VisitState},
    "step_words": rules.AHEAD_WORDS,
}
HANDLERS = [
    visits,
    visit,
    visit_calendar,
    visit_reschedule_new,
    visit_reschedule,
    visit_cancel_new,
    visit_cancel,
]
