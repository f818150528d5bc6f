"""Owners of the bench with a firm, a session and a booking ready to be sent. Everything of owner ``n`` follows from ``n``."""

import hashlib
from collections.abc import Sequence
from uuid import UUID

import asyncpg

from backend.accounts.access import COOKIE
from backend.guidance import queries
from backend.guidance.queries import OfferedHalf
from backend.kit import clock, db

QUESTION = "打磨车间的除尘管道多久清一次？清下来的粉尘放在哪里才合规？"
SCENARIO, ITEMS = "furniture", 2  # an ordinary booking: two items of one scenario
PEOPLE = """
WITH n AS (SELECT n FROM generate_series($1::int, $2::int) AS n),
person AS (
    INSERT INTO person (id, name, phone, active, created_at)
    SELECT md5('bench person ' || n)::uuid, '檀老板', '199' || lpad(n::text, 8, '0'), true, now() FROM n),
desk AS (
    INSERT INTO role_grant (id, person, role, department, granted_at)
    SELECT md5('bench grant ' || n)::uuid, md5('bench person ' || n)::uuid, 'owner', NULL, now() FROM n),
session AS (
    INSERT INTO session (id_hash, person, "grant", created_at, seen_at, expires_at, device)
    SELECT encode(sha256(('bench ' || n)::bytea), 'hex'), md5('bench person ' || n)::uuid,
        md5('bench grant ' || n)::uuid, now(), now(), now() + interval '1 day', 'bench' FROM n),
firm AS (
    INSERT INTO enterprise (id, uscc, name, trade, region, address, status, contact_name, contact_phone, door_code,
        updated_at, source)
    SELECT md5('bench firm ' || n)::uuid, '91330783MB' || lpad(n::text, 8, '0'), '东阳市木作' || n || '家具厂', trade, region,
        '南马镇工业区' || n || '号', 'active', '檀老板', '199' || lpad(n::text, 8, '0'), upper(substr(md5('d' || n), 1, 12)),
        now(), 'bench' FROM n, (SELECT trade, region FROM enterprise WHERE trade LIKE 'C21%' LIMIT 1) AS usual),
site AS (
    INSERT INTO site (id, enterprise, name, address, region, main)
    SELECT md5('bench site ' || n)::uuid, md5('bench firm ' || n)::uuid, '登记住所', '南马镇工业区' || n || '号', region, true
    FROM n, (SELECT region FROM enterprise LIMIT 1) AS usual)
INSERT INTO representative (id, enterprise, person, tie, since)
SELECT md5('bench tie ' || n)::uuid, md5('bench firm ' || n)::uuid, md5('bench person ' || n)::uuid, 'owner', now() FROM n
"""
DRAFTS = """
INSERT INTO guidance.booking_draft (id, person, enterprise, site, items, day, half, question, updated_at)
SELECT md5('bench draft ' || n)::uuid, md5('bench person ' || n)::uuid, md5('bench firm ' || n)::uuid,
    md5('bench site ' || n)::uuid, $2, day, half, $5, now()
FROM unnest($1::int[], $3::date[], $4::text[]) AS asked (n, day, half)
"""


def uuid(kind: str, number: int) -> UUID:
    """kind: person, firm, site or draft."""
    return UUID(hashlib.md5(f"bench {kind} {number}".encode(), usedforsecurity=False).hexdigest())


def cookie(number: int) -> str:
    return f"{COOKIE}=bench {number}"


async def enrol(owner: asyncpg.Connection, numbers: range) -> None:
    """owner: a connection of the login that owns the tables."""
    await owner.execute(PEOPLE, numbers.start, numbers.stop - 1)


async def free_halves() -> list[OfferedHalf]:
    """Half-days on which the bench's visit fits in, each as often as it has places. Needs an open pool."""
    need = await queries.need_of(await queries.offered_items(await items()))
    days = await queries.free_days(need, now=clock.now())
    offered = [half for day in days for half in day.halves]
    most = max(half.places for half in offered)
    return [half for turn in range(most) for half in offered if half.places > turn]


async def ready(owner: asyncpg.Connection, numbers: Sequence[int], halves: Sequence[OfferedHalf]) -> None:
    """A whole booking for each of the owners, on one half-day after the other. Raises ValueError: not enough of them."""
    if len(numbers) > len(halves):
        raise ValueError(f"{len(halves)} places for {len(numbers)} bookings")
    chosen = [half.half_day for half in halves[: len(numbers)]]
    days, names = [one.day for one in chosen], [one.half.value for one in chosen]
    await owner.execute(DRAFTS, list(numbers), await items(), days, names, QUESTION)


async def free_again(owner: asyncpg.Connection, numbers: Sequence[int]) -> None:
    """Let the officers of these bookings go, so that the next round finds what this one found."""
    abouts = [uuid("draft", number) for number in numbers]
    await owner.execute(
        "UPDATE engagement SET released_at = now() WHERE released_at IS NULL AND about = ANY($1)", abouts
    )


async def items() -> list[UUID]:
    rows = await db.fetch(
        """SELECT i.id FROM service_item i JOIN scenario s ON s.id = i.scenario
           WHERE s.code = $1 AND s.retired_at IS NULL ORDER BY i.position LIMIT $2""",
        SCENARIO,
        ITEMS,
    )
    return [row["id"] for row in rows]
