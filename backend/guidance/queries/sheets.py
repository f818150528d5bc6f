"""One visit whole: its facts, its team, what was asked and what was found; for those it concerns alone."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.accounts.rules import Actor
from backend.enterprises import queries as enterprises
from backend.guidance import rules
from backend.guidance.rules import Grade, PhotoUse, Side, VisitState, VisitStep
from backend.guidance.rules.catalogue import Check
from backend.guidance.tables import Opinion, Photo
from backend.kit import db
from backend.staff import queries as staff
from backend.staff.queries import OfficerCard
from backend.staff.rules import Half

DESK = db.Desk.GUIDANCE


class DepartmentLine(msgspec.Struct, frozen=True):
    code: str
    name: str
    short: str
    lead: bool


class ItemLine(msgspec.Struct, frozen=True):
    """A booked item. id: of the visit's item, not of the catalogue's."""

    id: UUID
    item: UUID
    code: str
    title: str
    promise: str
    minutes: int
    department: str  # short name of the leading one
    materials: list[str]
    handbook: str
    checklist: list[Check]


class PhotoLine(msgspec.Struct, frozen=True):
    id: UUID
    file: UUID
    use: PhotoUse
    opinion: UUID | None


class StepLine(msgspec.Struct, frozen=True):
    step: VisitStep
    state: VisitState
    side: Side
    at: datetime
    reason: str


class OpinionLine(msgspec.Struct, frozen=True):
    """A finding. ``correct_by`` is a Beijing date, the last day; None: nothing to correct."""

    id: UUID
    visit_item: UUID
    grade: Grade
    found: str
    advice: str
    options: str
    correct_by: date | None
    written_by: UUID
    written_at: datetime
    corrected_at: datetime | None

    @property
    def to_correct(self) -> bool:
        return self.correct_by is not None and self.corrected_at is None


class Sheet(msgspec.Struct, frozen=True):
    """Everything about one visit. ``opinions`` is empty for those who may not read drafts before the issue."""

    id: UUID
    number: str
    track_code: str
    enterprise: UUID
    enterprise_name: str
    uscc: str
    trade_name: str
    township: str
    site_name: str
    site_address: str
    latitude: float | None
    longitude: float | None
    contact_name: str
    contact_phone: str
    scenario: str
    scope: str
    state: VisitState
    day: date
    half: Half
    starts_at: datetime
    ends_at: datetime
    booked_at: datetime
    revision: int  # rises with every change: the SEQUENCE of the calendar file
    all_corrected_at: datetime | None
    departments: list[DepartmentLine]
    team: list[OfficerCard]
    items: list[ItemLine]
    question: str
    photos: list[PhotoLine]
    steps: list[StepLine]  # the newest first
    opinions: list[OpinionLine]

    @property
    def unwritten(self) -> list[ItemLine]:
        """Items without an opinion."""
        written = {opinion.visit_item for opinion in self.opinions}
        return [item for item in self.items if item.id not in written]

    @property
    def to_correct(self) -> int:
        """Findings that the owner has still to put right."""
        return sum(opinion.to_correct for opinion in self.opinions)

    def opinions_on(self, item: ItemLine) -> list[OpinionLine]:
        return [opinion for opinion in self.opinions if opinion.visit_item == item.id]

    def photos_of(self, opinion: OpinionLine, use: PhotoUse) -> list[PhotoLine]:
        return [photo for photo in self.photos if photo.opinion == opinion.id and photo.use is use]

    def photos_asked(self) -> list[PhotoLine]:
        return [photo for photo in self.photos if photo.use is PhotoUse.ASKED]

    def at(self, step: VisitStep) -> datetime | None:
        """When the step was last taken."""
        return next((line.at for line in self.steps if line.step is step), None)


class Brief(msgspec.Struct, frozen=True):
    """Which visit is meant, without a word of it. departed_at: None while the team has not left."""

    id: UUID
    number: str
    enterprise: UUID
    enterprise_name: str
    scenario: str
    day: date
    half: Half
    departments: list[str]
    departed_at: datetime | None


BRIEF = """
SELECT v.id, v.number, v.enterprise, e.name AS enterprise_name, s.title AS scenario, v.day, v.half,
       ARRAY(SELECT d.short_name FROM visit_department vd JOIN department d ON d.code = vd.department
             WHERE vd.visit = v.id ORDER BY vd.lead DESC, d.position, d.code) AS departments,
       (SELECT max(at) FROM visit_step WHERE visit = v.id AND step = 'depart') AS departed_at
FROM visit v JOIN enterprise e ON e.id = v.enterprise JOIN scenario s ON s.id = v.scenario
WHERE v.id = ANY($1)
"""
FACTS = """
SELECT v.id, v.number, v.track_code, v.enterprise, e.name AS enterprise_name, e.uscc, t.name AS trade_name,
       r.name AS township, site.name AS site_name, site.address AS site_address, site.latitude, site.longitude,
       e.contact_name, coalesce(nullif(e.contact_phone, ''), p.phone) AS contact_phone, s.title AS scenario,
       s.code AS scope, v.state, v.day, v.half, v.starts_at, v.ends_at, v.booked_at, v.revision,
       v.all_corrected_at
FROM visit v JOIN enterprise e ON e.id = v.enterprise JOIN trade t ON t.code = e.trade JOIN site ON site.id = v.site
JOIN region r ON r.code = site.region JOIN scenario s ON s.id = v.scenario JOIN person p ON p.id = v.booked_by
WHERE v.id = $1
"""
DEPARTMENTS = """
SELECT d.code, d.name, d.short_name AS short, vd.lead
FROM visit_department vd JOIN department d ON d.code = vd.department
WHERE vd.visit = $1 ORDER BY vd.lead DESC, d.position, d.code
"""
ITEMS = """
SELECT vi.id, i.id AS item, i.code, i.title, i.promise, i.minutes, d.short_name AS department, i.materials::text,
       i.handbook, i.checklist::text
FROM visit_item vi JOIN service_item i ON i.id = vi.item JOIN department d ON d.code = i.lead_department
WHERE vi.visit = $1 ORDER BY i.position, i.code
"""
STEPS = """
SELECT s.step, s.state, s.side, s.at, coalesce(w.reason, '') AS reason
FROM visit_step s LEFT JOIN guidance.step_reason w ON w.step = s.id WHERE s.visit = $1 ORDER BY s.at DESC, s.id
"""
OPINION = (
    Opinion.id,
    Opinion.visit_item,
    Opinion.grade,
    Opinion.found,
    Opinion.advice,
    Opinion.options,
    Opinion.correct_by,
    Opinion.written_by,
    Opinion.written_at,
    Opinion.corrected_at,
)


async def briefs(visits: Collection[UUID]) -> dict[UUID, Brief]:
    """Visits by id; unknown ones are left out. The caller checks who may know of them."""
    rows = await db.fetch(BRIEF, list(visits))
    return {row["id"]: msgspec.convert(dict(row), Brief) for row in rows}


async def office_sheet(visit_id: UUID) -> Sheet | None:
    """For the guidance office, which sees every visit, but no opinion before it is issued."""
    return await _sheet(visit_id, drafts=False)


async def field_sheet(visit_id: UUID, *, viewer: Actor) -> Sheet | None:
    """For an officer who is engaged for the visit, drafts and all; None for everybody else."""
    if not await staff.is_engaged(viewer.person_id, about=visit_id):
        return None
    return await _sheet(visit_id, drafts=True)


async def owner_sheet(visit_id: UUID, *, viewer: Actor) -> Sheet | None:
    """For a representative of the visit's enterprise, opinions once they are issued; None for everybody else."""
    sheet = await _sheet(visit_id, drafts=False)
    if sheet is None or not await enterprises.acts_for(viewer.person_id, sheet.enterprise):
        return None
    return sheet


async def opinion(opinion_id: UUID, *, visit_id: UUID) -> OpinionLine | None:
    """One finding of a visit. The caller has checked who may see the visit."""
    async with db.reading(desk=DESK):
        row = await Opinion.select(*OPINION).where(Opinion.id == opinion_id, Opinion.visit == visit_id).first()
    return msgspec.convert(row, OpinionLine | None)


async def _sheet(visit_id: UUID, *, drafts: bool) -> Sheet | None:
    async with db.reading(desk=DESK):
        found = next(iter(await db.fetch(FACTS, visit_id)), None)
        if found is None:
            return None
        shown = drafts or VisitState(found["state"]) in rules.READ_BY_OWNER
        words = await db.fetch("SELECT question FROM guidance.visit_words WHERE visit = $1", visit_id)
        departments = [dict(row) for row in await db.fetch(DEPARTMENTS, visit_id)]
        rest = {
            "departments": departments,
            "team": await team_of(visit_id, order=[row["code"] for row in departments]),
            "items": [_item(row) for row in await db.fetch(ITEMS, visit_id)],
            "question": words[0]["question"] if words else "",
            "photos": await _photos(visit_id, uses=list(PhotoUse) if shown else [PhotoUse.ASKED]),
            "steps": [dict(row) for row in await db.fetch(STEPS, visit_id)],
            "opinions": await _opinions(visit_id) if shown else [],
        }
        return msgspec.convert({**found, **rest}, Sheet)


async def team_of(visit_id: UUID, *, order: list[str]) -> list[OfficerCard]:
    """Those who come, in the order of the departments for which they do."""
    engaged = sorted(await staff.engaged(visit_id), key=lambda one: (*order, one.department).index(one.department))
    cards = await staff.officers([one.officer for one in engaged])
    return [cards[one.officer] for one in engaged if one.officer in cards]


async def _photos(visit_id: UUID, *, uses: Collection[PhotoUse]) -> list[dict[str, Any]]:
    return await (
        Photo.select(Photo.id, Photo.file, Photo.use, Photo.opinion)
        .where(Photo.visit == visit_id, Photo.use.is_in([use.value for use in uses]))
        .order_by(Photo.position)
        .order_by(Photo.added_at)
    )


async def _opinions(visit_id: UUID) -> list[dict[str, Any]]:
    found = Opinion.select(*OPINION).where(Opinion.visit == visit_id)
    return await found.order_by(Opinion.position, Opinion.written_at)


def _item(row: Mapping[str, Any]) -> dict[str, Any]:
    lists = {name: msgspec.json.decode(row[name]) for name in ("materials", "checklist")}
    return {**row, **lists}
