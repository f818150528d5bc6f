"""The calendar of half-days, as the booking and the moving of a visit show it."""

from collections.abc import Sequence
from typing import Any

from backend.guidance.queries import OfferedDay
from backend.kit import clock
from backend.staff.rules import HALF_WORDS
from backend.standards.rules import BookingPolicy

SOON = 8  # days shown at once; a phone scrolls three screens for all of them


def context(
    days: Sequence[OfferedDay], *, chosen: str, departments: Sequence[str], officers: int, policy: BookingPolicy
) -> dict[str, Any]:
    """What ``_half_days.html`` needs beside its form. chosen: the key of the half-day chosen before, if any."""
    soon, later = days[:SOON], days[SOON:]
    in_later = any(chosen.startswith(str(one.day)) for one in later)
    together = f"，要{len(departments)}个部门同时有空" if len(departments) > 1 else ""
    return {
        "soon": soon,
        "later": later,
        "later_open": in_later or not any(one.free for one in soon),
        "none_free": not any(one.free for one in days),
        "who": f"{'、'.join(departments)}共{officers}人上门{together}。",
        "hours": _hours(days),
        "policy": policy,
        "half_words": HALF_WORDS,
    }


def _hours(days: Sequence[OfferedDay]) -> str:
    """``上午09:00–11:30，下午14:00–17:00``: the same for every day, so said once."""
    halves = next((one.halves for one in days if one.halves), [])
    return "，".join(
        f"{HALF_WORDS[half.half_day.half]}{clock.time_words(half.half_day.starts_at)}"
        f"–{clock.time_words(half.half_day.ends_at)}"
        for half in halves
    )
