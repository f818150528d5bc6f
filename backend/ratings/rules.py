"""The five grades of 好差评, when they may be given, and what follows from them. Pure."""

from datetime import date
from enum import IntEnum

from backend.kit import workdays
from backend.kit.errors import DomainError
from backend.kit.workdays import Calendar, Term
from backend.standards.rules import RatingPolicy

MAX_WORDS = 300  # characters


class Stars(IntEnum):
    """国办发〔2019〕51号: the two lowest are a bad review."""

    VERY_BAD = 1  # 非常不满意
    BAD = 2  # 不满意
    FAIR = 3  # 基本满意
    GOOD = 4  # 满意
    VERY_GOOD = 5  # 非常满意


class NotYetRatable(DomainError):
    message = "现场指导结束后才能评价"
    status = 409


class WindowClosed(DomainError):
    message = "评价的期限是{last_on}，已经过了"
    status = 409


STAR_WORDS = {
    Stars.VERY_GOOD: "非常满意",
    Stars.GOOD: "满意",
    Stars.FAIR: "基本满意",
    Stars.BAD: "不满意",
    Stars.VERY_BAD: "非常不满意",
}

_PRAISE = {
    "code_shown": "主动亮码亮证",
    "on_time": "准时上门",
    "clear": "讲得明白",
    "useful": "建议用得上",
    "together": "几个部门一次讲完",
    "polite": "态度好",
}
_MIXED = {
    "clear": "讲得明白",
    "polite": "态度好",
    "too_short": "时间太短",
    "too_general": "建议太笼统",
    "late": "来晚了",
    "costly": "改起来太贵",
}
_COMPLAINT = {
    "no_code": "没有亮码亮证",
    "late": "来晚了或没来齐",
    "rude": "态度不好",
    "unclear": "讲不明白",
    "disturbed": "影响了生产经营",
    "turned_inspection": "像是来检查的",
    "benefits": "收取好处或指定中介",
    "conflicting": "几个部门说法不一",
}

TAGS: dict[Stars, dict[str, str]] = {
    Stars.VERY_GOOD: _PRAISE,
    Stars.GOOD: _PRAISE,
    Stars.FAIR: _MIXED,
    Stars.BAD: _COMPLAINT,
    Stars.VERY_BAD: _COMPLAINT,
}


def is_bad(stars: Stars) -> bool:
    """Whether the two clocks of a bad review run."""
    return stars <= Stars.BAD


def kept_tags(stars: Stars, chosen: list[str]) -> list[str]:
    """Those of the chosen tags that go with the grade, each once, in the grade's order: a page may send all it has."""
    return [tag for tag in TAGS[stars] if tag in chosen]


def tag_words(stars: Stars, tags: list[str]) -> list[str]:
    """The tags in Chinese."""
    return [TAGS[stars][tag] for tag in tags if tag in TAGS[stars]]


def rate_by(departed_on: date, *, policy: RatingPolicy, calendar: Calendar) -> Term:
    """The last day to rate or change a rating: ``policy.window_days`` calendar days after the team left.

    Source: domain.md R6.6 (no national window was found; the length is the city's).
    """
    return workdays.end(departed_on, calendar_days=policy.window_days, calendar=calendar)


def check_open(departed_on: date | None, *, today: date, policy: RatingPolicy, calendar: Calendar) -> None:
    """Refuse a rating before the team has left or after the window. Raises NotYetRatable, WindowClosed."""
    if departed_on is None:
        raise NotYetRatable
    last_on = rate_by(departed_on, policy=policy, calendar=calendar).last_on
    if today > last_on:
        raise WindowClosed(last_on=f"{last_on.month}月{last_on.day}日")


def contact_by(rated_on: date, *, policy: RatingPolicy, calendar: Calendar) -> Term:
    """Until when somebody who is not rated gets in touch after a bad review (working days; source: the policy's)."""
    return workdays.end(rated_on, working_days=policy.contact_working_days, calendar=calendar)


def rectify_by(rated_on: date, *, policy: RatingPolicy, calendar: Calendar) -> Term:
    """Until when a bad review is put right (working days)."""
    return workdays.end(rated_on, working_days=policy.rectify_working_days, calendar=calendar)
