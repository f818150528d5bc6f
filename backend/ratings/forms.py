from typing import Annotated, ClassVar

import msgspec

from backend.kit.forms import Fields
from backend.ratings.rules import MAX_WORDS, Stars


class Rate(Fields, frozen=True):
    """No grade is chosen beforehand; a page may send the tags of all grades, the rules keep those that fit."""

    stars: Stars
    tags: list[str] = msgspec.field(default_factory=list)
    words: Annotated[str, msgspec.Meta(max_length=MAX_WORDS)] = ""

    MESSAGES: ClassVar[dict[str, str]] = {
        "stars": "请选一个评价",
        "tags": "请检查选的标签",
        "words": f"最多写{MAX_WORDS}个字",
    }
