"""The calendar of half-days, as the booking and the moving of a visit show it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from backend.guidance.queries import OfferedDay
from backend.kit import clock
from backend.staff.rules import HALF_WORDS, Half
from backend.standards.rules import BookingPolicy

SOON = 8  # days shown at once; a phone scrolls three screens for all of them


class HalfShown(NamedTuple):
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
    hours = _hours(days)
    together = f"，要{len(departments)}个部门同时有空" if len(departments) > 1 else ""
    return {
        "soon": [_shown(one, hours) for one in soon],
        "later": [_shown(one, hours) for one in later],
        "later_open": in_later or not any(one.free for one in soon),
        "first_free": next((half.half_day.key for one in days for half in one.halves if half.places), ""),
        "who": f"{'、'.join(departments)}共{officers}人上门{together}。",
        "hours": "，".join(f"{HALF_WORDS[half]}{words}" for half, words in hours.items()).replace("至", "–"),
        "policy": policy,
        "half_words": HALF_WORDS,
    }


def _shown(one: OfferedDay, hours: Mapping[Half, str]) -> DayShown:
    day = clock.day_words(one.day)
    if not one.halves:
        title = day if one.last_on == one.day else f"{day}至{clock.day_words(one.last_on)}"
        return DayShown(title=title, note=f"{one.name}放假", halves=[])
    note = one.name or ("放假安排未公布" if one.provisional else "")
    return DayShown(title=day, note=note, halves=list(_halves(one, day, hours)))


def _halves(one: OfferedDay, day: str, hours: Mapping[Half, str]) -> Iterator[HalfShown]:
    for half in one.halves:
        words = HALF_WORDS[half.half_day.half]
        if half.places:
            left = f"还可约{half.places}家"
            label = f"{day}{words}{hours[half.half_day.half]}，{left}"
            yield HalfShown(words=words, note=left, value=half.half_day.key, label=label)
        else:
            yield HalfShown(words=words, note=half.why)


def _hours(days: Sequence[OfferedDay]) -> dict[Half, str]:
    """``09:00至11:30`` for each half: the same for every day, so worked out once."""
    halves = next((one.halves for one in days if one.halves), [])
    return {
        half.half_day.half: f"{clock.time_words(half.half_day.starts_at)}至{clock.time_words(half.half_day.ends_at)}"
        for half in halves
    }
