"""Requests that no page of ours sends: every route with values that somebody made up, seeded to come again."""

import json
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, get_type_hints
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx
import msgspec
from litestar import Litestar
from litestar.routes import HTTPRoute

from backend.kit import paging
from backend.kit.forms import Fields
from tests.browser import ORIGIN
from tests.guidance.stories import photo

LEFT_OUT = {"notices.live", "health"}  # a stream without an end; one that says 503 where no worker runs
LONG = "长" * 100_000
# As they stand in an address, percent signs and all: NUL, half a letter, half of a pair, a way up, a new header ...
RAW = (
    "%00", "a%00b", "%FF", "%ED%A0%80", "%C3%28", "..%2f..%2fetc%2fpasswd", "%0D%0ASet-Cookie:%20a=b", "%25", "+",
    "a" * 8_000, "%E4%B8%80" * 8, "%E2%80%AE%F0%9F%92%A9", "%EF%BC%A1%EF%BC%A1", "'%22%3E%3Cscript%3E",
    "%7B%7B7*7%7D%7D", "-1", "0", "99999999999999999999", "1e400", "NaN", "Infinity", "null", "true", "[]", "%5B%5D",
    "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00%2B14:00", "2026-02-30", "2026-11-23", "2026-11-23T09:00:00",
)  # fmt: skip
TEXTS = (
    "\0", "好\0坏", "\ud800", "\udfff写", LONG, "<script>alert(1)</script>", "{{ 7 * 7 }}", "%s%n{0}{x}", "\r\nX-A: b",
    "'; DROP TABLE visit; --", "\\", "‮", "𠮷" * 300, "-1", "99999999999999999999", "1e400", "NaN", "[]", "null",
    "0001-01-01", "9999-12-31", "2026-02-30", "2026-13-45-morning", "9999-12-31-morning", "0001-01-01-afternoon",
    "//evil.example", "/\\evil.example", "javascript:alert(1)", "http://[", "/%0d%0aX:1", "/" + "a" * 600,
    "１３８０００００００１", "٠١٢٣٤٥", "²²²²²²",
)  # fmt: skip
KEYS = ("", "\0", "n", "i", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2026-11-23", "中", "1")
KEYS_AFTER = ("", "\0", "中", "a" * 9000, str(UUID(int=0)), str(2**70), "0001-01-01T00:00:00+14:00")
NO_CURSORS = ("e30", "bnVsbA", "W251bGxd", "=", "中", "W1si" * 3000, "WyJcdWQ4MDAiLCIiXQ")
CURSORS = (*NO_CURSORS, *(paging.cursor(first, second) for first in KEYS for second in KEYS_AFTER))
HEADERS: tuple[dict[str, str], ...] = (
    {},
    {},
    {"HX-Request": "true", "HX-Request-Type": "partial"},
    {"HX-Request": "true", "HX-Current-URL": "x" * 5000, "HX-Target": "\xff"},
    {"HX-Request": "true", "HX-History-Restore-Request": "true", "HX-Request-Type": "\xe4"},
    {"Accept-Encoding": "br;q=x, gzip;q=9", "If-None-Match": '"\xff', "Range": "bytes=9-1"},
    {"User-Agent": "\xff" * 300, "Accept-Language": "\xe4\xb8", "Referer": "http://["},
    {"X-Forwarded-For": "\xff, 1.2.3.4.5", "X-Forwarded-Proto": "gopher", "Forwarded": "for=;;"},
    {"Cookie": "elder=\xff; theme=\x01; __Host-bihuan-attempt=zz; a"},
)


class Case(msgspec.Struct, frozen=True):
    """One request. ``said`` is what a failure is found again by."""

    method: str
    url: str
    headers: dict[str, bytes]
    content: bytes

    @property
    def said(self) -> str:
        shown = {name: value[:40] for name, value in self.headers.items() if name != "Sec-Fetch-Site"}
        return f"{self.method} {self.url[:300]} {shown} {self.content[:300]!r} ({len(self.content)} bytes)"

    def request(self) -> httpx.Request:
        return httpx.Request(self.method, ORIGIN + self.url, headers=self.headers, content=self.content)


class Route(msgspec.Struct, frozen=True):
    """A handler at an address. query: the names that it reads behind the question mark."""

    name: str
    method: str
    path: str
    query: tuple[str, ...]


def routes(app: Litestar) -> list[Route]:
    """Every handler of ours, in an order that stays the same."""
    found = [
        Route(str(handler.name), str(method), route.path_format, _query_of(handler, route.path_format))
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in handler.http_methods - {"OPTIONS", "HEAD"}
        if handler.name not in LEFT_OUT
    ]
    return sorted(found, key=lambda one: (one.path, one.method))


def cases(found: list[Route], ids: Mapping[str, list[str]], *, rounds: int, seed: int) -> Iterator[tuple[Route, Case]]:
    """``rounds`` requests for each route. ids: real ones by the name of the parameter or field, so that some hit."""
    random = Random(seed)
    for _ in range(rounds):
        for route in found:
            yield route, _case(route, ids, random)


def _case(route: Route, ids: Mapping[str, list[str]], random: Random) -> Case:
    parts = [_part(part, ids, random) if part.startswith("{") else part for part in route.path.split("/")]
    names = [name for name in (*route.query, "next", "code") if random.random() < 0.5]
    query = "&".join(f"{name}={_query_value(name, ids, random)}" for name in names)
    headers = {name: value.encode("latin-1") for name, value in random.choice(HEADERS).items()}
    kind, content = ("", b"") if route.method == "GET" else _body(ids, random)
    if kind:
        headers["Content-Type"] = kind.encode("latin-1")
    headers["Sec-Fetch-Site"] = b"same-origin"
    return Case(route.method, "/".join(parts) + (f"?{query}" if query else ""), headers, content)


def _part(part: str, ids: Mapping[str, list[str]], random: Random) -> str:
    name, _, kind = part.strip("{}").partition(":")
    known = ids.get(name, [])
    if known and random.random() < 0.8:
        return quote(random.choice(known), safe="")
    return str(uuid4()) if kind == "uuid" and random.random() < 0.5 else random.choice(RAW)


def _query_value(name: str, ids: Mapping[str, list[str]], random: Random) -> str:
    if name == "after" and random.random() < 0.7:
        return quote(random.choice(CURSORS))
    if ids.get(name) and random.random() < 0.5:
        return quote(random.choice(ids[name]), safe="")
    return random.choice(RAW)


def _fields() -> tuple[str, ...]:
    """The names of every form's fields."""
    return tuple(sorted({name for form in Fields.__subclasses__() for name in form.__struct_fields__}))


def _body(ids: Mapping[str, list[str]], random: Random) -> tuple[str, bytes]:
    """A form with one or two fields that are wrong, or no form at all."""
    pairs = [(name, random.choice(ids.get(name) or ["1"])) for name in _fields() if random.random() < 0.9]
    for _ in range(random.choice((0, 1, 1, 2))):
        at = random.randrange(len(pairs))
        pairs[at] = (pairs[at][0], random.choice(TEXTS))
    return random.choice((_urlencoded, _urlencoded, _urlencoded, _multipart, _odd))(pairs, random)


def _urlencoded(pairs: list[tuple[str, str]], random: Random) -> tuple[str, bytes]:
    raw = random.random() < 0.1
    sent = "&".join(f"{quote(name)}={random.choice(RAW) if raw else quote(_bytes(value))}" for name, value in pairs)
    charset = random.choice(("", "", "", "; charset=utf-8", "; charset=utf-16", "; charset=nonsense", "; charset=\xff"))
    return f"application/x-www-form-urlencoded{charset}", sent.encode()


def _multipart(pairs: list[tuple[str, str]], random: Random) -> tuple[str, bytes]:
    mark = b"----x"
    parts = [b'form-data; name="%s"\r\n\r\n%s' % (name.encode(), _bytes(value)) for name, value in pairs]
    for _ in range(random.choice((0, 1, 3))):
        file = random.choice((photo(), b"", b"GIF89a", b"<svg onload='alert(1)'/>", photo()[:300], b"\xff\xd8" * 999))
        name = random.choice((b"a.jpg", b"..\\..\\a", b"\xff\xfe", b"", b'a";x="', "照片.jpg".encode()))
        type_ = random.choice((b"image/jpeg", b"text/html", b"\xff", b"a/b; charset=nonsense"))
        parts.append(b'form-data; name="photos"; filename="%s"\r\nContent-Type: %s\r\n\r\n%s' % (name, type_, file))
    random.shuffle(parts)
    whole = b"".join(b"--" + mark + b"\r\nContent-Disposition: " + part + b"\r\n" for part in parts)
    ending = random.choice((b"--" + mark + b"--\r\n", b"--" + mark + b"--\r\n", b"", b"--" + mark))
    said = random.choice((f"boundary={mark.decode()}",) * 6 + ("", "boundary=", "boundary=\xff", "boundary=other"))
    return f"multipart/form-data; {said}", whole + ending


def _odd(pairs: list[tuple[str, str]], random: Random) -> tuple[str, bytes]:
    """Data where a form is wanted, and the other way round."""
    wanted: dict[str, Any] = {"endpoint": random.choice(TEXTS), "keys": {"p256dh": random.choice(TEXTS), "auth": "\0"}}
    return random.choice(
        (
            ("application/json", json.dumps(dict(pairs)).encode()),
            ("application/json", json.dumps(wanted).encode()),
            ("application/json", b'{"endpoint": "https://a/", "keys": {"p256dh": "\\u0000", "auth": "\\ud800"}}'),
            ("application/json", b"[" * 20_000),
            ("application/json", b'{"a":' * 5_000 + b"1" + b"}" * 5_000),
            ("application/json", b"\xff\xfe"),
            ("application/json; charset=nonsense", b"{}"),
            ("application/x-msgpack", b"\xc1"),
            ("application/msgpack", b"\x81\xa1a\xc1"),
            ("text/plain", b"a=b"),
            ("", b"a=b"),
            (";;;", b"\0"),
            ("\xff/\xff", b"\0"),
            ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % number for number in range(20_000))),
            ("application/x-www-form-urlencoded", b"items=x&" * 20_000),
            ("application/x-www-form-urlencoded", b"=&&;=%zz&%=%"),
        )
    )


def _bytes(value: str) -> bytes:
    return value.encode("utf-8", "surrogatepass")


def _query_of(handler: Any, path: str) -> tuple[str, ...]:
    given = {"return", "request", "data", "actor", "viewer", "now"}
    named = {part.strip("{}").partition(":")[0] for part in path.split("/")}
    return tuple(sorted(set(get_type_hints(handler.fn)) - given - named))
