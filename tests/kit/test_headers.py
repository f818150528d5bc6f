"""What every answer carries, and that pages come compressed while streams and files are left alone."""

from collections.abc import AsyncIterator

import httpx
import pytest
from litestar import Litestar, get
from litestar.response import ServerSentEvent

from backend.kit import headers, static


@get("/page", media_type="text/html", sync_to_thread=False)
def page() -> str:
    return "<p>预约入企指导</p>" * 200


@get("/own", sync_to_thread=False)
def own() -> str:
    raise RuntimeError("broken")


@get("/stream", opt={"uncompressed": True}, sync_to_thread=False)
def stream() -> ServerSentEvent:
    return ServerSentEvent(iter(["one", "two"]))


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = Litestar(
        [page, own, stream, static.worker_script],
        before_send=[headers.secure],
        compression_config=headers.COMPRESSION,
        openapi_config=None,
        logging_config=None,
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://t") as opened:
        yield opened


@pytest.mark.parametrize(("path", "status"), [("/page", 200), ("/nothing", 404), ("/own", 500), ("/sw.js", 200)])
async def test_every_answer_carries_them_whatever_made_it(client: httpx.AsyncClient, path: str, status: int) -> None:
    answer = await client.get(path)

    assert answer.status_code == status
    for name, value in headers.HEADERS.items():
        assert answer.headers[name] == value
    assert answer.headers["strict-transport-security"].startswith("max-age=")


async def test_a_refused_method_carries_them_too(client: httpx.AsyncClient) -> None:
    answer = await client.post("/page")

    assert answer.status_code == 405
    assert answer.headers["content-security-policy"] == headers.POLICY


async def test_without_https_nobody_is_told_to_insist_on_it(client: httpx.AsyncClient) -> None:
    answer = await client.get("http://t/page")

    assert "strict-transport-security" not in answer.headers


def test_the_policy_lets_nothing_in_from_elsewhere() -> None:
    rules = dict(rule.split(" ", 1) for rule in headers.POLICY.split("; "))

    assert rules["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert rules["style-src"] == "'self'"
    assert rules["frame-ancestors"] == rules["object-src"] == rules["base-uri"] == "'none'"
    assert not any("http" in sources or "*" in sources or "unsafe-inline" in sources for sources in rules.values())


@pytest.mark.parametrize(("accepted", "encoding"), [("br, gzip", "br"), ("gzip", "gzip"), ("identity", None)])
async def test_pages_are_compressed(client: httpx.AsyncClient, accepted: str, encoding: str | None) -> None:
    answer = await client.get("/page", headers={"Accept-Encoding": accepted})

    assert answer.headers.get("content-encoding") == encoding
    assert answer.text.startswith("<p>预约入企指导</p>")


async def test_a_stream_and_a_file_are_not_compressed_again(client: httpx.AsyncClient) -> None:
    events = await client.get("/stream", headers={"Accept-Encoding": "br"})
    script = await client.get("/sw.js", headers={"Accept-Encoding": "br"})

    assert "content-encoding" not in events.headers
    assert script.headers["content-encoding"] == "br"
    assert script.text.startswith("// The service worker")
