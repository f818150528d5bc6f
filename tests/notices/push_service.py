"""A push service of our own: speaks RFC 8030, 8291 and 8292, holds the browser's keys and so can read what was sent.

It answers what it is told to and notes every breach of the RFCs in ``problems``.
"""

import asyncio
import base64
import json
import os
import re
import ssl
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import http_ece
from aiohttp import web
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.x509.oid import NameOID

MAX_BODY = 4_096
DAY = 86_400


class Breach(Exception):
    """What the sender did against the RFCs."""


class Received:
    """One message as the browser would see it."""

    def __init__(self, path: str, headers: Any, claims: dict[str, Any], payload: bytes) -> None:
        self.path = path
        self.headers = headers
        self.claims = claims
        self.payload = payload
        self.json: dict[str, Any] = json.loads(payload)

    @property
    def notification(self) -> dict[str, Any]:
        found: dict[str, Any] = self.json["notification"]
        return found


class Subscriber:
    """A browser: what it gave to the site, and the private key it kept."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.secret = os.urandom(16)

    @property
    def p256dh(self) -> str:
        return base64url(point(self.private.public_key()))

    @property
    def auth(self) -> str:
        return base64url(self.secret)

    def json(self) -> dict[str, Any]:
        """PushSubscription.toJSON()"""
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": {"p256dh": self.p256dh, "auth": self.auth}}


class PushService:
    """``answers[path]`` holds the statuses to give, in turn; when they are used up, 201."""

    def __init__(self, *, application_key: str | None = None, slow_seconds: float = 0) -> None:
        self.application_key = application_key  # base64url; what browsers subscribed with, None: not looked at
        self.slow_seconds = slow_seconds
        self.received: list[Received] = []
        self.problems: list[str] = []
        self.answers: dict[str, list[int]] = defaultdict(list)
        self.retry_after = "120"
        self.asked = 0
        self.origin = ""
        self._subscribers: dict[str, Subscriber] = {}

    def subscribe(self, name: str = "") -> Subscriber:
        """A new browser. name: the last part of its address."""
        subscriber = Subscriber(f"{self.origin}/push/{name or len(self._subscribers)}")
        self._subscribers[subscriber.endpoint.removeprefix(self.origin)] = subscriber
        return subscriber

    def to(self, subscriber: Subscriber) -> list[Received]:
        return [one for one in self.received if self.origin + one.path == subscriber.endpoint]

    @asynccontextmanager
    async def running(self, *, tls: ssl.SSLContext | None = None) -> AsyncIterator["PushService"]:
        application = web.Application(client_max_size=100_000)
        application.router.add_post("/push/{name}", self._post)
        application.router.add_post("/elsewhere", self._elsewhere)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
        await site.start()
        port = runner.addresses[0][1]
        self.origin = f"https://localhost:{port}" if tls else f"http://127.0.0.1:{port}"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _elsewhere(self, request: web.Request) -> web.Response:
        self.problems.append("followed a redirect")
        return web.Response(status=201)

    async def _post(self, request: web.Request) -> web.Response:
        self.asked += 1
        body = await request.read()
        if self.slow_seconds:
            await asyncio.sleep(self.slow_seconds)
        planned = self.answers[request.path]
        status = planned.pop(0) if planned else 201
        if status in (301, 302, 307, 308):
            return web.Response(status=status, headers={"Location": "/elsewhere"})
        if status != 201:
            headers = {"Retry-After": self.retry_after} if status == 429 else {}
            return web.Response(status=status, headers=headers)
        try:
            self.received.append(self._read(request, body))
        except Breach as breach:
            self.problems.append(str(breach))
            return web.Response(status=400, text=str(breach))
        return web.Response(status=201, headers={"Location": f"{self.origin}/message/{len(self.received)}"})

    def _read(self, request: web.Request, body: bytes) -> Received:
        subscriber = self._subscribers.get(request.path)
        if subscriber is None:
            raise Breach(f"nobody subscribed at {request.path}")
        headers = request.headers
        claims, key = check_token(headers.get("Authorization", ""), audience=self.origin, now=time.time())
        if self.application_key is not None and key != self.application_key:
            raise Breach("another application's key")
        check_headers(headers)
        if len(body) > MAX_BODY:
            raise Breach(f"{len(body)} bytes")
        payload = http_ece.decrypt(
            body, private_key=subscriber.private, auth_secret=subscriber.secret, version="aes128gcm"
        )
        return Received(request.path, headers, claims, payload)


def check_headers(headers: Any) -> None:
    """RFC 8030 §5.2 TTL, §5.3 Urgency, §5.4 Topic; RFC 8291 §4 Content-Encoding. Raises Breach."""
    if not re.fullmatch(r"\d+", headers.get("TTL", "")) or int(headers["TTL"]) <= 0:
        raise Breach(f"TTL {headers.get('TTL')!r}: dropped when the phone is asleep")
    if headers.get("Urgency", "normal") not in ("very-low", "low", "normal", "high"):
        raise Breach(f"Urgency {headers['Urgency']!r}")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", headers.get("Topic", "x")):
        raise Breach(f"Topic {headers['Topic']!r}")
    if headers.get("Content-Encoding") != "aes128gcm":
        raise Breach(f"Content-Encoding {headers.get('Content-Encoding')!r}")


def check_token(authorization: str, *, audience: str, now: float) -> tuple[dict[str, Any], str]:
    """The claims and the key of ``vapid t=…, k=…`` (RFC 8292 §2, §3), or Breach. Not by the sender's library."""
    found = re.fullmatch(r"vapid\s+(.+)", authorization, re.IGNORECASE)
    fields = dict(part.strip().split("=", 1) for part in found[1].split(",")) if found else {}
    if not {"t", "k"} <= fields.keys():
        raise Breach(f"Authorization {authorization[:30]!r}")
    try:
        header, claims, signature = fields["t"].split(".")
        said_header, said = json.loads(raw(header)), json.loads(raw(claims))
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw(fields["k"]))
    except ValueError as broken:
        raise Breach(f"token: {broken}") from broken
    if said_header.get("alg") != "ES256":
        raise Breach(f"alg {said_header.get('alg')!r}")
    signed = raw(signature)
    if len(signed) != 64:
        raise Breach(f"a signature of {len(signed)} bytes: DER instead of r and s")
    der = encode_dss_signature(int.from_bytes(signed[:32]), int.from_bytes(signed[32:]))
    try:
        key.verify(der, f"{header}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as forged:
        raise Breach("the signature does not verify") from forged
    if said.get("aud") != audience:
        raise Breach(f"aud {said.get('aud')!r} at {audience}")
    if not now < said.get("exp", 0) <= now + DAY:
        raise Breach(f"exp {said.get('exp')!r} at {now:.0f}")
    if not str(said.get("sub", "")).startswith(("mailto:", "https://")):
        raise Breach(f"sub {said.get('sub')!r}")
    return said, fields["k"]


def tls_contexts(directory: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate made for ``localhost``, and a client's that believes it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    chain = directory / "push_service.pem"
    chain.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(chain)
    return server, ssl.create_default_context(cafile=str(chain))


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
