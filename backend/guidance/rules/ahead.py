"""What is still to come on a visit's way, for a timeline: the steps after a state, and when. Pure."""

from datetime import date

import msgspec

from backend.guidance.rules.visits import VisitState, VisitStep

# The steps of a visit that goes well, and the state each is taken in.
ROAD = (
    (VisitState.SUBMITTED, VisitStep.ACCEPT),
    (VisitState.ACCEPTED, VisitStep.ARRIVE),
    (VisitState.DEPARTED, VisitStep.ISSUE),
    (VisitState.ISSUED, VisitStep.CONFIRM),
    (VisitState.CONFIRMED, VisitStep.CLOSE),
)
AHEAD_WORDS = {
    VisitStep.ACCEPT: "指导办受理或退回",
    VisitStep.ARRIVE: "上门人员到场",
    VisitStep.ISSUE: "出具书面指导意见",
    VisitStep.CONFIRM: "您阅读并确认意见",
    VisitStep.CLOSE: "全部改好，办结",
}
PASSED = {VisitState.ON_SITE: VisitState.DEPARTED}  # the team is there: arriving is behind, the opinion ahead


class Ahead(msgspec.Struct, frozen=True):
    """A step to come. by: the last Beijing date for it; None where nobody is held to one."""

    step: VisitStep
    by: date | None


def ahead(state: VisitState, *, dates: dict[VisitStep, date]) -> list[Ahead]:
    """The steps that lie ahead of a visit, the next one first; none at an end.

    dates: until when, by step, as far as it is known.
    """
    states = [stop for stop, _ in ROAD]
    here = PASSED.get(state, state)
    if here not in states:
        return []
    return [Ahead(step=step, by=dates.get(step)) for _, step in ROAD[states.index(here) :]]
