from backend.guidance.queries.booking import (
    Booking,
    OfferedDay,
    OfferedHalf,
    OfferedItem,
    booking,
    bookings_of,
    free_days,
    is_booked,
    is_free,
    need_of,
    offered_item,
    offered_items,
    open_visits,
)
from backend.guidance.queries.choices import StandIn, clock_of_sheet, facts_of, stand_ins, steps_of
from backend.guidance.queries.codes import Came, ShownCode, Verified, shown_code, verified
from backend.guidance.queries.field import Day, Days, Owed, Stop, days_of, may_show_code
from backend.guidance.queries.office import Facet, Facets, Line, Narrow, Row, counts, facets, overdue_count, visits_in
from backend.guidance.queries.photos import photo
from backend.guidance.queries.sheets import (
    Brief,
    DepartmentLine,
    ItemLine,
    OpinionLine,
    PhotoLine,
    Sheet,
    StepLine,
    briefs,
    field_sheet,
    office_sheet,
    opinion,
    owner_sheet,
)
from backend.guidance.queries.timeline import (
    Moment,
    Progress,
    correct_by_of,
    latest_of,
    moments_of,
    next_clock,
    progress,
    running_of,
    stages,
    waiting_for_office,
    waiting_for_officer,
)
from backend.guidance.queries.visits import (
    VisitLine,
    ahead_of,
    days_for,
    need_of_visit,
    reschedules,
    reschedules_left,
    visits_of,
)

__all__ = [
    "Booking", "Brief", "Came", "Day", "Days", "DepartmentLine", "Facet", "Facets", "ItemLine", "Line", "Moment",
    "Narrow", "OfferedDay", "OfferedHalf", "OfferedItem", "OpinionLine", "Owed", "PhotoLine", "Progress", "Row",
    "Sheet", "ShownCode", "StandIn", "StepLine", "Stop", "Verified", "VisitLine", "ahead_of", "booking",
    "bookings_of", "briefs", "clock_of_sheet", "correct_by_of", "counts", "days_for", "days_of", "facets", "facts_of",
    "field_sheet", "free_days", "is_booked", "is_free", "latest_of", "may_show_code", "moments_of", "need_of",
    "need_of_visit", "next_clock", "offered_item", "offered_items", "office_sheet", "open_visits", "opinion",
    "overdue_count", "owner_sheet", "photo", "progress", "reschedules", "reschedules_left", "running_of",
    "shown_code", "stages", "stand_ins", "steps_of", "verified", "visits_in", "visits_of", "waiting_for_office",
    "waiting_for_officer",
]  # fmt: skip
