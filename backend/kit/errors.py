"""Refusals: understood, and answered with a sentence that says what to do."""

from typing import ClassVar


class DomainError(Exception):
    """Something understood and refused.

    Subclasses set ``message`` (Chinese, with ``{names}`` filled from the keyword arguments), and may set ``field`` (the
    form field to show it beside) and ``status`` (HTTP; 422 unless said otherwise).
    """

    message: ClassVar[str] = "这一步现在不能办理"
    field: ClassVar[str | None] = None
    status: ClassVar[int] = 422

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(self.text)

    @property
    def text(self) -> str:
        return self.message.format(**self.facts)


class NotFound(DomainError):
    """It does not exist, or is not the viewer's: the two look alike on purpose."""

    message = "没有找到您要看的内容"
    status = 404
