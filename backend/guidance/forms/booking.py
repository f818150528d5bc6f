"""One form for each page of a booking, and those that change a visit."""

from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

import msgspec

from backend.guidance.forms.decisions import REASON, REASON_WANTED
from backend.kit.forms import Fields
from backend.staff import rules as staff
from backend.staff.rules import Half

LONGEST_DRAFT = 5_000  # characters kept of a question before the policy judges its length

HalfDayKey = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}-(morning|afternoon)$")]


class StartBooking(Fields, frozen=True):
    """item: the code of a service item to put on the booking, if any. afresh: forget what was begun."""

    enterprise: UUID
    item: Annotated[str, msgspec.Meta(max_length=60)] = ""
    afresh: bool = False

    MESSAGES: ClassVar[dict[str, str]] = {"enterprise": "请选择要预约的企业"}


class ChooseSite(Fields, frozen=True):
    site: UUID

    MESSAGES: ClassVar[dict[str, str]] = {"site": "请选择要我们去的地址"}


class ChooseItems(Fields, frozen=True):
    items: Annotated[list[UUID], msgspec.Meta(min_length=1)]

    MESSAGES: ClassVar[dict[str, str]] = {"items": "请至少选一项"}


class ChooseHalfDay(Fields, frozen=True):
    half_day: HalfDayKey

    MESSAGES: ClassVar[dict[str, str]] = {"half_day": "请选一个上午或下午"}

    @property
    def when(self) -> tuple[date, Half] | None:
        """None for a day that no calendar has."""
        return staff.read_key(self.half_day)


class AskQuestion(Fields, frozen=True):
    """then: ``next``, or ``photos`` to stay on the page. remove: a photo to take away, which stays there too."""

    question: Annotated[str, msgspec.Meta(max_length=LONGEST_DRAFT)] = ""
    then: str = "next"
    remove: UUID | None = None

    MESSAGES: ClassVar[dict[str, str]] = {"question": "写得太长了，请写最要紧的几句"}

    @property
    def stays(self) -> bool:
        return self.then == "photos" or self.remove is not None


class BookVisit(Fields, frozen=True):
    draft: UUID


class Reschedule(ChooseHalfDay, frozen=True):
    reason: Annotated[str, REASON]

    MESSAGES: ClassVar[dict[str, str]] = {**ChooseHalfDay.MESSAGES, "reason": REASON_WANTED}


class Cancel(Fields, frozen=True):
    reason: Annotated[str, REASON]

    MESSAGES: ClassVar[dict[str, str]] = {"reason": REASON_WANTED}
