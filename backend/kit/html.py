"""The door to HTML: pages, parts, the form again, and where to go next. Handlers end in one of these four."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import jinja2
import msgspec
from litestar import Litestar, Request, Response
from litestar.response import Template
from litestar.status_codes import HTTP_303_SEE_OTHER, HTTP_422_UNPROCESSABLE_ENTITY
from markupsafe import Markup, escape

from backend.kit import clock, masks
from backend.kit.errors import NotFound

Thing = TypeVar("Thing")
VARY = {"Vary": "HX-Request, HX-Request-Type, Cookie"}
PRIVATE = {"Cache-Control": "private, no-cache"}
TEMPLATES = Path(__file__).parent.parent.parent / "web" / "templates"


class Hx(msgspec.Struct, frozen=True):
    """What htmx 4 says of a request (stack: litestar-htmx knows only htmx 2)."""

    asked: bool  # htmx sent it
    partial: bool  # and wants a part, not a page
    restoring: bool  # Back: always the full page
    source: str
    target: str

    @classmethod
    def of(cls, request: Request) -> "Hx":
        headers = request.headers
        asked = headers.get("hx-request") == "true"
        restoring = headers.get("hx-history-restore-request") == "true"
        return cls(
            asked=asked,
            partial=asked and not restoring and headers.get("hx-request-type", "partial") == "partial",
            restoring=restoring,
            source=headers.get("hx-source", ""),
            target=headers.get("hx-target", ""),
        )


class Site(msgspec.Struct, frozen=True):
    """What every page says of whose it is."""

    name: str
    icp: str = ""  # filing numbers for the footer; empty: not shown
    police: str = ""
    phone: str = ""  # the guidance office's; empty: not shown


class Page(Template):
    """A template that also gets what the layout needs of the request."""

    def create_template_context(self, request: Request) -> dict[str, Any]:
        state = request.scope.get("state", {})
        layout = {
            "viewer": state.get("viewer"),
            "unread": state.get("unread", 0),
            "elder": request.cookies.get("elder") == "1",
            "theme": request.cookies.get("theme", "") if request.cookies.get("theme") in ("light", "dark") else "",
        }
        return {**layout, **super().create_template_context(request)}


def page(template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **context: Any) -> Page:
    """A whole page. Pages are private and revalidated unless ``headers`` say otherwise."""
    return Page(template, context=context, status_code=status, headers={**VARY, **PRIVATE, **(headers or {})})


def part(template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **context: Any) -> Page:
    """A part that htmx swaps in: the same file that the page includes."""
    return page(template, status=status, headers=headers, **context)


def again(request: Request, template: str, part_template: str, **context: Any) -> Page:
    """The refused form, 422: alone for htmx, in its page otherwise. ``context`` must hold ``form``."""
    chosen = part_template if Hx.of(request).partial else template
    return page(chosen, status=HTTP_422_UNPROCESSABLE_ENTITY, **context)


def go(request: Request, name: str, *, query: str = "", **path: Any) -> Response[None]:
    """On to another page: 303 for a browser, HX-Redirect for htmx.

    name: a handler's name; query: what follows the question mark, already encoded.
    """
    return go_to(request, Urls(request.app)(name, **path) + (f"?{query}" if query else ""))


def go_to(request: Request, path: str) -> Response[None]:
    """As ``go``, for a path of this site already checked to be one."""
    if Hx.of(request).asked:
        return Response(None, headers={"HX-Redirect": ascii_json(path)[1:-1], **VARY}, status_code=200)
    return Response(None, headers={"Location": path, **VARY, **PRIVATE}, status_code=HTTP_303_SEE_OTHER)


def query(**values: str) -> str:
    """What follows a question mark, encoded; empty values are left out."""
    return urlencode({name: value for name, value in values.items() if value})


def ascii_json(value: Any) -> str:
    """JSON that fits into an HTTP header: Chinese as escapes."""
    text = msgspec.json.encode(value).decode()
    return re.sub(r"[^\x00-\x7f]", lambda found: "".join(f"\\u{unit:04x}" for unit in _utf16(found[0])), text)


def _utf16(letter: str) -> list[int]:
    encoded = letter.encode("utf-16-be")
    return [int.from_bytes(encoded[at : at + 2], "big") for at in range(0, len(encoded), 2)]


def unbroken(words: str) -> Markup:
    """The words with each reference number on one line: browsers break it at its hyphens otherwise."""
    return Markup(re.sub(r"\b[A-Z]{2}-\d{4}-\d{6}\b[，。；]?", r'<span class="keep">\g<0></span>', str(escape(words))))


def or_404(thing: Thing | None) -> Thing:
    """The thing; raises NotFound (404) for None."""
    if thing is None:
        raise NotFound
    return thing


class Urls:
    """Addresses of handlers by name, for templates: what ``route_reverse`` says, worked out once per name.

    Litestar's own sorts every route at each call, which a page with forty links pays forty times.
    """

    def __init__(self, app: Litestar) -> None:
        self._app = app
        self._paths: dict[tuple[str, frozenset[str]], list[str]] = {}

    def __call__(self, name: str, **path: object) -> str:
        """The path of the handler ``name`` with its parameters filled in. Raises KeyError when there is none such."""
        key = (name, frozenset(path))
        parts = self._paths.get(key) or self._paths.setdefault(key, self._parts(name, frozenset(path)))
        return "".join(quote(str(path[part[1:]]), safe="") if part.startswith("{") else part for part in parts)

    def _parts(self, name: str, parameters: frozenset[str]) -> list[str]:
        """``/visits/{visit_id:uuid}/code`` as ``["/visits/", "{visit_id", "/code"]``."""
        index = self._app.get_handler_index_by_name(name)
        for found in index["paths"] if index else ():
            parts = re.split(r"(\{\w+):\w+\}", found)
            if {part[1:] for part in parts if part.startswith("{")} == parameters:
                return [part for part in parts if part]
        raise KeyError(f"no handler {name} with {sorted(parameters)}")


def environment(*, url: Callable[..., str], static: Callable[[str], str], **site: Any) -> jinja2.Environment:
    """The templates' environment: autoescape for every file, an undefined name is an error."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    made.globals.update(url=url, static=static, **site)
    made.filters.update(
        beijing=clock.beijing,
        unbroken=unbroken,
        date=clock.date_words,
        day=clock.day_words,
        moment=clock.moment_words,
        time=clock.time_words,
        mask_name=masks.name,
        mask_phone=masks.phone,
        mask_code=masks.code,
    )
    return made
