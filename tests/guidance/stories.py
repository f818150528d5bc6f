"""Visits further along: at the firm, left, written up, read. Made by the product's own actions."""

import io
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec
from PIL import Image

from backend.accounts.rules import Actor
from backend.files.store import Store
from backend.guidance import actions, queries
from backend.guidance.rules import Finding, Grade
from backend.kit import clock, db
from backend.staff import queries as staff
from tests.guidance import make

ON_SITE = clock.at_beijing(make.WEDNESDAY, 9, 20)
LEFT = clock.at_beijing(make.WEDNESDAY, 11)
ISSUED = clock.at_beijing(make.WEDNESDAY + timedelta(days=1), 10)
FOUND = "打磨间的布袋除尘器没有泄爆口，布袋积灰三指厚"
ADVICE = "停用后清灰，加装泄爆片，改成袋外清灰"


class Story(msgspec.Struct, frozen=True):
    """A visit with somebody on each side of it."""

    visit: UUID
    firm: make.Firm
    officer: Actor
    office: Actor

    async def sheet(self) -> queries.Sheet:
        return db.found(await queries.field_sheet(self.visit, viewer=self.officer))


def finding(grade: Grade = Grade.GENERAL, correct_by: date | None = date(2026, 12, 10)) -> Finding:
    return Finding(grade=grade, found=FOUND, advice=ADVICE, options="清灰0元；泄爆片约1200元", correct_by=correct_by)


def photo(colour: str = "brown") -> bytes:
    into = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(into, "JPEG")
    return into.getvalue()


async def accepted() -> Story:
    await make.officers()
    firm, office = await make.firm(), await make.office()
    visit_id = await make.accepted_visit(firm, by=office)
    team = await staff.engaged(visit_id)
    return Story(visit=visit_id, firm=firm, officer=await make.officer_actor(team[0].officer), office=office)


async def on_site() -> Story:
    story = await accepted()
    await actions.arrive(actor=story.officer, visit_id=story.visit, reason="", now=ON_SITE)
    return story


async def write(story: Story, written: Finding, *, store: Store, now: datetime = ON_SITE, photos: int = 0) -> UUID:
    item = (await story.sheet()).items[0]
    return await actions.save_opinion(
        actor=story.officer,
        visit_id=story.visit,
        visit_item=item.id,
        opinion_id=None,
        finding=written,
        photos=[photo() for _ in range(photos)],
        store=store,
        now=now,
    )


async def left(*findings: Finding, store: Store) -> Story:
    story = await on_site()
    for one in findings:
        await write(story, one, store=store)
    await actions.depart(actor=story.officer, visit_id=story.visit, now=LEFT)
    return story


async def issued(*findings: Finding, store: Store) -> Story:
    story = await left(*(findings or (finding(),)), store=store)
    await actions.issue(actor=story.officer, visit_id=story.visit, now=ISSUED)
    return story


async def confirmed(*findings: Finding, store: Store) -> Story:
    story = await issued(*findings, store=store)
    await actions.confirm(actor=story.firm.owner, visit_id=story.visit, now=ISSUED)
    return story
