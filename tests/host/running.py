"""A city under its supervisor, as ``scripts/run`` starts it, for tests to look at and to kill."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import asyncpg

from backend.host import probe, processes, servers

READY_SECONDS = 90
OURS = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")


def free_port() -> int:
    with socket.socket() as probing:
        probing.bind(("127.0.0.1", 0))
        port: int = probing.getsockname()[1]
        return port


def bihuan(*arguments: str, data: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-P", "-m", "backend.cli", *arguments, "--data", str(data)]
    return subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=120, check=False)


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in OURS and not name.startswith("BIHUAN_")}


def children_of(parent: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


class Running:
    """One supervisor. ``start`` returns when it has said Ready."""

    def __init__(self, data: Path, **settings: str) -> None:
        self.data = data
        self.settings = settings
        self.port = free_port()
        self.log = data.with_suffix(".log")
        self.process: subprocess.Popen[bytes]

    def start(self, *options: str) -> float:
        """Start (empty unless ``options`` say otherwise) and wait for the Ready line; returns the seconds it took."""
        command = [sys.executable, "-P", "-m", "backend.cli", "run", "--data", str(self.data), "--port", str(self.port)]
        began = time.monotonic()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, *(options or ["--empty"])], stdout=log, stderr=log, env=environment() | self.settings
            )
        while "\nReady: http" not in "\n" + self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() - began < READY_SECONDS, self.said()
            time.sleep(0.02)
        return time.monotonic() - began

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def health(self) -> tuple[int, Any]:
        return probe.health(self.port)

    def until_well(self, *, seconds: float = 30) -> None:
        give_up_at = time.monotonic() + seconds
        while self.health()[0] != 200:
            assert time.monotonic() < give_up_at, self.health()
            time.sleep(0.1)

    def until_said(self, words: str, *, seconds: float = 30) -> None:
        give_up_at = time.monotonic() + seconds
        while words not in self.said():
            assert time.monotonic() < give_up_at, self.said()
            time.sleep(0.05)

    def children(self) -> dict[str, int]:
        """Process ids of what the supervisor started, by name."""
        names = {"bin/postgres": "postgres", "valkey-server": "valkey", "\0serve\0": "web", "\0worker\0": "worker"}
        found = {}
        for pid in children_of(self.process.pid):
            line = Path(f"/proc/{pid}/cmdline").read_text()
            found |= {name: pid for mark, name in names.items() if mark in line}
        return found

    def everything(self) -> list[int]:
        """Every process that names the data directory, the grandchildren too."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and processes.alive(int(entry.name)):
                try:
                    line = (entry / "cmdline").read_text()
                except (FileNotFoundError, ProcessLookupError):
                    continue
                if str(self.data) in line:
                    found.append(int(entry.name))
        return found

    def kill_everything(self) -> None:
        for pid in [self.process.pid, *self.everything()]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(30)

    async def connect(self) -> asyncpg.Connection:
        """As the owner of its database."""
        state = json.loads((self.data / servers.STATE).read_text())
        return await asyncpg.connect(state["environment"]["DATABASE_OWNER_URL"])
