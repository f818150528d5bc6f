"""Short messages: the adapter of the demonstration, which writes them down, and that of a city, which posts them."""

import asyncio
import json
import os
from collections import deque
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import httpx
import msgspec
import structlog

from backend.kit import masks

log = structlog.get_logger()
TIMEOUT = httpx.Timeout(5, connect=3)  # seconds


class Outcome(StrEnum):
    TAKEN = "taken"  # the gateway has it
    REFUSED = "refused"  # it will never take this one: no retry
    FAILED = "failed"  # it may take it later


class Sms(Protocol):
    async def send(self, to: str, text: str, *, key: str) -> Outcome:
        """Send ``text`` to a mobile number of eleven digits. key: the same for every try of one message."""
        ...

    async def close(self) -> None: ...


class Sent(msgspec.Struct, frozen=True):
    """One message of the demonstration."""

    at: datetime
    to: str
    text: str


def adapter(kind: str, path: Path, url: str, token: str) -> Sms:
    """kind: ``log`` writes JSON lines to ``path``; ``http`` posts to the gateway at ``url`` with a bearer ``token``."""
    return HttpSms(url, token) if kind == "http" else LogSms(path)


class LogSms:
    """Writes messages down instead of sending them. Only for demonstrations: whoever reads the file can sign in."""

    def __init__(self, path: Path) -> None:
        self.path = path

    async def send(self, to: str, text: str, *, key: str) -> Outcome:
        line = json.dumps({"at": datetime.now(UTC).isoformat(), "to": to, "text": text}, ensure_ascii=False)
        await asyncio.to_thread(self._append, line.encode() + b"\n")
        return Outcome.TAKEN

    async def close(self) -> None:
        return

    def last(self, most: int) -> list[Sent]:
        """The newest messages, newest first. A line cut off by a crash is passed over."""
        if not self.path.exists():
            return []
        with self.path.open(encoding="utf-8", errors="replace") as lines:
            newest = deque(lines, maxlen=most)
        found: list[Sent] = []
        for line in reversed(newest):
            try:
                found.append(msgspec.json.decode(line, type=Sent))
            except msgspec.DecodeError:
                continue
        return found

    def _append(self, line: bytes) -> None:
        """One write to a file opened for appending: lines of several processes never mix."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(file, line)
        finally:
            os.close(file)


class HttpSms:
    """Posts ``{"to", "text"}`` as JSON; any 2xx is taken, 408, 425, 429 and 5xx may go better later, the rest never.

    The Idempotency-Key header lets the gateway drop a message that comes twice because an answer was lost.
    """

    def __init__(self, url: str, token: str, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.url = url
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.client = httpx.AsyncClient(timeout=TIMEOUT, headers=headers, transport=transport, follow_redirects=False)

    async def send(self, to: str, text: str, *, key: str) -> Outcome:
        try:
            answer = await self.client.post(self.url, json={"to": to, "text": text}, headers={"Idempotency-Key": key})
        except httpx.HTTPError as failure:
            log.warning("sms_failed", to=masks.phone(to), error=repr(failure))
            return Outcome.FAILED
        outcome = outcome_of(answer.status_code)
        if outcome is not Outcome.TAKEN:
            log.warning("sms_not_taken", to=masks.phone(to), status=answer.status_code, outcome=outcome.value)
        return outcome

    async def close(self) -> None:
        await self.client.aclose()


def outcome_of(status: int) -> Outcome:
    """What a gateway's HTTP status means."""
    if 200 <= status < 300:
        return Outcome.TAKEN
    return Outcome.FAILED if status in (408, 425, 429) or status >= 500 else Outcome.REFUSED
