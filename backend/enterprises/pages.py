"""Search and a firm's page for officials; an owner's firms, the code for the door, and saying "this is mine"."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from backend.accounts import queries as accounts
from backend.accounts.access import needs
from backend.accounts.rules import Actor, Level, Permission
from backend.enterprises import actions, forms, queries, rules
from backend.enterprises.queries import Narrow
from backend.enterprises.rules.search import LONGEST
from backend.kit import html, qr
from backend.kit.forms import blank
from backend.settings import Settings
from backend.standards import queries as standards

READS = [needs(Permission.ENTERPRISE_READ)]
CLAIMS = [needs(Permission.ENTERPRISE_CLAIM)]
SECTION_AND_DIVISION = (1, 3)  # letters and digits of a GB/T 4754 code: finer trades would make too long a list
OFFICE = "guidance_office"  # the department to call when the registered number is wrong
STATUS_TONES = {
    rules.EnterpriseStatus.ACTIVE: "good",
    rules.EnterpriseStatus.MOVED: "plain",
    rules.EnterpriseStatus.DEREGISTERED: "plain",
    rules.EnterpriseStatus.REVOKED: "bad",
}
WORDS: dict[str, Any] = {"status_words": rules.STATUS_WORDS, "status_tones": STATUS_TONES}


class Chip(msgspec.Struct, frozen=True):
    """A condition that is on; ``href`` leads to the list without it."""

    words: str
    href: str


@get("/", name="enterprises.search", guards=READS)
async def search(
    request: Request,
    q: FromQuery[str] = "",
    township: FromQuery[str] = "",
    trade: FromQuery[str] = "",
    status: FromQuery[str] = "",
    after: FromQuery[str] = "",
) -> Template:
    """Search and filters are one GET form: they work without scripts, and htmx swaps the results alone."""
    townships = {one.code: one.name for one in await accounts.regions() if one.level is Level.TOWNSHIP}
    trades = {code: name for code, name in (await standards.trades()).items() if len(code) in SECTION_AND_DIVISION}
    narrow = Narrow(  # a condition that is none of those offered is not one
        words=" ".join(q.split())[:LONGEST],
        township=township if township in townships else "",
        trade=trade if trade in trades else "",
        status=status if status in set(rules.EnterpriseStatus) else "",
    )
    context: dict[str, Any] = {
        "narrow": narrow,
        "page": await queries.search(narrow, cursor=after),
        "chips": _chips(narrow, townships=townships, trades=trades),
        "later": bool(after),
        "next_query": lambda cursor: _query(narrow, after=cursor),
        **WORDS,
    }
    if html.Hx.of(request).partial:
        return html.part("enterprises/_found.html", **context)
    return html.page(
        "enterprises/search.html",
        form=blank(forms.Search, township=narrow.township, trade=narrow.trade, status=narrow.status),
        townships=list(townships.items()),
        trades=[(code, f"{code} {name}") for code, name in trades.items()],
        **context,
    )


@get("/{enterprise_id:uuid}", name="enterprises.enterprise")
async def enterprise(enterprise_id: FromPath[UUID], actor: NamedDependency[Actor]) -> Template:
    """A firm's page: for officials, and for those who act for it."""
    return html.page("enterprises/enterprise.html", contact_shown=False, **await _firm(enterprise_id, actor))


@post("/{enterprise_id:uuid}/contact", name="enterprises.contact", guards=READS)
async def contact(
    request: Request, enterprise_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Template:
    """The contact's whole name and number, after a tap that is logged; nothing changes, so the page is the answer."""
    await actions.reveal_contact(actor=actor, enterprise_id=enterprise_id, now=now)
    template = "enterprises/_contact.html" if html.Hx.of(request).partial else "enterprises/enterprise.html"
    return html.page(template, contact_shown=True, **await _firm(enterprise_id, actor))


@get("/mine", name="enterprises.mine", guards=CLAIMS)
async def mine(actor: NamedDependency[Actor]) -> Template:
    return html.page(
        "enterprises/mine.html",
        firms=await queries.enterprises_of(actor),
        claimable=await queries.claimable(actor),
        **WORDS,
    )


@get("/{enterprise_id:uuid}/door", name="enterprises.door", guards=CLAIMS)
async def door(request: Request, enterprise_id: FromPath[UUID], actor: NamedDependency[Actor]) -> Template:
    """The sign for the door, to be printed by those who act for the firm."""
    firm = html.or_404(next((one for one in await queries.enterprises_of(actor) if one.id == enterprise_id), None))
    settings: Settings = request.app.state.settings
    address = settings.base_url + request.app.route_reverse("public.door", code=firm.door_code)
    return html.page("enterprises/door.html", firm=firm, address=address, square=qr.svg(address, title="门口的查询码"))


@get("/claim", name="enterprises.claim", guards=CLAIMS)
async def claim(actor: NamedDependency[Actor]) -> Template:
    """The one firm that may be the actor's, to be confirmed; several to choose from; or how to ask."""
    found = await queries.claimable(actor)
    if len(found) == 1:
        return html.page("enterprises/claim_confirm.html", firm=found[0], several=False)
    office = await accounts.department(OFFICE)
    owned = await queries.enterprises_of(actor)
    return html.page("enterprises/claim.html", firms=found, office=office, owned=len(owned))


@get("/{enterprise_id:uuid}/claim", name="enterprises.claim_confirm", guards=CLAIMS)
async def claim_confirm(
    request: Request, enterprise_id: FromPath[UUID], actor: NamedDependency[Actor]
) -> Template | Response[None]:
    if await queries.acts_for(actor.person_id, enterprise_id):
        return html.go(request, "enterprises.claimed", enterprise_id=enterprise_id)
    firm = html.or_404(await queries.claimable_one(enterprise_id, viewer=actor))
    return html.page("enterprises/claim_confirm.html", firm=firm, several=True)


@post("/{enterprise_id:uuid}/claim", name="enterprises.claim_send", guards=CLAIMS)
async def claim_send(
    request: Request, enterprise_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Response[None]:
    await actions.claim(actor=actor, enterprise_id=enterprise_id, now=now)
    return html.go(request, "enterprises.claimed", enterprise_id=enterprise_id)


@get("/{enterprise_id:uuid}/claimed", name="enterprises.claimed", guards=CLAIMS)
async def claimed(enterprise_id: FromPath[UUID], actor: NamedDependency[Actor]) -> Template:
    firm = html.or_404(next((one for one in await queries.enterprises_of(actor) if one.id == enterprise_id), None))
    return html.page("enterprises/claimed.html", firm=firm, more=await queries.claimable(actor))


async def _firm(enterprise_id: UUID, actor: Actor) -> dict[str, Any]:
    found = html.or_404(await queries.enterprise(enterprise_id, viewer=actor))
    return {
        "firm": found,
        "sites": await queries.sites_of(enterprise_id),
        "official": actor.may(Permission.ENTERPRISE_READ),
        "own": await queries.acts_for(actor.person_id, enterprise_id),
        "office": await accounts.department(OFFICE),
        **WORDS,
    }


def _query(narrow: Narrow, **changed: str) -> str:
    """The list's own query with some conditions changed."""
    conditions = {"q": narrow.words, "township": narrow.township, "trade": narrow.trade, "status": narrow.status}
    return html.query(**{**conditions, **changed})


def _chips(narrow: Narrow, *, townships: dict[str, str], trades: dict[str, str]) -> list[Chip]:
    words = {
        "q": f"“{narrow.words}”" if narrow.words else "",
        "township": townships.get(narrow.township, ""),
        "trade": trades.get(narrow.trade, ""),
        "status": rules.STATUS_WORDS[rules.EnterpriseStatus(narrow.status)] if narrow.status else "",
    }
    return [Chip(shown, _query(narrow, **{name: ""})) for name, shown in words.items() if shown]


router = Router(
    "/enterprises",
    route_handlers=[
        search, enterprise, contact, mine, door, claim, claim_confirm, claim_send, claimed
    ],
)  # fmt: skip
