"""Pages of a booking against one of the same session and layout that asks the database nothing of its own."""

import itertools

import asyncpg

from backend.kit import db
from tests.speed import owners, weight
from tests.speed.client import Load, drive, request
from tests.speed.ground import Figure, middle
from tests.speed.running import Running

AT_ONCE, ROUNDS, SECONDS = 8, 7, 1.0
TRIVIAL, CONTROL = "/offline", "/privacy"
NAMES = {"half-day": "half-day of a booking", "new": "页面 first of a booking"}
BAR = 0.5
FIRST_KB, AGAIN_KB = 80, 10


async def measure(city: Running) -> list[Figure]:
    numbers = range(AT_ONCE)
    owner = await asyncpg.connect(city.settings.owner_database_url)
    async with db.pool(city.settings.database_url, size=1):
        await owners.enrol(owner, numbers)
        await owners.ready(owner, numbers, await owners.free_halves())
    await owner.close()
    loads: dict[str, list[Load]] = {}
    for turn in range(ROUNDS + 1):
        for name in ("trivial", "control", "half-day", "new"):
            load = await _load(city, name, numbers)
            if turn:  # the first one fills caches and plans
                loads.setdefault(name, []).append(load)
    figures = [_figure(name, loads) for name in NAMES]
    first, again = await weight.of_page(city, path("half-day", 0), owners.cookie(0))
    plain = f"{first:.1f} KB of page, style, scripts, icons, worker and all it keeps; again {again:.1f} KB"
    return [
        *figures,
        Figure("first visit, KB", first, FIRST_KB, plain, at_least=False),
        Figure("repeat visit, KB", again, AGAIN_KB, f"web process {city.memory('serve'):.0f} MB", at_least=False),
    ]


def path(name: str, number: int) -> str:
    at = {"trivial": TRIVIAL, "control": CONTROL, "new": "/guidance/visits/new"}
    return at.get(name) or f"/guidance/bookings/{owners.uuid('draft', number)}/{name}"


async def _load(city: Running, name: str, numbers: range) -> Load:
    cookies = {number: "" if name == "trivial" else owners.cookie(number) for number in numbers}
    asked = [request(path(name, number), host=city.host, cookie=cookies[number]) for number in numbers]
    load = await drive(city.port, itertools.cycle(asked), at_once=AT_ONCE, seconds=SECONDS)
    wrong = {answer.status for answer in load.answers} - {200}
    assert not wrong, f"{name} answered {wrong}"
    return load


def _figure(name: str, loads: dict[str, list[Load]]) -> Figure:
    ratio = middle([ours.rate / bare.rate for ours, bare in zip(loads[name], loads["control"], strict=True)])
    plain = "; ".join(f"{what} {_plain(loads[what])}" for what in (name, "control", "trivial"))
    return Figure(NAMES[name], ratio, BAR, plain)


def _plain(loads: list[Load]) -> str:
    return Load(sum(one.seconds for one in loads), [answer for one in loads for answer in one.answers]).plain
