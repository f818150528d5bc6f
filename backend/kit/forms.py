"""HTML forms as Structs: every wrong field is found at once, and nothing typed is lost."""

import re
import types
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from backend.kit.errors import DomainError

AnyFields = TypeVar("AnyFields", bound="Fields")
FORM = "__form__"
BREAKS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
UNTYPED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class Fields(msgspec.Struct, frozen=True):
    """What a form holds. Subclasses give each field a type (with ``msgspec.Meta`` bounds) and a text in ``MESSAGES``.

    A ``list[...]`` field takes all values of that name; an absent field with a default keeps it; a blank text counts as
    absent for fields that are not text. Uploads are not read here: handlers take them from the request.
    """

    MESSAGES: ClassVar[dict[str, str]] = {}


class Form(Generic[AnyFields]):
    """A form as it came: ``value`` when every field is right, else None; texts and errors for showing it again."""

    def __init__(self, fields: type[AnyFields], texts: Mapping[str, list[str]] | None = None) -> None:
        self.fields = fields
        self.texts: dict[str, list[str]] = dict(texts or {})
        self.errors: dict[str, str] = {}
        self.value: AnyFields | None = None

    def text(self, name: str, default: str = "") -> str:
        """What was typed in ``name``, or ``default`` when the form is new."""
        values = self.texts.get(name)
        return values[0] if values else default

    def chosen(self, name: str, option: object) -> bool:
        """Whether ``option`` was ticked or selected."""
        return str(option) in self.texts.get(name, [])

    def error(self, name: str) -> str | None:
        return self.errors.get(name)

    def refuse(self, refusal: DomainError) -> None:
        """Show a refusal beside the field it names, or above the form."""
        self.errors[refusal.field or FORM] = refusal.text
        self.value = None

    @property
    def problems(self) -> list[tuple[str | None, str]]:
        """Field name (None: the whole form) and message, in the order of the form."""
        order = [*self.fields.__struct_fields__, FORM]
        ranked = sorted(self.errors, key=lambda name: order.index(name) if name in order else len(order))
        return [(None if name == FORM else name, self.errors[name]) for name in ranked]


def blank(fields: type[AnyFields], **texts: object) -> Form[AnyFields]:
    """A form not yet sent, with texts to start from."""
    started = {
        name: [str(one) for one in (value if isinstance(value, list) else [value])] for name, value in texts.items()
    }
    return Form(fields, started)


def read(fields: type[AnyFields], sent: Any) -> Form[AnyFields]:
    """Convert what a browser sent, field by field. Never raises: look at ``value``, ``errors``.

    sent: Litestar's FormMultiDict, or any mapping of names to a text or a list of texts.
    """
    form = Form(fields, _texts(sent))
    hints = get_type_hints(fields, include_extras=True)
    defaults = dict(zip(fields.__struct_fields__, _defaults(fields), strict=True))
    values: dict[str, Any] = {}
    for name in fields.__struct_fields__:
        raw = _raw(hints[name], [text.strip() for text in form.texts.get(name, [])])
        if raw is None and defaults[name] is not msgspec.NODEFAULT:
            continue
        try:
            values[name] = msgspec.convert(raw, hints[name], strict=False)
        except (msgspec.ValidationError, ValueError):
            form.errors[name] = fields.MESSAGES.get(name, "请检查这一项")
    if not form.errors:
        form.value = fields(**values)
    return form


def _texts(sent: Any) -> dict[str, list[str]]:
    pairs: Iterable[tuple[str, Any]] = sent.multi_items() if hasattr(sent, "multi_items") else sent.items()
    texts: dict[str, list[str]] = {}
    for name, value in pairs:
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, (str, int, float)):
                texts.setdefault(name, []).append(plain(str(one)))
    return texts


def plain(text: str) -> str:
    """A text without what no keyboard types: one kind of line break, no control characters, nothing that turns the
    direction of the words around it. PostgreSQL keeps no NUL; a browser counts a line break as one character.
    """
    return UNTYPED.sub("", BREAKS.sub("\n", text))


def _raw(hint: Any, texts: list[str]) -> Any:
    """The value handed to msgspec: a list for list fields, None for a blank that is not text."""
    kinds = _kinds(hint)
    if any(get_origin(kind) is list or kind is list for kind in kinds):
        return [text for text in texts if text]
    if bool in kinds:
        return bool(texts and texts[-1] not in ("", "0", "false", "off"))
    text = texts[-1] if texts else None
    return None if text == "" and str not in kinds else text


def _kinds(hint: Any) -> list[Any]:
    while hasattr(hint, "__metadata__"):
        hint = hint.__origin__
    if get_origin(hint) in (Union, types.UnionType):
        return [kind for option in get_args(hint) for kind in _kinds(option)]
    return [hint]


def _defaults(fields: type[Fields]) -> list[Any]:
    return [
        msgspec.NODEFAULT if field.default is field.default_factory is msgspec.NODEFAULT else field
        for field in msgspec.structs.fields(fields)
    ]
