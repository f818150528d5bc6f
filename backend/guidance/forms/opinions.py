from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

import msgspec

from backend.guidance.rules import Finding, Grade
from backend.kit.forms import Fields


class Write(Fields, frozen=True):
    """One finding under one item. correct_by: a Beijing date; the rule says when it may be missing."""

    item: UUID
    grade: Grade
    found: Annotated[str, msgspec.Meta(min_length=4, max_length=1000)]
    advice: Annotated[str, msgspec.Meta(min_length=4, max_length=1000)]
    options: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    correct_by: date | None = None

    MESSAGES: ClassVar[dict[str, str]] = {
        "item": "请选这条意见属于哪个事项",
        "grade": "请选严重程度",
        "found": "请用4到1000个字写明看到了什么",
        "advice": "请用4到1000个字写明怎么改",
        "options": "做法和费用最多写1000个字",
        "correct_by": "请填写日期，如 2026-12-08",
    }

    @property
    def finding(self) -> Finding:
        return Finding(
            grade=self.grade,
            found=self.found,
            advice=self.advice,
            options=self.options,
            correct_by=self.correct_by,
        )


class Correct(Fields, frozen=True):
    """Nothing to type: one tap, and photos for those who like."""
