"""The visit as a calendar file (RFC 5545, 5546) for the phone's own calendar."""

from datetime import datetime, timedelta

import msgspec
from icalendar import Alarm, Calendar, Event, Timezone, TimezoneStandard, vCalAddress, vText

from backend.guidance.rules import VisitState
from backend.kit import clock

MEDIA_TYPE = "text/calendar; method={method}"
REMIND_BEFORE = timedelta(hours=18)  # the afternoon before a morning visit
ZONE = "Asia/Shanghai"
OFF = frozenset({VisitState.CANCELLED, VisitState.RETURNED})


class Appointment(msgspec.Struct, frozen=True):
    """What the file says. Nothing that was asked or found is in it: calendars are copied to other people's servers.

    uid stays the same for ever, sequence rises with every change: so a newer file replaces the entry of an older one.
    """

    uid: str
    sequence: int
    state: VisitState
    starts_at: datetime
    ends_at: datetime
    title: str
    place: str
    words: str
    url: str
    organizer: str  # the office's name
    written_at: datetime


def method(state: VisitState) -> str:
    return "CANCEL" if state in OFF else "PUBLISH"


def write(appointment: Appointment) -> bytes:
    """The file, with the time zone it names; UTF-8, lines folded at 75 octets."""
    calendar = Calendar()
    calendar.add("prodid", "-//Bihuan//guidance visits//ZH")
    calendar.add("version", "2.0")
    calendar.add("method", method(appointment.state))
    calendar.add_component(_beijing_time())
    calendar.add_component(_event(appointment))
    return calendar.to_ical()


def _beijing_time() -> Timezone:
    """The zone as it has been since 1991: the library's own would carry the summer times of the years before."""
    zone, standard = Timezone(), TimezoneStandard()
    zone.add("tzid", ZONE)
    standard.add("dtstart", datetime(1991, 9, 15, 1))  # noqa: DTZ001 - RFC 5545 wants local time here
    standard.add("tzoffsetfrom", timedelta(hours=8))
    standard.add("tzoffsetto", timedelta(hours=8))
    standard.add("tzname", "CST")
    zone.add_component(standard)
    return zone


def _event(appointment: Appointment) -> Event:
    event = Event()
    event.add("uid", appointment.uid)
    event.add("sequence", appointment.sequence)
    event.add("dtstamp", appointment.written_at)
    event.add("dtstart", clock.beijing(appointment.starts_at))
    event.add("dtend", clock.beijing(appointment.ends_at))
    event.add("summary", appointment.title)
    event.add("location", appointment.place)
    event.add("description", appointment.words)
    event.add("url", appointment.url)
    event.add("status", _status(appointment.state))
    organizer = vCalAddress(appointment.url)  # RFC 5546 wants one; any URI will do, and this one leads somewhere
    organizer.params["CN"] = vText(appointment.organizer)
    event.add("organizer", organizer)
    if method(appointment.state) == "PUBLISH":
        event.add_component(_reminder(appointment.title))
    return event


def _status(state: VisitState) -> str:
    if state in OFF:
        return "CANCELLED"
    return "TENTATIVE" if state is VisitState.SUBMITTED else "CONFIRMED"


def _reminder(title: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", title)
    alarm.add("trigger", -REMIND_BEFORE)
    return alarm
