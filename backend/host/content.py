"""What a database needs before its first request: standards, the catalogue and, in a demonstration, a whole city."""

import asyncio
import hashlib
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import asyncpg

from backend.host import processes
from backend.host.processes import HostProblem
from backend.settings import Settings

BACKEND = Path(__file__).parents[1]
ACCOUNTS = "demo-accounts.txt"  # written when the demonstration city is loaded
STAMP = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"


def load(settings: Settings, *, environment: dict[str, str], demonstration: bool) -> None:
    """Load what this database lacks; a start without news costs one query.

    demonstration: fill a database that knows nobody with the demonstration city. The loading runs in a process of its
    own, so that the supervisor stays small. Raises HostProblem when it fails.
    """
    stamp = f"bihuan content {_digest(_files())}"
    loaded, nobody = asyncio.run(_state_of(settings))
    fill = demonstration and nobody
    if loaded == stamp and not fill:
        return
    print("正在装入日历、依据、目录" + ("和演示城市（约需半分钟）…" if fill else "…"), flush=True)
    arguments = ["load", "content", "--data", str(settings.data), *(["--demo"] if fill else [])]
    command = [sys.executable, "-P", "-m", "backend.cli", *arguments]
    done = subprocess.run(processes.guarded(command), env=environment, check=False)
    if done.returncode:
        raise HostProblem(f"装入数据失败（代码 {done.returncode}）")
    asyncio.run(_remember(settings, stamp))


async def _state_of(settings: Settings) -> tuple[str | None, bool]:
    connection = await asyncpg.connect(settings.owner_database_url)
    try:
        # PostgreSQL resolves the table when it plans, so a database without it must be asked in two steps.
        known = await connection.fetchval("SELECT to_regclass('public.person') IS NOT NULL")
        nobody = bool(known) and not await connection.fetchval("SELECT EXISTS (SELECT FROM public.person)")
        return await connection.fetchval(STAMP), nobody
    finally:
        await connection.close()


async def _remember(settings: Settings, stamp: str) -> None:
    """Kept as the database's own comment: it belongs to this very database, and a restored one is loaded again."""
    connection = await asyncpg.connect(settings.owner_database_url)
    try:
        name = await connection.fetchval("SELECT quote_ident(current_database())")
        await connection.execute(f"COMMENT ON DATABASE {name} IS '{stamp}'")
    finally:
        await connection.close()


def _files() -> Iterable[Path]:
    """The data that domains ship, and the code that reads them."""
    yield from sorted(path for path in BACKEND.glob("*/data/**/*") if path.is_file())
    yield from sorted(BACKEND.glob("*/content.py"))


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(BACKEND)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:20]


def accounts(settings: Settings) -> list[str]:
    """Who can sign in: the demonstration's people with their roles, or how to make the first one. Lines to print."""
    nobody = asyncio.run(_state_of(settings))[1]
    if nobody:
        return ["还没有人员。添加第一位管理员：", "  .venv/bin/bihuan person add 手机号 姓名 --role system_admin"]
    listed = settings.data / ACCOUNTS
    return listed.read_text(encoding="utf-8").splitlines() if listed.exists() else []
