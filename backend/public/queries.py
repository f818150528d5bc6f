"""What anybody may know: stage, departments and dates of a visit somebody points at. No name, word or finding."""

from datetime import date, datetime

import msgspec

from backend.enterprises import queries as enterprises
from backend.guidance import queries as guidance
from backend.guidance import rules as guidance_rules
from backend.guidance.queries import Progress
from backend.guidance.rules import VisitState, VisitStep
from backend.kit import clock, codes
from backend.staff.rules import HALF_WORDS, Half
from backend.standards import queries as standards

AT_DOOR = 5  # visits on the page behind a door's code
SILENT = frozenset({VisitStep.CORRECT, VisitStep.REPLACE_OFFICER})  # how many findings there are is nobody's business


class Stage(msgspec.Struct, frozen=True):
    """One thing that happened or is still to come."""

    words: str
    on: date | None
    done: bool


class Tracked(msgspec.Struct, frozen=True):
    """A visit as a stranger sees it. Deliberately without the enterprise, its name, address and people."""

    number: str
    track_code: str
    scenario: str
    township: str
    state: VisitState
    day: date
    half: Half
    departments: list[str]
    stages: list[Stage]  # newest first, what is still to come on top
    due_on: date | None  # the last day of the clock that runs now, where it is the office's or the officers'
    due_words: str
    due_basis: str
    due_tone: str
    all_corrected: bool

    @property
    def half_words(self) -> str:
        return HALF_WORDS[self.half]

    @property
    def state_words(self) -> str:
        return guidance_rules.STATE_WORDS[self.state]

    @property
    def tone(self) -> str:
        return guidance_rules.STATE_TONES[self.state]


async def tracked(code: str, *, now: datetime) -> Tracked | None:
    """The visit behind a tracking code, as printed or as typed; None for any other."""
    visit = await guidance.progress(codes.normalise(code))
    return await _public(visit, now=now) if visit else None


async def at_door(door_code: str, *, now: datetime) -> list[Tracked] | None:
    """The last visits of the enterprise whose door this is; None when it is no door of ours."""
    enterprise = await enterprises.by_door_code(codes.normalise(door_code))
    if enterprise is None:
        return None
    return [await _public(visit, now=now) for visit in await guidance.latest_of([enterprise.id], limit=AT_DOOR)]


async def _public(visit: Progress, *, now: datetime) -> Tracked:
    policy, calendar = await standards.guidance_policy(), await standards.calendar()
    term = guidance.next_clock(visit, correct_by=None, today=clock.beijing_date(now), policy=policy, calendar=calendar)
    past = [
        Stage(guidance_rules.TAKEN_WORDS[one.step], clock.beijing_date(one.at), done=True)
        for one in await guidance.stages(visit.id)
        if one.step not in SILENT
    ]
    return Tracked(
        number=visit.number,
        track_code=visit.track_code,
        scenario=visit.scenario,
        township=visit.township,
        state=visit.state,
        day=visit.day,
        half=visit.half,
        departments=visit.departments,
        stages=[*_to_come(visit), *past],
        due_on=term.last_on if term else None,
        due_words=term.words if term else "",
        due_basis=term.basis if term else "",
        due_tone=term.tone if term else "plain",
        all_corrected=visit.state is VisitState.CLOSED or visit.all_corrected_at is not None,
    )


def _to_come(visit: Progress) -> list[Stage]:
    """The steps that are still ahead, the furthest first, in a visit that takes its ordinary course."""
    ahead = [
        (VisitStep.ACCEPT, "指导办受理", None),
        (VisitStep.ARRIVE, "上门指导", visit.day),
        (VisitStep.ISSUE, "出具书面意见", None),
        (VisitStep.CONFIRM, "企业确认意见", None),
        (VisitStep.CLOSE, "改好并办结", None),
    ]
    left = {
        VisitState.SUBMITTED: 5,
        VisitState.ACCEPTED: 4,
        VisitState.ON_SITE: 3,
        VisitState.DEPARTED: 3,
        VisitState.ISSUED: 2,
        VisitState.CONFIRMED: 1,
    }.get(visit.state, 0)
    coming = ahead[len(ahead) - left :]
    return [Stage(words, on, done=False) for _, words, on in reversed(coming)]
