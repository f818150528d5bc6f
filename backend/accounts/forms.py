"""The forms of signing in and of one's own page. What a number or code must look like is said in rules."""

from typing import Annotated, ClassVar
from uuid import UUID

from msgspec import Meta

from backend.accounts import rules
from backend.kit.forms import Fields


class Phone(Fields, frozen=True):
    phone: Annotated[str, Meta(min_length=1, max_length=60)]
    next: str = ""

    MESSAGES: ClassVar[dict[str, str]] = {"phone": rules.PhoneWrong.message}


class Code(Fields, frozen=True):
    """``again`` is the button that asks for another code; the field may then be empty."""

    code: Annotated[str, Meta(max_length=60)] = ""
    next: str = ""
    again: bool = False

    MESSAGES: ClassVar[dict[str, str]] = {"code": rules.CodeIncomplete.message}


class Name(Fields, frozen=True):
    name: Annotated[str, Meta(min_length=1, max_length=rules.NAME_LONGEST)]
    next: str = ""

    MESSAGES: ClassVar[dict[str, str]] = {"name": f"请写您的姓名，不超过{rules.NAME_LONGEST}个字"}


class Desk(Fields, frozen=True):
    grant_id: UUID
    next: str = ""

    MESSAGES: ClassVar[dict[str, str]] = {"grant_id": "请选择一个身份"}


class Preference(Fields, frozen=True):
    """What is absent stays as it is."""

    here: str = "/"
    elder: str | None = None
    theme: str | None = None
