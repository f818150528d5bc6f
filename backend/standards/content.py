"""The data files shipped with this release. The only place of the domain that reads the disk."""

from pathlib import Path

from backend.kit.workdays import Calendar
from backend.standards import rules

DATA = Path(__file__).parent / "data"


def shipped_files() -> dict[str, str]:
    """Text by name (``calendar/2026.toml``), in the order in which they are to be loaded."""
    files = [*sorted(DATA.glob("calendar/*.toml")), *sorted(DATA.glob("*.toml")), *sorted(DATA.glob("*.csv"))]
    return {file.relative_to(DATA).as_posix(): file.read_text("utf-8") for file in files}


def shipped_calendar() -> Calendar:
    """The calendar as shipped, for a machine on which no city runs."""
    files = sorted(DATA.glob("calendar/*.toml"))
    notices = [rules.read_year(file.read_text("utf-8"), file=file.name) for file in files]
    announced = {notice.year for notice in notices}
    statutory = rules.read_statutory_days((DATA / "statutory_days.toml").read_text("utf-8"))
    days = [day for notice in notices for day in rules.days_of(notice)]
    return rules.calendar_of([*days, *(day for day in statutory if day.day.year not in announced)], years=announced)
