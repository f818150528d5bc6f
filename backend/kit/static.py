"""Browser files: names that carry their content's hash, cached for good, compressed once in memory, 304 where due.

Everything is read once per process: a changed file is seen after a restart.
"""

import gzip
import hashlib
import re
from functools import cache
from pathlib import Path, PurePosixPath

import brotli
import msgspec
from litestar import MediaType, Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Template

WEB = Path(__file__).parent.parent.parent / "web"
# Served under a name of our own, out of packages that `npm ci` has put into web/node_modules.
PACKAGED = {
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "barcode-detector.js": "barcode-detector/dist/iife/ponyfill.js",
    "zxing-reader.wasm": "zxing-wasm/dist/reader/zxing_reader.wasm",
}
STYLE = "css/bihuan.css"
STYLE_FIRST, STYLE_LAST = ("tokens", "base", "layout"), ("print",)
SCRIPT = "js/bihuan.js"
# What every page needs, sent as one file; the other behaviours are asked for by the pages that use them.
SCRIPT_PARTS = ("frame", "submit", "swap", "drafts", "worker", "live", "told")
SHELL = (STYLE, SCRIPT, "htmx.js", "img/icons.svg", "img/mark.svg", "img/app-192.png")
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
}
OPT = {"public": True, "uncompressed": True}
FOREVER = "public, max-age=31536000, immutable"


class Asset(msgspec.Struct):
    """One file as it is sent."""

    body: bytes
    type: str
    hash: str
    url: str
    packed: dict[str, bytes] = {}

    def encoded(self, accepted: str) -> tuple[bytes, str | None]:
        """The body and its Content-Encoding for a request's Accept-Encoding; compressed at the first request."""
        encoding = "br" if "br" in accepted else "gzip" if "gzip" in accepted else None
        if encoding is None or self.type == TYPES[".png"]:
            return self.body, None
        if encoding not in self.packed:
            # Brotli's last step costs three seconds on a megabyte and wins a tenth.
            quality = 11 if len(self.body) < 200_000 else 9
            pack = gzip.compress if encoding == "gzip" else lambda body: brotli.compress(body, quality=quality)
            self.packed[encoding] = pack(self.body)
        return self.packed[encoding], encoding


def url(name: str) -> str:
    """The address of a file below web/static, of the style sheet, the common script or a packaged library.

    Raises KeyError for a name that does not exist: a template's mistake, found by its first test.
    """
    return assets()[name].url


@cache
def assets() -> dict[str, Asset]:
    """All files by name. Raises FileNotFoundError when the browser libraries are not installed."""
    folder = WEB / "static"
    found = {file.relative_to(folder).as_posix(): file.read_bytes() for file in sorted(folder.rglob("*.*"))}
    for name, path in PACKAGED.items():
        file = WEB / "node_modules" / path
        if not file.exists():
            raise FileNotFoundError(f"web/node_modules/{path} is missing: run scripts/setup, or npm ci in web/")
        found[name] = re.sub(rb"\n//# sourceMappingURL=\S+\s*$", b"\n", file.read_bytes())
    sheets = [name for name in found if name.startswith("css/")]
    found[STYLE] = b"\n".join(found.pop(name) for name in sorted(sheets, key=_place_of_sheet))
    found[SCRIPT] = b"\n".join(found.pop(f"js/{part}.js") for part in SCRIPT_PARTS)
    return {name: _asset(name, body) for name, body in found.items()}


def _place_of_sheet(name: str) -> tuple[int, str]:
    stem = PurePosixPath(name).stem
    if stem in STYLE_FIRST:
        return STYLE_FIRST.index(stem), stem
    return len(STYLE_FIRST) + (stem in STYLE_LAST), stem


def _asset(name: str, body: bytes) -> Asset:
    path, fingerprint = PurePosixPath(name), hashlib.sha256(body).hexdigest()[:10]
    return Asset(body, TYPES[path.suffix], fingerprint, f"/static/{path.with_suffix('')}.{fingerprint}{path.suffix}")


@cache
def worker() -> Asset:
    """The service worker with the list of its shell and a version that changes with any of it."""
    offline = b"".join(
        (WEB / "templates" / "shared" / name).read_bytes() for name in ("offline.html", "bare.html", "_head.html")
    )
    source = (WEB / "sw.js").read_text()
    shell = [url(name) for name in SHELL]
    version = hashlib.sha256("".join([source, *shell]).encode() + offline).hexdigest()[:10]
    listed = msgspec.json.encode([*shell, "/offline"]).decode()
    body = source.replace('"__VERSION__"', f'"{version}"').replace('["__SHELL__"]', listed)
    return _asset("sw.js", body.encode())


@cache
def manifest() -> Asset:
    """The web app's manifest; ``static:NAME`` in it stands for a hashed address."""
    text = (WEB / "manifest.webmanifest").read_text()
    return _asset("manifest.webmanifest", re.sub(r"static:([\w./-]+)", lambda found: url(found[1]), text).encode())


def send(request: Request, asset: Asset, *, caching: str) -> Response[bytes]:
    """The file, or 304 when the browser has this very content."""
    etag = f'"{asset.hash}"'
    headers = {"Cache-Control": caching, "ETag": etag, "Vary": "Accept-Encoding"}
    known = request.headers.get("if-none-match", "")
    if etag in (tag.strip().removeprefix("W/") for tag in known.split(",")):
        return Response(b"", status_code=304, headers=headers)
    body, encoding = asset.encoded(request.headers.get("accept-encoding", ""))
    if encoding:
        headers["Content-Encoding"] = encoding
    return Response(body, headers=headers, media_type=asset.type)


@get("/static/{path:path}", name="static.file", opt=OPT, sync_to_thread=False)
def file(request: Request, path: FromPath[str]) -> Response[bytes]:
    """A file by its hashed name. A page older than the last deployment still gets the file, uncached."""
    hashed = re.fullmatch(r"/?(?P<stem>.+)\.(?P<hash>[0-9a-f]{10})(?P<suffix>\.\w+)", path)
    asset = assets().get(f"{hashed['stem']}{hashed['suffix']}") if hashed else None
    if asset is None or hashed is None:
        raise NotFoundException
    return send(request, asset, caching=FOREVER if hashed["hash"] == asset.hash else "no-cache")


@get("/sw.js", name="static.worker", opt=OPT, sync_to_thread=False)
def worker_script(request: Request) -> Response[bytes]:
    return send(request, worker(), caching="no-cache")


@get("/manifest.webmanifest", name="static.manifest", opt=OPT, sync_to_thread=False)
def manifest_file(request: Request) -> Response[bytes]:
    return send(request, manifest(), caching="no-cache")


@get("/offline", name="static.offline", opt={"public": True}, media_type=MediaType.HTML, sync_to_thread=False)
def offline() -> Template:
    """What the service worker shows without a network: says nothing of anybody."""
    return Template("shared/offline.html", headers={"Cache-Control": "public, no-cache"})


HANDLERS = [file, worker_script, manifest_file, offline]
