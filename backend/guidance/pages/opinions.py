"""The written opinion: drafted by the team, read and confirmed by the owner, put right finding by finding."""

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
from backend.files import pages as files
from backend.guidance import actions, forms, queries, rules
from backend.guidance.pages.words import WORDS, PhotoView, photo_views
from backend.guidance.queries import OpinionLine, Sheet
from backend.guidance.rules import Clock, Grade, PhotoUse, Side, VisitStep
from backend.kit import clock, html
from backend.kit.errors import DomainError
from backend.kit.forms import Fields, Form, blank, read
from backend.standards import queries as standards

HOLDS = [needs(Permission.VISIT_HOLD)]
OWNS = [needs(Permission.VISIT_BOOK)]
GRADES = [(grade.value, rules.GRADE_WORDS[grade], rules.GRADE_MEANS[grade]) for grade in Grade]


class FindingView(msgspec.Struct, frozen=True):
    """One finding with its photos, and how its date stands today."""

    opinion: OpinionLine
    due: Clock | None
    found_photos: list[PhotoView]
    corrected_photos: list[PhotoView]


@get("/visits/{visit_id:uuid}/findings/new", name="guidance.finding_new", guards=HOLDS)
async def finding_new(
    visit_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
    item: FromQuery[UUID | None] = None,
    line: FromQuery[int] = 0,
) -> Template:
    """A new finding; item and line say from which line of which checklist it comes (lines count from 1)."""
    sheet = html.or_404(await queries.field_sheet(visit_id, viewer=actor))
    rules.check_writing(sheet.state)
    about = next((one for one in sheet.items if one.id == item), sheet.items[0])
    check = about.checklist[line - 1] if 0 < line <= len(about.checklist) else None
    policy, calendar = await standards.guidance_policy(), await standards.calendar()
    suggested = rules.correct_by(clock.beijing_date(now), policy=policy, calendar=calendar)
    form = blank(forms.Write, item=about.id, grade=check.grade.value if check else "", correct_by=suggested.isoformat())
    return html.page("guidance/finding.html", check=check, **_context(sheet, form, None, now=now))


@post(
    "/visits/{visit_id:uuid}/findings",
    name="guidance.finding_write",
    guards=HOLDS,
    request_max_body_size=files.FORM_BYTES,
)
async def finding_write(
    request: Request, visit_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Template | Response[None]:
    return await _save(request, visit_id, None, actor=actor, now=now)


@get("/visits/{visit_id:uuid}/findings/{opinion_id:uuid}", name="guidance.finding", guards=HOLDS)
async def finding(
    visit_id: FromPath[UUID],
    opinion_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template:
    sheet = html.or_404(await queries.field_sheet(visit_id, viewer=actor))
    rules.check_writing(sheet.state)
    found = _of(sheet, opinion_id)
    form = blank(
        forms.Write,
        item=found.visit_item,
        grade=found.grade.value,
        found=found.found,
        advice=found.advice,
        options=found.options,
        correct_by=found.correct_by.isoformat() if found.correct_by else "",
    )
    return html.page("guidance/finding.html", check=None, **_context(sheet, form, found, now=now))


@post(
    "/visits/{visit_id:uuid}/findings/{opinion_id:uuid}",
    name="guidance.finding_change",
    guards=HOLDS,
    request_max_body_size=files.FORM_BYTES,
)
async def finding_change(
    request: Request,
    visit_id: FromPath[UUID],
    opinion_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template | Response[None]:
    return await _save(request, visit_id, opinion_id, actor=actor, now=now)


@post("/visits/{visit_id:uuid}/findings/{opinion_id:uuid}/removal", name="guidance.finding_remove", guards=HOLDS)
async def finding_remove(
    request: Request,
    visit_id: FromPath[UUID],
    opinion_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[None]:
    await actions.remove_opinion(actor=actor, visit_id=visit_id, opinion_id=opinion_id, now=now)
    return html.go(request, "guidance.day_visit", visit_id=visit_id)


@get("/visits/{visit_id:uuid}/issue", name="guidance.opinion_issue_new", guards=HOLDS)
async def opinion_issue_new(
    visit_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Template:
    """The last look before the opinion goes out: what it says, and that it cannot be changed afterwards."""
    sheet = html.or_404(await queries.field_sheet(visit_id, viewer=actor))
    may = VisitStep.ISSUE in await queries.steps_of(sheet, side=Side.OFFICER, now=now)
    return html.page(
        "guidance/opinion_issue.html", may=may, form=blank(Fields), **await _opinion_context(sheet, now=now)
    )


@post("/visits/{visit_id:uuid}/issue", name="guidance.opinion_issue", guards=HOLDS)
async def opinion_issue(
    request: Request, visit_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Template | Response[None]:
    try:
        await actions.issue(actor=actor, visit_id=visit_id, now=now)
    except rules.DraftOutOfDate as refusal:
        sheet = html.or_404(await queries.field_sheet(visit_id, viewer=actor))
        form = blank(Fields)
        form.refuse(refusal)
        context = await _opinion_context(sheet, now=now)
        return html.page("guidance/opinion_issue.html", status=422, may=True, form=form, **context)
    return html.go(request, "guidance.opinion", visit_id=visit_id)


@get("/visits/{visit_id:uuid}/opinion", name="guidance.opinion")
async def opinion(visit_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime]) -> Template:
    """The opinion as it was issued: for the owner, the team and the office; made to be printed."""
    sheet = html.or_404(await _readable(visit_id, actor))
    if sheet.state not in rules.READ_BY_OWNER:
        return html.page("guidance/opinion_not_yet.html", sheet=sheet, **WORDS)
    return html.page("guidance/opinion.html", **await _opinion_context(sheet, now=now, actor=actor))


@post("/visits/{visit_id:uuid}/confirmation", name="guidance.opinion_confirm", guards=OWNS)
async def opinion_confirm(
    request: Request, visit_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Response[None]:
    await actions.confirm(actor=actor, visit_id=visit_id, now=now)
    return html.go(request, "guidance.opinion", visit_id=visit_id)


@get("/visits/{visit_id:uuid}/findings/{opinion_id:uuid}/correction", name="guidance.correct_new", guards=OWNS)
async def correct_new(
    visit_id: FromPath[UUID],
    opinion_id: FromPath[UUID],
    actor: NamedDependency[Actor],
) -> Template:
    sheet = html.or_404(await queries.owner_sheet(visit_id, viewer=actor))
    found = _of(sheet, opinion_id)
    return html.page("guidance/correction.html", sheet=sheet, found=found, form=blank(forms.Correct), **WORDS)


@post(
    "/visits/{visit_id:uuid}/findings/{opinion_id:uuid}/correction",
    name="guidance.correct",
    guards=OWNS,
    request_max_body_size=files.FORM_BYTES,
)
async def correct(
    request: Request,
    visit_id: FromPath[UUID],
    opinion_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template | Response[None]:
    sent = await request.form()
    form = read(forms.Correct, sent)
    try:
        await actions.correct(
            actor=actor,
            visit_id=visit_id,
            opinion_id=opinion_id,
            photos=await files.uploads(sent, most=actions.PHOTOS),
            store=request.app.state.files,
            now=now,
        )
        return html.go(request, "guidance.opinion", visit_id=visit_id)
    except DomainError as refusal:
        form.refuse(refusal)
    sheet = html.or_404(await queries.owner_sheet(visit_id, viewer=actor))
    found = _of(sheet, opinion_id)
    context = {"sheet": sheet, "found": found, "form": form, **WORDS}
    return html.again(request, "guidance/correction.html", "guidance/_correction_form.html", **context)


async def _save(
    request: Request, visit_id: UUID, opinion_id: UUID | None, *, actor: Actor, now: datetime
) -> Template | Response[None]:
    sent = await request.form()
    form = read(forms.Write, sent)
    if written := form.value:
        try:
            await actions.save_opinion(
                actor=actor,
                visit_id=visit_id,
                visit_item=written.item,
                opinion_id=opinion_id,
                finding=written.finding,
                photos=await files.uploads(sent, most=actions.PHOTOS),
                store=request.app.state.files,
                now=now,
            )
            return html.go(request, "guidance.day_visit", visit_id=visit_id)
        except DomainError as refusal:
            form.refuse(refusal)
    sheet = html.or_404(await queries.field_sheet(visit_id, viewer=actor))
    context = _context(sheet, form, _of(sheet, opinion_id) if opinion_id else None, now=now)
    return html.again(request, "guidance/finding.html", "guidance/_finding_form.html", check=None, **context)


async def _readable(visit_id: UUID, actor: Actor) -> Sheet | None:
    if actor.may(Permission.VISIT_DECIDE):
        return await queries.office_sheet(visit_id)
    if actor.may(Permission.VISIT_HOLD):
        return await queries.field_sheet(visit_id, viewer=actor)
    return await queries.owner_sheet(visit_id, viewer=actor)


def _of(sheet: Sheet, opinion_id: UUID) -> OpinionLine:
    return html.or_404(next((one for one in sheet.opinions if one.id == opinion_id), None))


def _context(sheet: Sheet, form: Form[forms.Write], found: OpinionLine | None, *, now: datetime) -> dict[str, Any]:
    return {
        "sheet": sheet,
        "form": form,
        "found": found,
        "grades": GRADES,
        "photos": photo_views(sheet.photos_of(found, PhotoUse.FOUND), "现场照片") if found else [],
        "today": clock.beijing_date(now),
        **WORDS,
    }


async def _opinion_context(sheet: Sheet, *, now: datetime, actor: Actor | None = None) -> dict[str, Any]:
    owner = actor is not None and actor.may(Permission.VISIT_BOOK)
    side = Side.OWNER if owner else Side.OFFICER
    return {
        "sheet": sheet,
        "items": [(item, [_shown(sheet, one, now=now) for one in sheet.opinions_on(item)]) for item in sheet.items],
        "owner": owner,
        "open_steps": await queries.steps_of(sheet, side=side, now=now) if actor else [],
        "Step": VisitStep,
        "issued_at": sheet.at(VisitStep.ISSUE),
        "clock": await queries.clock_of_sheet(sheet, now=now),
        **WORDS,
    }


def _shown(sheet: Sheet, opinion: OpinionLine, *, now: datetime) -> FindingView:
    today = clock.beijing_date(now)
    return FindingView(
        opinion=opinion,
        due=rules.date_clock(opinion.correct_by, today=today, basis="") if opinion.correct_by else None,
        found_photos=photo_views(sheet.photos_of(opinion, PhotoUse.FOUND), "现场照片"),
        corrected_photos=photo_views(sheet.photos_of(opinion, PhotoUse.CORRECTED), "改好后的照片"),
    )


HANDLERS = [
    finding_new,
    finding_write,
    finding,
    finding_change,
    finding_remove,
    opinion_issue_new,
    opinion_issue,
    opinion,
    opinion_confirm,
    correct_new,
    correct,
]
