"""Notices a second, from the outbox to their ending, against encrypting and posting alone."""

import asyncio
import base64
import os
import time
from uuid import uuid4

import aiohttp
import asyncpg
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from backend.kit import clock, queue
from backend.notices import actions, push, rules
from backend.notices.jobs import BATCH
from backend.notices.rules import Device, Message
from backend.notices.vapid import Vapid
from tests.speed import owners
from tests.speed.ground import Figure, middle
from tests.speed.running import Running

NOTICES, ROUNDS, BROWSERS = 1_000, 5, 50
BAR = 0.5
KIND = "visit.arrived"  # urgent: no quiet hours, whatever the time of the bench
PEOPLE = range(200_000, 200_000 + NOTICES)
SUBSCRIBE = """
INSERT INTO push_subscription (id, person, endpoint, p256dh, auth, device, created_at, seen_at)
SELECT gen_random_uuid(), person, endpoint, p256dh, auth, 'bench', now(), now()
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS one (person, endpoint, p256dh, auth)
"""
TELL = """
INSERT INTO notice (id, person, kind, about, turn, facts, path, created_at, state, due_at)
SELECT gen_random_uuid(), person, $2, $3, 0, $4::jsonb, '/guidance/visits/' || $3, now(), 'queued', now()
FROM unnest($1::uuid[]) AS person
"""
FACTS = '{"number": "ZD-2026-000123", "enterprise": "东阳市明堂红木家具厂", "day": "2026-11-25", "half": "上午", "departments": "应急、消防"}'


async def measure(city: Running) -> list[Figure]:
    owner = await asyncpg.connect(city.settings.owner_database_url)
    await owners.enrol(owner, PEOPLE)
    devices = _devices(f"http://127.0.0.1:{city.sink}")
    people = [owners.uuid("person", number) for number in PEOPLE]
    columns = zip(*((one.endpoint, one.p256dh, one.auth) for one in devices), strict=True)
    await owner.execute(SUBSCRIBE, people, *(list(column) for column in columns))
    await queue.connect(city.settings.redis_url)
    ours, bare = [], []
    for turn in range(ROUNDS + 1):
        seconds, alone = await _drained(owner, people), await _alone(city, devices)
        if turn:  # the first one opens connections and fills caches
            ours.append(seconds)
            bare.append(alone)
    await queue.close()
    await owner.close()
    ratio = middle([plain / whole for plain, whole in zip(bare, ours, strict=True)])
    plain = f"{NOTICES / middle(ours):,.0f}/s, alone {NOTICES / middle(bare):,.0f}/s; worker process {city.memory('worker'):.0f} MB"
    return [Figure("notices/s against encrypting and posting", ratio, BAR, plain)]


def _devices(origin: str) -> list[Device]:
    """One browser for each person; some share a key, which costs the sender no less."""
    keys = [(_base64url(_point()), _base64url(os.urandom(16))) for _ in range(BROWSERS)]
    return [
        Device(
            id=uuid4(),
            endpoint=f"{origin}/push/{number}",
            p256dh=keys[number % BROWSERS][0],
            auth=keys[number % BROWSERS][1],
        )
        for number in range(NOTICES)
    ]


async def _drained(owner: asyncpg.Connection, people: list) -> float:
    """Seconds from the wake-up until the worker has written down how the last notice ended."""
    about = uuid4()
    await owner.execute(TELL, people, KIND, about, FACTS)
    began = time.perf_counter()
    await queue.wake(actions.SEND_URGENT)
    while await owner.fetchval("SELECT EXISTS (SELECT FROM notice WHERE state = 'queued' AND due_at <= now())"):
        await asyncio.sleep(0.02)
    took = time.perf_counter() - began
    ended = await owner.fetch("SELECT state, count(*) AS n FROM notice WHERE about = $1 GROUP BY state", about)
    assert {row["state"]: row["n"] for row in ended} == {"sent": len(people)}, ended
    return took


async def _alone(city: Running, devices: list[Device]) -> float:
    """Seconds to encrypt and post the same messages in one process, as many side by side as the worker's."""
    vapid = Vapid(key=city.settings.vapid_key, subject=city.settings.vapid_subject)
    payload = rules.payload(_message(), limit=rules.MAX_BYTES)
    waiting = iter(devices)
    began = time.perf_counter()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=push.AT_ONCE)) as session:

        async def one_after_the_other() -> None:
            for device in waiting:
                headers = {
                    "Authorization": vapid.header(f"http://127.0.0.1:{city.sink}", now=clock.now()),
                    "Content-Encoding": "aes128gcm",
                    "TTL": "1800",
                    "Urgency": "high",
                }
                async with session.post(device.endpoint, data=push.encrypt(device, payload), headers=headers) as answer:
                    assert answer.status == 201

        await asyncio.gather(*(one_after_the_other() for _ in range(BATCH)))
    return time.perf_counter() - began


def _message() -> Message:
    about = uuid4()
    tag = rules.tag_of(KIND, about, collapse=True, turn=0)
    body = "东阳市明堂红木家具厂，11月25日上午，应急、消防。"
    return Message(
        title="上门人员已到场",
        body=body,
        url=f"https://t.example/notices/{about}",
        tag=tag,
        ttl_s=1800,
        urgent=True,
        badge=3,
    )


def _point() -> bytes:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    return public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
