"""Tables of guidance. Those with ``schema="guidance"`` hold what people say, show and are told: for the desk alone."""

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    OnDelete,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from backend.accounts.tables import Department, Person
from backend.enterprises.tables import Enterprise, Site
from backend.guidance.rules import Grade, PhotoUse, VisitState, VisitStep
from backend.kit.db import one_of
from backend.staff.rules import Half


class Scenario(Table, tablename="scenario"):
    """A trade's or a topic's shelf in the catalogue, in one version."""

    id = UUID(primary_key=True, default=UUID4())
    code = Varchar(length=40, index=True)
    version = SmallInt(default=1)
    title = Varchar(length=60)
    summary = Text()
    trades = Array(base_column=Varchar(length=5))  # GB/T 4754 prefixes it is meant for; empty: any
    keywords = Array(base_column=Varchar(length=40))
    lead_department = ForeignKey(Department, null=False, on_delete=OnDelete.restrict)
    position = SmallInt(default=0)
    sha256 = Varchar(length=64)
    published_at = Timestamptz()
    retired_at = Timestamptz(null=True, default=None)  # None: the version on offer

    scenario_version_once = Unique([code, version])


class ServiceItem(Table, tablename="service_item"):
    """One dish of the menu, as published in its scenario's version."""

    id = UUID(primary_key=True, default=UUID4())
    scenario = ForeignKey(Scenario, null=False, on_delete=OnDelete.restrict, index=True)
    code = Varchar(length=60, index=True)
    title = Varchar(length=60)
    promise = Varchar(length=120)  # one line in the owner's words
    lead_department = ForeignKey(Department, null=False, on_delete=OnDelete.restrict)
    joining_departments = Array(base_column=Varchar(length=30))
    minutes = SmallInt()
    mode = Varchar(length=10, default="onsite")
    materials = JSONB(default="[]")
    handbook = Text()
    checklist = JSONB(default="[]")
    bases = Array(base_column=Varchar(length=40))  # codes of standards.basis
    exclusions = JSONB(default="[]")
    position = SmallInt(default=0)

    service_item_once = Unique([scenario, code])


class Visit(Table, tablename="visit"):
    """One booked visit. Who did what to it is in `visit_step`, what was said in `visit_words`."""

    id = UUID(primary_key=True, default=UUID4())
    number = Varchar(length=20, unique=True)  # ZD-2026-000123, shown to people
    track_code = Varchar(length=12, unique=True)  # opaque, in the public tracking link
    enterprise = ForeignKey(Enterprise, null=False, on_delete=OnDelete.restrict, index=True)
    site = ForeignKey(Site, null=False, on_delete=OnDelete.restrict)
    scenario = ForeignKey(Scenario, null=False, on_delete=OnDelete.restrict)
    state = Varchar(length=12, default=VisitState.SUBMITTED, index=True)
    day = Date(index=True)  # Beijing date
    half = Varchar(length=10)
    starts_at = Timestamptz()
    ends_at = Timestamptz()
    booked_by = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, index=True)
    booked_at = Timestamptz()
    revision = Integer(default=0)  # SEQUENCE of the calendar file; rises with each change of time, officers or state
    all_corrected_at = Timestamptz(null=True, default=None)

    visit_state_known = Check(one_of("state", VisitState))
    visit_half_known = Check(one_of("half", Half))
    visit_ends_after_start = Check(ends_at > starts_at)


class VisitItem(Table, tablename="visit_item"):
    id = UUID(primary_key=True, default=UUID4())
    visit = ForeignKey(Visit, null=False, on_delete=OnDelete.restrict, index=True)
    item = ForeignKey(ServiceItem, null=False, on_delete=OnDelete.restrict)

    visit_item_once = Unique([visit, item])


class VisitDepartment(Table, tablename="visit_department"):
    """A department that comes along: the quorum is one qualified officer of each, two in all."""

    id = UUID(primary_key=True, default=UUID4())
    visit = ForeignKey(Visit, null=False, on_delete=OnDelete.restrict, index=True)
    department = ForeignKey(Department, null=False, on_delete=OnDelete.restrict)
    lead = Boolean(default=False)

    visit_department_once = Unique([visit, department])


class VisitStepTaken(Table, tablename="visit_step"):
    """Append-only: who moved a visit, when. The reason, being words, is in `step_reason`."""

    id = UUID(primary_key=True, default=UUID4())
    visit = ForeignKey(Visit, null=False, on_delete=OnDelete.restrict, index=True)
    step = Varchar(length=16)
    state = Varchar(length=12)  # after the step
    by = UUID(null=True, default=None)  # person; None: the system
    side = Varchar(length=10)  # owner, office, officer, system
    at = Timestamptz()

    visit_step_known = Check(one_of("step", VisitStep))
    visit_step_state_known = Check(one_of("state", VisitState))


class VisitWords(Table, tablename="visit_words", schema="guidance"):
    """What the owner asked when booking."""

    visit = ForeignKey(Visit, primary_key=True, null=False, on_delete=OnDelete.restrict)
    question = Text()


class StepReason(Table, tablename="step_reason", schema="guidance"):
    step = ForeignKey(VisitStepTaken, primary_key=True, null=False, on_delete=OnDelete.restrict)
    reason = Text()


class Opinion(Table, tablename="opinion", schema="guidance"):
    """One finding and its advice, under one item of a visit."""

    id = UUID(primary_key=True, default=UUID4())
    visit = ForeignKey(Visit, null=False, on_delete=OnDelete.restrict, index=True)
    visit_item = ForeignKey(VisitItem, null=False, on_delete=OnDelete.restrict)
    position = SmallInt(default=0)
    grade = Varchar(length=10)
    found = Text()
    advice = Text()
    options = Text(default="")  # ways to do it and what they cost about
    correct_by = Date(null=True, default=None)  # Beijing date, last day; None: nothing to correct
    written_by = UUID()
    written_at = Timestamptz()
    corrected_at = Timestamptz(null=True, default=None)
    corrected_by = UUID(null=True, default=None)

    opinion_grade_known = Check(one_of("grade", Grade))
    opinion_corrected_pair = Check("(corrected_at IS NULL) = (corrected_by IS NULL)")


class Photo(Table, tablename="photo", schema="guidance"):
    """A picture that belongs to a visit, to one opinion of it, or to a draft not yet sent."""

    id = UUID(primary_key=True, default=UUID4())
    file = UUID(unique=True)  # stored_file
    visit = ForeignKey(Visit, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    opinion = ForeignKey(Opinion, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    draft = UUID(null=True, default=None, index=True)
    use = Varchar(length=10)
    position = SmallInt(default=0)
    added_by = UUID()
    added_at = Timestamptz()

    photo_use_known = Check(one_of("use", PhotoUse))


class BookingDraft(Table, tablename="booking_draft", schema="guidance"):
    """A booking on its way through the pages; each page saves on "next". One per person and enterprise."""

    id = UUID(primary_key=True, default=UUID4())
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict)
    enterprise = ForeignKey(Enterprise, null=False, on_delete=OnDelete.restrict)
    site = ForeignKey(Site, null=True, default=None, on_delete=OnDelete.set_null)
    items = Array(base_column=UUID())
    day = Date(null=True, default=None)
    half = Varchar(length=10, default="")
    question = Text(default="")
    updated_at = Timestamptz()

    booking_draft_once = Unique([person, enterprise])
