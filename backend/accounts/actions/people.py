"""People and their desks."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from backend.accounts import rules
from backend.accounts.rules import Actor, Role
from backend.accounts.tables import Person, RoleGrant, Session
from backend.audit import actions as audit
from backend.kit import db

FIND_OR_ADD = """
    INSERT INTO person (id, name, phone, active, created_at) VALUES ($1, $2, $3, true, $4)
    ON CONFLICT (phone) DO UPDATE SET name = CASE WHEN person.name = '' THEN excluded.name ELSE person.name END
    RETURNING id
"""
GRANT = """
    INSERT INTO role_grant (id, person, role, department, granted_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (person, role, department) DO UPDATE
    SET granted_at = CASE WHEN role_grant.revoked_at IS NULL THEN role_grant.granted_at ELSE excluded.granted_at END,
        revoked_at = NULL
    RETURNING id
"""
CODES_KEPT = timedelta(days=2)  # a number's limit looks back one day
FORGET_CODES = "DELETE FROM sign_in_code WHERE sent_at < $1"
FORGET_SESSIONS = "DELETE FROM session WHERE expires_at <= $1"


async def admit(
    *, phone: str, name: str = "", role: Role, department: str | None = None, by: UUID | None = None, now: datetime
) -> Actor:
    """Give somebody a desk, as a new person if the number is new; a desk held already stays as it is.

    phone: however it was typed. department: the code of an official's department; owners have none. by: who grants it,
    None for a command. A name already known stays. Raises rules.PhoneWrong, rules.DepartmentWrong.
    """
    digits = rules.read_phone(phone)
    rules.check_grant(role=role, department=department)
    async with db.transaction():
        known = db.connection()
        if department and not await known.fetchval("SELECT 1 FROM department WHERE code = $1", department):
            raise rules.DepartmentWrong
        person_id = await known.fetchval(FIND_OR_ADD, uuid4(), name.strip()[: rules.NAME_LONGEST], digits, now)
        grant_id = await known.fetchval(GRANT, uuid4(), person_id, role.value, department, now)
        await audit.record(
            by=by, did="person.admit", to=person_id, now=now, detail={"role": role.value, "department": department}
        )
        permissions = await known.fetch("SELECT permission FROM role_permission WHERE role = $1", role.value)
        held = await known.fetchval("SELECT name FROM person WHERE id = $1", person_id)
    return Actor(
        person_id=person_id,
        name=held,
        phone=digits,
        role=role,
        grant_id=grant_id,
        department=department,
        permissions=rules.permissions_of(row["permission"] for row in permissions),
    )


async def revoke(*, grant_id: UUID, by: UUID | None, now: datetime) -> None:
    """Take a desk away. Whoever sits at it is signed out with the next request. Raises db.NotFound."""
    async with db.transaction():
        left = (
            await RoleGrant.update({RoleGrant.revoked_at: now})
            .where(RoleGrant.id == grant_id, RoleGrant.revoked_at.is_null())
            .returning(RoleGrant.person)
        )
        row = db.found(left[0] if left else None)
        await Session.delete().where(Session.grant == grant_id)
        await audit.record(by=by, did="desk.revoke", to=row["person"], now=now, detail={"grant": grant_id})


async def rename(*, actor: Actor, name: str, now: datetime) -> None:
    """Say how one is called. name: 1 to 40 characters; the form has checked it."""
    async with db.transaction():
        await Person.update({Person.name: name.strip()}).where(Person.id == actor.person_id)
        await audit.record(by=actor.person_id, did="person.rename", to=actor.person_id, now=now)


async def forget_old_sign_ins(*, now: datetime) -> None:
    """Delete sessions that have ended and codes, with their numbers and addresses, that no limit looks at any more."""
    async with db.transaction():
        await db.connection().execute(FORGET_SESSIONS, now)
        await db.connection().execute(FORGET_CODES, now - CODES_KEPT)
