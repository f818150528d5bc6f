"""The menu, for everybody: scenarios with search, one scenario, one service item with its handbook and self-check."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from backend.accounts import queries as accounts
from backend.guidance.queries import catalogue as queries
from backend.guidance.rules import GRADE_TONES, GRADE_WORDS
from backend.guidance.rules import catalogue as rules
from backend.guidance.rules.catalogue import MODE_WORDS
from backend.kit import clock, html, markdown
from backend.standards import queries as standards

LONGEST_SEARCH = 60


class Chip(msgspec.Struct, frozen=True):
    """A condition that can be set or taken off; ``href`` does it."""

    words: str
    href: str
    on: bool = False


@get("/scenarios", name="guidance.scenarios", opt={"public": True})
async def scenarios(
    request: Request[Any, Any, Any], q: FromQuery[str] = "", trade: FromQuery[str] = "", department: FromQuery[str] = ""
) -> Template:
    """Search and filters are links and a GET form: they work without scripts, and htmx swaps the results alone."""
    words = " ".join(q.split())[:LONGEST_SEARCH]
    chosen = {"q": words, "trade": trade[:5], "department": department[:30]}
    found = await queries.found_shelves(words, trade=chosen["trade"], department=chosen["department"])
    trades, departments = await standards.trades(), await accounts.department_names()
    shown = {
        "q": f"“{words}”" if words else "",
        "trade": trades.get(chosen["trade"], chosen["trade"]),
        "department": departments.get(chosen["department"], chosen["department"]),
    }
    everything = await queries.shelves()
    prefixes = sorted({prefix for shelf in everything for prefix in shelf.trades})
    coming = {code for shelf in everything for item in shelf.items for code in item.departments}
    context: dict[str, Any] = {
        "trades": [_chip(chosen, "trade", code, trades.get(code, code)) for code in prefixes],
        "departments": [_chip(chosen, "department", code, departments[code]) for code in departments if code in coming],
        "shelves": found,
        "count": sum(len(shelf.items) for shelf in found),
        "chosen": chosen,
        "chips": [Chip(shown[name], _without(chosen, name), on=True) for name in chosen if chosen[name]],
    }
    if html.Hx.of(request).partial:
        return html.part("guidance/_scenarios_found.html", **context)
    return html.page("guidance/scenarios.html", **context)


@get("/scenarios/{code:str}", name="guidance.scenario", opt={"public": True})
async def scenario(code: FromPath[str]) -> Template:
    shelf = html.or_404(await queries.shelf(code))
    published = rules.date_words(clock.beijing_date(shelf.published_at))
    return html.page("guidance/scenario.html", shelf=shelf, published=published)


@get("/items/{code:str}", name="guidance.service_item", opt={"public": True})
async def service_item(code: FromPath[str], now: NamedDependency[datetime]) -> Template | Response[None]:
    item = html.or_404(await queries.item(code))
    today = clock.beijing_date(now)
    return html.page(
        "guidance/service_item.html",
        item=item,
        handbook=markdown.html(item.handbook),
        mode=MODE_WORDS[item.card.mode],
        bases=[
            (basis, rules.validity_words(basis.valid_from, basis.valid_until, today=today), basis.holds_on(today))
            for basis in item.bases
        ],
        grade_words=GRADE_WORDS,
        grade_tones=GRADE_TONES,
        confirmed=sum(check.verified for check in item.checklist),
        published=rules.date_words(clock.beijing_date(item.published_at)),
    )


def _chip(chosen: dict[str, str], name: str, code: str, words: str) -> Chip:
    on = chosen[name] == code
    return Chip(words, _without(chosen, name) if on else _with(chosen, name, code), on=on)


def _with(chosen: dict[str, str], name: str, value: str) -> str:
    return f"?{html.query(**{**chosen, name: value})}"


def _without(chosen: dict[str, str], name: str) -> str:
    rest = html.query(**{**chosen, name: ""})
    return f"?{rest}" if rest else "?"


HANDLERS = [scenarios, scenario, service_item]
