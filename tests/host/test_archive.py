"""Backup and restore: the same city comes back, or nothing at all."""

import asyncio
import io
import stat
import tarfile
from pathlib import Path

import asyncpg
import pytest

from backend.host import archive
from backend.host.city import City
from backend.host.processes import HostProblem

SECRETS = "secrets.json"


async def run(url: str, *statements: str) -> list[str]:
    """The first column of what the last statement returns."""
    connection = await asyncpg.connect(url)
    try:
        for statement in statements[:-1]:
            await connection.execute(statement)
        return [row[0] for row in await connection.fetch(statements[-1])]
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A data directory with a little in it, and its backup."""
    folder = tmp_path_factory.mktemp("archive")
    data, file = folder / "city", folder / "backup.tar.gz"
    with City(data).open() as settings:
        asyncio.run(
            run(
                settings.owner_database_url,
                "CREATE TABLE guidance.kept (words text)",
                "INSERT INTO guidance.kept VALUES ('除尘')",
                "INSERT INTO audit_entry (did, at) VALUES ('probe', now())",
                "SELECT 1",
            )
        )
        (data / "files/ab").mkdir(parents=True)
        (data / "files/ab/photo").write_bytes(b"\xff\xd8")
        archive.write(settings, file)
    return data, file


def test_the_archive_is_for_its_owner_alone_and_leaves_no_rubbish(kept: tuple[Path, Path]):
    data, file = kept

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not list(data.rglob("*.part"))


def test_what_was_backed_up_comes_back(kept: tuple[Path, Path], tmp_path: Path):
    data, file = kept
    restored = tmp_path / "city"

    archive.restore(restored, file, {})

    assert (restored / SECRETS).read_bytes() == (data / SECRETS).read_bytes()
    assert (restored / "files/ab/photo").read_bytes() == b"\xff\xd8"
    with City(restored).open() as settings:
        login, owner = settings.database_url, settings.owner_database_url
        assert asyncio.run(run(owner, "SELECT words FROM guidance.kept")) == ["除尘"]
        assert asyncio.run(run(login, "SELECT did FROM audit_entry WHERE did = 'probe'")) == ["probe"]
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            asyncio.run(run(login, "SELECT words FROM guidance.kept"))
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            asyncio.run(run(login, "DELETE FROM audit_entry RETURNING 1"))


def test_restoring_never_goes_over_something(kept: tuple[Path, Path]):
    data, file = kept
    before = (data / SECRETS).read_bytes()

    with pytest.raises(HostProblem, match="不是空目录"):
        archive.restore(data, file, {})

    assert (data / SECRETS).read_bytes() == before


@pytest.mark.parametrize("broken", ["cut", "empty", "other"])
def test_a_broken_archive_leaves_nothing_behind(kept: tuple[Path, Path], tmp_path: Path, broken: str):
    whole = kept[1].read_bytes()
    file = tmp_path / "broken.tar.gz"
    file.write_bytes({"cut": whole[: len(whole) // 2], "empty": b"", "other": b"PK\x03\x04" * 99}[broken])

    with pytest.raises(HostProblem):
        archive.restore(tmp_path / "city", file, {})

    assert [path.name for path in tmp_path.iterdir()] == ["broken.tar.gz"]


@pytest.mark.parametrize("name", ["../outside", "/outside", "data/../../outside"])
def test_an_archive_that_reaches_outside_is_refused(tmp_path: Path, name: str):
    file = tmp_path / "evil.tar.gz"
    with tarfile.open(file, "w:gz") as evil:
        manifest = tarfile.TarInfo("manifest.json")
        content = b'{"format": 1, "migrations": []}'
        manifest.size = len(content)
        evil.addfile(manifest, io.BytesIO(content))
        evil.addfile(tarfile.TarInfo(name))

    with pytest.raises(HostProblem, match="目录之外"):
        archive.restore(tmp_path / "city", file, {})

    assert [path.name for path in tmp_path.iterdir()] == ["evil.tar.gz"]


def test_a_database_that_holds_something_is_not_restored_into(kept: tuple[Path, Path], tmp_path: Path):
    with City(tmp_path / "other").open() as settings:
        env = {"DATABASE_URL": settings.database_url, "DATABASE_OWNER_URL": settings.owner_database_url}
        with pytest.raises(HostProblem, match="不是空的"):
            archive.restore(tmp_path / "city", kept[1], env)
