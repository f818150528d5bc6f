"""The forms of the registry."""

from typing import ClassVar

from backend.kit.forms import Fields


class Search(Fields, frozen=True):
    """What an official looks for. Nothing in it can be wrong: what no firm has finds no firm."""

    q: str = ""
    township: str = ""
    trade: str = ""
    status: str = ""

    MESSAGES: ClassVar[dict[str, str]] = {}
