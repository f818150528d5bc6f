"""What every supervised process needs: to die with its parent, to give up root, to be found when left over."""

import ctypes
import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
CAP_SETPCAP = 8
OPENING = ((2, "dac_read_search"), (1, "dac_override"))
MAX_LOG_BYTES = 10_000_000
MAX_SOCKET_PATH = 107  # bytes, sun_path of Linux without its closing zero


class HostProblem(Exception):
    """Something on this machine keeps the city from running; the text says what to do about it."""


def server_user() -> pwd.struct_passwd | None:
    """The user that PostgreSQL and Valkey run as; None: whoever we are. PostgreSQL refuses to run as root."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def guarded(command: list[str], *, on_parent_death: str = "TERM", user: pwd.struct_passwd | None = None) -> list[str]:
    """The command line that runs ``command`` in place (same process id), signalled when its parent dies.

    on_parent_death: name of the signal without SIG. The kernel sends it when the *thread* that started the process
    ends, so start processes from the main thread only.
    user: give up root for this user, but keep the one capability to walk through directories that only root may enter:
    a checkout below root's home is the usual case, and its data lie there too.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise HostProblem("找不到 setpriv 命令，请先安装：apt-get install util-linux")
    prefix = [setpriv, "--pdeathsig", on_parent_death]
    if user is not None:
        prefix += [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--no-new-privs"]
        held = _capabilities()
        # The weakest capability that opens directories; containers often withhold the first one.
        if name := next((name for number, name in OPENING if held >> number & 1), None):
            only = f"-all,+{name}"
            prefix += [f"--inh-caps={only}", f"--ambient-caps={only}", f"--bounding-set={only}"]
            if held >> CAP_SETPCAP & 1:
                # initdb asks access(2) about its programs, which otherwise forgets a normal user's capabilities.
                prefix += ["--securebits", "+no_setuid_fixup"]
    return [*prefix, "--", *command]


def _capabilities() -> int:
    """The capabilities this process may use, as bits."""
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("CapPrm:")), 16)


def private_directory(path: Path, *, user: pwd.struct_passwd | None = None) -> Path:
    """Make ``path`` (mode 0700) and hand it to ``user``."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.chmod(0o700)
    if user is not None:
        os.chown(path, user.pw_uid, user.pw_gid)
    return path


def open_log(path: Path) -> IO[bytes]:
    """Open a log for a process to append to."""
    private_directory(path.parent)
    log = path.open("ab")
    path.chmod(0o600)
    return log


def shorten_log(path: Path) -> None:
    """Past 10 MB, keep what there is as one older generation and go on with an empty file, under the writer's feet."""
    if path.exists() and path.stat().st_size > MAX_LOG_BYTES:
        shutil.copyfile(path, path.with_suffix(".log.1"))
        os.truncate(path, 0)  # every writer appends, so the next line goes to the new beginning


def die_with_parent() -> None:
    """For a process that was forked rather than started by ``guarded``: be killed when the parent dies."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def tail(path: Path, *, lines: int = 12) -> str:
    """The last lines of a log, for a message about a process that would not start."""
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""


def strays(directory: Path) -> list[int]:
    """Processes that work in ``directory``. PostgreSQL and Valkey both change into their data directory."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "cwd").samefile(directory):
                    found.append(int(entry.name))
            except OSError:  # ended meanwhile, or somebody else's
                continue
    return found


def alive(pid: int) -> bool:
    """Whether it runs. Ended but not yet asked about does not count: a container may lack an init that asks."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_for_end(directory: Path, *, seconds: float = 15) -> None:
    """Wait until nothing works in ``directory`` any more; what a killed supervisor left over is killed at last."""
    if not directory.is_dir():
        return
    give_up_at = time.monotonic() + seconds
    while left := strays(directory):
        if time.monotonic() > give_up_at:
            for pid in left:
                os.kill(pid, signal.SIGKILL)
            give_up_at = time.monotonic() + seconds
        time.sleep(0.05)


def stop(process: subprocess.Popen[bytes] | None, *, by: signal.Signals, seconds: float) -> None:
    """End a child; after ``seconds`` without an end it is killed."""
    if process is None or process.poll() is not None:
        return
    process.send_signal(by)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Lock:
    """An exclusive lock that the kernel gives back when the last process that holds the file open has ended.

    A server that inherits ``file`` keeps it locked for as long as any of its own processes lives.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: IO[str] | None = None

    def take(self, *, seconds: float = 0) -> bool:
        """True when the lock is ours; waits up to ``seconds`` for it."""
        file = self.path.open("a")
        give_up_at = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= give_up_at:
                    file.close()
                    return False
                time.sleep(0.05)
            else:
                self.file = file
                return True

    def give_back(self) -> None:
        if self.file is not None:
            self.file.close()
            self.file = None
