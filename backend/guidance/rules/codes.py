"""The code that an officer shows: what it holds, and what is said of one that was scanned or typed. Pure.

A code holds no names (domain.md R6.1): the visit's id, until when it counts, and a nonce. Who came is looked up.
"""

import struct
from datetime import UTC, date, datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from backend.guidance.rules.visits import VisitState

LAYOUT = struct.Struct(">16sI6s")  # visit id, expiry in Unix seconds, nonce: 26 bytes
NONCE_BYTES = 6
SHORT_LENGTH = 8  # characters to type, 5 bits each
SHORT_SECONDS = 300  # how long a short code stands; the one before it still counts, for slow typers
GRACE = 2  # a scanned code counts for this many turns of its page, so that a slow network does not fail it

SHOWABLE = frozenset({VisitState.ACCEPTED, VisitState.ON_SITE})


class Verdict(StrEnum):
    """What the verify page says first."""

    VALID = "valid"
    EXPIRED = "expired"
    FORGED = "forged"
    CANCELLED = "cancelled"
    OVER = "over"
    PAPERS = "papers"  # ours and in time, but a certificate of the team does not hold today


VERDICT_WORDS = {
    Verdict.VALID: "核验通过",
    Verdict.EXPIRED: "已过期",
    Verdict.FORGED: "不是本市签发",
    Verdict.CANCELLED: "已取消",
    Verdict.OVER: "已结束",
    Verdict.PAPERS: "证件无效",
}

VERDICT_TONES = {  # the tones of ui.verdict
    Verdict.VALID: "good",
    Verdict.EXPIRED: "wait",
    Verdict.FORGED: "bad",
    Verdict.CANCELLED: "bad",
    Verdict.OVER: "wait",
    Verdict.PAPERS: "bad",
}

VERDICT_MEANS = {
    Verdict.VALID: "来的是下面这些人，这次上门是指导，不是检查。",
    Verdict.EXPIRED: "二维码每分钟更换一次。请让对方打开亮码页面，再扫一次。",
    Verdict.FORGED: "没有有效的码，您可以拒绝这次上门，并告诉指导办。",
    Verdict.CANCELLED: "这次上门已经取消。有人仍以它的名义上门，您可以拒绝，并告诉指导办。",
    Verdict.OVER: "这次现场指导已经结束。有人仍以它的名义上门，请告诉指导办。",
    Verdict.PAPERS: "上门人员中有人的执法证今天无效，您可以拒绝这次上门，并告诉指导办。",
}


class CodeFacts(msgspec.Struct, frozen=True):
    """What a code of ours says. expires_at: aware; the code counts before it."""

    visit_id: UUID
    expires_at: datetime
    nonce: bytes

    @property
    def number(self) -> str:
        """Four digits that change with the code: the officer's screen and the verify page show the same ones."""
        return f"{int.from_bytes(self.nonce) % 10_000:04}"


def pack(facts: CodeFacts) -> bytes:
    """The bytes to sign."""
    return LAYOUT.pack(facts.visit_id.bytes, int(facts.expires_at.timestamp()), facts.nonce)


def unpack(payload: bytes) -> CodeFacts | None:
    """What signed bytes say; None when they were signed for another purpose."""
    if len(payload) != LAYOUT.size:
        return None
    visit, expires, nonce = LAYOUT.unpack(payload)
    return CodeFacts(visit_id=UUID(bytes=visit), expires_at=datetime.fromtimestamp(expires, UTC), nonce=nonce)


def may_show(state: VisitState, *, day: date, today: date) -> bool:
    """Whether the team may show its code: from the visit's day on, until it leaves."""
    return state in SHOWABLE and today >= day


def judge(
    *, state: VisitState, day: date, today: date, now: datetime, expires_at: datetime | None, papers_hold: bool
) -> Verdict:
    """What to say of a code of ours.

    expires_at: None for a short code, which was already found to be fresh. papers_hold: whether every officer's
    certificate is valid today. What is worse is said first: a cancelled visit is cancelled, however old the code.
    """
    if state in (VisitState.CANCELLED, VisitState.RETURNED):
        return Verdict.CANCELLED
    if state not in SHOWABLE:
        return Verdict.OVER
    if today < day or (expires_at is not None and now >= expires_at):
        return Verdict.EXPIRED
    return Verdict.VALID if papers_hold else Verdict.PAPERS
