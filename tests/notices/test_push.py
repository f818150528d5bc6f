"""The push adapter against a push service that reads along."""

import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest
from aiohttp.resolver import ThreadedResolver

from backend.notices import push as push_module
from backend.notices import rules
from backend.notices.push import Push, retry_after
from backend.notices.rules import Device, Message, Outcome
from backend.notices.vapid import public_key
from tests.notices.push_service import PushService, Subscriber, tls_contexts

KEY = bytes(range(1, 33))
MESSAGE = Message(
    title="预约已受理，时间定了",
    body="11月25日 周三上午，消防、应急上门。",
    url="https://t.example/notices/1",
    tag="x" * 32,
    ttl_s=1_800,
    urgent=True,
    badge=2,
)


def device(subscriber: Subscriber) -> Device:
    return Device(id=uuid4(), endpoint=subscriber.endpoint, p256dh=subscriber.p256dh, auth=subscriber.auth)


@asynccontextmanager
async def pusher(*hosts: str, trust: ssl.SSLContext | None = None) -> AsyncIterator[Push]:
    made = Push(vapid_key=KEY, subject="mailto:a@b.example", hosts=hosts, trust=trust)
    try:
        yield made
    finally:
        await made.close()


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with PushService(application_key=public_key(KEY)).running() as running:
        yield running


async def test_a_message_arrives_readable_with_all_it_needs(service: PushService):
    browser = service.subscribe()

    async with pusher(service.origin) as push:
        tried = await push(device(browser), MESSAGE)

    assert (tried.outcome, tried.status) == (Outcome.TAKEN, 201)
    (received,) = service.to(browser)
    assert received.notification["title"] == MESSAGE.title
    assert received.notification["body"] == MESSAGE.body
    assert received.notification["navigate"] == MESSAGE.url
    assert received.headers["TTL"] == "1800"
    assert received.headers["Urgency"] == "high"
    assert received.headers["Topic"] == "x" * 32
    assert not service.problems


async def test_each_service_gets_a_token_for_itself(service: PushService):
    async with PushService(application_key=public_key(KEY)).running() as other:
        async with pusher(service.origin, other.origin) as push:
            for one in (service, other, service, other):
                assert (await push(device(one.subscribe()), MESSAGE)).outcome is Outcome.TAKEN
        assert {one.claims["aud"] for one in other.received} == {other.origin}
        assert not other.problems
    assert {one.claims["aud"] for one in service.received} == {service.origin}
    assert len({one.headers["Authorization"] for one in service.received}) == 1, "signed once, kept"
    assert not service.problems


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (404, Outcome.GONE),
        (410, Outcome.GONE),
        (400, Outcome.REFUSED),
        (403, Outcome.REFUSED),
        (429, Outcome.FAILED),
        (500, Outcome.FAILED),
        (503, Outcome.FAILED),
        (302, Outcome.FAILED),
        (307, Outcome.FAILED),
    ],
)
async def test_every_answer_has_one_meaning(service: PushService, status: int, outcome: Outcome):
    browser = service.subscribe()
    service.answers["/push/0"] = [status]

    async with pusher(service.origin) as push:
        tried = await push(device(browser), MESSAGE)

    assert (tried.outcome, tried.status) == (outcome, status)
    assert str(status) in tried.why
    assert not service.received
    assert not service.problems, "a redirect was followed"


async def test_who_asks_us_to_wait_says_for_how_long(service: PushService):
    browser = service.subscribe()
    service.answers["/push/0"] = [429]

    async with pusher(service.origin) as push:
        tried = await push(device(browser), MESSAGE)

    assert tried.wait == timedelta(seconds=120)


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("0", timedelta(0)),
        ("90", timedelta(seconds=90)),
        ("Mon, 23 Nov 2026 01:02:00 GMT", timedelta(minutes=2)),
        ("Mon, 23 Nov 2026 00:00:00 GMT", timedelta(0)),
        ("999999999999", timedelta(days=1)),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str, wait: timedelta | None):
    assert retry_after(text, now=datetime(2026, 11, 23, 1, 0, tzinfo=UTC)) == wait


async def test_what_is_too_large_is_shrunk_and_sent_once_more(service: PushService):
    browser = service.subscribe()
    service.answers["/push/0"] = [413]
    long = msgspec.structs.replace(MESSAGE, body="文" * 2_000)

    async with pusher(service.origin) as push:
        tried = await push(device(browser), long)

    assert tried.outcome is Outcome.TAKEN
    assert service.asked == 2
    (received,) = service.received
    assert len(received.payload) <= rules.SMALL_BYTES
    assert received.notification["title"] == long.title


async def test_what_stays_too_large_is_refused_for_good(service: PushService):
    browser = service.subscribe()
    service.answers["/push/0"] = [413, 413, 413]

    async with pusher(service.origin) as push:
        tried = await push(device(browser), MESSAGE)

    assert (tried.outcome, service.asked) == (Outcome.REFUSED, 2)


async def test_the_largest_message_is_exactly_as_large_as_allowed(service: PushService):
    browser = service.subscribe()

    async with pusher(service.origin) as push:
        tried = await push(device(browser), msgspec.structs.replace(MESSAGE, body="a" * 5_000))

    assert tried.outcome is Outcome.TAKEN
    assert len(service.received[0].payload) == 3_993
    assert not service.problems


async def test_a_service_that_is_not_there_is_a_failure_and_after_five_left_alone_for_a_while():
    async with PushService().running() as gone:
        browser = gone.subscribe()

    async with pusher(gone.origin) as push:
        tries = [await push(device(browser), MESSAGE) for _ in range(6)]

    assert {tried.outcome for tried in tries} == {Outcome.FAILED}
    assert tries[5].why.endswith("暂时连不上")


async def test_a_service_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(push_module, "TIMEOUT", push_module.aiohttp.ClientTimeout(total=0.1))
    async with PushService(slow_seconds=1).running() as slow, pusher(slow.origin) as push:
        tried = await push(device(slow.subscribe()), MESSAGE)

    assert (tried.outcome, tried.status) == (Outcome.FAILED, None)


async def test_an_address_that_is_not_listed_is_never_asked(service: PushService):
    browser = service.subscribe()

    async with pusher("fcm.googleapis.com") as push:
        tried = await push(device(browser), MESSAGE)

    assert (tried.outcome, service.asked) == (Outcome.REFUSED, 0)


INSIDE = ["127.0.0.1", "10.1.2.3", "192.168.1.1", "169.254.169.254", "100.64.0.1", "::1", "fd00::1", "::ffff:10.0.0.1"]


@pytest.mark.parametrize("address", INSIDE)
async def test_a_listed_name_that_leads_inside_is_not_followed(monkeypatch: pytest.MonkeyPatch, address: str):
    asked = []

    async def resolve(self: object, host: str, port: int = 0, family: int = 0) -> list[dict]:
        asked.append(host)
        return [{"hostname": host, "host": address, "port": port, "family": socket.AF_INET, "proto": 0, "flags": 0}]

    monkeypatch.setattr(ThreadedResolver, "resolve", resolve)
    outside = Subscriber("https://fcm.googleapis.com/fcm/send/1")

    async with pusher("fcm.googleapis.com") as push:
        tried = await push(device(outside), MESSAGE)

    assert asked == ["fcm.googleapis.com"]
    assert (tried.outcome, tried.status) == (Outcome.FAILED, None)


async def test_https_is_spoken_and_a_certificate_that_nobody_vouches_for_is_not_believed(tmp_path: Path):
    server, believer = tls_contexts(tmp_path)
    async with PushService(application_key=public_key(KEY)).running(tls=server) as service:
        browser = service.subscribe()
        async with pusher(service.origin) as stranger:
            assert (await stranger(device(browser), MESSAGE)).outcome is Outcome.FAILED
        async with pusher(service.origin, trust=believer) as push:
            assert (await push(device(browser), MESSAGE)).outcome is Outcome.TAKEN
    assert not service.problems
