"""Hashed names, caching, compression, 304; the service worker and the manifest as they are sent."""

import gzip
import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import brotli
import httpx
import pytest

from backend.kit import html, static
from tests.kit import sample

HERE = Path(__file__).parent


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(sample.application()), base_url="https://t") as opened:
        yield opened


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of what is served, to be changed at will."""
    for name in ("static", "node_modules", "templates"):
        (tmp_path / name).symlink_to(static.WEB / name)
    (tmp_path / "static").unlink()
    for file in (static.WEB / "static").rglob("*.*"):
        copy = tmp_path / "static" / file.relative_to(static.WEB / "static")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
    monkeypatch.setattr(static, "WEB", tmp_path)
    static.assets.cache_clear()
    yield tmp_path
    static.assets.cache_clear()


def test_a_name_changes_when_its_content_changes_and_only_then(web: Path) -> None:
    style, script = static.url("css/bihuan.css"), static.url("js/bihuan.js")
    sheet = web / "static" / "css" / "tag.css"
    sheet.write_text(sheet.read_text() + "\n.tag { order: 1; }")

    static.assets.cache_clear()

    assert static.url("css/bihuan.css") != style
    assert static.url("js/bihuan.js") == script


def test_a_missing_library_names_the_remedy(web: Path) -> None:
    (web / "node_modules").unlink()

    with pytest.raises(FileNotFoundError, match="scripts/setup"):
        static.assets()


def test_a_name_that_does_not_exist_is_the_templates_mistake() -> None:
    with pytest.raises(KeyError):
        static.url("css/nothing.css")


def test_the_style_sheet_starts_with_the_tokens_and_ends_with_print() -> None:
    sheet = static.assets()["css/bihuan.css"].body.decode()

    assert sheet.index(":root {") < sheet.index(".topbar {") < sheet.index(".cells {")
    assert sheet.index("@media print") > sheet.index(".verdict {")


def test_both_ways_to_the_dark_theme_say_the_same() -> None:
    tokens = (static.WEB / "static" / "css" / "tokens.css").read_text()
    by_system, by_choice = re.findall(
        r'(?:not\(\[data-theme="light"\]\)|\[data-theme="dark"\]) \{(.*?)\}', tokens, re.DOTALL
    )

    assert by_system.split() == by_choice.split()


async def test_every_file_is_kept_for_good_under_its_hash(client: httpx.AsyncClient) -> None:
    for name, asset in static.assets().items():
        answer = await client.get(static.url(name), headers={"Accept-Encoding": "identity"})

        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert answer.content == asset.body


async def test_a_file_comes_compressed_as_the_browser_can(client: httpx.AsyncClient) -> None:
    body = static.assets()["htmx.js"].body
    seen = {}
    for accepted in ("br, gzip", "gzip", "identity"):
        async with client.stream("GET", static.url("htmx.js"), headers={"Accept-Encoding": accepted}) as answer:
            raw = b"".join([piece async for piece in answer.aiter_raw()])
            seen[answer.headers.get("content-encoding")] = raw

    assert brotli.decompress(seen["br"]) == gzip.decompress(seen["gzip"]) == seen[None] == body
    assert len(seen["br"]) < 12_500


async def test_a_known_file_is_answered_304_without_a_body(client: httpx.AsyncClient) -> None:
    first = await client.get("/manifest.webmanifest")
    again = await client.get("/manifest.webmanifest", headers={"If-None-Match": f'W/{first.headers["etag"]}, "other"'})

    assert first.headers["cache-control"] == "no-cache"
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


async def test_a_page_older_than_the_deployment_still_gets_its_file_but_not_for_good(client: httpx.AsyncClient) -> None:
    answer = await client.get("/static/css/bihuan.0000000000.css")

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    ["/static/css/bihuan.css", "/static/..%2fsw.js", "/static/%2e%2e/package.json", "/static/js/no.0123456789.js"],
)
async def test_nothing_else_is_served(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404


async def test_the_worker_names_a_shell_that_exists(client: httpx.AsyncClient) -> None:
    script = (await client.get("/sw.js")).text
    shell = json.loads(re.search(r"SHELL = (\[.*?\]);", script)[1])  # type: ignore[index]

    assert "__" not in script.split("self.addEventListener")[0]
    assert "/offline" in shell
    for address in shell:
        assert (await client.get(address)).status_code == 200


async def test_the_manifests_files_exist_and_are_as_large_as_it_says(client: httpx.AsyncClient) -> None:
    answer = await client.get("/manifest.webmanifest")
    manifest = answer.json()
    pictures = [
        *manifest["icons"],
        *manifest["screenshots"],
        *(icon for short in manifest["shortcuts"] for icon in short["icons"]),
    ]

    assert answer.headers["content-type"] == "application/manifest+json"
    for picture in pictures:
        png = (await client.get(picture["src"])).content
        size = f"{int.from_bytes(png[16:20], 'big')}x{int.from_bytes(png[20:24], 'big')}"
        assert size == picture["sizes"], picture["src"]


async def test_the_offline_page_speaks_to_nobody_in_particular(client: httpx.AsyncClient) -> None:
    page = await client.get("/offline", headers={"Cookie": "elder=1"})

    assert page.headers["cache-control"] == "public, no-cache"
    assert "现在没有网络" in page.text


def test_the_sample_page_shows_every_macro() -> None:
    shared = html.TEMPLATES / "shared"
    names = {
        name for line in re.findall(r"{% set (.+?) = ", (shared / "ui.html").read_text()) for name in line.split(", ")
    }
    frame = [shared / name for name in ("layout.html", "_tabs.html", "_foot.html")]
    shown = "".join(file.read_text() for file in [*frame, HERE / "sample.html"])
    by_others = {"choice", "choices", "described_by", "ending", "field_error", "hint", "label"}

    assert {name for name in names - by_others if f"ui.{name}(" not in shown} == set()
