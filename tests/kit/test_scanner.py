"""The scan page with a camera that holds a QR code: read by our own reader, as on phones whose browser has none."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import segno
from PIL import Image
from playwright.sync_api import BrowserContext, Page, Playwright

from tests.kit.conftest import CHROMIUM

pytestmark = pytest.mark.journey
Scan = Callable[[str], Page]


def picture(text: str) -> bytes:
    """A JPEG of 640 x 480 pixels: the code on a desk, turned a little."""
    drawn = io.BytesIO()
    segno.make(text, error="m").save(drawn, kind="png", scale=6, border=4)
    desk = Image.new("RGB", (640, 480), (200, 190, 180))
    code = Image.open(drawn).convert("RGB").resize((240, 240))
    desk.paste(code.rotate(7, expand=True, fillcolor=(200, 190, 180)), (180, 100))
    held = io.BytesIO()
    desk.save(held, "JPEG", quality=85)
    return held.getvalue()


@pytest.fixture
def scan(play: Playwright, site: str, tmp_path: Path) -> Iterator[Scan]:
    """Opens the scan page with a camera that sees a code of the given text."""
    opened: list[BrowserContext] = []

    def look(text: str) -> Page:
        film = tmp_path / "camera.mjpeg"
        film.write_bytes(picture(text) * 3)
        camera = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
        args = ["--no-sandbox", *camera, f"--use-file-for-fake-video-capture={film}"]
        browser = play.chromium.launch(executable_path=CHROMIUM, args=args)
        context = browser.new_context(base_url=site, permissions=["camera"])
        opened.append(context)
        page = context.new_page()
        page.goto("/sample?desk=owner&scan=1")
        return page

    yield look
    for context in opened:
        context.close()
        if context.browser:
            context.browser.close()


def test_a_code_of_this_site_opens_its_page(scan: Scan, site: str) -> None:
    page = scan(f"{site}/errors/404")

    page.wait_for_url("**/errors/404", timeout=20_000)

    assert page.locator("h1").inner_text() == "没有找到这个页面"


def test_any_other_text_goes_to_the_form_which_the_server_judges(scan: Scan) -> None:
    page = scan("8Q2MZK7P")

    page.wait_for_selector(".error-summary", timeout=20_000)

    assert page.input_value("#code") == "8Q2MZK7P"


def test_a_link_elsewhere_is_named_and_not_opened(scan: Scan, site: str) -> None:
    page = scan("https://pay.example/now?amount=900")

    page.get_by_text("这不是本平台的码（pay.example）").wait_for(timeout=20_000)

    assert page.url.startswith(f"{site}/sample")


def test_without_a_camera_a_photo_will_do(page_without_camera: Page, site: str) -> None:
    page = page_without_camera
    page.get_by_text("打不开摄像头").wait_for()

    code = {"name": "code.jpg", "mimeType": "image/jpeg", "buffer": picture(f"{site}/errors/404")}
    page.set_input_files("[data-scanner-photo]", code)

    page.wait_for_url("**/errors/404", timeout=20_000)


@pytest.fixture
def page_without_camera(play: Playwright, site: str) -> Iterator[Page]:
    browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    page = browser.new_context(base_url=site).new_page()
    page.goto("/sample?desk=owner&scan=1")
    yield page
    browser.close()
