"""A browser without scripts that lints every page it is shown."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Self

import httpx
from litestar import Litestar
from lxml import html as lxml_html

from backend.accounts import access
from backend.accounts import actions as accounts
from backend.accounts.rules import Actor

ORIGIN = "https://t.example"


class Page:
    """An answer: its text to search, its elements to look at."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.status = answer.status_code
        self.text = answer.text
        self.tree = lxml_html.fromstring(answer.text) if answer.text.strip() else lxml_html.fromstring("<p></p>")

    def __contains__(self, words: str) -> bool:
        return words in self.text

    def all(self, selector: str) -> list[Any]:
        """Elements by a tag name or an XPath."""
        path = selector if selector.startswith(("/", ".")) else f"descendant-or-self::{selector}"
        return list(self.tree.xpath(path)) if self.text.lstrip().startswith("<") else []

    def words(self) -> str:
        """What a person reads, blanks folded."""
        return " ".join(self.tree.text_content().split())


class Browser:
    """Gets and sends like a browser without JavaScript; each whole page it sees is linted."""

    def __init__(self, client: httpx.AsyncClient, *, now: datetime) -> None:
        self.client = client
        self.now = now

    @classmethod
    @asynccontextmanager
    async def of(cls, app: Litestar, *, now: datetime) -> AsyncIterator[Self]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            yield cls(client, now=now)

    async def sign_in(self, actor: Actor) -> None:
        """Sit down at the actor's desk, with a real session."""
        secret = await accounts.open_session(
            person_id=actor.person_id, grant_id=actor.grant_id, device="tests", now=self.now
        )
        self.client.cookies.set(access.COOKIE, secret, domain="t.example", path="/")

    def sign_out(self) -> None:
        self.client.cookies.clear()

    async def get(self, path: str, *, status: int = 200, htmx: bool = False) -> Page:
        answer = await self.client.get(path, headers=_htmx() if htmx else {})
        return _seen(answer, status, whole=not htmx)

    async def send(self, path: str, *, status: int = 303, htmx: bool = False, files: Any = None, **fields: Any) -> Page:
        """POST a form as the site's own page would. fields: texts, or lists of texts."""
        headers = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin", **(_htmx() if htmx else {})}
        data = {
            name: [str(one) for one in value] if isinstance(value, list) else str(value)
            for name, value in fields.items()
        }
        answer = await self.client.post(path, data=data, files=files, headers=headers)
        return _seen(answer, status, whole=not htmx)


def _htmx() -> dict[str, str]:
    return {"HX-Request": "true", "HX-Request-Type": "partial"}


def _seen(answer: httpx.Response, status: int, *, whole: bool) -> Page:
    assert answer.status_code == status, (
        f"{answer.request.url}: {answer.status_code}, wanted {status}\n{answer.text[:2000]}"
    )
    page = Page(answer)
    if whole and answer.headers.get("content-type", "").startswith("text/html") and answer.text.strip():
        problems = lint(page)
        assert not problems, f"{answer.request.url}: {problems}"
    return page


def lint(page: Page) -> list[str]:
    """What is wrong with a whole page whatever it says (the idea is GOV.UK Notify's page-lint client)."""
    problems: list[str] = []
    headings = page.all("h1")
    if len(headings) != 1:
        problems.append(f"{len(headings)} h1 elements")
    if page.tree.get("lang") != "zh-CN":
        problems.append("lang is not zh-CN")
    ids = [element.get("id") for element in page.all("*[@id]")]
    problems += [f"id {one!r} twice" for one in sorted({one for one in ids if ids.count(one) > 1})]
    labelled = {label.get("for") for label in page.all("label")}
    for control in page.all("*[self::input or self::textarea or self::select]"):
        hidden = control.get("type") in ("hidden", "submit")
        inside = any(parent.tag == "label" for parent in control.iterancestors())
        if not (hidden or inside or control.get("id") in labelled or control.get("aria-label")):
            problems.append(f"no label for {control.get('name')!r}")
    problems += ["form without action" for form in page.all("form") if not form.get("action")]
    problems += [f"img without alt: {image.get('src')}" for image in page.all("img") if image.get("alt") is None]
    problems += ["inline style" for _ in page.all("*[@style]")]
    problems += ["inline script" for script in page.all("script") if not script.get("src")]
    problems += [f"link that leads nowhere: {link.text_content()!r}" for link in page.all("a[not(@href) or @href='#']")]
    outside = page.all("*[self::script or self::img or self::link][starts-with(@src|@href, 'http')]")
    problems += [f"loads from outside: {one.get('src') or one.get('href')}" for one in outside]
    return problems
