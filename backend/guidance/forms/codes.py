from typing import Annotated, ClassVar

import msgspec

from backend.kit.forms import Fields


class Typed(Fields, frozen=True):
    """What somebody typed from under the code, or what the camera read."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]

    MESSAGES: ClassVar[dict[str, str]] = {"code": "请输入二维码下面的8位字符"}
