"""The embedded servers: killed, left over, in the way, and started again."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import pytest
import redis

from backend.host import postgres, processes
from backend.host.postgres import EmbeddedPostgres
from backend.host.processes import HostProblem
from backend.host.valkey import EmbeddedValkey


async def kept(server: EmbeddedPostgres, word: str | None = None) -> list[str]:
    """The words in a table of this cluster, after adding one."""
    connection = await asyncpg.connect(server.url())
    try:
        await connection.execute("CREATE TABLE IF NOT EXISTS kept (word text)")
        if word:
            await connection.execute("INSERT INTO kept VALUES ($1)", word)
        return [row["word"] for row in await connection.fetch("SELECT word FROM kept")]
    finally:
        await connection.close()


async def test_what_was_committed_survives_kill_9(tmp_path: Path):
    server = EmbeddedPostgres(tmp_path)
    server.start()
    await kept(server, "一")
    assert server.process is not None
    server.process.kill()
    server.process.wait()

    server.start()

    assert await kept(server, "二") == ["一", "二"]
    server.stop()


@pytest.mark.parametrize("name", ["postgres/postmaster.pid", "run/pg/.s.PGSQL.5432.lock"])
async def test_a_stale_pid_file_that_names_a_stranger_is_no_hindrance(
    tmp_path: Path, name: str, cluster: EmbeddedPostgres
):
    server = EmbeddedPostgres(tmp_path)
    server.start()
    server.stop()
    assert cluster.process is not None
    stranger = cluster.process.pid  # alive, and of the user that PostgreSQL asks as
    _ = server.socket_directory  # made again
    (tmp_path / name).write_text(f"{stranger}\n{tmp_path}/postgres\n0\n5432\n\n\n0\n")

    server.start()

    assert await kept(server) == []
    server.stop()


def test_a_second_server_on_the_same_data_is_refused(cluster: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(processes.Lock, "take", lambda lock, seconds=0.0, take=processes.Lock.take: take(lock))

    with pytest.raises(HostProblem, match="已在运行"):
        EmbeddedPostgres(cluster.data).start()


def test_servers_die_with_their_parent_and_the_next_ones_start(tmp_path: Path):
    """As after kill -9 of the supervisor: nothing is stopped in order."""
    code = f"""if True:
        import os, pathlib, sys
        from backend.host.postgres import EmbeddedPostgres
        from backend.host.valkey import EmbeddedValkey
        servers = [EmbeddedPostgres(pathlib.Path({str(tmp_path)!r})), EmbeddedValkey(pathlib.Path({str(tmp_path)!r}))]
        for server in servers:
            server.start()
        print(*(server.process.pid for server in servers), flush=True)
        os.kill(os.getpid(), 9)"""
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False).stdout

    successors = EmbeddedPostgres(tmp_path), EmbeddedValkey(tmp_path)
    for server in successors:
        server.start()

    assert [processes.alive(int(pid)) for pid in output.split()] == [False, False]
    for server in successors:
        server.stop()


@pytest.mark.parametrize("name", ["x" * 120, "中文 目录"])
async def test_a_path_that_makes_no_socket_is_no_hindrance(tmp_path: Path, name: str):
    server = EmbeddedPostgres(tmp_path / name)
    server.start()

    assert await kept(server, "远") == ["远"]
    directory = server.socket_directory
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    server.stop()
    assert not directory.parent.exists()


def test_a_socket_directory_of_somebody_else_is_refused(tmp_path: Path):
    server = EmbeddedPostgres(tmp_path / ("x" * 120))
    directory = server.socket_directory
    directory.parent.chmod(0o777)

    with pytest.raises(HostProblem, match="占用"):
        _ = EmbeddedPostgres(tmp_path / ("x" * 120)).socket_directory
    shutil.rmtree(directory.parent)


def test_nothing_listens_on_the_network_and_sockets_are_private(cluster: EmbeddedPostgres):
    with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
        probe.connect(("127.0.0.1", 5432))
    assert stat.S_IMODE(cluster.socket_directory.stat().st_mode) == 0o700
    assert stat.S_IMODE(cluster.cluster.stat().st_mode) == 0o700


def test_valkey_keeps_what_it_had_for_a_second_across_kill_9(tmp_path: Path):
    server = EmbeddedValkey(tmp_path)
    server.start()
    redis.from_url(server.url()).set("kept", "一")
    time.sleep(1.1)  # appendfsync everysec
    assert server.process is not None
    server.process.kill()
    server.process.wait()

    server.start()

    assert redis.from_url(server.url()).get("kept") == "一".encode()
    server.stop()


def test_valkey_starts_empty_rather_than_not_at_all(tmp_path: Path):
    server = EmbeddedValkey(tmp_path)
    server.start()
    redis.from_url(server.url()).set("kept", "一")
    server.stop()
    for file in (tmp_path / "valkey/appendonlydir").glob("*.incr.aof"):
        file.write_bytes(b"*3\r\n$nonsense\r\n" * 9)

    server.start()

    assert redis.from_url(server.url()).get("kept") is None
    assert list((tmp_path / "valkey").glob("appendonlydir.broken-*"))
    server.stop()


def test_as_root_the_servers_are_nobody(cluster: EmbeddedPostgres):
    assert cluster.process is not None
    status = Path(f"/proc/{cluster.process.pid}/status").read_text()
    user = next(line.split()[1] for line in status.splitlines() if line.startswith("Uid:"))

    assert user != "0"
    if os.geteuid() != 0:
        assert user == str(os.geteuid())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a home that others cannot enter")
def test_root_may_keep_the_programs_where_only_root_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A checkout below root's home: the usual case on a bare machine."""
    package = postgres.binaries().parents[1]
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    shutil.copytree(package, home / package.name)
    if (libraries := package.with_name(f"{package.name}.libs")).exists():
        shutil.copytree(libraries, home / libraries.name)
    monkeypatch.setattr(postgres, "binaries", lambda **wanted: home / package.name / "pginstall/bin")
    server = EmbeddedPostgres(home / "city")

    server.start()

    server.stop()


def test_an_orphan_in_a_data_directory_is_ended(tmp_path: Path):
    orphan = subprocess.Popen(["sleep", "60"], cwd=tmp_path)

    processes.wait_for_end(tmp_path, seconds=0.1)

    assert orphan.wait(5) == -signal.SIGKILL
