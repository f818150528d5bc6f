"""What is written after a visit: findings, advice, and when they are put right. Pure."""

from collections.abc import Iterable
from datetime import date, timedelta

import msgspec

from backend.guidance.rules.visits import Grade, VisitState
from backend.guidance.rules.words import GRADE_WORDS
from backend.kit.errors import DomainError

FARTHEST = timedelta(days=366)  # a correction planned further ahead is a slip of the finger
WRITING = frozenset({VisitState.ON_SITE, VisitState.DEPARTED})
READ_BY_OWNER = frozenset({VisitState.ISSUED, VisitState.CONFIRMED, VisitState.CLOSED})

GRADE_MEANS = {
    Grade.ADVICE: "做得更好的建议，不是问题，可以不定期限",
    Grade.MINOR: "容易改好，暂时没有危害",
    Grade.GENERAL: "需要花些时间或费用改好，不改会有风险",
    Grade.MAJOR: "可能造成伤亡或严重后果，请先停用、撤人，再改",
}

GRADE_TONES = {Grade.ADVICE: "plain", Grade.MINOR: "run", Grade.GENERAL: "wait", Grade.MAJOR: "bad"}


class CorrectByMissing(DomainError):
    field = "correct_by"
    message = "“{grade}”要写明改好的期限"


class CorrectByPast(DomainError):
    field = "correct_by"
    message = "改好的期限不能早于今天"


class CorrectByFar(DomainError):
    field = "correct_by"
    message = "改好的期限最长一年，请检查年份"


class DraftOutOfDate(DomainError):
    message = "有一条意见的改好期限已经过了，请先改成今天或以后的日期"


class NotWriting(DomainError):
    message = "意见现在不能改：{why}"
    status = 409


class AlreadyCorrected(DomainError):
    message = "这一项已经标记改好了"
    status = 409


class TooManyPhotos(DomainError):
    field = "photos"
    message = "每条最多{limit}张照片"


class Finding(msgspec.Struct, frozen=True):
    """One finding as its writer gives it. correct_by: a Beijing date, the last day; None: nothing to correct."""

    grade: Grade
    found: str
    advice: str
    options: str = ""
    correct_by: date | None = None


def check_finding(finding: Finding, *, today: date) -> None:
    """Refuse a finding that nobody could keep to. Raises CorrectByMissing, CorrectByPast, CorrectByFar.

    Advice alone may go without a date; everything else is to be put right by one. Source: domain.md R1.5.
    """
    if finding.correct_by is None:
        if finding.grade is not Grade.ADVICE:
            raise CorrectByMissing(grade=GRADE_WORDS[finding.grade])
        return
    if finding.correct_by < today:
        raise CorrectByPast
    if finding.correct_by > today + FARTHEST:
        raise CorrectByFar


def check_dates(dates: Iterable[date], *, today: date) -> None:
    """Refuse to issue an opinion of which a date has gone by since it was drafted. Raises DraftOutOfDate."""
    if any(correct_by < today for correct_by in dates):
        raise DraftOutOfDate


def check_writing(state: VisitState) -> None:
    """Refuse to change an opinion before arrival or after issue. Raises NotWriting."""
    if state not in WRITING:
        raise NotWriting(why="已经出具" if state in READ_BY_OWNER else "还没有到现场")


def may_write(state: VisitState) -> bool:
    return state in WRITING
