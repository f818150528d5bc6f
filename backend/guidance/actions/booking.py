"""The last page of a booking: from the draft to the visit, its officers, the log and the notices, or nothing."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from backend.accounts.rules import Actor
from backend.audit import actions as audit
from backend.enterprises.queries import EnterpriseCard
from backend.guidance import queries, rules
from backend.guidance.actions import drafts, steps
from backend.guidance.queries import Booking, OfferedItem
from backend.guidance.rules import Side, VisitFacts, VisitStep
from backend.guidance.tables import (
    BookingDraft,
    Photo,
    Visit,
    VisitDepartment,
    VisitItem,
    VisitStepTaken,
    VisitWords,
)
from backend.kit import clock, codes, db
from backend.staff import actions as staff
from backend.staff.rules import HalfDay, Need, Purpose
from backend.standards import queries as standards

DESK = db.Desk.GUIDANCE
TRACK_CODE_LENGTH = 12  # 60 bits: nobody finds one by trying


async def book_visit(*, actor: Actor, draft_id: UUID, now: datetime) -> UUID:
    """Book what the draft says: the visit, its officers, the log and the notices, or nothing. Returns the visit's id.

    The visit keeps the draft's id, and the draft is gone with it: whoever sends the same booking twice, even at the
    same moment, gets the same visit. A refusal leaves the draft as it was.
    Raises rules.NotFinished, rules.EnterpriseNotActive, rules.TooManyVisits, rules.ItemsChanged, rules.NotOffered,
    rules.TooSoon, rules.QuestionTooShort, rules.QuestionTooLong, HalfDayTaken, NotFound.
    """
    async with db.transaction(desk=DESK):
        draft = await _lock(draft_id, actor=actor)
        if draft is None:
            return await _booked_before(draft_id, actor=actor)
        rules.check_finished(draft.answers)
        firm = await drafts.bookable(draft.enterprise, actor=actor, queue=True)
        items = await drafts.items_of(draft)
        half_day = await _check_answers(draft, now=now)
        need = await queries.need_of(items)
        team = await staff.engage(need=need, half_day=half_day, about=draft.id, purpose=Purpose.GUIDANCE, now=now)
        visit = await _write(draft, firm=firm, items=items, need=need, half_day=half_day, actor=actor, now=now)
        detail = {"state": visit.state.value, "officers": [str(officer) for officer in team]}
        await audit.record(by=actor.person_id, did="visit.book", to=visit.id, now=now, detail=detail)
        await _tell(visit, items=len(items), now=now)
    return visit.id


async def _lock(draft_id: UUID, *, actor: Actor) -> Booking | None:
    """The draft, its row locked until the transaction ends; None when it has been booked, or never was."""
    mine = (BookingDraft.id == draft_id) & (BookingDraft.person == actor.person_id)
    if await BookingDraft.select(BookingDraft.id).where(mine).lock_rows("UPDATE").first() is None:
        return None
    return db.found(await queries.booking(draft_id, viewer=actor))


async def _booked_before(draft_id: UUID, *, actor: Actor) -> UUID:
    """The visit that this draft has become. Raises NotFound."""
    return db.found(draft_id if await queries.is_booked(draft_id, viewer=actor) else None)


async def _check_answers(draft: Booking, *, now: datetime) -> HalfDay:
    """Check what only time can spoil once more, and return the half-day."""
    policy = await standards.booking_policy()
    rules.check_question(draft.answers.question, policy=policy)
    rules.check_photos(len(draft.photos), policy=policy)
    half_day = db.found(draft.answers.half_day)
    await drafts.check_offered(half_day, now=now)
    return half_day


async def _write(
    draft: Booking,
    *,
    firm: EnterpriseCard,
    items: Sequence[OfferedItem],
    need: Need,
    half_day: HalfDay,
    actor: Actor,
    now: datetime,
) -> steps.Locked:
    count = (await db.fetch("SELECT nextval('visit_number') AS count"))[0]["count"]
    state = rules.take(VisitStep.BOOK, _facts(half_day, now=now))
    visit = Visit(
        id=draft.id,
        number=rules.visit_number(clock.beijing_date(now).year, count),
        track_code=codes.opaque(TRACK_CODE_LENGTH),
        enterprise=firm.id,
        site=draft.answers.site,
        scenario=items[0].scenario,
        state=state,
        day=half_day.day,
        half=half_day.half,
        starts_at=half_day.starts_at,
        ends_at=half_day.ends_at,
        booked_by=actor.person_id,
        booked_at=now,
    )
    await Visit.insert(visit)
    await VisitItem.insert(*(VisitItem(visit=draft.id, item=item.id) for item in items))
    lead = need.departments[0]
    await VisitDepartment.insert(
        *(VisitDepartment(visit=draft.id, department=code, lead=code == lead) for code in need.departments)
    )
    await VisitStepTaken.insert(
        VisitStepTaken(visit=draft.id, step=VisitStep.BOOK, state=state, by=actor.person_id, side=Side.OWNER, at=now)
    )
    await VisitWords.insert(VisitWords(visit=draft.id, question=draft.answers.question))
    if draft.photos:
        await Photo.update({Photo.visit: draft.id, Photo.draft: None}).where(Photo.draft == draft.id)
    await BookingDraft.delete().where(BookingDraft.id == draft.id)
    return await steps.lock(draft.id)


def _facts(half_day: HalfDay, *, now: datetime) -> VisitFacts:
    today = clock.beijing_date(now)
    return VisitFacts(state=None, side=Side.OWNER, now=now, today=today, day=half_day.day, starts_at=half_day.starts_at)


async def _tell(visit: steps.Locked, *, items: int, now: datetime) -> None:
    """Tell the firm's people that it is booked, and the office until when it has to answer."""
    term = rules.accept_by(
        clock.beijing_date(now), policy=await standards.guidance_policy(), calendar=await standards.calendar()
    )
    deadline = term.last_on.isoformat()
    await steps.tell_owner(visit, "visit.booked", now=now, items=items, deadline=deadline)
    await steps.tell_office(visit, "visit.to_accept", now=now, items=items, deadline=deadline)
