from piccolo.columns import UUID, Boolean, Date, DoublePrecision, ForeignKey, OnDelete, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from backend.accounts.tables import Person, Region
from backend.enterprises.rules import EnterpriseStatus, Tie
from backend.kit.db import one_of
from backend.standards.tables import Trade


class Enterprise(Table, tablename="enterprise"):
    """A firm of the registry. Search runs over a generated column (see its migration), never declared here."""

    id = UUID(primary_key=True, default=UUID4())
    uscc = Varchar(length=18, unique=True)  # GB 32100, upper case, checked
    name = Varchar(length=120)
    trade = ForeignKey(Trade, null=False, on_delete=OnDelete.restrict, index=True)
    region = ForeignKey(Region, null=False, on_delete=OnDelete.restrict, index=True)
    address = Varchar(length=200, default="")
    status = Varchar(length=14, default=EnterpriseStatus.ACTIVE)
    contact_name = Varchar(length=40, default="")
    contact_phone = Varchar(length=20, default="", index=True)
    established_on = Date(null=True, default=None)
    door_code = Varchar(length=12, unique=True)  # opaque; stands on the door and in the public tracking link
    updated_at = Timestamptz()
    source = Varchar(length=120, default="")  # the file the last change came from

    enterprise_status_known = Check(one_of("status", EnterpriseStatus))


class Site(Table, tablename="site"):
    """A place where an enterprise works and can be visited."""

    id = UUID(primary_key=True, default=UUID4())
    enterprise = ForeignKey(Enterprise, null=False, on_delete=OnDelete.restrict, index=True)
    name = Varchar(length=60)
    address = Varchar(length=200)
    region = ForeignKey(Region, null=False, on_delete=OnDelete.restrict)
    latitude = DoublePrecision(null=True, default=None)  # degrees, GCJ-02
    longitude = DoublePrecision(null=True, default=None)
    main = Boolean(default=False)
    closed_at = Timestamptz(null=True, default=None)

    site_name_once = Unique([enterprise, name])


class Representative(Table, tablename="representative"):
    """A person who may act for an enterprise."""

    id = UUID(primary_key=True, default=UUID4())
    enterprise = ForeignKey(Enterprise, null=False, on_delete=OnDelete.restrict, index=True)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, index=True)
    tie = Varchar(length=8, default=Tie.OWNER)
    since = Timestamptz()
    ended_at = Timestamptz(null=True, default=None)

    representative_once = Unique([enterprise, person])
    representative_tie_known = Check(one_of("tie", Tie))
