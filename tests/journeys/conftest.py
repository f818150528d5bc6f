"""A whole city as `scripts/run` starts it, a phone-size Chromium, and a push service of our own."""

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from backend import settings as settings_of
from backend.host import servers
from tests.notices.push_service import PushService

PHONE = {"width": 390, "height": 844}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
READY_SECONDS = 90


class Town:
    """A running city: where it is, and the short messages it sent."""

    def __init__(self, url: str, data: Path) -> None:
        self.url = url
        self.data = data

    def code_for(self, number: str) -> str:
        """The newest sign-in code sent to a number."""
        for _ in range(50):
            lines = (self.data / "sms.jsonl").read_text(encoding="utf-8").splitlines() if self._sent() else []
            texts = [message["text"] for message in map(json.loads, lines) if message["to"] == number]
            codes = [found[0] for text in texts if (found := re.search(r"\d{6}", text))]
            if codes:
                return codes[-1]
            time.sleep(0.1)
        raise AssertionError(f"no message to {number}")

    def _sent(self) -> bool:
        return (self.data / "sms.jsonl").exists()


@pytest.fixture(scope="session")
def push_service() -> Iterator[PushService]:
    """The push service, on a thread of its own: the browser and the worker both talk to it."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    opened = PushService().running()
    service = asyncio.run_coroutine_threadsafe(opened.__aenter__(), loop).result(10)
    yield service
    asyncio.run_coroutine_threadsafe(opened.__aexit__(None, None, None), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory, push_service: PushService) -> Iterator[Town]:
    """`bihuan run` with the demonstration city, its worker allowed to call the push service."""
    data, port = tmp_path_factory.mktemp("town"), _free_port()
    log = data / "run.log"
    command = [sys.executable, "-m", "backend.cli", "run", "--data", str(data / "city"), "--port", str(port)]
    environment = {**os.environ, "BIHUAN_PUSH_HOSTS": push_service.origin}
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=environment)
    try:
        _wait_for("Ready:", log, process)
        run(_no_quiet_hours(data / "city"))
        yield Town(f"http://127.0.0.1:{port}", data / "city")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine on a thread of its own: Playwright keeps this one's event loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


async def as_owner(data: Path) -> asyncpg.Connection:
    """A connection to the running city's database as its owner."""
    running = servers.read_state(data)
    assert running is not None
    environment = servers.overlaid({}, running.environment)
    return await asyncpg.connect(settings_of.read(environment, data=data).owner_database_url)


async def _no_quiet_hours(data: Path) -> None:
    """The journey is told at once whatever the time of day at which the tests run."""
    connection = await as_owner(data)
    await connection.execute("UPDATE policy SET value = '\"00:00\"' WHERE key LIKE 'notice.quiet_%'")
    await connection.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser a file: Playwright's event loop must be gone before a test with a loop of its own comes."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def phone(chromium: Browser, town: Town, **options: object) -> Iterator[BrowserContext]:
    """Somebody's own phone: cookies of its own, no error in its console."""
    context = chromium.new_context(base_url=town.url, viewport=PHONE, locale="zh-CN", **options)  # type: ignore[arg-type]
    faults: list[str] = []
    context.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    context.on("weberror", lambda error: faults.append(str(error.error)))
    context.set_default_timeout(8_000)
    yield context
    context.close()
    assert not [fault for fault in faults if "422" not in fault], faults


def sign_in(page: Page, town: Town, number: str) -> None:
    """By number and code, as anybody does."""
    page.goto("/sign-in")
    page.get_by_label("手机号").fill(number)
    page.get_by_role("button", name=re.compile("验证码")).click()
    page.wait_for_url("**/sign-in/**")
    page.locator("input[name=code]").fill(town.code_for(number))
    page.get_by_role("button", name=re.compile("登录")).click()
    page.wait_for_url(re.compile(r"/(home|todo|desk)"))


def _wait_for(word: str, log: Path, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        if word in log.read_text(encoding="utf-8"):
            return
        assert process.poll() is None, log.read_text(encoding="utf-8")
        time.sleep(0.1)
    raise AssertionError(log.read_text(encoding="utf-8"))


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
