"""Where unix sockets lie: beside the data when the path is short enough, else in a private place for short paths."""

import contextlib
import hashlib
import os
import pwd
import re
import stat
import tempfile
from pathlib import Path

from backend.host.processes import MAX_SOCKET_PATH, HostProblem, private_directory

PLAIN = re.compile(r"[A-Za-z0-9/._-]+")


def socket_directory(data: Path, *, server: str, longest_name: str, user: pwd.struct_passwd | None) -> Path:
    """A directory of mode 0700 for the socket of ``server``, owned by the user that the server runs as.

    longest_name: of the files that will be made in it. The path is the same at every start of the same data.
    A path with other than plain characters is not used either: clients disagree on how to write it in a URL.
    Raises HostProblem when somebody else took the name.
    """
    beside = data / "run" / server
    if PLAIN.fullmatch(str(beside)) and len(os.fsencode(beside / longest_name)) <= MAX_SOCKET_PATH:
        return private_directory(beside, user=user)
    key = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    short = Path(tempfile.gettempdir()) / f"bihuan-{os.geteuid()}-{key}"
    try:
        short.mkdir(mode=0o700)
    except FileExistsError:
        found = short.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
            raise HostProblem(f"{short} 已被他人占用，请删除它，或用 --data 换一个路径较短的数据目录") from None
    return private_directory(short / server, user=user)


def tidy(directory: Path | None) -> None:
    """Remove a socket directory whose server has stopped; one that still holds something stays for the next start."""
    if directory is not None:
        with contextlib.suppress(OSError):
            directory.rmdir()
            directory.parent.rmdir()
