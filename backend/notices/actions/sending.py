"""The outbox: claim what is due, try every rung, write down how it ended."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import structlog

from backend.audit import actions as audit
from backend.kit import db, queue, texts
from backend.kit.sms import Sms
from backend.notices import rules
from backend.notices.actions.telling import SEND, SEND_URGENT, quiet_hours
from backend.notices.rules import Device, Message, NoticeState, Outcome, Rung, Tried
from backend.notices.tables import Notice

WORKER_DIED = "发送程序在发送这条消息时多次中断"
CLAIM = """
WITH due AS (
    SELECT id FROM notice
    WHERE state = 'queued' AND due_at <= $1 AND (leased_until IS NULL OR leased_until <= $1)
      AND (kind = ANY($2)) = $3
    ORDER BY due_at LIMIT $4
    FOR UPDATE SKIP LOCKED)
UPDATE notice SET
    attempts = CASE WHEN attempts < $5 THEN attempts + 1 ELSE attempts END,
    leased_until = CASE WHEN attempts < $5 THEN $6::timestamptz END,
    state = CASE WHEN attempts < $5 THEN state ELSE 'dead' END,
    ended_at = CASE WHEN attempts < $5 THEN NULL ELSE $1 END,
    why = CASE WHEN attempts < $5 THEN why ELSE $7 END
FROM due WHERE notice.id = due.id
RETURNING notice.id, person, kind, about, turn, facts::text AS facts, path, attempts, leased_until, state
"""
RECORD = """
UPDATE notice SET state = ended.state, due_at = coalesce(ended.due_at, notice.due_at), ended_at = ended.ended_at,
    why = ended.why, leased_until = NULL
FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::text[])
    AS ended (id, lease, state, due_at, ended_at, why)
WHERE notice.id = ended.id AND notice.state = 'queued' AND notice.leased_until = ended.lease
"""
NOTE_TRIES = """
INSERT INTO delivery (id, notice, rung, device, outcome, status, at)
SELECT gen_random_uuid(), tried.notice, tried.rung, tried.device, tried.outcome, tried.status, $1
FROM unnest($2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::smallint[])
    AS tried (notice, rung, device, outcome, status)
"""

PushTo = Callable[[Device, Message], Awaitable[Tried]]
log = structlog.get_logger()


class Due(msgspec.Struct, frozen=True):
    """A claimed notice: ours until ``leased_until``."""

    id: UUID
    person: UUID
    kind: str
    about: UUID
    turn: int
    facts: dict[str, rules.Scalar]
    path: str
    attempts: int
    leased_until: datetime


class Reach(msgspec.Struct, frozen=True):
    """How a person can be reached now. No phone: the account is closed."""

    devices: list[Device]
    muted: set[str]
    phone: str
    badge: int


async def claim_due(*, urgent: bool, limit: int, now: datetime) -> list[Due]:
    """Take notices of one lane for five minutes. Several workers at once never get the same one.

    The attempt counts from here, not from the sending: one that kills its worker is buried after 6 claims.
    """
    async with db.transaction():
        rows = await db.connection().fetch(
            CLAIM, now, rules.urgent_kinds(), urgent, limit, rules.MAX_ATTEMPTS, now + rules.LEASE, WORKER_DIED
        )
    return [
        msgspec.convert({**row, "facts": msgspec.json.decode(row["facts"])}, Due)
        for row in rows
        if row["state"] == NoticeState.QUEUED
    ]


async def deliver(batch: Sequence[Due], *, push: PushTo, sms: Sms, base_url: str, now: datetime) -> int:
    """Try every rung of every claimed notice side by side, then write all endings in one transaction.

    push, sms: the adapters. base_url: of this site, without a slash at the end. Returns how many were taken.
    """
    reach = await _reach(sorted({notice.person for notice in batch}))
    tries = await asyncio.gather(
        *(_try(notice, reach[notice.person], push=push, sms=sms, base_url=base_url) for notice in batch)
    )
    await _record(batch, tries, now=now)
    return sum(any(tried.outcome is Outcome.TAKEN for tried in one) for one in tries)


async def _try(notice: Due, reach: Reach, *, push: PushTo, sms: Sms, base_url: str) -> list[Tried]:
    kind = rules.KINDS.get(notice.kind)
    if kind is None or not reach.phone:
        return []  # withdrawn kinds and closed accounts end in the inbox
    try:
        said = texts.said(rules.file_of(notice.kind), notice.facts)
    except texts.Unfilled as wrong:
        log.error("notice_unsayable", notice=str(notice.id), kind=notice.kind, error=repr(wrong))
        return [Tried(Outcome.REFUSED, why=f"消息模板有误：{wrong}")]
    url = f"{base_url}/notices/{notice.id}"  # leads on to the page, and notes that it was opened
    tries: list[Tried] = []
    if reach.devices and rules.may_push(kind, muted=kind.group in reach.muted):
        tag = rules.tag_of(notice.kind, notice.about, collapse=kind.collapse, turn=notice.turn)
        message = Message(
            title=said.title, body=said.body, url=url, tag=tag, ttl_s=kind.ttl_s,
            urgent=kind.urgent, badge=reach.badge,
        )  # fmt: skip
        answers = await asyncio.gather(*(push(device, message) for device in reach.devices), return_exceptions=True)
        tries += [_answered(notice, answer) for answer in answers]
    if rules.wants_sms(kind, tries):
        (answer,) = await asyncio.gather(_by_sms(sms, notice, reach, f"{said.title}。{url}"), return_exceptions=True)
        tries.append(_answered(notice, answer))
    return tries


async def _by_sms(sms: Sms, notice: Due, reach: Reach, text: str) -> Tried:
    outcome = Outcome(await sms.send(reach.phone, text, key=f"notice {notice.id}"))
    return Tried(outcome, Rung.SMS, why="" if outcome is Outcome.TAKEN else "短信网关没有接收")


def _answered(notice: Due, answer: Tried | BaseException) -> Tried:
    """An adapter's fault belongs to the one notice that met it, not to all that were sent with it."""
    if isinstance(answer, Tried):
        return answer
    if not isinstance(answer, Exception):
        raise answer
    log.error("notice_broke", notice=str(notice.id), kind=notice.kind, exc_info=answer)
    return Tried(Outcome.FAILED, why=f"程序出错：{type(answer).__name__}")


async def _reach(people: list[UUID]) -> dict[UUID, Reach]:
    devices = await db.fetch(
        "SELECT id, person, endpoint, p256dh, auth FROM push_subscription WHERE person = ANY($1) ORDER BY created_at",
        people,
    )
    mutes = await db.fetch('SELECT person, "group" FROM mute WHERE muted AND person = ANY($1)', people)
    persons = await db.fetch(
        """
        SELECT id, CASE WHEN active THEN phone ELSE '' END AS phone,
            (SELECT count(*) FROM (SELECT 1 FROM notice WHERE notice.person = person.id AND read_at IS NULL
                AND kind = ANY($2) LIMIT 100) AS waiting) AS badge
        FROM person WHERE id = ANY($1)
        """,
        people,
        rules.kinds_of(rules.Group.TODO),
    )
    return {
        row["id"]: Reach(
            devices=[msgspec.convert(dict(one), Device) for one in devices if one["person"] == row["id"]],
            muted={mute["group"] for mute in mutes if mute["person"] == row["id"]},
            phone=row["phone"],
            badge=row["badge"],
        )
        for row in persons
    }


async def _record(batch: Sequence[Due], tries: Sequence[list[Tried]], *, now: datetime) -> None:
    """Write each ending once: a notice that another worker has meanwhile taken over is left to it."""
    policy = await quiet_hours()
    gone = [tried.device for one in tries for tried in one if tried.outcome is Outcome.GONE and tried.device]
    noted = [(notice.id, tried) for notice, one in zip(batch, tries, strict=True) for tried in one]
    rows: list[tuple[Any, ...]] = []
    for notice, one in zip(batch, tries, strict=True):
        step = rules.after_try(tries=one, attempts=notice.attempts)
        urgent = notice.kind in rules.urgent_kinds()
        due_at = None if step.wait is None else rules.send_at(now + step.wait, urgent=urgent, policy=policy)
        ended_at = None if step.state is NoticeState.QUEUED else now
        why = "" if step.state is NoticeState.SENT else rules.reason(one)
        rows.append((notice.id, notice.leased_until, step.state.value, due_at, ended_at, why))
    async with db.transaction():
        connection = db.connection()
        if gone:
            await connection.execute("DELETE FROM push_subscription WHERE id = ANY($1)", gone)
        if noted:
            await connection.execute(
                NOTE_TRIES,
                now,
                [notice_id for notice_id, _ in noted],
                [tried.rung.value for _, tried in noted],
                [tried.device for _, tried in noted],
                [tried.outcome.value for _, tried in noted],
                [tried.status for _, tried in noted],
            )
        await connection.execute(RECORD, *(list(column) for column in zip(*rows, strict=True)))


async def hold_until_morning(*, now: datetime) -> None:
    """In quiet hours, put off what fell due before them and was not sent: the worker was away."""
    policy = await quiet_hours()
    morning = rules.send_at(now, urgent=False, policy=policy)
    if morning == now:
        return
    async with db.transaction():
        await db.connection().execute(
            """
            UPDATE notice SET due_at = $2 WHERE state = 'queued' AND due_at <= $1 AND kind <> ALL($3)
                AND (leased_until IS NULL OR leased_until <= $1)
            """,
            now,
            morning,
            rules.urgent_kinds(),
        )


async def send_again(*, by: UUID, notice_id: UUID, now: datetime) -> None:
    """Give a dead notice six new attempts, from now on. Raises rules.NotDead, db.NotFound."""
    async with db.transaction():
        row = db.found(await Notice.select(Notice.state, Notice.kind).where(Notice.id == notice_id).lock_rows().first())
        if row["state"] != NoticeState.DEAD:
            raise rules.NotDead
        await Notice.update(
            {
                Notice.state: NoticeState.QUEUED,
                Notice.attempts: 0,
                Notice.due_at: now,
                Notice.ended_at: None,
                Notice.leased_until: None,
            }
        ).where(Notice.id == notice_id)
        await audit.record(by=by, did="notice.send_again", to=notice_id, now=now)

        async def look_now() -> None:
            await queue.wake(SEND_URGENT if row["kind"] in rules.urgent_kinds() else SEND)

        db.after_commit(look_now)
