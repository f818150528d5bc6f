from piccolo.columns import UUID, Array, Boolean, Date, ForeignKey, OnDelete, SmallInt, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from backend.accounts.tables import Department, Person
from backend.kit.db import one_of
from backend.staff.rules import Half, LeaveKind, Purpose


class Officer(Table, tablename="officer"):
    """A person with an enforcement certificate; ``scopes`` are the scenario codes of the catalogue it covers."""

    id = UUID(primary_key=True)  # the person's id
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, unique=True)
    department = ForeignKey(Department, null=False, on_delete=OnDelete.restrict, index=True)
    certificate_number = Varchar(length=20, unique=True)
    issued_on = Date()
    expires_on = Date()  # the last day it is valid
    scopes = Array(base_column=Varchar(length=40))
    active = Boolean(default=True)

    officer_is_person = Check("id = person")


class WorkingPlan(Table, tablename="working_plan"):
    """Which half-days of a week an officer keeps for visits."""

    id = UUID(primary_key=True, default=UUID4())
    officer = ForeignKey(Officer, null=False, on_delete=OnDelete.restrict, index=True)
    weekday = SmallInt()  # 1 Monday ... 7 Sunday; a make-up day follows the weekday that it replaces: see rules
    half = Varchar(length=10)
    from_on = Date()
    until = Date(null=True, default=None)  # exclusive

    working_plan_once = Unique([officer, weekday, half, from_on])
    working_plan_half_known = Check(one_of("half", Half))


class Leave(Table, tablename="leave"):
    """Days an officer is away, both ends included."""

    id = UUID(primary_key=True, default=UUID4())
    officer = ForeignKey(Officer, null=False, on_delete=OnDelete.restrict, index=True)
    from_on = Date()
    to_on = Date()
    kind = Varchar(length=10, default=LeaveKind.LEAVE)

    leave_days_in_order = Check(to_on >= from_on)
    leave_kind_known = Check(one_of("kind", LeaveKind))


class Engagement(Table, tablename="engagement"):
    """An officer taken for a stretch of time, for guidance and inspections alike.

    ``about`` is the visit, without a key: staff knows no visits. An exclusion constraint (see its migration) makes two
    unreleased engagements of one officer at one time impossible.
    """

    id = UUID(primary_key=True, default=UUID4())
    officer = ForeignKey(Officer, null=False, on_delete=OnDelete.restrict, index=True)
    day = Date(index=True)  # Beijing date
    half = Varchar(length=10)
    starts_at = Timestamptz()
    ends_at = Timestamptz()
    purpose = Varchar(length=12)
    about = UUID(index=True)
    department = ForeignKey(Department, null=False, on_delete=OnDelete.restrict)  # for whom the officer comes
    engaged_at = Timestamptz()
    released_at = Timestamptz(null=True, default=None)

    engagement_half_known = Check(one_of("half", Half))
    engagement_purpose_known = Check(one_of("purpose", Purpose))
    engagement_ends_after_start = Check(ends_at > starts_at)
