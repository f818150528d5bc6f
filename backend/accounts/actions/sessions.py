"""Sessions: opened with a new secret, moved on while used, ended by hand. Only a hash is kept."""

import secrets
from datetime import datetime
from uuid import UUID

from backend.accounts import rules
from backend.accounts.rules import Actor
from backend.accounts.tables import Session
from backend.audit import actions as audit
from backend.kit import db

SECRET_BYTES = 32
TOUCH = "UPDATE session SET seen_at = $2, expires_at = $3 WHERE id_hash = $1 AND seen_at < $2"
MAY_SIT = "SELECT person FROM role_grant WHERE id = $1 AND person = $2 AND revoked_at IS NULL"


async def open_session(*, person_id: UUID, grant_id: UUID, device: str, now: datetime) -> str:
    """Sign a person in at a desk; returns the secret for the cookie, which is new every time and kept nowhere.

    device: a few words that the person will know it by. It ends 30 days after it was last used.
    """
    secret = secrets.token_urlsafe(SECRET_BYTES)
    await Session.insert(
        Session(
            id_hash=rules.session_hash(secret),
            person=person_id,
            grant=grant_id,
            created_at=now,
            seen_at=now,
            expires_at=now + rules.SESSION_LASTS,
            device=device[:200],
        )
    )
    return secret


async def touch_session(secret: str, *, now: datetime) -> None:
    """Note that a session is in use and move its end. The caller does so once an hour, not with every request."""
    await db.fetch(TOUCH, rules.session_hash(secret), now, now + rules.SESSION_LASTS)


async def change_desk(*, actor: Actor, secret: str, grant_id: UUID, device: str, now: datetime) -> str | None:
    """Sit down at another of one's desks. The old secret ends with the old rights; returns the new one.

    None when the old one has just ended: by a second tap, which has its new one, or by signing out, which must stand.
    Raises db.NotFound for a desk that is not the actor's or was taken away.
    """
    async with db.transaction():
        db.found(next(iter(await db.fetch(MAY_SIT, grant_id, actor.person_id)), None))
        mine = (Session.id_hash == rules.session_hash(secret)) & (Session.person == actor.person_id)
        if not await Session.delete().where(mine).returning(Session.person):
            return None
        opened = await open_session(person_id=actor.person_id, grant_id=grant_id, device=device, now=now)
        await audit.record(by=actor.person_id, did="desk.change", to=grant_id, now=now)
    return opened


async def close_session(secret: str, *, now: datetime) -> None:
    """Sign out. Ending a session that has ended already is no error."""
    async with db.transaction():
        gone = await Session.delete().where(Session.id_hash == rules.session_hash(secret)).returning(Session.person)
        for row in gone:
            await audit.record(by=row["person"], did="session.close", to=row["person"], now=now)


async def close_session_by_key(*, actor: Actor, key: str, now: datetime) -> None:
    """Sign out another of one's browsers. Raises db.NotFound when it is not the actor's or has ended."""
    async with db.transaction():
        own = await Session.select(Session.id_hash).where(Session.person == actor.person_id)
        id_hash = db.found(next((row["id_hash"] for row in own if rules.device_key(row["id_hash"]) == key), None))
        await Session.delete().where(Session.id_hash == id_hash)
        await audit.record(by=actor.person_id, did="session.close", to=actor.person_id, now=now)


async def close_other_sessions(*, actor: Actor, secret: str, now: datetime) -> int:
    """Sign out everywhere but here; returns how many browsers that were."""
    async with db.transaction():
        gone = (
            await Session.delete()
            .where(Session.person == actor.person_id, Session.id_hash != rules.session_hash(secret))
            .returning(Session.id_hash)
        )
        if gone:
            await audit.record(
                by=actor.person_id, did="session.close_others", to=actor.person_id, now=now, detail={"count": len(gone)}
            )
    return len(gone)
