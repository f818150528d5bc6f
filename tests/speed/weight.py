"""What a visit weighs over the wire: heads and bodies of a page and of all that a browser then asks for."""

import re
from itertools import chain

import brotli
import msgspec
from lxml import html as lxml_html

from tests.speed.client import fetch, request
from tests.speed.running import Running

LINKS = "//link[@rel='stylesheet' or @rel='icon' or @rel='apple-touch-icon']/@href | //script/@src | //img/@src"
USED = "//*[local-name()='use']/@href"
WORKER, MANIFEST = "/sw.js", "/manifest.webmanifest"


class Piece(msgspec.Struct, frozen=True):
    """size: bytes over the wire, head and body. text: the body unpacked; empty for what is no text."""

    status: int
    size: int
    text: str
    etag: str


async def of_page(city: Running, path: str, cookie: str) -> tuple[float, float]:
    """Kilobytes of the first visit, with the service worker and the shell that it keeps, and of the next one.

    The next one asks for the page again and whether worker and manifest have changed; all else is immutable.
    """
    page, worker, manifest = await _get(city, path, cookie), await _get(city, WORKER), await _get(city, MANIFEST)
    document = lxml_html.fromstring(page.text)
    listed = re.search(r"\[[^\]]*/offline[^\]]*\]", worker.text)
    assert listed, "the worker's shell is not where it was"
    links = chain(document.xpath(LINKS), document.xpath(USED), msgspec.json.decode(listed[0]))
    files = [await _get(city, link) for link in sorted({str(link).partition("#")[0] for link in links})]
    assert {one.status for one in (page, worker, manifest, *files)} == {200}
    again = [await _get(city, path, cookie)]
    again += [await _get(city, name, etag=one.etag) for name, one in ((WORKER, worker), (MANIFEST, manifest))]
    assert [one.status for one in again] == [200, 304, 304]
    return sum(one.size for one in (page, worker, manifest, *files)) / 1000, sum(one.size for one in again) / 1000


async def _get(city: Running, path: str, cookie: str = "", *, etag: str = "") -> Piece:
    head, body = await fetch(city.port, request(path, host=city.host, cookie=cookie, etag=etag))
    fields = dict(line.split(": ", 1) for line in head.decode("latin-1").lower().split("\r\n")[1:] if line)
    plain = brotli.decompress(body) if fields.get("content-encoding") == "br" else body
    text = "" if fields.get("content-type", "").startswith("image/png") else plain.decode()
    return Piece(int(head[9:12]), len(head) + len(body), text, fields.get("etag", ""))
