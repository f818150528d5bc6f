"""Every form of every page: sent empty it says what is wrong and where, keeps what was typed, and never breaks."""

import re
from contextlib import AbstractContextManager
from urllib.parse import urlsplit

import msgspec
import pytest
from litestar import Litestar
from lxml import html as lxml_html
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Response

from tests import axe
from tests.journeys import visitors
from tests.journeys.conftest import Town
from tests.journeys.places import ALL, PLACES

pytestmark = pytest.mark.journey
NAMES = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16}")  # of things and of sessions
TYPED = "textarea, input:not([type=hidden]):not([type=file]):not([type=radio]):not([type=checkbox]):not([type=date])"
SETTLE_MS = 3_000
_tried: set["Sent"] = set()

FOCUSED = "document.activeElement ? document.activeElement.id : ''"


class Sent(msgspec.Struct, frozen=True):
    """What makes two forms the same one: where it goes and what it holds."""

    method: str
    action: str
    fields: tuple[str, ...]


@pytest.fixture(scope="module")
def app(town: Town) -> Litestar:
    visitors.run(visitors.prepare(town))
    return visitors.application(town)


@pytest.mark.parametrize(("name", "at"), ALL, ids=[f"{name}-{at}" for name, at in ALL])
def test_a_form_sent_empty_says_what_is_wrong(chromium: Browser, town: Town, app: Litestar, name: str, at: int) -> None:
    """Each form once, on the first page that has it; a form without fields is sent as it is."""
    place = PLACES[name][at]
    phone, found = visitors.find(town, place)
    path = visitors.address(app, name, place, found)
    faults: list[str] = []

    def opened() -> AbstractContextManager[BrowserContext]:
        return visitors.visitor(chromium, town, phone=phone, role=place.role)

    with opened() as context:
        _arrive(context, town, name)
        new = dict.fromkeys(form for form in _forms(context, path) if form not in _tried)
    for form in new:  # each with a session of its own: some forms end it
        _tried.add(form)
        with opened() as context:
            _arrive(context, town, name)
            number = _forms(context, path).index(form)
            page = context.new_page()
            page.goto(path)
            faults += [f"{form.action}: {fault}" for fault in _try(page, number)]
    assert not faults, "\n".join([path, *faults])


def test_forms_were_found() -> None:
    assert len(_tried) > 30


def _arrive(context: BrowserContext, town: Town, name: str) -> None:
    if name == "accounts.code":
        visitors.ask_for_code(context, town)


def _forms(context: BrowserContext, path: str) -> list[Sent]:
    """The forms of a page as it is sent, in their order."""
    tree = lxml_html.fromstring(context.request.get(path).text())
    return [
        Sent(
            str(form.get("method")).lower(),
            NAMES.sub("*", urlsplit(str(form.get("action"))).path),
            tuple(sorted({str(field.get("name")) for field in form.xpath(".//*[@name]")})),
        )
        for form in tree.xpath("//form")
    ]


def _try(page: Page, number: int) -> list[str]:
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    element = page.locator("form").nth(number)
    for field in _typed(element):
        field.fill("")
    for box in element.locator("input[type=checkbox]").all():
        box.uncheck(force=True)
    status = _send(page, element)
    if status < 400:
        return []
    if status != 422:
        return [f"sent empty: {status}"]
    return _refused(page) + _keeps(page)


def _typed(form: Locator) -> list[Locator]:
    return [field for field in form.locator(TYPED).all() if field.is_visible() and field.is_editable()]


def _send(page: Page, form: Locator) -> int:
    """Press the form's first button; the status of the answer."""
    method = str(form.evaluate("form => form.method")).upper()
    action = str(form.evaluate("form => new URL(form.action).pathname"))
    button = form.locator("button:not([type=button]):visible").first

    def answers(response: Response) -> bool:
        return response.request.method == method and response.url.partition("?")[0].endswith(action)

    with page.expect_response(answers) as caught:
        button.click()
    status = caught.value.status
    page.wait_for_load_state("load")
    return status


def _refused(page: Page) -> list[str]:
    """What a refusal must show: the summary with the focus, the title, each message at its field, and the bars."""
    faults = []
    if not _comes(page, "error-summary"):
        return [f"the summary has no focus: {page.evaluate(FOCUSED)!r} has"]
    if not page.title().startswith("错误："):
        faults.append(f"title: {page.title()}")
    for link in page.locator(".error-summary a").all():
        words, field = link.inner_text(), (link.get_attribute("href") or "#").removeprefix("#")
        beside = page.locator(f"[id='{field}-error']")
        if beside.count() != 1 or words not in beside.inner_text():
            faults.append(f"{words!r} is not said beside #{field}")
        link.click()
        if not _comes(page, field):
            faults.append(f"{words!r} leads to {page.evaluate(FOCUSED)!r} instead of #{field}")
    return faults + axe.faults(page)


def _keeps(page: Page) -> list[str]:
    """Whatever is typed into the refused form is still there when it is refused again."""
    element = page.locator("form:has(.error-summary)")
    if not element.count():
        return []
    names = [str(field.get_attribute("name")) for field in _typed(element)]
    for field in _typed(element):
        field.fill("字")
    if not names or _send(page, element) != 422 or not _comes(page, "error-summary"):
        return []
    kept = {name: page.locator(f"[name='{name}']").first.input_value() for name in names}
    return [f"{name} was {value!r} after a refusal" for name, value in kept.items() if value != "字"]


def _comes(page: Page, focused: str) -> bool:
    """Whether the element gets the focus, soon."""
    for _ in range(SETTLE_MS // 50):
        if page.evaluate(FOCUSED) == focused:
            return True
        page.wait_for_timeout(50)
    return False
