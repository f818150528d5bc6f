"""A city as a command sees it: a data directory, its settings, and servers that run for as long as they are needed."""

import asyncio
import os
import pwd
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from backend import settings as settings_of
from backend.host import migrate, roles, servers
from backend.host.processes import HostProblem, Lock
from backend.settings import Settings

Result = TypeVar("Result")

LOCK = "city.lock"
WAIT_SECONDS = 600


class City:
    """What ``bihuan`` hands to its commands as ``ctx.obj``."""

    def __init__(self, data: Path) -> None:
        self.data = data.absolute()
        self._open: Settings | None = None

    def run(self, work: Callable[..., Coroutine[Any, Any, Result]], *args: object, **named: object) -> Result:
        """Run ``work`` with the database pool and the queue open, as the login of web and worker.

        Finds the servers of a running city, or starts them for as long as this lasts.
        Raises HostProblem, SettingsWrong.
        """
        with self.open() as settings:
            return asyncio.run(_in_pool(settings, work, args, named))

    def running(self) -> Settings | None:
        """The settings of servers that are up already, or that the environment names; starts nothing."""
        if _named_outside():
            return settings_of.read(os.environ, data=self.data)
        running = servers.read_state(self.data)
        return settings_of.read(servers.overlaid(os.environ, running.environment), data=self.data) if running else None

    @contextmanager
    def open(self) -> Iterator[Settings]:
        """Settings that name servers which answer. Inside another ``open`` it is the same one."""
        if self._open is not None:
            yield self._open
            return
        with _found_or_started(self.data) as settings:
            self._open = settings
            try:
                yield settings
            finally:
                self._open = None


async def _in_pool(
    settings: Settings,
    work: Callable[..., Coroutine[Any, Any, Result]],
    args: tuple[object, ...],
    named: dict[str, object],
) -> Result:
    from backend.kit import db, queue  # noqa: PLC0415 - Piccolo and arq: a second that most commands do not need

    async with db.pool(settings.database_url, size=4):
        await queue.connect(settings.redis_url)
        try:
            return await work(*args, **named)
        finally:
            await queue.close()


@contextmanager
def _found_or_started(data: Path) -> Iterator[Settings]:
    if _named_outside():
        yield settings_of.read(os.environ, data=data)
        return
    lock = take_or_find(data)
    if isinstance(lock, servers.Running):
        yield settings_of.read(servers.overlaid(os.environ, lock.environment), data=data)
        return
    try:
        own = servers.Servers(settings_of.read(os.environ, data=data))
        try:
            settings = own.start()
            asyncio.run(ready_for_work(settings))
            yield settings
        finally:
            own.stop()
    finally:
        lock.give_back()


def _named_outside() -> bool:
    return all(os.environ.get(name) or os.environ.get(f"{name}_FILE") for name in ("DATABASE_URL", "REDIS_URL"))


def take_or_find(data: Path) -> Lock | servers.Running:
    """The lock of the data directory, or the supervisor that holds it; waits for a command or a start to finish."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if (owner := data.stat().st_uid) != os.geteuid():
        raise HostProblem(f"{data} 属于用户 {_user_name(owner)}，请以该用户运行，或用 --data 换一个目录")
    lock = Lock(data / LOCK)
    give_up_at = time.monotonic() + WAIT_SECONDS
    while not lock.take():
        if running := servers.read_state(data):
            return running
        if time.monotonic() > give_up_at:
            raise HostProblem(f"{data} 一直被另一个 bihuan 命令占用")
        time.sleep(0.1)
    servers.forget_state(data)  # of a supervisor that was killed
    return lock


def _user_name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


async def ready_for_work(settings: Settings, *, progress: migrate.Progress = lambda line: None) -> None:
    """Bring the database up to date: migrations, roles and the login of web and worker."""
    owner_url = settings.owner_database_url
    await migrate.forwards(owner_url, progress=progress)
    if settings.database_url == roles.login_url(owner_url, secret=settings.secret):
        await roles.ensure(owner_url, secret=settings.secret)
    else:
        await roles.refresh(owner_url)
