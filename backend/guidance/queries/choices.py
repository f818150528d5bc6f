"""What a page offers for a visit: the steps one may take now, the clock that runs, who could come instead."""

from datetime import datetime
from uuid import UUID

import msgspec

from backend.guidance import rules
from backend.guidance.queries.sheets import Sheet
from backend.guidance.queries.visits import reschedules
from backend.guidance.rules import Clock, Side, VisitFacts, VisitState, VisitStep
from backend.kit import clock
from backend.staff import queries as staff
from backend.staff.queries import OfficerCard
from backend.standards import queries as standards


class StandIn(msgspec.Struct, frozen=True):
    """Somebody who could come instead. load: half-days engaged around that day."""

    officer: OfficerCard
    load: int


async def steps_of(sheet: Sheet, *, side: Side, now: datetime) -> list[VisitStep]:
    """The steps that ``side`` may take now: the buttons of its page, by the rule that the actions ask too."""
    return rules.steps_open(await facts_of(sheet, side=side, now=now))


async def facts_of(sheet: Sheet, *, side: Side, now: datetime) -> VisitFacts:
    policy = await standards.booking_policy()
    moved = await reschedules(sheet.id, side=Side.OWNER) if side is Side.OWNER else 0
    return VisitFacts(
        state=sheet.state,
        side=side,
        now=now,
        today=clock.beijing_date(now),
        day=sheet.day,
        starts_at=sheet.starts_at,
        change_until=rules.change_until(sheet.starts_at, policy=policy),
        reschedules_left=rules.reschedules_left(moved, policy=policy) if side is Side.OWNER else 1,
        items_unwritten=len(sheet.unwritten),
        uncorrected=sheet.to_correct,
    )


async def clock_of_sheet(sheet: Sheet, *, now: datetime) -> Clock | None:
    """Until when the next step is owed; None where nobody is held to a date."""
    today = clock.beijing_date(now)
    policy, calendar = await standards.guidance_policy(), await standards.calendar()
    match sheet.state:
        case VisitState.SUBMITTED:
            term = rules.accept_by(clock.beijing_date(sheet.booked_at), policy=policy, calendar=calendar)
            return rules.clock(term, today=today, calendar=calendar, basis=rules.ACCEPT_BASIS)
        case VisitState.DEPARTED if departed_at := sheet.at(VisitStep.DEPART):
            term = rules.opinion_by(clock.beijing_date(departed_at), policy=policy, calendar=calendar)
            return rules.clock(term, today=today, calendar=calendar, basis=rules.OPINION_BASIS)
        case VisitState.ISSUED | VisitState.CONFIRMED if sheet.to_correct:
            due = min(one.correct_by for one in sheet.opinions if one.to_correct and one.correct_by)
            return rules.date_clock(due, today=today, basis="书面指导意见中的改好期限")
        case VisitState.CONFIRMED if sheet.all_corrected_at:
            corrected_on = clock.beijing_date(sheet.all_corrected_at)
            term = rules.close_by(corrected_on, policy=policy, calendar=calendar)
            return rules.clock(term, today=today, calendar=calendar, basis=rules.CLOSE_BASIS)
        case _:
            return None


async def stand_ins(sheet: Sheet, *, leaving: UUID) -> list[StandIn]:
    """Colleagues of ``leaving`` who are qualified and free at that time, the least loaded first.

    Raises NotFound when ``leaving`` is not engaged for the visit.
    """
    able = await staff.stand_ins(about=sheet.id, leaving=leaving, scope=sheet.scope)
    cards = await staff.officers([one.officer for one in able])
    return [StandIn(officer=cards[one.officer], load=one.load) for one in able if one.officer in cards]
