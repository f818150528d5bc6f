"""Reads of what law and the city set, kept in the process for a while: most pages ask, hardly anything changes."""

from collections.abc import Awaitable, Callable
from datetime import date
from time import monotonic
from typing import Any, TypeVar, cast

import msgspec

from backend.kit import db
from backend.kit.workdays import Calendar
from backend.standards import rules
from backend.standards.rules import BasisRow, NamedDay
from backend.standards.tables import Basis, CalendarDay, CalendarYear, LoadedContent, Trade

KEEP_SECONDS = 30  # how long another process may go on with what a load has just replaced
Kept = TypeVar("Kept")
Group = TypeVar("Group", bound=msgspec.Struct)

_kept: dict[str, tuple[float, Any]] = {}


def forget() -> None:
    """Read everything anew from now on: after a load, and between tests."""
    _kept.clear()


async def calendar() -> Calendar:
    """Days off and worked weekend days of every year that is known, and which years are announced."""
    return await _keep("calendar", _read_calendar)


async def day_names() -> dict[date, str]:
    """Why a date is off or worked: ``国庆节``, ``调休上班``. For date pickers."""
    return await _keep("names", _read_names)


async def booking_policy() -> rules.BookingPolicy:
    return await _policy("booking", rules.BookingPolicy)


async def guidance_policy() -> rules.GuidancePolicy:
    return await _policy("guidance", rules.GuidancePolicy)


async def half_day_policy() -> rules.HalfDayPolicy:
    return await _policy("half_day", rules.HalfDayPolicy)


async def rating_policy() -> rules.RatingPolicy:
    return await _policy("rating", rules.RatingPolicy)


async def notice_policy() -> rules.NoticePolicy:
    return await _policy("notice", rules.NoticePolicy)


async def basis(code: str) -> BasisRow | None:
    return (await bases()).get(code)


async def bases() -> dict[str, BasisRow]:
    """Every clause by its code, in all versions."""
    return await _keep("bases", _read_bases)


async def trades() -> dict[str, str]:
    """Names of the industry codes (GB/T 4754-2017) by code."""
    return await _keep("trades", _read_trades)


async def held(name: str) -> str | None:
    """Which version of a content this database holds; None before the first load. Never kept: loads ask."""
    row = await LoadedContent.select(LoadedContent.sha256).where(LoadedContent.name == name).first()
    return row["sha256"] if row else None


async def _policy(group: str, kind: type[Group]) -> Group:
    values, checked = await _keep("policies", _read_policies)
    if group not in checked:
        checked[group] = rules.policy(kind, values, group=group)
    return cast(Group, checked[group])


async def _keep(name: str, read: Callable[[], Awaitable[Kept]]) -> Kept:
    until, kept = _kept.get(name, (0.0, None))
    if until > monotonic():
        return cast(Kept, kept)
    value = await read()
    _kept[name] = (monotonic() + KEEP_SECONDS, value)
    return value


async def _read_calendar() -> Calendar:
    years = await CalendarYear.select(CalendarYear.year).output(as_list=True)
    return rules.calendar_of(await _keep("days", _read_days), years=years)


async def _read_days() -> list[NamedDay]:
    return msgspec.convert(await CalendarDay.select().order_by(CalendarDay.day), list[NamedDay])


async def _read_names() -> dict[date, str]:
    return {day.day: day.name for day in await _keep("days", _read_days)}


async def _read_policies() -> tuple[dict[str, Any], dict[str, Any]]:
    """The values by key, and room for the groups that were made of them."""
    rows = await db.fetch("SELECT key, value::text AS value FROM policy")
    return {row["key"]: msgspec.json.decode(row["value"]) for row in rows}, {}


async def _read_bases() -> dict[str, BasisRow]:
    rows = msgspec.convert(await Basis.select().order_by(Basis.code), list[BasisRow])
    return {row.code: row for row in rows}


async def _read_trades() -> dict[str, str]:
    return {row["code"]: row["name"] for row in await Trade.select().order_by(Trade.code)}
