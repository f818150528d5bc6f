"""A guidance visit from booking to closing: states, steps, who may take them and who waits for whom. Pure."""

from datetime import date, datetime
from enum import StrEnum

import msgspec

from backend.kit.errors import DomainError


class VisitState(StrEnum):
    """Where a visit stands. The last three are ends."""

    SUBMITTED = "submitted"  # 待受理
    ACCEPTED = "accepted"  # 已约定
    ON_SITE = "on_site"  # 指导中
    DEPARTED = "departed"  # 待出具意见
    ISSUED = "issued"  # 待您确认
    CONFIRMED = "confirmed"  # 改进中
    CLOSED = "closed"  # 已办结
    RETURNED = "returned"  # 已退回
    CANCELLED = "cancelled"  # 已取消


class VisitStep(StrEnum):
    """What somebody did to a visit; each is one row of `visit_step`."""

    BOOK = "book"
    ACCEPT = "accept"
    RETURN = "return"
    REPLACE_OFFICER = "replace_officer"
    RESCHEDULE = "reschedule"
    CANCEL = "cancel"
    ARRIVE = "arrive"
    DEPART = "depart"
    ISSUE = "issue"
    CONFIRM = "confirm"
    CORRECT = "correct"
    CLOSE = "close"


class Side(StrEnum):
    """For whom somebody acts on a visit; `visit_step.side`."""

    OWNER = "owner"
    OFFICE = "office"
    OFFICER = "officer"
    SYSTEM = "system"


class Grade(StrEnum):
    """How much a finding weighs (domain.md R1.5); the exits of the last two come with a later issue."""

    ADVICE = "advice"
    MINOR = "minor"
    GENERAL = "general"
    MAJOR = "major"


class PhotoUse(StrEnum):
    ASKED = "asked"  # the owner shows what the question is about
    FOUND = "found"  # the officer shows what was seen
    CORRECTED = "corrected"  # the owner shows that it is put right


class VisitFacts(msgspec.Struct, frozen=True):
    """What decides whether a step may be taken now.

    state: None before there is a visit. side: for whom the actor acts. today, day: Beijing dates, ``day`` the visit's.
    starts_at, change_until: aware; the latter is the policy's last moment to reschedule or cancel. reschedules_left:
    how often it may still be moved. items_unwritten: items of the visit without an opinion. uncorrected: opinions with
    something to correct that the owner has not marked as corrected. reason: why, where a step needs one. The defaults
    stand in nobody's way, so that a step names only what it depends on.
    """

    state: VisitState | None
    side: Side
    now: datetime
    today: date
    day: date
    starts_at: datetime
    change_until: datetime | None = None
    reschedules_left: int = 1
    items_unwritten: int = 0
    uncorrected: int = 0
    reason: str = ""


class StepRefused(DomainError):
    message = "现在不能{act}：{why}"
    status = 409


class ReasonMissing(DomainError):
    field = "reason"
    message = "请写明{act}的原因"


STEPS: dict[tuple[VisitState | None, VisitStep], VisitState] = {
    (None, VisitStep.BOOK): VisitState.SUBMITTED,
    (VisitState.SUBMITTED, VisitStep.ACCEPT): VisitState.ACCEPTED,
    (VisitState.SUBMITTED, VisitStep.RETURN): VisitState.RETURNED,
    (VisitState.SUBMITTED, VisitStep.REPLACE_OFFICER): VisitState.SUBMITTED,
    (VisitState.SUBMITTED, VisitStep.RESCHEDULE): VisitState.SUBMITTED,
    (VisitState.SUBMITTED, VisitStep.CANCEL): VisitState.CANCELLED,
    (VisitState.ACCEPTED, VisitStep.REPLACE_OFFICER): VisitState.ACCEPTED,
    (VisitState.ACCEPTED, VisitStep.RESCHEDULE): VisitState.ACCEPTED,
    (VisitState.ACCEPTED, VisitStep.CANCEL): VisitState.CANCELLED,
    (VisitState.ACCEPTED, VisitStep.ARRIVE): VisitState.ON_SITE,
    (VisitState.ON_SITE, VisitStep.DEPART): VisitState.DEPARTED,
    (VisitState.DEPARTED, VisitStep.ISSUE): VisitState.ISSUED,
    (VisitState.ISSUED, VisitStep.CONFIRM): VisitState.CONFIRMED,
    (VisitState.CONFIRMED, VisitStep.CORRECT): VisitState.CONFIRMED,
    (VisitState.CONFIRMED, VisitStep.CLOSE): VisitState.CLOSED,
}

TAKEN_BY: dict[VisitStep, frozenset[Side]] = {
    VisitStep.BOOK: frozenset({Side.OWNER}),
    VisitStep.ACCEPT: frozenset({Side.OFFICE}),
    VisitStep.RETURN: frozenset({Side.OFFICE}),
    VisitStep.REPLACE_OFFICER: frozenset({Side.OFFICE}),
    VisitStep.RESCHEDULE: frozenset({Side.OWNER, Side.OFFICE}),
    VisitStep.CANCEL: frozenset({Side.OWNER, Side.OFFICE}),
    VisitStep.ARRIVE: frozenset({Side.OFFICER}),
    VisitStep.DEPART: frozenset({Side.OFFICER}),
    VisitStep.ISSUE: frozenset({Side.OFFICER}),
    VisitStep.CONFIRM: frozenset({Side.OWNER}),
    VisitStep.CORRECT: frozenset({Side.OWNER}),
    VisitStep.CLOSE: frozenset({Side.OFFICE, Side.OFFICER, Side.SYSTEM}),
}

NEEDS_REASON = frozenset({VisitStep.RETURN, VisitStep.RESCHEDULE, VisitStep.CANCEL})

ENDS = frozenset({VisitState.CLOSED, VisitState.RETURNED, VisitState.CANCELLED})
BEFORE_VISIT = frozenset({VisitState.SUBMITTED, VisitState.ACCEPTED})
VISITED = frozenset(VisitState) - BEFORE_VISIT - {VisitState.ON_SITE, VisitState.RETURNED, VisitState.CANCELLED}

STATE_WORDS = {
    VisitState.SUBMITTED: "待受理",
    VisitState.ACCEPTED: "已约定",
    VisitState.ON_SITE: "指导中",
    VisitState.DEPARTED: "待出具意见",
    VisitState.ISSUED: "待企业确认",
    VisitState.CONFIRMED: "改进中",
    VisitState.CLOSED: "已办结",
    VisitState.RETURNED: "已退回",
    VisitState.CANCELLED: "已取消",
}

STEP_WORDS = {
    VisitStep.BOOK: "预约",
    VisitStep.ACCEPT: "受理",
    VisitStep.RETURN: "退回",
    VisitStep.REPLACE_OFFICER: "换人",
    VisitStep.RESCHEDULE: "改期",
    VisitStep.CANCEL: "取消",
    VisitStep.ARRIVE: "到场",
    VisitStep.DEPART: "离场",
    VisitStep.ISSUE: "出具意见",
    VisitStep.CONFIRM: "确认意见",
    VisitStep.CORRECT: "标记改好",
    VisitStep.CLOSE: "办结",
}

SIDE_WORDS = {
    Side.OWNER: "企业",
    Side.OFFICE: "指导办",
    Side.OFFICER: "上门人员",
    Side.SYSTEM: "系统",
}

WAITS_FOR: dict[VisitState, tuple[Side, str]] = {
    VisitState.SUBMITTED: (Side.OFFICE, "受理"),
    VisitState.ACCEPTED: (Side.OFFICER, "上门"),
    VisitState.ON_SITE: (Side.OFFICER, "完成现场指导"),
    VisitState.DEPARTED: (Side.OFFICER, "出具书面意见"),
    VisitState.ISSUED: (Side.OWNER, "阅读并确认意见"),
    VisitState.CONFIRMED: (Side.OWNER, "按意见改进"),
}


def take(step: VisitStep, facts: VisitFacts) -> VisitState:
    """Return the state the visit has after ``step``.

    Raises StepRefused when the step does not start here, is not this side's to take, comes too early or too late, or
    skips what must come first; ReasonMissing when it needs a reason. Source: domain.md R1.2, appendix D.
    """
    act = STEP_WORDS[step]
    if facts.side not in TAKEN_BY[step]:
        takers = "或".join(sorted(SIDE_WORDS[side] for side in TAKEN_BY[step] - {Side.SYSTEM}))
        raise StepRefused(act=act, why=f"这一步由{takers}办理")
    after = STEPS.get((facts.state, step))
    if after is None:
        where = STATE_WORDS[facts.state] if facts.state else "尚未预约"
        raise StepRefused(act=act, why=f"当前状态是“{where}”")
    if why := _why_not(step, facts):
        raise StepRefused(act=act, why=why)
    if _needs_reason(step, facts) and not facts.reason.strip():
        raise ReasonMissing(act=act)
    return after


def may(step: VisitStep, facts: VisitFacts) -> bool:
    """Whether ``take`` would say yes, a reason being given later: pages ask it which buttons to show."""
    try:
        take(step, msgspec.structs.replace(facts, reason=facts.reason.strip() or "—"))
    except (StepRefused, ReasonMissing):
        return False
    return True


def refusal(step: VisitStep, facts: VisitFacts) -> str | None:
    """The sentence with which ``take`` would refuse the step, a reason being given later; None when it would not."""
    try:
        take(step, msgspec.structs.replace(facts, reason=facts.reason or "—"))
    except StepRefused as refused:
        return refused.text
    return None


def steps_open(facts: VisitFacts) -> list[VisitStep]:
    """The steps this side may take now, in the order of the enum."""
    return [step for step in VisitStep if may(step, facts)]


def out_of_day(facts: VisitFacts) -> bool:
    """Whether arriving today is not on the visit's own day, and so needs a reason."""
    return facts.today != facts.day


def _needs_reason(step: VisitStep, facts: VisitFacts) -> bool:
    return step in NEEDS_REASON or (step is VisitStep.ARRIVE and out_of_day(facts))


def _why_not(step: VisitStep, facts: VisitFacts) -> str | None:
    """Why a step that starts here and is this side's cannot be taken yet, or any more."""
    match step:
        case VisitStep.ACCEPT if facts.now >= facts.starts_at:
            return "约定的上门时间已经过了，请退回并说明"
        case VisitStep.REPLACE_OFFICER if facts.now >= facts.starts_at:
            return "约定的上门时间已经到了"
        case VisitStep.RESCHEDULE | VisitStep.CANCEL:
            return _why_no_change(step, facts)
        case VisitStep.ARRIVE if facts.today < facts.day:
            return "还没到约定的日子"
        case VisitStep.ISSUE if facts.items_unwritten > 0:
            return f"还有{facts.items_unwritten}个事项没有写意见"
        case VisitStep.CORRECT if facts.uncorrected < 1:
            return "没有需要改进的内容了"
        case VisitStep.CLOSE if facts.uncorrected > 0:
            return f"还有{facts.uncorrected}项没有改好"
        case _:
            return None


def _why_no_change(step: VisitStep, facts: VisitFacts) -> str | None:
    # Nobody came on the day: without this the visit would stay "agreed" for ever.
    if step is VisitStep.CANCEL and facts.side is Side.OFFICE and facts.today > facts.day:
        return None
    if facts.change_until is not None and facts.now > facts.change_until:
        return "离上门时间太近了，请打电话联系指导办"
    if step is VisitStep.RESCHEDULE and facts.reschedules_left < 1:
        return "改期的次数已经用完"
    return None
