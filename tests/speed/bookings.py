"""Whole bookings a second, sent over HTTP, against pgbench running the very statements of one booking."""

import asyncio
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg

from backend.host.postgres import binaries
from backend.kit import db
from tests.speed import owners, statements
from tests.speed.client import Load, drive, request
from tests.speed.ground import Figure, middle
from tests.speed.running import Running

AT_ONCE, ROUNDS, EACH = 8, 5, 72  # bookings in a round, 8 at once
BAR = 0.3
CAPTURED = 1  # the owner whose booking is taken down
OURS, BARE = 1_000, 100_000  # the first of the owners that book, and of those for pgbench


async def measure(city: Running) -> list[Figure]:
    owner = await asyncpg.connect(city.settings.owner_database_url)
    async with db.pool(city.settings.database_url, size=2):
        halves = await owners.free_halves()
    script = await _script(city, owner, halves)
    ours: list[Load] = []
    bare: list[float] = []
    with TemporaryDirectory() as folder:
        file = Path(folder) / "booking.sql"
        file.write_text(script)
        file.parent.chmod(0o755)
        for turn in range(ROUNDS + 1):
            load = await _round(city, owner, range(OURS + turn * EACH, OURS + (turn + 1) * EACH), halves)
            rate = await _pgbench(city, owner, file, BARE + turn * EACH, halves)
            if turn:  # the first one fills caches and plans
                ours.append(load)
                bare.append(rate)
    await owner.close()
    ratio = middle([load.rate / rate for load, rate in zip(ours, bare, strict=True)])
    whole = Load(sum(one.seconds for one in ours), [answer for one in ours for answer in one.answers])
    plain = f"{whole.plain}; pgbench {middle(bare):,.0f}/s ({script.count(';')} statements a booking)"
    return [Figure("whole bookings/s against pgbench", ratio, BAR, plain)]


async def _round(city: Running, owner: asyncpg.Connection, numbers: range, halves: Sequence) -> Load:
    """Each owner sends the booking that is ready."""
    await owners.enrol(owner, numbers)
    await owners.ready(owner, numbers, halves)
    forms = (
        request("/guidance/visits", host=city.host, cookie=owners.cookie(n), form=f"draft={owners.uuid('draft', n)}")
        for n in numbers
    )
    load = await drive(city.port, forms, at_once=AT_ONCE)
    statuses = {answer.status for answer in load.answers}
    assert statuses == {303}, f"a booking was answered {statuses}"
    await owners.free_again(owner, numbers)
    return load


async def _pgbench(city: Running, owner: asyncpg.Connection, script: Path, first: int, halves: Sequence) -> float:
    """Transactions a second; client ``c`` takes the bookings of the owners ``first + c``, ``first + c + 8`` and so on."""
    numbers = range(first, first + EACH)
    await owners.enrol(owner, numbers)
    await owners.ready(owner, numbers, halves)
    command = [str(binaries() / "pgbench"), city.settings.database_url, "--no-vacuum", "--protocol=prepared"]
    command += [f"--client={AT_ONCE}", "--jobs=1", f"--transactions={EACH // AT_ONCE}", f"--file={script}"]
    command += [f"--define=first={first}", f"--define=at_once={AT_ONCE}", "--define=turn=0"]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
    found = re.search(r"tps = ([\d.]+) \(without initial", done.stdout)
    assert done.returncode == 0, done.stderr[-3000:]
    assert found, done.stdout
    await owners.free_again(owner, numbers)
    return float(found[1])


async def _script(city: Running, owner: asyncpg.Connection, halves: Sequence) -> str:
    """One booking, taken down as it goes through the application, as a script for pgbench."""
    numbers = range(CAPTURED, CAPTURED + statements.WARM + 1)
    await owners.enrol(owner, numbers)
    await owners.ready(owner, numbers, halves)
    script = statements.script(await statements.taken_down(city.settings, numbers), number=numbers[-1])
    await owners.free_again(owner, numbers)
    return script
