"""A booking on its way through the pages: each saves its answer, nothing is taken yet."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from piccolo.columns import Column

from backend.accounts.rules import Actor
from backend.enterprises import queries as enterprises
from backend.enterprises.queries import EnterpriseCard
from backend.enterprises.rules import EnterpriseStatus
from backend.files import actions as files
from backend.guidance import queries, rules
from backend.guidance.actions.photos import forget_photos, keep_photos
from backend.guidance.queries import Booking, OfferedItem
from backend.guidance.rules import PhotoUse
from backend.guidance.tables import BookingDraft, Photo
from backend.kit import clock, db
from backend.staff import queries as staff
from backend.staff.rules import Half, HalfDay, HalfDayTaken
from backend.standards import queries as standards

DESK = db.Desk.GUIDANCE


async def start_booking(
    *, actor: Actor, enterprise_id: UUID, item_code: str = "", afresh: bool = False, now: datetime
) -> UUID:
    """Begin a booking for a firm, or go on with the one begun; returns its id, which the visit will keep.

    item_code: an item to put on it, where it is on offer. afresh: forget what was begun.
    Raises NotFound for a firm that the actor does not act for, EnterpriseNotActive, TooManyVisits.
    """
    firm = await bookable(enterprise_id, actor=actor)
    async with db.transaction(desk=DESK):
        mine = (BookingDraft.person == actor.person_id) & (BookingDraft.enterprise == firm.id)
        for row in await BookingDraft.select(BookingDraft.id).where(mine) if afresh else []:
            await _forget(row["id"], by=actor.person_id, now=now)
        draft = BookingDraft(id=uuid4(), person=actor.person_id, enterprise=firm.id, items=[], updated_at=now)
        await BookingDraft.insert(draft).on_conflict(action="DO NOTHING")
        found = db.found(await BookingDraft.select(BookingDraft.id, BookingDraft.items).where(mine).first())
        if item_code:
            await _put_on(item_code, draft_id=found["id"], items=found["items"])
    return UUID(str(found["id"]))


async def choose_site(*, actor: Actor, draft_id: UUID, site_id: UUID, now: datetime) -> None:
    """Raises rules.SiteClosed for a site that is not open, or another firm's; NotFound."""
    draft = db.found(await queries.booking(draft_id, viewer=actor))
    if site_id not in {site.id for site in await enterprises.sites_of(draft.enterprise)}:
        raise rules.SiteClosed
    await _save(draft, {BookingDraft.site: site_id}, now=now)


async def choose_items(*, actor: Actor, draft_id: UUID, items: Sequence[UUID], now: datetime) -> None:
    """A half-day chosen before is given up where these items cannot have it.

    Raises rules.ItemsChanged, rules.ItemsMixed, rules.TooManyItems, NotFound.
    """
    draft = db.found(await queries.booking(draft_id, viewer=actor))
    offered = await queries.offered_items(items)
    policy = await standards.booking_policy()
    rules.check_items([item.need for item in offered], asked=len(set(items)), policy=policy)
    values: dict[Any, Any] = {BookingDraft.items: [item.id for item in offered]}
    chosen = draft.answers.half_day
    if chosen and not await queries.is_free(await queries.need_of(offered), chosen):
        values |= {BookingDraft.day: None, BookingDraft.half: ""}
    await _save(draft, values, now=now)


async def choose_half_day(*, actor: Actor, draft_id: UUID, day: date, half: Half, now: datetime) -> None:
    """Nothing is taken yet: that happens when the booking is sent.

    Raises rules.NotOffered, rules.TooSoon, HalfDayTaken, rules.ItemsChanged, NotFound.
    """
    draft = db.found(await queries.booking(draft_id, viewer=actor))
    items = await items_of(draft)
    half_day = await staff.half_day(day, half)
    await check_offered(half_day, now=now)
    if not await queries.is_free(await queries.need_of(items), half_day):
        raise HalfDayTaken
    await _save(draft, {BookingDraft.day: day, BookingDraft.half: half}, now=now)


async def ask(
    *,
    actor: Actor,
    draft_id: UUID,
    question: str,
    photos: Sequence[bytes] = (),
    remove: UUID | None = None,
    done: bool = True,
    store: files.Store | None = None,
    now: datetime,
) -> None:
    """Save what the owner wants to know. The words are saved first: no photo that is refused costs them.

    photos: further ones, as uploaded; those before a refused one stay. remove: one to take away; one that is not there
    is passed over. done: the owner goes on, so the question has to be one that can be sent. store: for photos.
    Raises rules.QuestionTooShort, rules.QuestionTooLong, rules.TooManyQuestionPhotos, files' refusals, NotFound.
    """
    draft = db.found(await queries.booking(draft_id, viewer=actor))
    policy = await standards.booking_policy()
    await _save(draft, {BookingDraft.question: question.strip()}, now=now)
    gone = [one.id for one in draft.photos if one.id == remove]
    rules.check_photos(len(draft.photos) - len(gone) + len(photos), policy=policy)
    async with db.transaction(desk=DESK):
        await forget_photos(gone, actor=actor, now=now)
    for raw in photos:
        async with db.transaction(desk=DESK):
            await keep_photos(
                [raw],
                actor=actor,
                use=PhotoUse.ASKED,
                store=db.found(store),
                now=now,
                limit=policy.max_photos,
                draft=draft.id,
            )
    if done:
        rules.check_question(question, policy=policy)


async def forget_old_drafts(*, now: datetime) -> int:
    """Throw away bookings that nobody has touched for rules.DRAFT_KEPT, with their photos; returns how many."""
    async with db.transaction(desk=DESK):
        old = await BookingDraft.select(BookingDraft.id).where(BookingDraft.updated_at < now - rules.DRAFT_KEPT)
        for row in old:
            await _forget(row["id"], by=None, now=now)
    return len(old)


async def bookable(enterprise_id: UUID, *, actor: Actor, queue: bool = False) -> EnterpriseCard:
    """The firm, when the actor acts for it and it may book. queue: nobody else books for it until we are through."""
    acts = await enterprises.acts_for(actor.person_id, enterprise_id)
    firm = db.found(await enterprises.card(enterprise_id) if acts else None)
    if queue:
        await db.fetch("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"guidance.book {firm.id}")
    rules.check_enterprise(
        firm.name,
        active=firm.status is EnterpriseStatus.ACTIVE,
        open_visits=await queries.open_visits(firm.id),
        policy=await standards.booking_policy(),
    )
    return firm


async def items_of(draft: Booking) -> list[OfferedItem]:
    """What the draft asks for, all of it still on offer. Raises rules.ItemsChanged and its like."""
    items = await queries.offered_items(draft.answers.items)
    asked = len(draft.answers.items) + draft.items_gone
    rules.check_items([item.need for item in items], asked=asked, policy=await standards.booking_policy())
    return items


async def check_offered(half_day: HalfDay, *, now: datetime) -> None:
    rules.check_half_day(
        half_day,
        now=now,
        today=clock.beijing_date(now),
        policy=await standards.booking_policy(),
        calendar=await standards.calendar(),
    )


async def _save(draft: Booking, values: dict[Column | str, Any], *, now: datetime) -> None:
    async with db.transaction(desk=DESK):
        await BookingDraft.update({**values, BookingDraft.updated_at: now}).where(BookingDraft.id == draft.id)


async def _forget(draft_id: UUID, *, by: UUID | None, now: datetime) -> None:
    gone = await Photo.delete().where(Photo.draft == draft_id).returning(Photo.file)
    await files.forget([row["file"] for row in gone], by=by, now=now)
    await BookingDraft.delete().where(BookingDraft.id == draft_id)


async def _put_on(item_code: str, *, draft_id: UUID, items: Sequence[UUID]) -> None:
    """Add the item to those chosen, or begin anew with it where they are of another scenario or already too many."""
    wanted = await queries.offered_item(item_code)
    if wanted is None or wanted.id in items:
        return
    both = await queries.offered_items([*items, wanted.id])
    policy = await standards.booking_policy()
    fits = len({item.scenario for item in both}) == 1 and len(both) <= policy.max_items
    chosen = [item.id for item in both] if fits else [wanted.id]
    # Other items may need other departments: the half-day is asked for again.
    await BookingDraft.update({BookingDraft.items: chosen, BookingDraft.day: None, BookingDraft.half: ""}).where(
        BookingDraft.id == draft_id
    )
