from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import icalendar
import msgspec
import pytest

from backend.guidance import calendar_file
from backend.guidance.calendar_file import Appointment
from backend.guidance.rules import VisitState

VISIT = Appointment(
    uid="visit-1@bihuan",
    sequence=2,
    state=VisitState.ACCEPTED,
    starts_at=datetime(2026, 11, 25, 1, 0, tzinfo=UTC),
    ends_at=datetime(2026, 11, 25, 3, 30, tzinfo=UTC),
    title="入企指导：粉尘、喷漆；应急管理,生态环境",
    place="东阳市南马镇工业区1号",
    words="编号 ZD-2026-000123\n请准备：除尘器说明书；近三个月的进货单",
    url="https://t.example/guidance/visits/1",
    organizer="执法指导办",
    written_at=datetime(2026, 11, 23, 1, 0, tzinfo=UTC),
)


def _parsed(appointment: Appointment) -> tuple[icalendar.Calendar, icalendar.Event]:
    calendar = icalendar.Calendar.from_ical(calendar_file.write(appointment))
    (event,) = calendar.walk("VEVENT")
    return calendar, event


def test_a_reader_finds_the_time_in_beijing_with_the_zone_beside_it():
    calendar, event = _parsed(VISIT)

    assert event["DTSTART"].params["TZID"] == "Asia/Shanghai"
    assert event.decoded("dtstart") == datetime(2026, 11, 25, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert event.decoded("dtend").astimezone(UTC) == VISIT.ends_at
    assert [str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")] == ["Asia/Shanghai"]


def test_every_word_comes_back_as_it_was():
    _, event = _parsed(VISIT)

    assert (str(event["SUMMARY"]), str(event["LOCATION"])) == (VISIT.title, VISIT.place)
    assert str(event["DESCRIPTION"]) == VISIT.words


def test_lines_are_folded_and_end_as_the_standard_says():
    lines = calendar_file.write(VISIT).split(b"\r\n")

    assert all(len(line) <= 75 for line in lines)
    assert lines[-1] == b""


def test_a_change_keeps_the_uid_and_raises_the_sequence():
    _, before = _parsed(VISIT)
    _, after = _parsed(msgspec.structs.replace(VISIT, sequence=3, starts_at=datetime(2026, 11, 26, 1, 0, tzinfo=UTC)))

    assert str(before["UID"]) == str(after["UID"])
    assert int(after["SEQUENCE"]) > int(before["SEQUENCE"])


@pytest.mark.parametrize(
    ("state", "method", "status", "reminds"),
    [
        (VisitState.SUBMITTED, "PUBLISH", "TENTATIVE", True),
        (VisitState.ACCEPTED, "PUBLISH", "CONFIRMED", True),
        (VisitState.CLOSED, "PUBLISH", "CONFIRMED", True),
        (VisitState.CANCELLED, "CANCEL", "CANCELLED", False),
        (VisitState.RETURNED, "CANCEL", "CANCELLED", False),
    ],
)
def test_the_method_and_status_follow_the_state(state, method, status, reminds):
    calendar, event = _parsed(msgspec.structs.replace(VISIT, state=state))

    assert (str(calendar["METHOD"]), str(event["STATUS"])) == (method, status)
    assert bool(event.walk("VALARM")) is reminds
