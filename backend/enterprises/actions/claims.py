"""Tying a person to a firm, and noting who looked at a firm's contact."""

from datetime import datetime
from uuid import UUID, uuid4

from backend.accounts.rules import Actor, Permission
from backend.audit import actions as audit
from backend.enterprises import rules
from backend.enterprises.rules import EnterpriseStatus, Tie
from backend.enterprises.tables import Enterprise
from backend.kit import db
from backend.notices import actions as notices

# One statement, so that a second tap and a second phone find the tie that is there; an ended one is taken up again.
TIE = """
    INSERT INTO representative (id, enterprise, person, tie, since) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (enterprise, person) DO UPDATE SET since = excluded.since, tie = excluded.tie, ended_at = NULL
    WHERE representative.ended_at IS NOT NULL
    RETURNING id
"""


async def claim(*, actor: Actor, enterprise_id: UUID, now: datetime) -> None:
    """Tie the actor to the firm whose registered contact number is the one proved at sign-in, log it and say so.

    Doing it again changes nothing. Raises db.NotFound for a firm registered with another number, rules.NotActive.
    """
    async with db.transaction():
        # The row is held, so that the registry cannot change the number between the check and the tie.
        row = db.found(
            await Enterprise.select(Enterprise.name, Enterprise.contact_phone, Enterprise.status)
            .where(Enterprise.id == enterprise_id, Enterprise.contact_phone == actor.phone)
            .lock_rows("SHARE")
            .first()
        )
        status = EnterpriseStatus(row["status"])
        rules.check_claim(phone=actor.phone, contact_phone=row["contact_phone"], status=status)
        if not await db.connection().fetchval(TIE, uuid4(), enterprise_id, actor.person_id, Tie.OWNER.value, now):
            return
        await audit.record(by=actor.person_id, did="enterprise.claim", to=enterprise_id, now=now)
        await notices.tell(
            [actor.person_id],
            kind="enterprise.claimed",
            about=enterprise_id,
            path=f"/enterprises/{enterprise_id}",
            facts={"enterprise": row["name"]},
            now=now,
        )


async def reveal_contact(*, actor: Actor, enterprise_id: UUID, now: datetime) -> None:
    """Note that an official looked at the contact's whole name and number. Raises db.NotFound."""
    async with db.transaction():
        if not actor.may(Permission.ENTERPRISE_READ):
            raise db.NotFound
        db.found(await Enterprise.select(Enterprise.id).where(Enterprise.id == enterprise_id).first())
        await audit.record(by=actor.person_id, did="contact.reveal", to=enterprise_id, now=now)
