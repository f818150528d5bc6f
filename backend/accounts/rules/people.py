"""People, their desks, and what a desk may do. Pure."""

from collections.abc import Iterable
from enum import StrEnum
from uuid import UUID

import msgspec

from backend.kit.errors import DomainError

NAME_LONGEST = 40


class Level(StrEnum):
    """How high a region stands."""

    CITY = "city"
    COUNTY = "county"
    TOWNSHIP = "township"


class Role(StrEnum):
    """A hat that a person wears; one person may hold several and sits at one desk at a time."""

    OWNER = "owner"
    OFFICER = "officer"
    GUIDANCE_OFFICE = "guidance_office"
    SYSTEM_ADMIN = "system_admin"


class Permission(StrEnum):
    """What a desk may do; which role holds which is data (`role_permission`)."""

    VISIT_BOOK = "visit.book"
    VISIT_RATE = "visit.rate"
    VISIT_DECIDE = "visit.decide"
    VISIT_HOLD = "visit.hold"
    ENTERPRISE_CLAIM = "enterprise.claim"
    ENTERPRISE_READ = "enterprise.read"
    NOTICE_REPAIR = "notice.repair"
    PERSON_MANAGE = "person.manage"


KNOWN_PERMISSIONS = frozenset(one.value for one in Permission)


class Actor(msgspec.Struct, frozen=True):
    """Somebody signed in, at one desk. Queries take it as ``viewer``, actions as ``actor``."""

    person_id: UUID
    name: str  # empty until told
    phone: str  # eleven digits
    role: Role
    grant_id: UUID
    department: str | None = None  # its code; officials only
    permissions: frozenset[Permission] = frozenset()

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions


class RegionEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A region as the data file names it."""

    code: str
    name: str
    level: Level
    parent: str = ""


class DepartmentEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A department as the data file names it; its place in the file is its place in lists."""

    code: str
    name: str
    short_name: str
    region: str
    phone: str = ""


class RoleEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A role as the data file names it."""

    code: Role
    name: str
    permissions: list[Permission]


class NotAllowed(DomainError):
    status = 403
    message = "您现在的身份不能办理这一项。如果您有多个身份，可以在“我的”里切换"


class DepartmentWrong(DomainError):
    field = "department"
    message = "请写明所在部门的代码（见 backend/accounts/data/departments.toml）；企业身份不属于任何部门"


def permissions_of(rows: Iterable[str]) -> frozenset[Permission]:
    """The permissions in rows of the database. One that only the next release knows is passed over, not fatal."""
    return frozenset(Permission(one) for one in rows if one in KNOWN_PERMISSIONS)


def check_grant(*, role: Role, department: str | None) -> None:
    """Officials sit in a department, owners in none. Raises DepartmentWrong."""
    if (role is Role.OWNER) != (department is None):
        raise DepartmentWrong
