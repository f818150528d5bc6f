"""People, what they may do, and the terms of signing in. Pure."""

from datetime import timedelta
from enum import StrEnum

CODE_LASTS = timedelta(minutes=5)
CODE_TRIES = 5
SESSION_LASTS = timedelta(days=30)


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
