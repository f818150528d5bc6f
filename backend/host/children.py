"""Processes that must be running: started, watched, started again when they die."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from backend.host import processes
from backend.host.postgres import EmbeddedPostgres
from backend.host.valkey import EmbeddedValkey

STEADY_SECONDS = 60  # a process that ran this long did not die of its start
LONGEST_WAIT = 30.0

Died = Callable[[str, int, float], None]


class Command:
    """A process of ours: ``bihuan serve`` or ``bihuan worker``."""

    def __init__(self, arguments: list[str], *, environment: Mapping[str, str], log: Path, stop_seconds: float) -> None:
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None
        self._arguments = [sys.executable, "-P", "-m", "backend.cli", *arguments]
        self._environment = dict(environment)
        self._stop_seconds = stop_seconds

    def start(self) -> None:
        with processes.open_log(self.log) as log:
            self.process = subprocess.Popen(
                # Without a supervisor nobody would ever stop it, and it would hold the port: it has nothing to save.
                processes.guarded(self._arguments, on_parent_death="KILL"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                start_new_session=True,  # Ctrl-C reaches the supervisor alone, which stops everything in order
            )

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def stop(self) -> None:
        processes.stop(self.process, by=signal.SIGTERM, seconds=self._stop_seconds)


class Child:
    """One supervised process. Dead, it is started again: at once, then after 1, 2, 4 … 30 seconds."""

    def __init__(self, name: str, runner: Command | EmbeddedPostgres | EmbeddedValkey, *, died: Died) -> None:
        self.name = name
        self.runner = runner
        self._died = died
        self._started_at = time.monotonic()
        self._wait = 0.0
        self._start_at: float | None = None

    def exit_code(self) -> int | None:
        """None while it runs."""
        return None if self.runner.process is None else self.runner.process.poll()

    def look(self) -> None:
        """Start it again when it has died and its time has come. Raises HostProblem when a server cannot start."""
        now = time.monotonic()
        if self._start_at is None:
            code = self.exit_code()
            if code is None:
                return
            if now - self._started_at > STEADY_SECONDS:
                self._wait = 0.0
            self._died(self.name, code, self._wait)
            self._start_at = now + self._wait
            self._wait = min(max(1.0, self._wait * 2), LONGEST_WAIT)
        if now >= self._start_at:
            self._start_at = None
            self._started_at = now
            self.runner.start()
