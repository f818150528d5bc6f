"""What a stranger may type."""

from typing import Annotated, ClassVar

import msgspec

from backend.kit.forms import Fields


class Track(Fields, frozen=True):
    """The code below a QR."""

    code: Annotated[str, msgspec.Meta(min_length=6, max_length=24)]

    MESSAGES: ClassVar[dict[str, str]] = {"code": "请输入二维码下面的查询码，通常是10位字母和数字"}
