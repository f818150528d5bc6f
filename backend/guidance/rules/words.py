"""How states, steps and grades are said, and to whom. Pure."""

from backend.guidance.rules.visits import SIDE_WORDS, STATE_WORDS, WAITS_FOR, Grade, Side, VisitState, VisitStep

STATE_TONES = {  # the tones of ui.tag
    VisitState.SUBMITTED: "wait",
    VisitState.ACCEPTED: "good",
    VisitState.ON_SITE: "run",
    VisitState.DEPARTED: "wait",
    VisitState.ISSUED: "wait",
    VisitState.CONFIRMED: "run",
    VisitState.CLOSED: "good",
    VisitState.RETURNED: "bad",
    VisitState.CANCELLED: "plain",
}

TAKEN_WORDS = {  # one plain sentence for a timeline; names no person
    VisitStep.BOOK: "企业提交了预约",
    VisitStep.ACCEPT: "指导办受理了预约",
    VisitStep.RETURN: "指导办退回了预约",
    VisitStep.REPLACE_OFFICER: "指导办调整了上门人员",
    VisitStep.RESCHEDULE: "上门时间改了",
    VisitStep.CANCEL: "预约取消了",
    VisitStep.ARRIVE: "上门人员到了现场",
    VisitStep.DEPART: "现场指导结束，人员离场",
    VisitStep.ISSUE: "书面指导意见已出具",
    VisitStep.CONFIRM: "企业读过并确认了意见",
    VisitStep.CORRECT: "企业改好了一项",
    VisitStep.CLOSE: "本次指导办结",
}

GRADE_WORDS = {
    Grade.ADVICE: "建议",
    Grade.MINOR: "轻微问题",
    Grade.GENERAL: "一般问题",
    Grade.MAJOR: "重大隐患",
}


def state_words(state: VisitState, *, side: Side) -> str:
    """The state's name as ``side`` says it: the owner is addressed."""
    return STATE_WORDS[state].replace("企业", "您") if side is Side.OWNER else STATE_WORDS[state]


def waiting_words(state: VisitState, *, side: Side, all_corrected: bool = False) -> str:
    """Who is waited for, e.g. ``等指导办受理``, ``等您阅读并确认意见``; empty at an end.

    all_corrected: everything is put right, so that it is no longer the owner's turn but the team's, who look and close.
    """
    waiting = _waiting(state, all_corrected=all_corrected)
    if waiting is None:
        return ""
    waited_for, what = waiting
    who = "您" if waited_for is side else SIDE_WORDS[waited_for]
    return f"等{who}{what}"


def waits_for(state: VisitState, *, side: Side, all_corrected: bool = False) -> bool:
    """Whether it is ``side``'s turn."""
    waiting = _waiting(state, all_corrected=all_corrected)
    return waiting is not None and waiting[0] is side


def _waiting(state: VisitState, *, all_corrected: bool) -> tuple[Side, str] | None:
    if state is VisitState.CONFIRMED and all_corrected:
        return Side.OFFICER, "回访办结"
    return WAITS_FOR.get(state)
