"""Reads of people, desks, sessions, regions and departments."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime
from time import monotonic
from typing import Any, TypeVar, cast
from uuid import UUID

import msgspec

from backend.accounts import rules
from backend.accounts.rules import Actor, Level, Permission, Role
from backend.accounts.tables import Department, Person, Region, SignInCode
from backend.kit import db

KEEP_SECONDS = 30  # regions and departments change with a load, that is hardly ever
Kept = TypeVar("Kept")
_kept: dict[str, tuple[float, Any]] = {}

# Everything a request needs to know of its visitor, in one round trip. A revoked desk, a person put out of action or an
# ended session is simply not found, from the next request on: nothing of this is cached (decisions/0006-sessions.md).
SESSION = """
    SELECT s.person AS person_id, p.name, p.phone, g.role, g.id AS grant_id, g.department, s.seen_at,
           ARRAY(SELECT permission FROM role_permission WHERE role = g.role) AS permissions
    FROM session s
    JOIN person p ON p.id = s.person AND p.active
    JOIN role_grant g ON g.id = s."grant" AND g.person = s.person AND g.revoked_at IS NULL
    WHERE s.id_hash = $1 AND s.expires_at > $2
"""
ACTOR = """
    SELECT g.person AS person_id, p.name, p.phone, g.role, g.id AS grant_id, g.department,
           ARRAY(SELECT permission FROM role_permission WHERE role = g.role) AS permissions
    FROM role_grant g JOIN person p ON p.id = g.person AND p.active
    WHERE g.id = $1 AND g.revoked_at IS NULL
"""
DESKS = """
    SELECT g.id AS grant_id, g.role, r.name AS role_name, g.department, d.name AS department_name
    FROM role_grant g JOIN role r ON r.code = g.role LEFT JOIN department d ON d.code = g.department
    WHERE g.person = $1 AND g.revoked_at IS NULL
    ORDER BY g.role = 'owner', r.code, d.position
"""
DEVICES = """
    SELECT id_hash, device, created_at, seen_at FROM session
    WHERE person = $1 AND expires_at > $2 ORDER BY seen_at DESC, id_hash
"""
PEOPLE_AT = """
    SELECT DISTINCT g.person FROM role_grant g JOIN person p ON p.id = g.person AND p.active
    WHERE g.role = $1 AND g.revoked_at IS NULL AND ($2::text IS NULL OR g.department = $2) ORDER BY g.person
"""
PEOPLE_WHO_MAY = """
    SELECT DISTINCT g.person FROM role_grant g JOIN person p ON p.id = g.person AND p.active
    JOIN role_permission r ON r.role = g.role AND r.permission = $1
    WHERE g.revoked_at IS NULL AND ($2::text IS NULL OR g.department = $2) ORDER BY g.person
"""


class Seen(msgspec.Struct, frozen=True):
    """A session that holds, and when it was last noted that somebody used it."""

    actor: Actor
    seen_at: datetime


class DeskCard(msgspec.Struct, frozen=True):
    """One of a person's desks."""

    grant_id: UUID
    role: Role
    role_name: str
    department: str | None
    department_name: str | None


class Device(msgspec.Struct, frozen=True):
    """A browser signed in. ``key`` names it in a form and opens nothing."""

    key: str
    device: str
    created_at: datetime
    seen_at: datetime
    here: bool


class PersonCard(msgspec.Struct, frozen=True):
    """What other domains may know of a person."""

    id: UUID
    name: str
    phone: str
    active: bool


class RegionRow(msgspec.Struct, frozen=True):
    code: str
    name: str
    level: Level
    parent: str  # empty at the top


class DepartmentRow(msgspec.Struct, frozen=True):
    code: str
    name: str
    short_name: str
    phone: str
    region: str
    position: int


class Attempt(msgspec.Struct, frozen=True):
    """A sign-in that waits for its code."""

    id: UUID
    phone: str
    sent_at: datetime


def forget() -> None:
    """Read regions and departments anew: after a load, and between tests."""
    _kept.clear()


async def session(secret: str, *, now: datetime) -> Seen | None:
    """Who holds this session secret, or None when it is unknown, ended, or its person or desk is gone. One query."""
    rows = await db.fetch(SESSION, rules.session_hash(secret), now)
    return Seen(_actor(rows[0]), rows[0]["seen_at"]) if rows else None


async def actor(grant_id: UUID) -> Actor | None:
    """A person at a desk, without a session: for commands, jobs and tests."""
    rows = await db.fetch(ACTOR, grant_id)
    return _actor(rows[0]) if rows else None


async def desks_of(person_id: UUID) -> list[DeskCard]:
    """The desks a person may sit at, officials' first."""
    return [msgspec.convert(dict(row), DeskCard) for row in await db.fetch(DESKS, person_id)]


async def devices_of(viewer: Actor, *, secret: str | None, now: datetime) -> list[Device]:
    """The browsers the viewer is signed in on. secret: the session that asks, to mark it."""
    own = rules.session_hash(secret) if secret else ""
    return [
        Device(
            key=rules.device_key(row["id_hash"]),
            device=row["device"],
            created_at=row["created_at"],
            seen_at=row["seen_at"],
            here=row["id_hash"] == own,
        )
        for row in await db.fetch(DEVICES, viewer.person_id, now)
    ]


async def attempt(attempt_id: UUID, *, now: datetime) -> Attempt | None:
    """The sign-in a browser has under way; None when it was finished or is too old."""
    row = (
        await SignInCode.select(SignInCode.id, SignInCode.phone, SignInCode.sent_at)
        .where(
            SignInCode.id == attempt_id,
            SignInCode.used_at.is_null(),
            SignInCode.sent_at > now - rules.ATTEMPT_LASTS,
        )
        .first()
    )
    return msgspec.convert(row, Attempt) if row else None


async def person(person_id: UUID) -> PersonCard | None:
    rows = await people([person_id])
    return rows.get(person_id)


async def people(ids: Collection[UUID]) -> dict[UUID, PersonCard]:
    """People by id; unknown ids are left out."""
    rows = await db.fetch("SELECT id, name, phone, active FROM person WHERE id = ANY($1::uuid[])", list(ids))
    return {row["id"]: msgspec.convert(dict(row), PersonCard) for row in rows}


async def person_by_phone(phone: str) -> PersonCard | None:
    """phone: eleven digits, as ``rules.read_phone`` gives them."""
    row = await Person.select(Person.id, Person.name, Person.phone, Person.active).where(Person.phone == phone).first()
    return msgspec.convert(row, PersonCard) if row else None


async def people_at(role: Role, *, department: str | None = None) -> list[UUID]:
    """Who sits at a kind of desk, e.g. everybody of the guidance office. department: its code; None: any."""
    return [row["person"] for row in await db.fetch(PEOPLE_AT, role.value, department)]


async def people_who_may(permission: Permission, *, department: str | None = None) -> list[UUID]:
    """Whose desks have a permission, for telling them of work. department: its code; None: any."""
    return [row["person"] for row in await db.fetch(PEOPLE_WHO_MAY, permission.value, department)]


async def regions() -> list[RegionRow]:
    """City, counties, townships: a parent stands before what is below it."""
    return await _keep("regions", _read_regions)


async def departments() -> list[DepartmentRow]:
    """In the order of lists."""
    return await _keep("departments", _read_departments)


async def department_names() -> dict[str, str]:
    """Short names by code."""
    return {row.code: row.short_name for row in await departments()}


async def department(code: str) -> DepartmentRow | None:
    return next((row for row in await departments() if row.code == code), None)


async def _keep(name: str, read: Callable[[], Awaitable[Kept]]) -> Kept:
    kept = _kept.get(name)
    if kept is not None and kept[0] > monotonic():
        return cast(Kept, kept[1])
    value = await read()
    _kept[name] = (monotonic() + KEEP_SECONDS, value)
    return value


async def _read_regions() -> list[RegionRow]:
    return msgspec.convert(await Region.select().order_by(Region.code), list[RegionRow])


async def _read_departments() -> list[DepartmentRow]:
    rows = await Department.select().order_by(Department.position, Department.code)
    return msgspec.convert(rows, list[DepartmentRow])


def _actor(row: Mapping[str, Any]) -> Actor:
    return Actor(
        person_id=row["person_id"],
        name=row["name"],
        phone=row["phone"],
        role=Role(row["role"]),
        grant_id=row["grant_id"],
        department=row["department"],
        permissions=rules.permissions_of(row["permissions"]),
    )
