"""What shipped content looks like, and the policies as typed values. Pure: texts in, values out."""

import csv
import io
import tomllib
from collections.abc import Iterable
from datetime import date, time, timedelta
from typing import Any, Literal, TypeVar

import msgspec

from backend.kit.errors import DomainError
from backend.kit.workdays import Calendar

Checked = TypeVar("Checked")


class BadContent(DomainError):
    """A data file that cannot be loaded; names the file and the place in it."""

    message = "{file} 无法载入：{why}"


class HolidaySpan(msgspec.Struct, frozen=True):
    """Consecutive days off, both ends included."""

    name: str
    first_on: date
    last_on: date


class YearNotice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The State Council's arrangement of one year: days off, and the weekend days that are worked (调休)."""

    year: int
    source: str
    working_days: list[date]
    holidays: list[HolidaySpan]


class NamedDay(msgspec.Struct, frozen=True):
    """A day that differs from its weekday or has a name."""

    day: date
    name: str
    working: bool = False


class PolicyRow(msgspec.Struct, frozen=True):
    """One value that law or the city sets. ``key`` is ``group.name``; ``verified`` only with the document at hand."""

    key: str
    value: int | str | list[int]
    unit: str
    title: str
    source: str
    verified: bool


class BasisRow(msgspec.Struct, frozen=True):
    """A clause in one version. ``text`` is a summary in plain words, not the wording. ``valid_until`` is exclusive."""

    code: str
    title: str
    article: str = ""
    text: str = ""
    version: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    source: str = ""
    verified: bool = False

    def holds_on(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day < self.valid_until
        )


class BookingPolicy(msgspec.Struct, frozen=True):
    notice_hours: int
    horizon_working_days: int
    min_officers: int
    max_open_visits: int
    max_items: int
    max_photos: int
    question_max_chars: int
    change_until_hours: int
    max_reschedules: int


class GuidancePolicy(msgspec.Struct, frozen=True):
    accept_working_days: int
    first_visit_working_days: int
    opinion_working_days: int
    correct_by_days: int
    recheck_working_days: int
    remind_working_days: tuple[int, ...]
    code_rotates_seconds: int


class HalfDayPolicy(msgspec.Struct, frozen=True):
    """Beijing times."""

    morning_from: time
    morning_until: time
    afternoon_from: time
    afternoon_until: time


class RatingPolicy(msgspec.Struct, frozen=True):
    window_days: int
    min_group: int
    delay_days: int
    contact_working_days: int
    rectify_working_days: int


class NoticePolicy(msgspec.Struct, frozen=True):
    """Beijing times; the quiet hours run over midnight."""

    quiet_from: time
    quiet_until: time


GROUPS: dict[str, type[msgspec.Struct]] = {
    "booking": BookingPolicy,
    "guidance": GuidancePolicy,
    "half_day": HalfDayPolicy,
    "rating": RatingPolicy,
    "notice": NoticePolicy,
}


def read_year(text: str, *, file: str = "calendar") -> YearNotice:
    """The year that a calendar file states. Raises BadContent, also for days outside the year or worked weekdays."""
    notice = _checked(_toml(text, file), YearNotice, file)
    named = [day for span in notice.holidays for day in (span.first_on, span.last_on)]
    if strays := [day for day in [*named, *notice.working_days] if day.year != notice.year]:
        raise BadContent(file=file, why=f"{strays[0]} 不在 {notice.year} 年内")
    if upside_down := [span.name for span in notice.holidays if span.last_on < span.first_on]:
        raise BadContent(file=file, why=f"“{upside_down[0]}”的结束早于开始")
    if weekdays := [day for day in notice.working_days if day.weekday() < 5]:
        raise BadContent(file=file, why=f"{weekdays[0]} 不是周末，不能是调休上班日")
    if both := {day.day for day in _off(notice)} & set(notice.working_days):
        raise BadContent(file=file, why=f"{min(both)} 既放假又上班")
    return notice


def read_statutory_days(text: str, *, file: str = "statutory_days") -> list[NamedDay]:
    """Statutory days off of years not yet arranged. Raises BadContent."""
    return _checked(_toml(text, file).get("days", []), list[NamedDay], file)


def read_policies(text: str, *, file: str = "policies") -> list[PolicyRow]:
    """Every policy of the file; all groups must be complete and of the right type. Raises BadContent."""
    tables = _toml(text, file)
    rows = [
        _checked({"key": f"{group}.{name}", **fields}, PolicyRow, f"{file} [{group}.{name}]")
        for group, names in tables.items()
        for name, fields in names.items()
    ]
    for group, kind in GROUPS.items():
        policy(kind, {row.key: row.value for row in rows}, group=group, file=file)
    return rows


def read_bases(text: str, *, file: str = "bases") -> list[BasisRow]:
    """Every clause of the file, each code once. Raises BadContent."""
    rows = _checked(_toml(text, file).get("basis", []), list[BasisRow], file)
    if len({row.code for row in rows}) < len(rows):
        raise BadContent(file=file, why="依据代码有重复")
    return rows


def read_trades(text: str, *, file: str = "trades") -> dict[str, str]:
    """Names by code from ``code,name`` lines. Raises BadContent."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    names: dict[str, str] = {}
    for row in csv.DictReader(io.StringIO("\n".join(lines))):
        code = row.get("code") or ""
        if not code[:1].isalpha() or len(code) > 5 or not row.get("name"):
            raise BadContent(file=file, why=f"行业代码“{code}”不成样式")
        names[code] = row["name"]
    return names


def policy(kind: type[Checked], values: dict[str, Any], *, group: str, file: str = "policy") -> Checked:
    """The typed policies of one group out of ``group.name`` keys. Raises BadContent when one is missing or wrong."""
    mine = {key.partition(".")[2]: value for key, value in values.items() if key.startswith(f"{group}.")}
    times = {name: f"{value}:00" for name, value in mine.items() if isinstance(value, str) and len(value) == 5}
    return _checked({**mine, **times}, kind, f"{file} [{group}]")


def days_of(notice: YearNotice) -> list[NamedDay]:
    """The rows of a year: days off by name, and the worked weekend days."""
    return [*_off(notice), *(NamedDay(day=day, name="调休上班", working=True) for day in notice.working_days)]


def calendar_of(days: Iterable[NamedDay], *, years: Iterable[int]) -> Calendar:
    """The value that the rules count with. ``years``: those whose arrangement is announced."""
    listed = list(days)
    return Calendar(
        off=frozenset(day.day for day in listed if not day.working),
        working=frozenset(day.day for day in listed if day.working),
        years=frozenset(years),
    )


def known_trade(code: str, names: dict[str, str]) -> Literal["listed", "class", "no"]:
    """Whether an industry code can be right: listed, a class of a listed group, or no code of GB/T 4754-2017 at all."""
    if code in names:
        return "listed"
    well_formed = len(code) == 5 and code[:1].isalpha() and code[1:].isdigit()
    return "class" if well_formed and code[:4] in names else "no"


def _off(notice: YearNotice) -> list[NamedDay]:
    return [
        NamedDay(day=span.first_on + timedelta(days=offset), name=span.name)
        for span in notice.holidays
        for offset in range((span.last_on - span.first_on).days + 1)
    ]


def _toml(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadContent(file=file, why=str(error)) from None


def _checked(raw: Any, kind: type[Checked], file: str) -> Checked:
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        raise BadContent(file=file, why=str(error)) from None
