"""Web push: pywebpush encrypts, we send. Only the worker imports this (the library alone takes most of a second)."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from time import monotonic

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from pywebpush import WebPusher
from yarl import URL

from backend.kit import clock
from backend.notices import rules
from backend.notices.rules import Device, Endpoint, Message, Outcome, Tried
from backend.notices.vapid import Vapid

TIMEOUT = aiohttp.ClientTimeout(total=10, sock_connect=4)
AT_ONCE = 40  # connections; a batch is sent side by side
BREAK_AFTER, BREAK_SECONDS = 5, 60  # a service out of reach is left alone for a while instead of waited for each time
ANSWERS = {201: Outcome.TAKEN, 200: Outcome.TAKEN, 202: Outcome.TAKEN, 204: Outcome.TAKEN}
ANSWERS |= {404: Outcome.GONE, 410: Outcome.GONE, 413: Outcome.REFUSED, 400: Outcome.REFUSED}
ANSWERS |= {401: Outcome.REFUSED, 403: Outcome.REFUSED}


class Push:
    """The adapter: ``await push(device, message)`` says what became of it; the other side's faults are answers too."""

    def __init__(
        self, *, vapid_key: bytes, subject: str, hosts: Sequence[str], trust: ssl.SSLContext | None = None
    ) -> None:
        """hosts: see rules.check_endpoint. trust: whose certificates to believe; the system's choice by default."""
        self._vapid = Vapid(key=vapid_key, subject=subject)
        self._hosts = tuple(hosts)
        self._broken: dict[str, _Breaker] = {}
        connector = aiohttp.TCPConnector(limit=AT_ONCE, resolver=_PublicOnly(self._hosts), ssl=trust or True)
        self._session = aiohttp.ClientSession(connector=connector, timeout=TIMEOUT, trust_env=False)

    async def close(self) -> None:
        await self._session.close()

    async def __call__(self, device: Device, message: Message) -> Tried:
        try:
            endpoint = rules.check_endpoint(device.endpoint, hosts=self._hosts)
            rules.check_keys(device.p256dh, device.auth)
        except (rules.EndpointRefused, rules.KeysWrong) as refusal:
            return Tried(Outcome.REFUSED, device=device.id, why=refusal.text)
        breaker = self._broken.setdefault(endpoint.origin, _Breaker())
        if breaker.open():
            return Tried(Outcome.FAILED, device=device.id, why=f"{endpoint.host} 暂时连不上")
        try:
            tried = await self._send(endpoint, device, message, limit=rules.MAX_BYTES)
            if tried.status == 413:
                tried = await self._send(endpoint, device, message, limit=rules.SMALL_BYTES)
        except (aiohttp.ClientError, OSError, TimeoutError) as failure:
            breaker.failed()
            return Tried(Outcome.FAILED, device=device.id, why=f"{endpoint.host} {_why(failure)}")
        breaker.worked()
        return tried

    async def _send(self, endpoint: Endpoint, device: Device, message: Message, *, limit: int) -> Tried:
        now = clock.now()
        body = encrypt(device, rules.payload(message, limit=limit))
        headers = {
            "Authorization": self._vapid.header(endpoint.origin, now=now),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(message.ttl_s),
            "Urgency": "high" if message.urgent else "normal",
            "Topic": message.tag,
        }
        # A redirect would lead around the list of hosts.
        async with self._session.post(
            URL(endpoint.url, encoded=True), data=body, headers=headers, allow_redirects=False
        ) as answer:
            return _understood(endpoint, device, answer, now=now)


def _why(failure: Exception) -> str:
    return "没有回应" if isinstance(failure, TimeoutError) else f"连不上（{type(failure).__name__}）"


def encrypt(device: Device, payload: bytes) -> bytes:
    """The message body (RFC 8291, aes128gcm): a new key pair and salt each time, made by the library."""
    keys = {"p256dh": device.p256dh, "auth": device.auth}
    body: bytes = WebPusher({"endpoint": device.endpoint, "keys": keys}).encode(payload)["body"]
    return body


def _understood(endpoint: Endpoint, device: Device, answer: aiohttp.ClientResponse, *, now: datetime) -> Tried:
    outcome = ANSWERS.get(answer.status, Outcome.FAILED)
    wait = retry_after(answer.headers.get("Retry-After", ""), now=now) if outcome is Outcome.FAILED else None
    why = "" if outcome is Outcome.TAKEN else f"{endpoint.host} 回答 {answer.status}"
    return Tried(outcome, device=device.id, status=answer.status, wait=wait, why=why)


def retry_after(text: str, *, now: datetime) -> timedelta | None:
    """How long a Retry-After header (seconds or a date) asks us to wait; None for none or one that cannot be read."""
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text), 86_400))
    try:
        return max(parsedate_to_datetime(text) - now, timedelta())
    except (ValueError, TypeError):
        return None


class _Breaker:
    """Whether a push service can be reached: in mainland China some cannot, and each try would take seconds."""

    def __init__(self) -> None:
        self.failures = 0
        self.until = 0.0

    def open(self) -> bool:
        return monotonic() < self.until

    def failed(self) -> None:
        self.failures += 1
        if self.failures >= BREAK_AFTER:
            self.until = monotonic() + BREAK_SECONDS

    def worked(self) -> None:
        self.failures = 0


class _PublicOnly(AbstractResolver):
    """Names that resolve to an address inside lead nowhere: a listed host may still point at our own network.

    It answers the very connection that is about to be made, so there is no second look-up that could say otherwise.
    """

    def __init__(self, hosts: Sequence[str]) -> None:
        self._inside = {URL(host).host for host in hosts if "://" in host}
        self._resolver = ThreadedResolver(loop=asyncio.get_running_loop())

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        if host in self._inside:
            return found
        if outside := [one for one in found if ipaddress.ip_address(one["host"].partition("%")[0]).is_global]:
            return outside
        raise OSError(f"{host} has no public address")

    async def close(self) -> None:
        await self._resolver.close()
