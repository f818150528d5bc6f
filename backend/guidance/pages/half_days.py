"""The calendar of half-days, as the booking and the moving of a visit show it."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from backend.guidance.queries import OfferedDay
from backend.kit import clock
from backend.staff.rules import HALF_WORDS
from backend.standards.rules import BookingPolicy

SOON = 8  # days shown at once; a phone scrolls three screens for all of them


class HalfShown(msgspec.Struct, frozen=True):
    """A half-day as a choice, or without ``value`` as one that cannot be had. note: what is left, or why not."""

    words: str
    note: str
    value: str = ""
    label: str = ""  # the whole of it, for who cannot see the day above


class DayShown(msgspec.Struct, frozen=True):
    """A day, or rest days of one name, which have no halves."""

    title: str
    note: str
    halves: list[HalfShown]


def context(
    days: Sequence[OfferedDay], *, chosen: str, departments: Sequence[str], officers: int, policy: BookingPolicy
) -> dict[str, Any]:
    """What ``_half_days.html`` needs beside its form. chosen: the key of the half-day chosen before, if any."""
    soon, later = days[:SOON], days[SOON:]
    in_later = any(chosen.startswith(str(one.day)) for one in later)
    together = f"，要{len(departments)}个部门同时有空" if len(departments) > 1 else ""
    return {
        "soon": [_shown(one) for one in soon],
        "later": [_shown(one) for one in later],
        "later_open": in_later or not any(one.free for one in soon),
        "first_free": next((half.half_day.key for one in days for half in one.halves if half.places), ""),
        "who": f"{'、'.join(departments)}共{officers}人上门{together}。",
        "hours": _hours(days),
        "policy": policy,
        "half_words": HALF_WORDS,
    }


def _shown(one: OfferedDay) -> DayShown:
    day = clock.day_words(one.day)
    if not one.halves:
        title = day if one.last_on == one.day else f"{day}至{clock.day_words(one.last_on)}"
        return DayShown(title=title, note=f"{one.name}放假", halves=[])
    note = one.name or ("放假安排未公布" if one.provisional else "")
    return DayShown(title=day, note=note, halves=list(_halves(one, day)))


def _halves(one: OfferedDay, day: str) -> Iterator[HalfShown]:
    for half in one.halves:
        at, words = half.half_day, HALF_WORDS[half.half_day.half]
        if not half.places:
            yield HalfShown(words=words, note=half.why)
            continue
        left = f"还可约{half.places}家"
        hours = f"{clock.time_words(at.starts_at)}至{clock.time_words(at.ends_at)}"
        yield HalfShown(words=words, note=left, value=at.key, label=f"{day}{words}{hours}，{left}")


def _hours(days: Sequence[OfferedDay]) -> str:
    """``上午09:00–11:30，下午14:00–17:00``: the same for every day, so said once."""
    halves = next((one.halves for one in days if one.halves), [])
    return "，".join(
        f"{HALF_WORDS[half.half_day.half]}{clock.time_words(half.half_day.starts_at)}"
        f"–{clock.time_words(half.half_day.ends_at)}"
        for half in halves
    )
