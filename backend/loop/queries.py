"""The closed loop of an enterprise, read from everybody: what runs, what comes next, what has been."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from backend.accounts.rules import Actor, Role
from backend.enterprises import queries as enterprises
from backend.enterprises.queries import EnterpriseCard
from backend.guidance import queries as guidance
from backend.guidance import rules as guidance_rules
from backend.guidance.queries import Moment, Progress
from backend.guidance.rules import Clock, Side, VisitState
from backend.kit import clock
from backend.standards import queries as standards

MOMENTS = 12  # on one page of a timeline
QUEUE = 8  # of the office's queue on the desk's first page


class Matter(msgspec.Struct, frozen=True):
    """One running matter: where it stands, whose turn it is, and the next date."""

    visit: Progress
    clock: Clock | None
    waiting: str  # 等您…, 等指导办…; empty at an end
    yours: bool  # it is the viewer's turn

    @property
    def next_words(self) -> str:
        """The next date in words: an appointment comes, a term runs out."""
        if self.clock is None:
            return ""
        if self.visit.state is not VisitState.ACCEPTED or self.clock.overdue:
            return "约定的时间已过" if self.visit.state is VisitState.ACCEPTED else self.clock.words
        return {0: "今天上门", 1: "明天上门", 2: "后天上门"}.get(self.clock.left, f"{self.clock.left}天后上门")


class Home(msgspec.Struct, frozen=True):
    """An owner's first page."""

    enterprises: list[EnterpriseCard]
    matters: list[Matter]
    moments: list[Moment]


class File(msgspec.Struct, frozen=True):
    """An enterprise's file as an officer sees it."""

    enterprise: EnterpriseCard
    matters: list[Matter]
    moments: list[Moment]
    older: datetime | None  # where the timeline goes on


async def home(viewer: Actor, *, now: datetime) -> Home:
    """What runs for the viewer's enterprises and what happened last."""
    own = await enterprises.enterprises_of(viewer)
    ids = [one.id for one in own]
    running = await guidance.running_of(ids)
    return Home(
        enterprises=own,
        matters=await matters(running, side=Side.OWNER, now=now, dates=True),
        moments=await guidance.moments_of(ids, limit=MOMENTS),
    )


async def todo(viewer: Actor, *, now: datetime) -> list[Matter]:
    """What waits for the viewer at this desk, most pressing first."""
    today = clock.beijing_date(now)
    if viewer.role is Role.GUIDANCE_OFFICE:
        return await matters(await guidance.waiting_for_office(limit=QUEUE), side=Side.OFFICE, now=now, dates=False)
    waiting = await guidance.waiting_for_officer(viewer.person_id, today=today)
    return await matters(waiting, side=Side.OFFICER, now=now, dates=False)


async def queue_length() -> int:
    """How many bookings wait for the guidance office, also those that its first page does not list."""
    return (await guidance.counts())[VisitState.SUBMITTED]


async def file(enterprise_id: UUID, *, viewer: Actor, before: datetime | None, now: datetime) -> File | None:
    """The enterprise's file; None when it does not exist or is not for the viewer.

    before: continues the timeline from an older moment.
    """
    found = await enterprises.enterprise(enterprise_id, viewer=viewer)
    if found is None:
        return None
    moments = await guidance.moments_of([enterprise_id], limit=MOMENTS + 1, before=before)
    shown = moments[:MOMENTS]
    side = Side.OWNER if viewer.role is Role.OWNER else Side.OFFICE
    return File(
        enterprise=found,
        matters=await matters(await guidance.running_of([enterprise_id]), side=side, now=now, dates=side is Side.OWNER),
        moments=shown,
        older=shown[-1].at if len(moments) > MOMENTS else None,
    )


async def matters(visits: Sequence[Progress], *, side: Side, now: datetime, dates: bool) -> list[Matter]:
    """Visits with their next date. dates: whether the viewer may know until when findings are to be put right."""
    today, policy, calendar = clock.beijing_date(now), await standards.guidance_policy(), await standards.calendar()
    due: dict[UUID, date] = await guidance.correct_by_of([visit.id for visit in visits]) if dates and visits else {}
    return [
        Matter(
            visit=visit,
            clock=guidance.next_clock(
                visit, correct_by=due.get(visit.id), today=today, policy=policy, calendar=calendar
            ),
            waiting=guidance_rules.waiting_words(visit.state, side=side, all_corrected=_put_right(visit)),
            yours=guidance_rules.waits_for(visit.state, side=side, all_corrected=_put_right(visit)),
        )
        for visit in visits
    ]


def _put_right(visit: Progress) -> bool:
    return visit.all_corrected_at is not None
