"""Regions, departments, roles: loaded at each start, which costs four small reads when nothing changed."""

from datetime import datetime
from uuid import uuid4

import msgspec

from backend.accounts import content, queries
from backend.accounts.content import Ground
from backend.accounts.rules import DepartmentEntry
from backend.accounts.tables import Department, Region, RoleName, RolePermission
from backend.audit import actions as audit
from backend.kit import db


async def load_ground(ground: Ground | None = None, *, now: datetime) -> list[str]:
    """Bring regions, departments and roles to what ``ground`` says; returns the names of what had changed.

    ground: None for the files of this release. Regions and departments that the files no longer name stay, because rows
    hang on them; a permission that they no longer name goes. Safe to run in several processes at once.
    """
    wanted = ground or content.shipped()
    changed: list[str] = []
    async with db.transaction():
        await db.connection().execute("SELECT pg_advisory_xact_lock(hashtext('accounts.ground'))")
        changed += ["regions"] if await _load_regions(wanted) else []
        changed += ["departments"] if await _load_departments(wanted.departments) else []
        changed += ["roles"] if await _load_roles(wanted) else []
        if changed:
            await audit.record(by=None, did="ground.load", to=None, now=now, detail={"changed": changed})
    queries.forget()
    return changed


async def _load_regions(ground: Ground) -> bool:
    held = {row["code"]: row for row in await Region.select()}
    news = [row for one in ground.regions if (row := msgspec.to_builtins(one)) != held.get(one.code)]
    if news:
        await Region.insert(*[Region(**row) for row in news]).on_conflict(
            target=Region.code, action="DO UPDATE", values=[Region.name, Region.level, Region.parent]
        )
    return bool(news)


async def _load_departments(entries: list[DepartmentEntry]) -> bool:
    """Their order in the file is their order in lists."""
    held = {row["code"]: row for row in await Department.select()}
    rows = [{**msgspec.to_builtins(one), "position": position} for position, one in enumerate(entries, start=1)]
    news = [row for row in rows if row != held.get(row["code"])]
    if news:
        everything = [column for column in Department._meta.columns if column._meta.name != "code"]
        await Department.insert(*[Department(**row) for row in news]).on_conflict(
            target=Department.code, action="DO UPDATE", values=everything
        )
    return bool(news)


async def _load_roles(ground: Ground) -> bool:
    names = {one.code.value: one.name for one in ground.roles}
    held_names = {row["code"]: row["name"] for row in await RoleName.select()}
    news = {code: name for code, name in names.items() if held_names.get(code) != name}
    if news:
        await RoleName.insert(*[RoleName(code=code, name=name) for code, name in news.items()]).on_conflict(
            target=RoleName.code, action="DO UPDATE", values=[RoleName.name]
        )
    wanted = {(one.code.value, permission.value) for one in ground.roles for permission in one.permissions}
    held = {(row["role"], row["permission"]): row["id"] for row in await RolePermission.select()}
    if more := wanted - held.keys():
        rows = [RolePermission(id=uuid4(), role=role, permission=permission) for role, permission in sorted(more)]
        await RolePermission.insert(*rows)
    if gone := [held[pair] for pair in held.keys() - wanted]:
        await RolePermission.delete().where(RolePermission.id.is_in(gone))
    return bool(news or more or gone)
