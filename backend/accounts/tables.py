from piccolo.columns import UUID, Boolean, ForeignKey, Integer, OnDelete, SmallInt, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from backend.accounts.rules import Level
from backend.kit.db import one_of


class Region(Table, tablename="region"):
    """City, county or township by its GB/T 2260 code (townships: statistical code)."""

    code = Varchar(length=12, primary_key=True)
    name = Varchar(length=40)
    level = Varchar(length=10, default=Level.TOWNSHIP)
    parent = Varchar(length=12, default="")  # code of the region above; empty at the top

    region_level_known = Check(one_of("level", Level))


class Department(Table, tablename="department"):
    """A government department that guides, inspects or supports."""

    code = Varchar(length=30, primary_key=True)
    name = Varchar(length=60)
    short_name = Varchar(length=20)
    phone = Varchar(length=20, default="")
    region = ForeignKey(Region, null=False, on_delete=OnDelete.restrict)
    position = SmallInt(default=0)  # order in lists


class Person(Table, tablename="person"):
    """Somebody who can sign in, known by a mobile number."""

    id = UUID(primary_key=True, default=UUID4())
    name = Varchar(length=40)
    phone = Varchar(length=20, unique=True)
    active = Boolean(default=True)
    created_at = Timestamptz()


class RoleName(Table, tablename="role"):
    """A role and its Chinese name; `code` is one of rules.Role."""

    code = Varchar(length=30, primary_key=True)
    name = Varchar(length=30)


class RolePermission(Table, tablename="role_permission"):
    id = UUID(primary_key=True, default=UUID4())
    role = ForeignKey(RoleName, null=False, on_delete=OnDelete.restrict)
    permission = Varchar(length=40)

    role_permission_once = Unique([role, permission])


class RoleGrant(Table, tablename="role_grant"):
    """A person's desk: role, and for officials the department it belongs to."""

    id = UUID(primary_key=True, default=UUID4())
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict)
    role = ForeignKey(RoleName, null=False, on_delete=OnDelete.restrict)
    department = ForeignKey(Department, null=True, default=None, on_delete=OnDelete.restrict)
    granted_at = Timestamptz()
    revoked_at = Timestamptz(null=True, default=None)

    role_grant_once = Unique([person, role, department], nulls_distinct=False)


class SignInCode(Table, tablename="sign_in_code"):
    """One SMS code; only the newest unused one of a number counts. `code_hash` is keyed, hex."""

    id = UUID(primary_key=True, default=UUID4())
    phone = Varchar(length=20, index=True)
    code_hash = Varchar(length=64)
    address = Varchar(length=45, default="", index=True)
    sent_at = Timestamptz()
    expires_at = Timestamptz()
    tries = Integer(default=0)
    used_at = Timestamptz(null=True, default=None)


class Session(Table, tablename="session"):
    """A signed-in browser. The cookie holds the secret, this row only its SHA-256, hex."""

    id_hash = Varchar(length=64, primary_key=True)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict)
    grant = ForeignKey(RoleGrant, null=True, default=None, on_delete=OnDelete.restrict)  # the desk sat at
    created_at = Timestamptz()
    seen_at = Timestamptz()
    expires_at = Timestamptz(index=True)
    device = Varchar(length=200, default="")
