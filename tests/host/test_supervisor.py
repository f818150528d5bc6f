"""``bihuan run``: one city per data directory, whatever is killed."""

import asyncio
import http.client
import itertools
import json
import os
import random
import signal
import socket
import ssl
import stat
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from backend.host import certificates, probe
from backend.host.processes import alive
from backend.host.valkey import EmbeddedValkey
from tests.host.running import Running, bihuan, children_of

NAMES = ("postgres", "valkey", "web", "worker")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    started = Running(tmp_path_factory.mktemp("run") / "city")
    started.start()
    yield started
    started.kill_everything()


async def remember(running: Running, word: str) -> None:
    connection = await running.connect()
    await connection.execute("CREATE TABLE IF NOT EXISTS remembered (word text)")
    await connection.execute("INSERT INTO remembered VALUES ($1)", word)
    await connection.close()


async def remembered(running: Running) -> list[str]:
    connection = await running.connect()
    rows = await connection.fetch("SELECT word FROM remembered")
    await connection.close()
    return [row["word"] for row in rows]


def test_it_is_ready_and_well_and_keeps_its_data_to_itself(running: Running):
    status, parts = running.health()

    assert status == 200
    assert {name for name, part in parts.items() if part["ok"]} == {"database", "redis", "worker", "outbox"}
    assert sorted(running.children()) == sorted(NAMES)
    assert stat.S_IMODE(running.data.stat().st_mode) == 0o700


def test_without_people_it_says_how_to_make_the_first(running: Running):
    running.until_said("bihuan person add")


def test_a_second_start_says_so_and_touches_nothing(running: Running):
    def look() -> dict[str, int]:
        quiet = [path for path in running.data.rglob("*") if path.parts[-2] not in ("log", "valkey", "appendonlydir")]
        return {str(path): path.lstat().st_mtime_ns for path in quiet if "postgres" not in path.parts}

    before, pids = look(), running.children()
    second = bihuan("run", "--port", "1", data=running.data)

    assert second.returncode == 1
    assert f"已在运行：http://127.0.0.1:{running.port}" in second.stderr
    assert look() == before
    assert running.children() == pids


def test_a_command_joins_the_running_city(running: Running):
    told = bihuan("status", "--json", data=running.data)
    clock = bihuan("clock", "2026-09-28", "5wd", data=running.data)

    assert json.loads(told.stdout)["status"] == 200
    assert clock.stdout.strip() == "2026-10-10"


def test_web_and_worker_never_see_the_owners_login(running: Running):
    for name in ("web", "worker"):
        environment = Path(f"/proc/{running.children()[name]}/environ").read_text()
        urls = [line for line in environment.split("\0") if line.startswith(("DATABASE_URL=", "DATABASE_OWNER_URL="))]
        assert len(urls) == 2
        assert all("//bihuan_app:" in line for line in urls)


@pytest.mark.parametrize("name", NAMES)
def test_what_dies_is_started_again_and_that_is_logged(running: Running, name: str):
    pid = running.children()[name]
    os.kill(pid, signal.SIGKILL)

    running.until_said(f'"name": "{name}"')
    running.until_well()

    assert running.children()[name] != pid
    assert '"event": "process_died"' in running.said()


def test_the_process_that_answers_may_die_too(running: Running):
    """Granian forks it from the web process that we started."""
    web = running.children()["web"]
    (answering,) = children_of(web)
    os.kill(answering, signal.SIGKILL)

    running.until_said('"name": "web"')
    running.until_well()

    assert running.children()["web"] != web


def test_a_taken_port_is_named(running: Running, tmp_path: Path):
    second = bihuan("run", "--port", str(running.port), data=tmp_path / "other")

    assert second.returncode == 1
    assert f"127.0.0.1:{running.port}" in second.stderr
    assert "--port" in second.stderr


async def test_after_kill_9_of_everything_the_next_start_has_lost_nothing(tmp_path: Path):
    running = Running(tmp_path / "city")
    running.start()
    await remember(running, "一")
    running.kill_everything()

    running.start()
    assert await remembered(running) == ["一"]

    left = list(running.children().values())
    assert running.stop() == 0
    assert not [pid for pid in left if alive(pid)]
    assert running.everything() == []
    assert probe.running(running.data) is None
    with socket.socket() as probing:
        probing.bind(("127.0.0.1", running.port))


@pytest.mark.slow
def test_a_warm_start_takes_less_than_six_seconds(tmp_path: Path):
    running = Running(tmp_path / "city")
    running.start()
    taken = []
    for _ in range(3):
        running.stop()
        taken.append(running.start())
    running.stop()

    assert min(taken) < 6, taken


@pytest.mark.slow
async def test_other_servers_replace_ours_and_get_the_demonstration_only_when_asked(
    tmp_path: Path, empty: str, valkey: EmbeddedValkey
):
    running = Running(tmp_path / "city", DATABASE_URL=empty, REDIS_URL=valkey.url())
    running.start("--workers", "1")
    assert sorted(running.children()) == ["web", "worker"]
    assert not (running.data / "postgres").exists()
    running.until_said("bihuan person add")
    running.stop()

    running.start("--demo")

    running.until_said("13800000001")
    assert running.stop() == 0


@pytest.mark.slow
def test_phones_are_served_by_https_at_the_address_and_we_at_loopback(tmp_path: Path):
    running = Running(tmp_path / "city")
    running.start("--empty", "--host", "127.0.0.2")

    trusting = ssl.create_default_context(cafile=certificates.authority(running.data))
    phone = http.client.HTTPSConnection("127.0.0.2", running.port, context=trusting, timeout=10)
    phone.request("GET", "/health")

    assert phone.getresponse().status == 200
    assert running.health()[0] == 200
    running.until_said(f"https://127.0.0.2:{running.port}/trust/bihuan-ca.crt")
    assert running.stop() == 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
async def test_whoever_is_killed_whenever_nothing_committed_is_lost(tmp_path: Path, seed: int):
    """A writer notes every row whose commit was acknowledged, while any set of processes is killed at any moment."""
    chosen = random.Random(seed)
    running = Running(tmp_path / "city")
    running.start()
    await remember(running, "start")
    acknowledged = ["start"]
    writing = asyncio.Event()
    writer = asyncio.create_task(write(running, acknowledged, writing))
    await writing.wait()
    for pid in chosen.sample([running.process.pid, *running.everything()], k=chosen.randint(1, 4)):
        await asyncio.sleep(chosen.random() / 2)
        _kill(pid)
    await asyncio.sleep(chosen.random())
    running.kill_everything()
    writer.cancel()
    await asyncio.wait([writer])

    running.start()

    assert set(acknowledged) <= set(await remembered(running))
    assert running.stop() == 0


async def write(running: Running, acknowledged: list[str], writing: asyncio.Event) -> None:
    for number in itertools.count(1):
        await asyncio.sleep(0.01)
        try:
            await remember(running, f"{number}")
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            continue
        acknowledged.append(f"{number}")
        if number > 5:
            writing.set()


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
