"""Backup and restore: one archive of database, files and secrets."""

import asyncio
import datetime
import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

from backend import settings as settings_of
from backend.host import city, migrate, processes, roles
from backend.host.postgres import binaries
from backend.host.processes import HostProblem
from backend.host.servers import Servers
from backend.settings import Settings

DUMP = "database.dump"
MANIFEST = "manifest.json"
FORMAT = 1
# Servers' own files, and what lasts only while something runs. Valkey holds wake-ups and caches: nothing to keep.
LEFT_OUT = ("postgres", "valkey", "run", "log", "*.lock", "*.new", "*.part")


def write(settings: Settings, file: Path) -> None:
    """Write the archive; the file appears whole or not at all, readable by its owner alone.

    The database comes first and in one snapshot; files are only ever added before their rows, so that every row of the
    snapshot finds its file.
    """
    part = file.with_name(f"{file.name}.part")
    dump = settings.data / f"{DUMP}.part"
    try:
        _run("pg_dump", "--format=custom", f"--file={dump}", settings.owner_database_url)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as raw:
            with tarfile.open(fileobj=raw, mode="w:gz") as archive:
                _add_text(archive, MANIFEST, json.dumps(_manifest(settings)), settings.data)
                archive.add(dump, DUMP)
                for path in sorted(settings.data.iterdir()):
                    if not any(path.match(pattern) for pattern in LEFT_OUT):
                        archive.add(path, f"data/{path.name}")
            raw.flush()
            os.fsync(raw.fileno())
        part.replace(file)
    finally:
        dump.unlink(missing_ok=True)
        part.unlink(missing_ok=True)


def restore(data: Path, file: Path, env: dict[str, str]) -> None:
    """Make ``data`` (not there yet, or empty) from the archive, in the database that ``env`` names or its own.

    Everything happens in a directory beside it, which takes its name at the end. Raises HostProblem.
    """
    if data.exists() and any(data.iterdir()):
        raise HostProblem(f"{data} 不是空目录；请用 --data 指定一个新的数据目录")
    draft = data.with_name(f"{data.name}.restoring")
    shutil.rmtree(draft, ignore_errors=True)
    processes.private_directory(draft)
    try:
        dump = _unpack(file, draft)
        servers = Servers(settings_of.read(env, data=draft))
        try:
            asyncio.run(_fill(servers.start(), dump))
        finally:
            servers.stop()
        dump.unlink()
        if data.exists():
            data.rmdir()
        draft.rename(data)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


async def _fill(settings: Settings, dump: Path) -> None:
    connection = await roles.connect(settings.owner_database_url)
    try:
        if await connection.fetchval("SELECT to_regclass('public.migration') IS NOT NULL"):
            raise HostProblem("数据库不是空的，没有恢复")
    finally:
        await connection.close()
    # Owner, grants and roles are not taken from the dump: they are this cluster's, and made by roles.ensure.
    plain = ["--no-owner", "--no-privileges", "--no-comments", "--exit-on-error", "--single-transaction"]
    _run("pg_restore", *plain, f"--dbname={settings.owner_database_url}", str(dump))
    await city.ready_for_work(settings)


def _unpack(file: Path, draft: Path) -> Path:
    """Put the archive's data into ``draft`` and return the dump."""
    try:
        with tarfile.open(file) as archive:
            manifest: dict[str, Any] = json.load(archive.extractfile(MANIFEST))  # type: ignore[arg-type]
            _check(manifest)
            for member in archive:
                _extract(archive, member, draft)
    except (tarfile.TarError, KeyError, ValueError, EOFError) as broken:
        raise HostProblem(f"{file} 不是完整的备份文件：{broken}") from broken
    for path in (draft / "data").iterdir():
        path.rename(draft / path.name)
    (draft / "data").rmdir()
    (draft / MANIFEST).unlink()
    dump = draft / DUMP
    return dump.rename(draft / f"{DUMP}.part")


def _extract(archive: tarfile.TarFile, member: tarfile.TarInfo, draft: Path) -> None:
    """Put one member below ``draft``. By hand: the library's own guard came with Python 3.11.4."""
    target = draft.joinpath(member.name)
    if ".." in target.parts or not target.is_relative_to(draft):
        raise ValueError(f"{member.name} 指向目录之外")
    if member.isdir():
        processes.private_directory(target)
    elif member.isfile() and (content := archive.extractfile(member)) is not None:
        processes.private_directory(target.parent)
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            shutil.copyfileobj(content, file)
    else:
        raise ValueError(f"{member.name} 不是文件或目录")


def _manifest(settings: Settings) -> dict[str, Any]:
    made = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return {"format": FORMAT, "made_at": made, "city": settings.city_name, "migrations": migrate.known()}


def _check(manifest: dict[str, Any]) -> None:
    if manifest.get("format") != FORMAT or set(manifest["migrations"]) - set(migrate.known()):
        raise HostProblem("备份来自更新的版本，请先更新程序")


def _add_text(archive: tarfile.TarFile, name: str, text: str, scratch: Path) -> None:
    draft = scratch / f"{name}.part"
    draft.write_text(text, encoding="utf-8")
    archive.add(draft, name)
    draft.unlink()


def _run(program: str, *arguments: str) -> None:
    """Run a client program of PostgreSQL; ours first, because it must not be older than the server."""
    own = binaries() / program
    found = str(own) if own.exists() else shutil.which(program)
    if found is None:
        raise HostProblem(f"找不到 {program}，请安装 postgresql-client")
    done = subprocess.run([found, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise HostProblem(f"{program} 失败：{done.stderr.strip()[-1500:]}")
