"""The written opinion: drafts on site, issue, the owner's reading, putting right, and the end."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec

from backend.accounts.rules import Actor, Permission
from backend.audit import actions as audit
from backend.files.actions import Store
from backend.guidance import rules
from backend.guidance.actions import steps
from backend.guidance.actions.photos import forget_photos, keep_photos
from backend.guidance.actions.steps import Locked
from backend.guidance.rules import Finding, PhotoUse, Side, VisitStep
from backend.guidance.tables import Opinion, Photo, Visit, VisitItem
from backend.kit import clock, db

PHOTOS = 6  # of one finding, and again of its correction
SAME = """
SELECT id FROM guidance.opinion WHERE visit = $1 AND visit_item = $2
    AND (grade, found, advice, options) = ($3, $4, $5, $6) AND correct_by IS NOT DISTINCT FROM $7
"""


async def save_opinion(
    *,
    actor: Actor,
    visit_id: UUID,
    visit_item: UUID,
    opinion_id: UUID | None,
    finding: Finding,
    photos: Sequence[bytes],
    store: Store,
    now: datetime,
) -> UUID:
    """Write a finding under an item, or change one; until the issue anybody of the team may. Returns its id.

    Sent twice, a new one is written once: a second tap, or the answer got lost on the way.
    photos: to add to those it has. Raises rules.NotWriting, rules.CorrectByMissing, rules.CorrectByPast,
    rules.CorrectByFar, rules.TooManyPhotos and the refusals of ``files``, NotFound.
    """
    async with db.transaction(desk=db.Desk.GUIDANCE):
        visit = await steps.lock_for_officer(visit_id, person_id=actor.person_id)
        rules.check_writing(visit.state)
        rules.check_finding(finding, today=clock.beijing_date(now))
        db.found(await VisitItem.exists().where(VisitItem.id == visit_item, VisitItem.visit == visit.id) or None)
        written: dict[Any, Any] = {**msgspec.structs.asdict(finding), "written_by": actor.person_id, "written_at": now}
        if opinion_id is None:
            if before := await _same(visit, visit_item, finding):
                return before
            saved = uuid4()
            position = await Opinion.count().where(Opinion.visit == visit.id)
            await Opinion.insert(Opinion(id=saved, visit=visit.id, visit_item=visit_item, position=position, **written))
        else:
            saved = (await _draft(opinion_id, visit))["id"]
            await Opinion.update({**written, "visit_item": visit_item}).where(Opinion.id == saved)
        await keep_photos(
            photos,
            actor=actor,
            use=PhotoUse.FOUND,
            store=store,
            now=now,
            limit=PHOTOS,
            visit=visit.id,
            opinion=saved,
        )
        await audit.record(by=actor.person_id, did="opinion.write", to=saved, now=now, detail={"visit": str(visit.id)})
    return saved


async def remove_opinion(*, actor: Actor, visit_id: UUID, opinion_id: UUID, now: datetime) -> None:
    """Take back a draft with its photos. Raises rules.NotWriting, NotFound."""
    async with db.transaction(desk=db.Desk.GUIDANCE):
        visit = await steps.lock_for_officer(visit_id, person_id=actor.person_id)
        rules.check_writing(visit.state)
        await _draft(opinion_id, visit)
        photos = await Photo.select(Photo.id).where(Photo.opinion == opinion_id)
        await forget_photos([row["id"] for row in photos], actor=actor, now=now)
        await Opinion.delete().where(Opinion.id == opinion_id)
        await audit.record(
            by=actor.person_id, did="opinion.remove", to=opinion_id, now=now, detail={"visit": str(visit.id)}
        )


async def issue(*, actor: Actor, visit_id: UUID, now: datetime) -> None:
    """Give the opinion to the owner; from then on nobody changes it.

    Raises rules.StepRefused while an item has none, rules.DraftOutOfDate when a draft's date has gone by, NotFound.
    """
    async with db.transaction(desk=db.Desk.GUIDANCE):
        visit = await steps.lock_for_officer(visit_id, person_id=actor.person_id)
        facts = steps.facts(visit, side=Side.OFFICER, now=now, items_unwritten=await _items_unwritten(visit))
        after = rules.take(VisitStep.ISSUE, facts)
        dates = await _dates(visit)
        rules.check_dates(dates, today=facts.today)
        visit = await steps.record(visit, VisitStep.ISSUE, after=after, side=Side.OFFICER, by=actor.person_id, now=now)
        due = {"deadline": min(dates).isoformat()} if dates else {}
        page = f"/guidance/visits/{visit.id}/opinion"
        await steps.tell_owner(visit, "visit.opinion_issued", now=now, path=page, **due)


async def confirm(*, actor: Actor, visit_id: UUID, now: datetime) -> None:
    """The owner has read the opinion. With nothing to correct the visit is closed at once.

    Raises rules.StepRefused, NotFound.
    """
    async with db.transaction(desk=db.Desk.GUIDANCE):
        visit = await steps.lock_for_owner(visit_id, person_id=actor.person_id)
        after = rules.take(VisitStep.CONFIRM, steps.facts(visit, side=Side.OWNER, now=now))
        visit = await steps.record(visit, VisitStep.CONFIRM, after=after, side=Side.OWNER, by=actor.person_id, now=now)
        await steps.tell_team(visit, "visit.confirmed", now=now)
        if not await _uncorrected(visit):
            await _close(visit, side=Side.SYSTEM, by=None, now=now)


async def correct(
    *, actor: Actor, visit_id: UUID, opinion_id: UUID, photos: Sequence[bytes], store: Store, now: datetime
) -> None:
    """The owner says that one finding is put right, and may show it. The team is told when all are.

    Raises rules.AlreadyCorrected, rules.StepRefused, rules.TooManyPhotos and the refusals of ``files``, NotFound.
    """
    async with db.transaction(desk=db.Desk.GUIDANCE):
        visit = await steps.lock_for_owner(visit_id, person_id=actor.person_id)
        opinion = db.found(
            await Opinion.select(Opinion.correct_by, Opinion.corrected_at)
            .where(Opinion.id == opinion_id, Opinion.visit == visit.id)
            .first()
        )
        uncorrected = int(opinion["correct_by"] is not None)
        facts = steps.facts(visit, side=Side.OWNER, now=now, uncorrected=uncorrected)
        after = rules.take(VisitStep.CORRECT, facts)
        if opinion["corrected_at"] is not None:
            raise rules.AlreadyCorrected
        corrected: dict[Any, Any] = {Opinion.corrected_at: now, Opinion.corrected_by: actor.person_id}
        await Opinion.update(corrected).where(Opinion.id == opinion_id)
        await keep_photos(
            photos,
            actor=actor,
            use=PhotoUse.CORRECTED,
            store=store,
            now=now,
            limit=PHOTOS,
            visit=visit.id,
            opinion=opinion_id,
        )
        done = not await _uncorrected(visit)
        stamp: dict[Any, Any] | None = {Visit.all_corrected_at: now} if done else None
        visit = await steps.record(
            visit, VisitStep.CORRECT, after=after, side=Side.OWNER, by=actor.person_id, now=now, change=stamp
        )
        if done:
            await steps.tell_team(visit, "visit.corrected", now=now)


async def close(*, actor: Actor, visit_id: UUID, now: datetime) -> None:
    """Close a visit whose findings are all put right: the office may, and the team.

    Raises rules.StepRefused, NotFound.
    """
    async with db.transaction(desk=db.Desk.GUIDANCE):
        if actor.may(Permission.VISIT_DECIDE):
            visit, side = await steps.lock(visit_id), Side.OFFICE
        else:
            visit, side = await steps.lock_for_officer(visit_id, person_id=actor.person_id), Side.OFFICER
        await _close(visit, side=side, by=actor.person_id, now=now)


async def _close(visit: Locked, *, side: Side, by: UUID | None, now: datetime) -> None:
    facts = steps.facts(visit, side=side, now=now, uncorrected=await _uncorrected(visit))
    after = rules.take(VisitStep.CLOSE, facts)
    # Set where there was nothing to correct too: otherwise the public page would tell the two apart.
    stamp: dict[Any, Any] | None = {Visit.all_corrected_at: now} if side is Side.SYSTEM else None
    visit = await steps.record(visit, VisitStep.CLOSE, after=after, side=side, by=by, now=now, change=stamp)
    await steps.tell_owner(visit, "visit.closed", now=now)


async def _same(visit: Locked, visit_item: UUID, finding: Finding) -> UUID | None:
    """The draft that says exactly this under the item."""
    said = msgspec.structs.astuple(finding)
    return next((row["id"] for row in await db.fetch(SAME, visit.id, visit_item, *said)), None)


async def _draft(opinion_id: UUID, visit: Locked) -> dict[str, UUID]:
    found = Opinion.select(Opinion.id).where(Opinion.id == opinion_id, Opinion.visit == visit.id)
    return db.found(await found.first())


async def _items_unwritten(visit: Locked) -> int:
    rows = await db.fetch(
        "SELECT count(*) AS number FROM visit_item i WHERE i.visit = $1"
        " AND NOT EXISTS (SELECT FROM guidance.opinion WHERE visit_item = i.id)",
        visit.id,
    )
    return int(rows[0]["number"])


async def _uncorrected(visit: Locked) -> int:
    open_ones = Opinion.count().where(
        Opinion.visit == visit.id, Opinion.correct_by.is_not_null(), Opinion.corrected_at.is_null()
    )
    return int(await open_ones)


async def _dates(visit: Locked) -> list[date]:
    found = Opinion.select(Opinion.correct_by).where(Opinion.visit == visit.id, Opinion.correct_by.is_not_null())
    return [row["correct_by"] for row in await found]
