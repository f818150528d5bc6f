"""Saying things, sending what was said, and what a person does with it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.kit import db, live, queue
from backend.kit.errors import DomainError
from backend.notices import rules
from backend.notices.tables import Notice
from backend.standards import queries as standards
from backend.standards.rules import NoticePolicy

SEND, SEND_URGENT = "send_due_notices", "send_urgent_notices"


async def tell(
    people: Sequence[UUID],
    *,
    kind: str,
    about: UUID,
    path: str,
    facts: Mapping[str, rules.Scalar],
    now: datetime,
    turn: int = 0,
) -> None:
    """Put a notice into each person's inbox, to be sent once the caller's transaction has committed.

    Call it inside that transaction. Saying the same ``kind`` about the same thing in the same ``turn`` again is
    harmless; a third rescheduling is turn 3. path: the page that a tap opens, from the site's root.
    facts: names in ``rules.FACTS`` only: dates, names, numbers, never what a person wrote.
    Raises rules.Unsayable for a caller's mistake.
    """
    known = rules.check_sayable(kind, facts=facts, path=path)
    if not people:
        return
    due_at = rules.send_at(now, urgent=known.urgent, policy=await quiet_hours())
    told = list(dict.fromkeys(people))
    same: dict[str, Any] = {"kind": kind, "about": about, "turn": turn, "facts": dict(facts), "path": path}
    rows = [Notice(**same, person=person, created_at=now, due_at=due_at) for person in told]
    async with db.transaction():
        await Notice.insert(*rows).on_conflict(action="DO NOTHING")

        async def look_now() -> None:
            await queue.wake(SEND_URGENT if known.urgent else SEND)
            await live.publish(told)

        db.after_commit(look_now)


async def quiet_hours() -> NoticePolicy:
    """The city's quiet hours, or the usual ones where none are loaded."""
    try:
        return await standards.notice_policy()
    except DomainError:
        return rules.USUAL_QUIET
