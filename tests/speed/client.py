"""A browser without eyes: keep-alive connections that ask again as soon as they are answered.

Lean, so that it is not the bottleneck: no library reads the answer, only its status, its length and what it weighs.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from tests.speed.ground import percentile

HEAD = "{method} {path} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: br, gzip\r\nSec-Fetch-Site: same-origin\r\n"


class Answer(msgspec.Struct, frozen=True):
    """size: bytes over the wire, with the head. seconds: until the last of them."""

    status: int
    seconds: float
    size: int


class Load(msgspec.Struct, frozen=True):
    """What came back in ``seconds``."""

    seconds: float
    answers: list[Answer]

    @property
    def rate(self) -> float:
        return len(self.answers) / self.seconds

    def milliseconds(self, percent: float) -> float:
        return percentile([one.seconds for one in self.answers], percent) * 1000

    @property
    def plain(self) -> str:
        return f"{self.rate:,.0f}/s, p50 {self.milliseconds(50):.1f} ms, p99 {self.milliseconds(99):.1f} ms"


def request(path: str, *, host: str, cookie: str = "", form: str | None = None, etag: str = "") -> bytes:
    """A GET, or the POST of an encoded form, as it goes over the wire."""
    head = HEAD.format(method="GET" if form is None else "POST", path=path, host=host)
    if cookie:
        head += f"Cookie: {cookie}\r\n"
    if etag:
        head += f"If-None-Match: {etag}\r\n"
    if form is not None:
        head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n"
    return f"{head}\r\n{form or ''}".encode()


class _Line(asyncio.Protocol):
    """One connection: sends what ``ask`` gives until that is None."""

    def __init__(self, ask: Callable[[], bytes | None], answers: list[Answer]) -> None:
        self._ask, self._answers = ask, answers
        self._received = bytearray()
        self._length = -1
        self._began = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._send()

    def _send(self) -> None:
        asked = self._ask()
        if asked is None:
            self._transport.close()
            return
        self._received.clear()
        self._length, self._began = -1, time.perf_counter()
        self._transport.write(asked)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._length < 0:
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                return
            self._length = end + 4 + _content_length(self._received[: end + 4])
        if len(self._received) >= self._length:
            took = time.perf_counter() - self._began
            self._answers.append(Answer(int(self._received[9:12]), took, len(self._received)))
            self._send()

    def connection_lost(self, failure: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None) if failure is None else self.done.set_exception(failure)


def _content_length(head: bytearray) -> int:
    at = head.lower().find(b"content-length:")
    return int(head[at + 15 : head.index(b"\r", at)]) if at >= 0 else 0


async def fetch(port: int, asked: bytes) -> tuple[bytes, bytes]:
    """Head and body of one answer, as they came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(asked)
    head = await reader.readuntil(b"\r\n\r\n")
    body = await reader.readexactly(_content_length(bytearray(head)))
    writer.close()
    return head, body


async def drive(port: int, asked: Iterator[bytes], *, at_once: int, seconds: float = 0) -> Load:
    """Send what ``asked`` gives over ``at_once`` connections, for ``seconds`` or until there is no more."""
    loop, answers = asyncio.get_running_loop(), list[Answer]()
    began = time.perf_counter()
    until = began + seconds if seconds else float("inf")

    def ask() -> bytes | None:
        return next(asked, None) if time.perf_counter() < until else None

    lines = [(await loop.create_connection(lambda: _Line(ask, answers), "127.0.0.1", port))[1] for _ in range(at_once)]
    await asyncio.gather(*(line.done for line in lines))
    return Load(time.perf_counter() - began, answers)
