"""``scripts/bench [pages|bookings|registry|search|notices …]``: what the product does beside what the machine can do."""

import os
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import uvloop

from tests.speed import bookings, ground, notices, pages, registry, search
from tests.speed.ground import Figure
from tests.speed.running import running

# Parts that ask a running city, and parts that ask the database alone.
OVER_HTTP: dict[str, Callable[..., Awaitable[Sequence[Figure]]]] = {
    "pages": pages.measure,
    "bookings": bookings.measure,
    "notices": notices.measure,
}
ALONE: dict[str, Callable[..., Awaitable[Sequence[Figure]]]] = {"registry": registry.measure, "search": search.measure}


def main(asked: Sequence[str]) -> int:
    """Print each part's figures; 2 for a part that there is not."""
    parts = list(asked) or [*OVER_HTTP, *ALONE]
    if unknown := set(parts) - OVER_HTTP.keys() - ALONE.keys():
        print(f"no such part: {' '.join(sorted(unknown))}; there are {' '.join([*OVER_HTTP, *ALONE])}", file=sys.stderr)
        return 2
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}: trust the ratios, not the seconds", flush=True)
    if over_http := [OVER_HTTP[name] for name in parts if name in OVER_HTTP]:
        with running() as city:
            _print(over_http, city)
    if alone := [ALONE[name] for name in parts if name in ALONE]:
        with ground.city() as servers:
            _print(alone, servers)
    return 0


def _print(parts: Sequence[Callable[..., Awaitable[Sequence[Figure]]]], city: Any) -> None:
    for measure in parts:
        began = time.monotonic()
        for figure in uvloop.run(measure(city)):  # as web and worker run
            print(figure, flush=True)
        print(f"     ({time.monotonic() - began:.0f} s)", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
