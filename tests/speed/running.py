"""A demonstration city as `bihuan run` starts it: what HTTP and the worker are measured at."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from backend.host import city
from backend.settings import Settings

READY_SECONDS = 180
OWN = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "BIHUAN_URL", "BIHUAN_ENV")  # of somebody else's city


class Running(msgspec.Struct):
    """A city that answers at ``port``. sink: the port of the push service that takes everything."""

    settings: Settings
    port: int
    sink: int
    pid: int

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def memory(self, command: str) -> float:
        """Megabytes that ``serve`` or ``worker`` take, children too: what would be free again without them."""
        parents = {pid: _parent(pid) for pid in _pids()}
        first = next(pid for pid, parent in parents.items() if parent == self.pid and command in _words(pid))
        mine = [first]
        for pid in mine:
            mine += [child for child, parent in parents.items() if parent == pid]
        return sum(_private_bytes(pid) for pid in mine) / 1e6


@contextmanager
def running() -> Iterator[Running]:
    """One web process, one worker, PostgreSQL and Valkey, in a directory that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="bihuan-bench-") as folder, _sink() as sink:
        data, port = Path(folder) / "city", _free_port()
        environment = {name: value for name, value in os.environ.items() if name not in OWN}
        environment["BIHUAN_PUSH_HOSTS"] = f"http://127.0.0.1:{sink}"
        command = [sys.executable, "-m", "backend.cli", "run", "--data", str(data), "--port", str(port)]
        with (Path(folder) / "said").open("w+") as said:
            process = subprocess.Popen(command, env=environment, stdout=said, stderr=said)
            try:
                _wait_ready(process, Path(said.name))
                settings = city.City(data).running()
                assert settings is not None
                yield Running(settings=settings, port=port, sink=sink, pid=process.pid)
            finally:
                process.send_signal(signal.SIGINT)
                process.wait(60)


def _wait_ready(process: subprocess.Popen[bytes], said: Path) -> None:
    give_up_at = time.monotonic() + READY_SECONDS
    while "Ready:" not in said.read_text():
        if process.poll() is not None or time.monotonic() > give_up_at:
            raise RuntimeError(f"the city did not start:\n{said.read_text()[-3000:]}")
        time.sleep(0.2)


@contextmanager
def _sink() -> Iterator[int]:
    """A push service in a process of its own."""
    process = subprocess.Popen([sys.executable, "-m", "tests.speed.sink"], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(10)


def _free_port() -> int:
    with socket.socket() as probed:
        probed.bind(("127.0.0.1", 0))
        return int(probed.getsockname()[1])


def _pids() -> list[int]:
    return [int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit()]


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except OSError:  # gone meanwhile
        return 0


def _words(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return []


def _private_bytes(pid: int) -> int:
    """Proportional set size: shared pages count by their share."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
