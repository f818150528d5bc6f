"""The owner's visits: the list, one visit with what lies ahead, its items, its calendar file."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from backend.accounts import queries as accounts
from backend.accounts.access import needs
from backend.accounts.rules import Actor, Permission
from backend.guidance import calendar_file, queries, rules
from backend.guidance.calendar_file import Appointment
from backend.guidance.pages.changes import home, seen
from backend.guidance.pages.words import WORDS, photo_views
from backend.guidance.queries import Sheet
from backend.guidance.rules import Side, VisitState, VisitStep
from backend.kit import html, markdown

BOOKS = [needs(Permission.VISIT_BOOK)]


@get("/visits", name="guidance.visits", guards=BOOKS)
async def visits(actor: NamedDependency[Actor], ended: FromQuery[bool] = False, after: FromQuery[str] = "") -> Template:
    page = await queries.visits_of(actor, ended=ended, cursor=after)
    return html.page(
        "guidance/visits.html",
        page=page,
        several=len({line.enterprise for line in page.items}) > 1,
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
        waiting=rules.waiting_words(sheet.state, side=Side.OWNER, all_corrected=sheet.all_corrected_at is not None),
        asked=photo_views(sheet.photos_asked(), "您拍的照片"),
        phone=phones.get(sheet.departments[0].code, ""),
        team_shown=sheet.at(VisitStep.ARRIVE) is not None,
        rateable=sheet.at(VisitStep.DEPART) is not None,
        materials=_materials(sheet),
        done=done if done in DONE_WORDS else "",
        **OWNER_WORDS,
    )


@get("/visits/{visit_id:uuid}/items/{item_id:uuid}", name="guidance.visit_item", guards=BOOKS)
async def visit_item(visit_id: FromPath[UUID], item_id: FromPath[UUID], actor: NamedDependency[Actor]) -> Template:
    """One booked item as it was on the menu then: how to prepare, the handbook, the self-check."""
    sheet = html.or_404(await queries.owner_sheet(visit_id, viewer=actor))
    item = html.or_404(next((one for one in sheet.items if one.id == item_id), None))
    return html.page("guidance/visit_item.html", sheet=sheet, item=item, handbook=markdown.html(item.handbook))


@get("/visits/{visit_id:uuid}/calendar.ics", name="guidance.visit_calendar")
async def visit_calendar(
    request: Request, visit_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Response[bytes]:
    """For everybody who has a page of the visit; the file leads back to that page."""
    sheet, page = await seen(visit_id, actor=actor), home(actor)
    if sheet is None:
        sheet, page = await queries.field_sheet(visit_id, viewer=actor), "guidance.day_visit"
    sheet = html.or_404(sheet)
    link = request.app.state.settings.base_url + request.app.route_reverse(page, visit_id=visit_id)
    return Response(
        calendar_file.write(_appointment(sheet, link=link, now=now)),
        media_type=calendar_file.MEDIA_TYPE.format(method=calendar_file.method(sheet.state)),
        headers={"Content-Disposition": f'attachment; filename="{sheet.number}.ics"', "Cache-Control": "private"},
    )


def _appointment(sheet: Sheet, *, link: str, now: datetime) -> Appointment:
    departments = "、".join(department.short for department in sheet.departments)
    materials = "；".join(_materials(sheet))
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


def _materials(sheet: Sheet) -> list[str]:
    """What to have at hand for all items, each thing once."""
    return list(dict.fromkeys(material for item in sheet.items for material in item.materials))


DONE_WORDS = {
    "rescheduled": "时间改好了，参加的部门都会收到通知。手机日历里的旧时间，请点“更新手机日历”换掉。",
    "cancelled": "已经取消，参加的部门都会收到通知。",
}
OWNER_WORDS: dict[str, Any] = {
    **WORDS,
    "state_words": {state: rules.state_words(state, side=Side.OWNER) for state in VisitState},
    "step_words": rules.AHEAD_WORDS,
    "done_words": DONE_WORDS,
    "before_visit": rules.BEFORE_VISIT,
    "ends": rules.ENDS,
    "Step": VisitStep,
}
HANDLERS = [visits, visit, visit_item, visit_calendar]
