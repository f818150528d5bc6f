"""The door to plain texts: a template whose first line is the title, for what is read outside of a page."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import msgspec

from backend.kit import clock

TEMPLATES = Path(__file__).parent.parent.parent / "web" / "templates"


class Unfilled(Exception):
    """The template is missing, or the facts do not fill it."""


class Said(msgspec.Struct, frozen=True):
    title: str
    body: str


def said(template: str, facts: Mapping[str, Any]) -> Said:
    """The template filled with the facts. Dates come as ISO texts and are shown with the filter ``day``.

    Raises Unfilled.
    """
    try:
        title, _, body = _environment().get_template(template).render(**facts).strip().partition("\n")
    except (jinja2.TemplateError, ValueError, TypeError) as wrong:
        raise Unfilled(f"{template}: {wrong}") from wrong
    return Said(title=title.strip(), body=body.strip())


@cache
def _environment() -> jinja2.Environment:
    # No autoescape: these words go to phones and gateways; a page that shows them escapes them itself.
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), undefined=jinja2.StrictUndefined, auto_reload=False, cache_size=-1
    )
    made.filters["day"] = lambda text: clock.day_words(date.fromisoformat(text))
    return made
