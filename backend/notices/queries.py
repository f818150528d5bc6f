"""Reads of the inbox, of devices, and of what the outbox could not deliver."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.accounts.rules import Actor
from backend.kit import db, masks, texts
from backend.kit.paging import PAGE, Page, cursor, read_cursor, read_moment
from backend.kit.texts import Said
from backend.notices import rules
from backend.notices.rules import Group, NoticeState
from backend.notices.tables import Mute, Notice

COUNTED = 100  # a badge says 99+ from there on
LAST = ("9999-12-31T00:00:00+00:00", "ffffffff-ffff-ffff-ffff-ffffffffffff")


class Card(msgspec.Struct, frozen=True):
    """One notice in the inbox of whom it was sent to."""

    id: UUID
    title: str
    body: str
    when: str
    read: bool
    receipt: str  # empty where nobody needs one


class Drawer(msgspec.Struct, frozen=True):
    """One of the three groups: its name, how much of it is unread, and whether it is silenced."""

    group: Group
    name: str
    unread: int
    muted: bool
    kinds: list[str]  # that the viewer's desk may get
    always: list[str]  # the kinds that sound all the same


class DeviceCard(msgspec.Struct, frozen=True):
    id: UUID
    name: str  # 苹果手机, 安卓手机 · Chrome
    created_at: datetime


class DeadCard(msgspec.Struct, frozen=True):
    """A notice that every rung refused, for the administrator. ``person`` is masked."""

    id: UUID
    kind: str
    person: str
    why: str
    attempts: int
    created_at: datetime
    ended_at: datetime


class Receipt(msgspec.Struct, frozen=True):
    """Whether one person was reached with one kind about a thing."""

    person: UUID
    kind: str
    words: str


class Outbox(msgspec.Struct, frozen=True):
    """The state of the outbox: what waits, what lies dead, and how long the oldest due one has waited, in words."""

    waiting: int
    dead: int
    lag_words: str


async def unread(person_id: UUID) -> int:
    """How many notices the person has not opened; counting stops at 100."""
    rows = await db.fetch(
        "SELECT count(*) AS n FROM (SELECT 1 FROM notice WHERE person = $1 AND read_at IS NULL LIMIT $2) AS unread",
        person_id,
        COUNTED,
    )
    return int(rows[0]["n"])


async def drawers(*, viewer: Actor) -> list[Drawer]:
    """The three groups of the viewer's inbox."""
    rows = await db.fetch(
        "SELECT kind, count(*) AS n FROM notice WHERE person = $1 AND read_at IS NULL GROUP BY kind", viewer.person_id
    )
    waiting = {row["kind"]: int(row["n"]) for row in rows}
    silenced = Mute.select(Mute.group).where(Mute.person == viewer.person_id, Mute.muted.eq(True))
    muted = await silenced.output(as_list=True)
    mine = [kind for kind in rules.KINDS.values() if viewer.role in kind.to]
    return [
        Drawer(
            group=group,
            name=name,
            unread=sum(waiting.get(kind, 0) for kind in rules.kinds_of(group)),
            muted=group in muted,
            kinds=[kind.name for kind in mine if kind.group is group],
            always=[kind.name for kind in mine if kind.group is group and kind.statutory],
        )
        for group, name in rules.GROUP_NAMES.items()
    ]


async def inbox(*, viewer: Actor, group: Group, after: str | None, now: datetime) -> Page[Card]:
    """The viewer's notices of one group, newest first. after: the cursor of the page before."""
    at, last = read_cursor(after, parts=2) or LAST
    rows = await db.fetch(
        """
        SELECT id, kind, facts::text AS facts, created_at, read_at, state, ended_at FROM notice
        WHERE person = $1 AND kind = ANY($2) AND (created_at, id) < ($3, $4)
        ORDER BY created_at DESC, id DESC LIMIT $5
        """,
        viewer.person_id,
        rules.kinds_of(group),
        _moment(at),
        _uuid(last),
        PAGE + 1,
    )
    shown = rows[:PAGE]
    more = cursor(shown[-1]["created_at"].isoformat(), str(shown[-1]["id"])) if len(rows) > PAGE else None
    return Page(items=[_card(row, now=now) for row in shown], next=more)


def _card(row: Mapping[str, Any], *, now: datetime) -> Card:
    read = row["read_at"] is not None
    said = _said(row["kind"], row["facts"])
    receipt = ""
    if rules.KINDS[row["kind"]].statutory:
        state = NoticeState(row["state"])
        receipt = rules.receipt_words(
            state=state, ended_at=row["ended_at"], created_at=row["created_at"], read=read, now=now
        )
    when = rules.when_words(row["created_at"], now=now)
    return Card(id=row["id"], title=said.title, body=said.body, when=when, read=read, receipt=receipt)


def _said(kind: str, facts: str) -> Said:
    """The words as they are today; a text that has meanwhile come to need more facts shows its name."""
    try:
        return texts.said(rules.file_of(kind), msgspec.json.decode(facts))
    except texts.Unfilled:
        return Said(title=rules.KINDS[kind].name, body="")


def _moment(text: str) -> datetime:
    """A made-up cursor starts at the top again."""
    return read_moment(text) or datetime.fromisoformat(LAST[0])


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(LAST[1])


async def has_reason(*, viewer: Actor) -> bool:
    """Whether there was ever anything to tell the viewer: before that, nobody is asked for permission to notify."""
    return await Notice.exists().where(Notice.person == viewer.person_id, Notice.kind != "notice.test")


async def devices_of(*, viewer: Actor, now: datetime) -> list[DeviceCard]:
    """The browsers on which the viewer is told, newest first: those still signed in."""
    rows = await db.fetch(
        """
        SELECT one.id, one.device, one.created_at FROM push_subscription AS one
        JOIN session ON id_hash = one.session AND session.person = one.person AND expires_at > $2
        WHERE one.person = $1 ORDER BY one.created_at DESC
        """,
        viewer.person_id,
        now,
    )
    return [
        DeviceCard(id=row["id"], name=rules.device_name(row["device"]), created_at=row["created_at"]) for row in rows
    ]


async def dead(*, after: str | None) -> Page[DeadCard]:
    """Notices that ended undelivered, the latest first. For who may repair."""
    at, last = read_cursor(after, parts=2) or LAST
    rows = await db.fetch(
        """
        SELECT notice.id, kind, person.name, person.phone, why, attempts, notice.created_at, ended_at
        FROM notice JOIN person ON person.id = notice.person
        WHERE state = 'dead' AND (ended_at, notice.id) < ($1, $2)
        ORDER BY ended_at DESC, notice.id DESC LIMIT $3
        """,
        _moment(at),
        _uuid(last),
        PAGE + 1,
    )
    shown = rows[:PAGE]
    more = cursor(shown[-1]["ended_at"].isoformat(), str(shown[-1]["id"])) if len(rows) > PAGE else None
    cards = [
        DeadCard(
            id=row["id"],
            kind=rules.KINDS[row["kind"]].name if row["kind"] in rules.KINDS else row["kind"],
            person=f"{masks.name(row['name'])} {masks.phone(row['phone'])}".strip(),
            why=row["why"],
            attempts=row["attempts"],
            created_at=row["created_at"],
            ended_at=row["ended_at"],
        )
        for row in shown
    ]
    return Page(items=cards, next=more)


async def outbox(*, now: datetime) -> Outbox:
    """The outbox in numbers, for the administrator."""
    rows = await db.fetch(
        """
        SELECT (SELECT count(*) FROM notice WHERE state = 'queued') AS waiting,
            (SELECT count(*) FROM notice WHERE state = 'dead') AS dead
        """
    )
    return Outbox(waiting=rows[0]["waiting"], dead=rows[0]["dead"], lag_words=rules.lag_words(await outbox_lag(now)))


async def outbox_lag(now: datetime) -> float:
    """How long the oldest notice that could go out now has been waiting, in seconds; 0 when none waits."""
    rows = await db.fetch(
        """
        SELECT min(due_at) AS oldest FROM notice
        WHERE state = 'queued' AND due_at <= $1 AND (leased_until IS NULL OR leased_until <= $1)
        """,
        now,
    )
    oldest = rows[0]["oldest"]
    return 0.0 if oldest is None else (now - oldest).total_seconds()


async def receipts_of(about: UUID, *, kinds: list[str], now: datetime) -> list[Receipt]:
    """Who was told of a thing and has read it, for who sent it. The caller decides who may see this."""
    rows = await db.fetch(
        """
        SELECT person, kind, state, ended_at, created_at, read_at IS NOT NULL AS read FROM notice
        WHERE about = $1 AND kind = ANY($2) ORDER BY created_at
        """,
        about,
        kinds,
    )
    return [
        Receipt(
            person=row["person"],
            kind=row["kind"],
            words=rules.receipt_words(
                state=NoticeState(row["state"]),
                ended_at=row["ended_at"],
                created_at=row["created_at"],
                read=row["read"],
                now=now,
            ),
        )
        for row in rows
    ]
