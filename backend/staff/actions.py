"""Taking officers for a half-day and letting them go.

The caller opens the transaction, writes the audit line (it knows what for) and tells people. No officer can be taken
twice: an exclusion constraint in the database says so. So that those who ask at once need not fail at it, they queue
at a lock of the half-day in each department, and read who is free only once it is theirs (decisions/0008-half-days.md).
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import asyncpg
import structlog

from backend.kit import db
from backend.staff import queries, rules
from backend.staff.queries import Engaged
from backend.staff.rules import Candidate, HalfDay, HalfDayTaken, Need, OfficerNotFree, Purpose
from backend.staff.tables import Engagement
from backend.standards import queries as standards

log = structlog.get_logger()


async def engage(*, need: Need, half_day: HalfDay, about: UUID, purpose: Purpose, now: datetime) -> list[UUID]:
    """Take the officers that ``need`` asks for, in the caller's transaction.

    Returns them, the leading department's first. about: the visit or inspection they come for.
    Raises HalfDayTaken when there are not enough of them.
    """
    async with db.transaction():
        await _queue_for(half_day, need.departments)
        candidates = await queries.candidates(need, half_day, calendar=await standards.calendar())
        chosen = rules.choose(need, candidates, about=about)
        await _take(chosen, half_day=half_day, about=about, purpose=purpose, now=now)
    return [one.officer for one in chosen]


async def release(*, about: UUID, now: datetime) -> list[UUID]:
    """Let everybody go who is engaged for ``about``; returns them. Letting go twice lets nobody go."""
    rows = (
        await Engagement.update({Engagement.released_at: now})
        .where((Engagement.about == about) & Engagement.released_at.is_null())
        .returning(Engagement.officer)
    )
    return [row["officer"] for row in rows]


async def move(*, need: Need, half_day: HalfDay, about: UUID, purpose: Purpose, now: datetime) -> list[UUID]:
    """Let the team of ``about`` go and take one for another half-day; returns the new one.

    The old team may come again when it is free. Raises HalfDayTaken, and then nothing has changed.
    """
    async with db.transaction():
        await release(about=about, now=now)
        return await engage(need=need, half_day=half_day, about=about, purpose=purpose, now=now)


async def replace(*, about: UUID, leaving: UUID, joining: UUID, scope: str, purpose: Purpose, now: datetime) -> Engaged:
    """Put ``joining`` in the place of ``leaving``; the quorum stays as it is. Returns the new engagement.

    scope: what the certificate must cover. Raises OfficerNotFree when ``joining`` is taken, away, of another department
    or not qualified; NotFound when ``leaving`` is not engaged for ``about``.
    """
    async with db.transaction():
        place = db.found(next((one for one in await queries.engaged(about) if one.officer == leaving), None))
        await _queue_for(place.half_day, [place.department])
        able = await queries.stand_ins(about=about, leaving=leaving, scope=scope)
        chosen = next((one for one in able if one.officer == joining), None)
        if chosen is None:
            raise OfficerNotFree
        await Engagement.update({Engagement.released_at: now}).where(
            (Engagement.about == about) & (Engagement.officer == leaving) & Engagement.released_at.is_null()
        )
        await _take([chosen], half_day=place.half_day, about=about, purpose=purpose, now=now)
    return Engaged(officer=joining, department=place.department, about=about, half_day=place.half_day)


async def _queue_for(half_day: HalfDay, departments: Iterable[str]) -> None:
    """Wait until no other transaction picks from these departments on this half-day; the lock ends with ours.

    Everybody takes the locks in the order of their numbers, after the row that they work on: nobody waits in a circle.
    """
    keys = sorted(_lock_key(f"{half_day.key}-{department}") for department in departments)
    await db.fetch("SELECT pg_advisory_xact_lock(key) FROM unnest($1::bigint[]) AS key", keys)


def _lock_key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(f"staff.engage {name}".encode()).digest()[:8], signed=True)


async def _take(
    chosen: Iterable[Candidate], *, half_day: HalfDay, about: UUID, purpose: Purpose, now: datetime
) -> None:
    rows = [
        Engagement(
            officer=one.officer,
            day=half_day.day,
            half=half_day.half,
            starts_at=half_day.starts_at,
            ends_at=half_day.ends_at,
            purpose=purpose,
            about=about,
            department=one.department,
            engaged_at=now,
        )
        for one in chosen
    ]
    try:
        async with db.transaction():
            await Engagement.insert(*rows)
    except asyncpg.ExclusionViolationError as taken:
        # Whoever took one of them did not queue. The constraint holds; the queue is what should be looked at.
        log.warning("engaged_without_queueing", half_day=half_day.key, about=str(about))
        raise HalfDayTaken from taken
