"""The site as an app: installed, without a network, after a new version, weighed, and forgotten at the sign-out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from lxml import html as lxml_html
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys import visitors
from tests.journeys.conftest import CHROMIUM, PHONE, Town
from tests.journeys.front import Front, standing_before
from tests.journeys.places import PHONES, PLACES

pytestmark = pytest.mark.journey
FIRST_BYTES, AGAIN_BYTES = 80_000, 10_000
OWN = "檀木轩"  # of the owner's firm's name
CONTROLLED = "navigator.serviceWorker.controller !== null"
CACHED = """(async () => {
    const found = [];
    for (const name of await caches.keys())
        for (const request of await (await caches.open(name)).keys())
            found.push([new URL(request.url).pathname, await (await caches.match(request)).text()]);
    return found; })()"""


@pytest.fixture
def front(town: Town) -> Iterator[Front]:
    with standing_before(town.url) as opened:
        yield opened


@pytest.fixture
def phone(chromium: Browser, town: Town, front: Front, tmp_path: Path) -> Iterator[BrowserContext]:
    """The owner's own phone, with a profile that lasts, signed in."""
    options: dict[str, Any] = {"executable_path": CHROMIUM, "args": ["--no-sandbox"], "viewport": PHONE}
    context = chromium.browser_type.launch_persistent_context(tmp_path, base_url=front.url, **options)
    context.set_default_timeout(8_000)
    visitors.seat(context, town, phone=PHONES["owner"], role="owner")
    yield context
    context.close()


@pytest.fixture
def page(phone: BrowserContext) -> Page:
    return phone.pages[0]


def test_it_can_be_installed(phone: BrowserContext, page: Page) -> None:
    page.goto("/home", wait_until="load")
    _until(page, CONTROLLED)
    protocol = phone.new_cdp_session(page)

    assert protocol.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
    manifest = protocol.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert "standalone" in manifest["data"]


def test_without_a_network_a_kept_page_is_read_and_another_says_so(phone: BrowserContext, page: Page) -> None:
    page.goto("/home")
    _until(page, CONTROLLED)
    page.goto("/home")
    shown = page.locator("main").inner_text()
    _until(page, "caches.has('pages-private')")

    phone.set_offline(True)
    page.goto("/home")
    assert page.locator("main").inner_text() == shown
    expect(page.locator(".offline-bar")).to_contain_text("离线")
    page.goto("/enterprises/mine")

    assert page.locator("h1").inner_text() == "现在没有网络"


def test_nothing_private_is_kept_after_the_sign_out(page: Page) -> None:
    page.goto("/home")
    _until(page, CONTROLLED)
    page.goto("/guidance/visits")
    page.goto("/home")
    _until(page, "caches.has('pages-private')")
    assert any(OWN in text for _, text in page.evaluate(CACHED))
    page.goto("/me")
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_load_state("load")
    _until(page, "caches.has('pages-private').then((found) => !found)")

    for path, text in page.evaluate(CACHED):
        assert path.startswith("/static/") or path in ("/offline", "/privacy", "/sources"), path
        assert OWN not in text
    assert page.evaluate("sessionStorage.length + localStorage.length") == 0


def test_a_half_filled_form_survives_a_new_version(chromium: Browser, town: Town, front: Front) -> None:
    place = PLACES["guidance.booking_question"][0]
    number, found = visitors.find(town, place)
    with visitors.visitor(chromium, town, phone=number, role=place.role, base_url=front.url) as context:
        page = context.new_page()
        page.goto(f"/guidance/bookings/{found['draft_id']}/question")
        _until(page, CONTROLLED)
        page.fill("#question", "写到一半的话")
        front.released += 1
        page.evaluate("navigator.serviceWorker.getRegistration().then((worker) => worker.update()).then(() => null)")

        prompt = page.locator(".update")
        prompt.get_by_role("button", name="点此刷新").click()

        expect(prompt).to_contain_text("您填的内容还没提交")
        assert page.input_value("#question") == "写到一半的话"
        page.get_by_role("button", name="下一步").click()
        page.wait_for_url("**/check")
        expect(page.locator("main")).to_contain_text("写到一半的话")
        with page.expect_navigation():
            page.locator(".update").get_by_role("button", name="点此刷新").click()
        expect(page.locator("main")).to_contain_text("写到一半的话")
        expect(page.locator(".update")).to_have_count(0)


def test_the_booking_page_is_light_and_asks_nobody_else(phone: BrowserContext, page: Page, front: Front) -> None:
    hosts: set[str] = set()
    phone.on("request", lambda request: hosts.add(httpx.URL(request.url).netloc.decode()))
    received = _received(phone, page)
    front.weighed()

    page.goto("/guidance/visits/new?item=furniture.dust", wait_until="load")
    _until(page, CONTROLLED)
    page.wait_for_timeout(1_000)  # what comes after the page: the service worker's shell, icons
    first, first_on_wire = sum(received), front.weighed()
    received.clear()
    page.goto("/guidance/visits/new?item=furniture.dust", wait_until="load")
    page.wait_for_timeout(1_000)
    again, again_on_wire = sum(received), front.weighed()

    assert 20_000 < first <= first_on_wire + 2_000
    assert first_on_wire <= FIRST_BYTES
    assert 1_000 < again_on_wire <= AGAIN_BYTES
    assert again <= AGAIN_BYTES
    assert hosts == {front.url.removeprefix("http://")}


def test_what_every_page_loads_is_packed_and_kept_for_good(town: Town) -> None:
    with httpx.Client(base_url=town.url, headers={"Accept-Encoding": "br"}) as client:
        tree = lxml_html.fromstring(client.get("/").text)
        loaded = {str(one) for one in tree.xpath("//link[@rel='stylesheet']/@href | //script/@src")}
        assert len(loaded) >= 3
        for address in loaded:
            answer = client.get(address)
            assert "immutable" in answer.headers["cache-control"]
            assert answer.headers["content-encoding"] == "br"
            known = client.get(address, headers={"If-None-Match": answer.headers["etag"]})
            assert (known.status_code, known.content) == (304, b"")


def _received(context: BrowserContext, page: Page) -> list[float]:
    """Fills with the bytes over the wire of everything that the page receives, as Chromium counts them."""
    sizes: list[float] = []
    protocol = context.new_cdp_session(page)
    protocol.send("Network.enable")
    protocol.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    return sizes


def _until(page: Page, condition: str) -> None:
    """Wait for a condition in the page; Playwright's own way uses eval, which our policy forbids."""
    held: Any = False
    for _ in range(160):
        held = page.evaluate(condition)
        if held:
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never came: {condition}")
