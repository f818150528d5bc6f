"""A real server with the sample page, and Chromium to look at it."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.kit import sample

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with sample.serving() as address:
        yield address


@pytest.fixture(scope="module")
def play() -> Iterator[Playwright]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as opened:
        yield opened


@pytest.fixture(scope="module")
def chromium(play: Playwright) -> Iterator[Browser]:
    opened = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    yield opened
    opened.close()
