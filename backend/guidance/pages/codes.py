"""The code: the page that the team holds out, and the pages on which anybody checks it."""

import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from backend.accounts import queries as accounts
from backend.accounts.access import needs
from backend.accounts.rules import Actor, Permission
from backend.guidance import forms, queries, rules
from backend.guidance.pages.words import WORDS
from backend.kit import clock, html, qr
from backend.kit.forms import blank, read
from backend.standards import queries as standards

OFFICE = "guidance_office"  # the department that is called when a code does not hold
REFRESH_MARGIN_SECONDS = 15  # the page asks for its next code this long before the policy's turn
NO_STORE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


@get("/guidance/visits/{visit_id:uuid}/code", name="guidance.visit_code", guards=[needs(Permission.VISIT_HOLD)])
async def visit_code(
    request: Request, visit_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Template:
    """The code of this minute; htmx fetches the next one as a part, a browser without scripts by its refresh header."""
    sheet = html.or_404(await queries.field_sheet(visit_id, viewer=actor))
    today = clock.beijing_date(now)
    if not rules.may_show(sheet.state, day=sheet.day, today=today):
        return html.page("guidance/code_not_now.html", sheet=sheet, early=today < sheet.day, **WORDS)
    settings = request.app.state.settings
    seconds = (await standards.guidance_policy()).code_rotates_seconds
    code = queries.shown_code(
        visit_id,
        nonce=secrets.token_bytes(rules.NONCE_BYTES),
        seed=settings.signing_key,
        base_url=settings.base_url,
        now=now,
        rotates_seconds=seconds,
    )
    every = max(seconds - REFRESH_MARGIN_SECONDS, 15)
    template = "guidance/_code.html" if html.Hx.of(request).partial else "guidance/code.html"
    return html.page(
        template,
        headers=NO_STORE,
        sheet=sheet,
        code=code,
        svg=qr.svg(code.link, title="核验二维码"),
        every=every,
        type_at=settings.base_url.partition("://")[2] + "/v",
        today=today,
        theme="light",  # white whatever the phone prefers, so that cameras see it
        **WORDS,
    )


@get(["/v/{code:str}", "/V/{code:str}"], name="guidance.verify", opt={"public": True})
async def verify(
    request: Request,
    code: FromPath[str],
    viewer: NamedDependency[Actor | None],
    now: NamedDependency[datetime],
) -> Template:
    """Whatever was scanned, cut, forged or typed: a verdict, never an error."""
    found = await queries.verified(code, seed=request.app.state.settings.signing_key, viewer=viewer, now=now)
    return html.page("guidance/verify.html", headers=NO_STORE, found=found, **await _context(now))


@get("/v", name="guidance.verify_type", opt={"public": True})
async def verify_type() -> Template:
    return html.page("guidance/verify_type.html", form=blank(forms.Typed))


@post("/v", name="guidance.verify_find", opt={"public": True})
async def verify_find(request: Request) -> Template | Response[None]:
    """What was typed becomes the address that a scan would have opened."""
    form = read(forms.Typed, await request.form())
    if typed := form.value:
        last = typed.code.upper().rpartition("/V/")[2]  # a scanned address, or what was typed
        kept = "".join(letter for letter in last if letter.isascii() and letter.isalnum())
        if kept:
            return html.go_to(request, f"/v/{kept}")
        form.errors["code"] = forms.Typed.MESSAGES["code"]
    return html.again(request, "guidance/verify_type.html", "guidance/_verify_form.html", form=form)


@get("/scan", name="guidance.scan", opt={"public": True})
async def scan() -> Template:
    """The camera; without one or without scripts, the eight characters under the code."""
    return html.page("guidance/scan.html", form=blank(forms.Typed))


async def _context(now: datetime) -> dict[str, Any]:
    office = await accounts.department(OFFICE)
    return {
        "verdict_words": rules.VERDICT_WORDS,
        "verdict_tones": rules.VERDICT_TONES,
        "verdict_means": rules.VERDICT_MEANS,
        "checked_at": now,
        "today": clock.beijing_date(now),
        "office_phone": office.phone if office else "",
        **WORDS,
    }


HANDLERS = [visit_code, verify, verify_type, verify_find, scan]
