"""Moving a visit and calling it off: the same pages for the owner and for the guidance office."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from backend.accounts.rules import Actor, Permission
from backend.guidance import actions, forms, queries, rules
from backend.guidance.pages import half_days
from backend.guidance.pages.words import WORDS
from backend.guidance.queries import Sheet
from backend.guidance.rules import Side, VisitStep
from backend.kit import html
from backend.kit.errors import DomainError
from backend.kit.forms import Form, blank, read
from backend.standards import queries as standards

Answer = Template | Response[None]


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
) -> Answer:
    """The page that moves a visit or calls it off; once that may not be done any more, it says why."""
    sheet = html.or_404(await seen(visit_id, actor=actor))
    side = _side(actor)
    context: dict[str, Any] = {
        "sheet": sheet,
        "form": form,
        "refusal": rules.refusal(step, await queries.facts_of(sheet, side=side, now=now)),
        "left": await queries.reschedules_left(visit_id, side=side),
        "home": request.app.route_reverse(home(actor), visit_id=visit_id),
        "side": side,
        **WORDS,
    }
    if step is VisitStep.RESCHEDULE and not context["refusal"]:
        context |= half_days.context(
            await queries.days_for(sheet, now=now),
            chosen=form.text("half_day"),
            departments=[department.short for department in sheet.departments],
            officers=len(sheet.team),
            policy=await standards.booking_policy(),
        )
    if form.errors and context["refusal"]:
        return html.go(request, f"guidance.visit_{step}_new", visit_id=visit_id)  # there is no form any more
    if form.errors:
        return html.again(request, f"guidance/visit_{step}.html", f"guidance/_{step}_form.html", **context)
    return html.page(f"guidance/visit_{step}.html", **context)


async def seen(visit_id: UUID, *, actor: Actor) -> Sheet | None:
    """The visit as the actor's desk sees it: the office any, an owner theirs."""
    if _side(actor) is Side.OFFICE:
        return await queries.office_sheet(visit_id)
    return await queries.owner_sheet(visit_id, viewer=actor)


def home(actor: Actor) -> str:
    """The visit's own page at the actor's desk."""
    return "guidance.office_visit" if _side(actor) is Side.OFFICE else "guidance.visit"


def _side(actor: Actor) -> Side:
    return Side.OFFICE if actor.may(Permission.VISIT_DECIDE) else Side.OWNER


def _back(request: Request, visit_id: UUID, *, actor: Actor, done: str) -> Response[None]:
    return html.go(request, home(actor), visit_id=visit_id, query=html.query(done=done))


HANDLERS = [visit_reschedule_new, visit_reschedule, visit_cancel_new, visit_cancel]
