"""The guidance office's desk: the queue, every other visit by state, and the decisions on one."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from backend.accounts.access import needs
from backend.accounts.rules import Actor, Permission
from backend.guidance import actions, forms, queries, rules
from backend.guidance.pages.words import WORDS, photo_views
from backend.guidance.queries import Facets, Narrow, Sheet
from backend.guidance.rules import Side, VisitState, VisitStep
from backend.kit import clock, html
from backend.kit.errors import DomainError
from backend.kit.forms import Form, blank, read

DECIDES = [needs(Permission.VISIT_DECIDE)]
DONE_WORDS = {
    "accepted": "已受理，企业和上门人员都会收到通知。",
    "returned": "已退回，企业会收到您写的原因。",
    "replaced": "换好了，企业和前后两位上门人员都会收到通知。",
    "rescheduled": "时间改好了，企业和上门人员都会收到通知。",
    "cancelled": "已取消，企业和上门人员都会收到通知。",
}


class Chip(msgspec.Struct, frozen=True):
    """A condition that narrows the list. href: the list with it, or without it when it is on."""

    words: str
    href: str


@get("/office", name="guidance.office", guards=DECIDES)
async def office(
    request: Request,
    now: NamedDependency[datetime],
    stage: FromQuery[str] = "",
    township: FromQuery[str] = "",
    department: FromQuery[str] = "",
    scenario: FromQuery[str] = "",
    overdue: FromQuery[bool] = False,
    q: FromQuery[str] = "",
    after: FromQuery[str] = "",
) -> Template:
    """The queue of bookings to accept, or the visits of another state."""
    state = VisitState(stage) if stage in set(VisitState) else VisitState.SUBMITTED
    narrow = Narrow(township=township, department=department, scenario=scenario, overdue=overdue, search=q)
    today = clock.beijing_date(now)
    facets = await queries.facets(state)
    page = await queries.visits_in(state, narrow=narrow, cursor=after, today=today)
    shown = html.part if html.Hx.of(request).partial else html.page
    template = "guidance/_office_list.html" if html.Hx.of(request).partial else "guidance/office.html"
    return shown(
        template,
        state=state,
        page=page,
        elsewhere=await _elsewhere(q) if q and not page.items else [],
        counts=await queries.counts(),
        overdue=await queries.overdue_count(today),
        narrow=narrow,
        offers=_offers(state, narrow, facets),
        chips=_chips(state, narrow, facets),
        next_query=lambda cursor: _query(state, narrow, after=cursor),
        **WORDS,
    )


@get("/office/visits/{visit_id:uuid}", name="guidance.office_visit", guards=DECIDES)
async def office_visit(visit_id: FromPath[UUID], now: NamedDependency[datetime], done: FromQuery[str] = "") -> Template:
    """done: what the office has just done to it, for a word of confirmation."""
    sheet = html.or_404(await queries.office_sheet(visit_id))
    return html.page(
        "guidance/office_visit.html", done=DONE_WORDS.get(done, ""), **await _visit_context(sheet, now=now)
    )


@post("/visits/{visit_id:uuid}/acceptance", name="guidance.visit_accept", guards=DECIDES)
async def visit_accept(
    request: Request, visit_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Response[None]:
    await actions.accept_visit(actor=actor, visit_id=visit_id, now=now)
    return html.go(request, "guidance.office_visit", visit_id=visit_id, query="done=accepted")


@get("/visits/{visit_id:uuid}/return", name="guidance.visit_return_new", guards=DECIDES)
async def visit_return_new(visit_id: FromPath[UUID], now: NamedDependency[datetime]) -> Template:
    sheet = html.or_404(await queries.office_sheet(visit_id))
    return html.page("guidance/visit_return.html", sheet=sheet, form=blank(forms.Return), **WORDS)


@post("/visits/{visit_id:uuid}/return", name="guidance.visit_return", guards=DECIDES)
async def visit_return(
    request: Request, visit_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Template | Response[None]:
    form = read(forms.Return, await request.form())
    if returned := form.value:
        try:
            await actions.return_visit(actor=actor, visit_id=visit_id, reason=returned.reason, now=now)
            return html.go(request, "guidance.office_visit", visit_id=visit_id, query="done=returned")
        except DomainError as refusal:
            form.refuse(refusal)
    sheet = html.or_404(await queries.office_sheet(visit_id))
    return html.again(
        request, "guidance/visit_return.html", "guidance/_return_form.html", sheet=sheet, form=form, **WORDS
    )


@get("/visits/{visit_id:uuid}/officers/{officer_id:uuid}", name="guidance.officer_replace_new", guards=DECIDES)
async def officer_replace_new(visit_id: FromPath[UUID], officer_id: FromPath[UUID]) -> Template:
    sheet = html.or_404(await queries.office_sheet(visit_id))
    return html.page("guidance/officer_replace.html", **await _replace_context(sheet, officer_id, blank(forms.Replace)))


@post("/visits/{visit_id:uuid}/officers/{officer_id:uuid}", name="guidance.officer_replace", guards=DECIDES)
async def officer_replace(
    request: Request,
    visit_id: FromPath[UUID],
    officer_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template | Response[None]:
    form = read(forms.Replace, await request.form())
    if chosen := form.value:
        try:
            await actions.replace_officer(
                actor=actor, visit_id=visit_id, leaving=officer_id, joining=chosen.officer, now=now
            )
            return html.go(request, "guidance.office_visit", visit_id=visit_id, query="done=replaced")
        except DomainError as refusal:
            form.refuse(refusal)
    sheet = html.or_404(await queries.office_sheet(visit_id))
    context = await _replace_context(sheet, officer_id, form)
    return html.again(request, "guidance/officer_replace.html", "guidance/_replace_form.html", **context)


async def _visit_context(sheet: Sheet, *, now: datetime) -> dict[str, Any]:
    return {
        "sheet": sheet,
        "open_steps": await queries.steps_of(sheet, side=Side.OFFICE, now=now),
        "Step": VisitStep,
        "clock": await queries.clock_of_sheet(sheet, now=now),
        "asked": photo_views(sheet.photos_asked(), "企业拍的照片"),
        "waiting": rules.waiting_words(sheet.state, side=Side.OFFICE, all_corrected=sheet.all_corrected_at is not None),
        **WORDS,
    }


async def _replace_context(sheet: Sheet, officer_id: UUID, form: Form[forms.Replace]) -> dict[str, Any]:
    leaving = html.or_404(next((card for card in sheet.team if card.id == officer_id), None))
    able = await queries.stand_ins(sheet, leaving=officer_id)
    return {"sheet": sheet, "leaving": leaving, "stand_ins": able, "form": form, **WORDS}


def _query(state: VisitState, narrow: Narrow, *, after: str = "", **changed: Any) -> str:
    """The list's own address with some conditions changed."""
    wanted = msgspec.structs.replace(narrow, **changed)
    return html.query(
        stage="" if state is VisitState.SUBMITTED else state.value,
        township=wanted.township,
        department=wanted.department,
        scenario=wanted.scenario,
        overdue="true" if wanted.overdue else "",
        q=wanted.search,
        after=after,
    )


async def _elsewhere(search: str) -> list[Chip]:
    """The other lists that have what was searched for here in vain."""
    found = await queries.counts(search)
    return [
        Chip(f"{rules.STATE_WORDS[state]} {number}", _query(state, Narrow(search=search)))
        for state, number in found.items()
        if number
    ]


def _chips(state: VisitState, narrow: Narrow, facets: Facets) -> list[Chip]:
    """The conditions that are on; each leads to the list without it."""
    known = {
        "township": facets.townships,
        "department": facets.departments,
        "scenario": facets.scenarios,
    }
    chips = [Chip("已超期", _query(state, narrow, overdue=False))] if narrow.overdue else []
    for name, values in known.items():
        if value := getattr(narrow, name):
            words = next((one.words for one in values if one.value == value), value)
            chips.append(Chip(words, _query(state, narrow, **{name: ""})))
    if narrow.search:
        chips.append(Chip(f"“{narrow.search}”", _query(state, narrow, search="")))
    return chips


def _offers(state: VisitState, narrow: Narrow, facets: Facets) -> list[tuple[str, list[Chip]]]:
    """What the list can be narrowed by, for conditions not yet on."""
    groups = [
        ("镇街", "township", facets.townships),
        ("部门", "department", facets.departments),
        ("指导项目", "scenario", facets.scenarios),
    ]
    return [
        (title, [Chip(f"{one.words} {one.count}", _query(state, narrow, **{name: one.value})) for one in values])
        for title, name, values in groups
        if values and not getattr(narrow, name)
    ]


HANDLERS = [
    office,
    office_visit,
    visit_accept,
    visit_return_new,
    visit_return,
    officer_replace_new,
    officer_replace,
]
