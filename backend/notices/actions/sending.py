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
from backend.standards.rules import NoticePolicy

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


class Letter(msgspec.Struct):
    """A notice on its way: its words, whether devices are rung, and what became of it so far."""

    notice: Due
    reach: Reach
    kind: rules.Kind | None = None
    message: Message | None = None
    rings: bool = False
    tries: list[Tried] = []


async def claim_due(*, urgent: bool, limit: int, now: datetime) -> list[Due]:
    """Take notices of one lane for five minutes. Several workers at once never get the same one.

    The attempt counts from here, not from the sending: one that kills its worker is buried after 6 claims.
    """
    async with db.transaction():
        # A claim that a crash of the database forgets is simply made again: not worth waiting for the disk.
        await db.connection().execute("SET LOCAL synchronous_commit = off")
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
    reach = await _reach(list({notice.person for notice in batch}), now=now)
    letters = [_letter(notice, reach[notice.person], base_url) for notice in batch]
    rings = [(letter, device) for letter in letters if letter.rings for device in letter.reach.devices]
    await _side_by_side([(letter, push(device, letter.message)) for letter, device in rings if letter.message])
    texted = [letter for letter in letters if letter.message and rules.wants_sms(letter.kind, letter.tries)]
    await _side_by_side([(letter, _by_sms(sms, letter)) for letter in texted])
    await _record(letters, now=now)
    return sum(any(tried.outcome is Outcome.TAKEN for tried in letter.tries) for letter in letters)


def _letter(notice: Due, reach: Reach, base_url: str) -> Letter:
    """The notice in words. Withdrawn kinds and closed accounts have none: they end in the inbox."""
    kind = rules.KINDS.get(notice.kind)
    if kind is None or not reach.phone:
        return Letter(notice=notice, reach=reach)
    try:
        said = texts.said(rules.file_of(notice.kind), notice.facts)
    except texts.Unfilled as wrong:
        log.error("notice_unsayable", notice=str(notice.id), kind=notice.kind, error=repr(wrong))
        return Letter(notice=notice, reach=reach, tries=[Tried(Outcome.REFUSED, why=f"消息模板有误：{wrong}")])
    message = Message(
        title=said.title,
        body=said.body,
        url=f"{base_url}/notices/{notice.id}",  # leads on to the page, and notes that it was opened
        tag=rules.tag_of(notice.kind, notice.about, collapse=kind.collapse, turn=notice.turn),
        ttl_s=kind.ttl_s,
        urgent=kind.urgent,
        badge=reach.badge,
    )
    rings = rules.may_push(kind, muted=kind.group in reach.muted)
    return Letter(notice=notice, reach=reach, kind=kind, message=message, rings=rings)


async def _by_sms(sms: Sms, letter: Letter) -> Tried:
    assert letter.message is not None
    text = f"{letter.message.title}。{letter.message.url}"
    outcome = Outcome(await sms.send(letter.reach.phone, text, key=f"notice {letter.notice.id}"))
    return Tried(outcome, Rung.SMS, why="" if outcome is Outcome.TAKEN else "短信网关没有接收")


async def _side_by_side(sends: Sequence[tuple[Letter, Awaitable[Tried]]]) -> None:
    """Note every answer. An adapter's fault belongs to the one notice that met it, not to all that went with it."""
    answers = await asyncio.gather(*(send for _, send in sends), return_exceptions=True)
    for (letter, _), answer in zip(sends, answers, strict=True):
        if isinstance(answer, Exception):
            log.error("notice_broke", notice=str(letter.notice.id), kind=letter.notice.kind, exc_info=answer)
            answer = Tried(Outcome.FAILED, why=f"程序出错：{type(answer).__name__}")
        elif isinstance(answer, BaseException):
            raise answer
        letter.tries.append(answer)


async def _reach(people: list[UUID], *, now: datetime) -> dict[UUID, Reach]:
    devices = await db.fetch(
        """
        SELECT one.id, one.person, endpoint, p256dh, auth FROM push_subscription AS one
        JOIN session ON id_hash = one.session AND session.person = one.person AND expires_at > $2
        WHERE one.person = ANY($1) ORDER BY one.created_at
        """,
        people,
        now,
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
    reach = {row["id"]: Reach(devices=[], muted=set(), phone=row["phone"], badge=row["badge"]) for row in persons}
    for one in devices:
        reach[one["person"]].devices.append(msgspec.convert(dict(one), Device))
    for mute in mutes:
        reach[mute["person"]].muted.add(mute["group"])
    return reach


async def _record(letters: Sequence[Letter], *, now: datetime) -> None:
    """Write each ending once: a notice that another worker has meanwhile taken over is left to it."""
    policy = await quiet_hours()
    tried = [(letter.notice.id, one) for letter in letters for one in letter.tries]
    gone = [one.device for _, one in tried if one.outcome is Outcome.GONE and one.device]
    endings = [_ending(letter, policy=policy, now=now) for letter in letters]
    async with db.transaction():
        connection = db.connection()
        if gone:
            await connection.execute("DELETE FROM push_subscription WHERE id = ANY($1)", gone)
        if tried:
            columns = zip(*((at, one.rung, one.device, one.outcome, one.status) for at, one in tried), strict=True)
            await connection.execute(NOTE_TRIES, now, *(list(column) for column in columns))
        await connection.execute(RECORD, *(list(column) for column in zip(*endings, strict=True)))


def _ending(letter: Letter, *, policy: NoticePolicy, now: datetime) -> tuple[Any, ...]:
    """One row of what RECORD takes."""
    notice = letter.notice
    step = rules.after_try(tries=letter.tries, attempts=notice.attempts)
    urgent = letter.kind is not None and letter.kind.urgent
    due_at = None if step.wait is None else rules.send_at(now + step.wait, urgent=urgent, policy=policy)
    ended_at = None if step.state is NoticeState.QUEUED else now
    why = "" if step.state is NoticeState.SENT else rules.reason(letter.tries)
    return notice.id, notice.leased_until, step.state, due_at, ended_at, why


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
