"""What a person does with the inbox."""

from datetime import datetime
from uuid import UUID

from backend.accounts.rules import Actor
from backend.kit import db, live
from backend.notices import rules
from backend.notices.tables import Notice


async def open_notice(*, actor: Actor, notice_id: UUID, now: datetime) -> str:
    """Mark it read and return the page it is about, from the site's root. Raises db.NotFound for somebody else's."""
    async with db.transaction():
        row = db.found(
            await Notice.select(Notice.path, Notice.read_at)
            .where(Notice.id == notice_id, Notice.person == actor.person_id)
            .first()
        )
        if row["read_at"] is None:
            await Notice.update({Notice.read_at: now}).where(Notice.id == notice_id)
            _show(actor)
    path: str = row["path"]
    return path


async def read_group(*, actor: Actor, group: rules.Group, now: datetime) -> None:
    """Mark everything in one drawer of the inbox read."""
    async with db.transaction():
        await Notice.update({Notice.read_at: now}).where(
            Notice.person == actor.person_id,
            Notice.read_at.is_null(),
            Notice.kind.is_in(rules.kinds_of(group)),
        )
        _show(actor)


def _show(actor: Actor) -> None:
    """Let the badge on the person's other open pages follow."""

    async def look_now() -> None:
        await live.publish([actor.person_id])

    db.after_commit(look_now)
