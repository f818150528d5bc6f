"""Booking a visit: the pages of a booking, what may be booked when, and until when it may be changed. Pure.

Every number comes from the city's policy (`standards.policy`, group ``booking``); domain.md R1.1 to R1.3.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from backend.kit import workdays
from backend.kit.errors import DomainError
from backend.kit.workdays import Calendar
from backend.staff.rules import HalfDay, Need
from backend.standards.rules import BookingPolicy

QUESTION_MIN_CHARS = 4  # shorter than this, nobody can prepare for it
DRAFT_KEPT = timedelta(days=30)  # how long a booking nobody goes on with is kept


class BookingPage(StrEnum):
    """The pages of a booking in their order; the value is the last part of the URL."""

    SITE = "site"
    ITEMS = "items"
    HALF_DAY = "half-day"
    QUESTION = "question"
    CHECK = "check"


class Draft(msgspec.Struct, frozen=True):
    """What a booking holds so far; None or empty where a page has not been answered."""

    site: UUID | None = None
    items: tuple[UUID, ...] = ()
    half_day: HalfDay | None = None
    question: str = ""


class ItemNeed(msgspec.Struct, frozen=True):
    """What one service item asks of departments (codes)."""

    scenario: UUID
    lead: str
    joining: tuple[str, ...] = ()


class EnterpriseNotActive(DomainError):
    message = "“{name}”的登记状态不是存续，暂时不能预约。如果与实际不符，请联系指导办更正"


class TooManyVisits(DomainError):
    message = "贵单位已有{count}次预约等待上门，最多同时{limit}次。等上门一次或取消一次，就可以再约"


class SiteClosed(DomainError):
    field = "site"
    message = "这个地址已停用，请另选一个"


class ItemsChanged(DomainError):
    field = "items"
    message = "指导事项刚刚更新过，请重新选择"


class ItemsMixed(DomainError):
    field = "items"
    message = "一次预约只能选同一类的事项，别的类请另约一次"


class TooManyItems(DomainError):
    field = "items"
    message = "一次最多选{limit}项，请去掉{over}项，下次再约"


class TooSoon(DomainError):
    field = "half_day"
    message = "上门须提前{hours}小时预约，请选晚一些的时间"


class NotOffered(DomainError):
    field = "half_day"
    message = "这一天不能预约，请在下面选一个"


class QuestionTooShort(DomainError):
    field = "question"
    message = "请用{least}到{limit}个字写明想问什么"


class QuestionTooLong(DomainError):
    field = "question"
    message = "最多写{limit}个字，请删去{over}个字"


class TooManyQuestionPhotos(DomainError):
    field = "photos"
    message = "最多{limit}张照片，请先去掉{over}张"


class NotFinished(DomainError):
    message = "还有内容没有填完，请填完再提交"


def open_page(draft: Draft) -> BookingPage:
    """The first page that still waits for an answer: where a booking opens when somebody comes back to it."""
    if draft.site is None:
        return BookingPage.SITE
    if not draft.items:
        return BookingPage.ITEMS
    if draft.half_day is None:
        return BookingPage.HALF_DAY
    if not draft.question.strip():
        return BookingPage.QUESTION
    return BookingPage.CHECK


def check_finished(draft: Draft) -> None:
    """Raises NotFinished while a page waits for an answer."""
    if open_page(draft) is not BookingPage.CHECK:
        raise NotFinished


def check_enterprise(name: str, *, active: bool, open_visits: int, policy: BookingPolicy) -> None:
    """Refuse a firm that is gone, or that keeps enough half-days already.

    open_visits: booked and not yet held, 0 or more; what is being put right after a visit stands in nobody's way.
    Raises EnterpriseNotActive, TooManyVisits.
    """
    if not active:
        raise EnterpriseNotActive(name=name)
    if open_visits >= policy.max_open_visits:
        raise TooManyVisits(count=open_visits, limit=policy.max_open_visits)


def check_items(items: Sequence[ItemNeed], *, asked: int, policy: BookingPolicy) -> None:
    """Refuse items that no one visit can take.

    items: those of ``asked`` that are on offer now. Raises ItemsChanged, ItemsMixed, TooManyItems.
    """
    if len(items) != asked or not items:
        raise ItemsChanged
    if len({item.scenario for item in items}) > 1:
        raise ItemsMixed
    if len(items) > policy.max_items:
        raise TooManyItems(limit=policy.max_items, over=len(items) - policy.max_items)


def check_question(question: str, *, policy: BookingPolicy) -> None:
    """Raises QuestionTooShort, QuestionTooLong. Blanks at the ends do not count."""
    length, limit = len(question.strip()), policy.question_max_chars
    if length < QUESTION_MIN_CHARS:
        raise QuestionTooShort(least=QUESTION_MIN_CHARS, limit=limit)
    if length > limit:
        raise QuestionTooLong(limit=limit, over=length - limit)


def check_photos(photos: int, *, policy: BookingPolicy) -> None:
    """photos: those kept and those coming. Raises TooManyQuestionPhotos."""
    if photos > policy.max_photos:
        raise TooManyQuestionPhotos(limit=policy.max_photos, over=photos - policy.max_photos)


def departments(items: Sequence[ItemNeed], *, lead: str) -> tuple[str, ...]:
    """Every department that one of the items needs, once, the leading one first.

    lead: the scenario's leading department; where no item needs it, the first item's own takes the lead.
    """
    needed = [code for item in items for code in (item.lead, *item.joining)]
    return tuple(dict.fromkeys(sorted(needed, key=lambda code: code != lead)))


def need(items: Sequence[ItemNeed], *, lead: str, scope: str, policy: BookingPolicy) -> Need:
    """The quorum of a visit: one qualified officer of each department, ``policy.min_officers`` in all at least.

    scope: the scenario's code, which every certificate must cover.
    """
    return Need(departments=departments(items, lead=lead), scope=scope, officers=policy.min_officers)


def offered_days(today: date, *, policy: BookingPolicy, calendar: Calendar) -> list[date]:
    """The working days a visit may be booked on: today and the ``policy.horizon_working_days`` after it."""
    days = [today] if workdays.is_working_day(today, calendar=calendar) else []
    day = today
    for _ in range(policy.horizon_working_days):
        day = workdays.add_working_days(day, 1, calendar=calendar)
        days.append(day)
    return days


def early_enough(half_day: HalfDay, *, now: datetime, policy: BookingPolicy) -> bool:
    """Whether ``policy.notice_hours`` clock hours (through nights and rest days) lie between now and the visit."""
    return half_day.starts_at - now >= timedelta(hours=policy.notice_hours)


def check_half_day(half_day: HalfDay, *, now: datetime, today: date, policy: BookingPolicy, calendar: Calendar) -> None:
    """Refuse a half-day that is not offered, whoever is free. today: the Beijing date of ``now``.

    Raises NotOffered, TooSoon.
    """
    if half_day.day not in offered_days(today, policy=policy, calendar=calendar):
        raise NotOffered
    if not early_enough(half_day, now=now, policy=policy):
        raise TooSoon(hours=policy.notice_hours)


def change_until(starts_at: datetime, *, policy: BookingPolicy) -> datetime:
    """The last moment to reschedule or cancel a visit that starts at ``starts_at`` (aware)."""
    return starts_at - timedelta(hours=policy.change_until_hours)


def reschedules_left(done: int, *, policy: BookingPolicy) -> int:
    return max(policy.max_reschedules - done, 0)


def visit_number(year: int, count: int) -> str:
    """``ZD-2026-000123``: what people call a visit. count: from the database's sequence, 1 or more."""
    return f"ZD-{year}-{count:06}"
