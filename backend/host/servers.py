"""The servers that a data directory brings along, where the settings name no others."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from backend.host import processes, roles
from backend.host.postgres import EmbeddedPostgres
from backend.host.processes import HostProblem
from backend.host.valkey import EmbeddedValkey
from backend.settings import Settings

STATE = "run/city.json"


class Running(msgspec.Struct, frozen=True):
    """What a supervisor writes down for everybody else who works with its data directory."""

    pid: int
    url: str
    environment: dict[str, str]


class Servers:
    """Embedded PostgreSQL and Valkey. Blocking; start them from the main thread."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.postgres = None if settings.database_url else EmbeddedPostgres(settings.data)
        self.valkey = None if settings.redis_url else EmbeddedValkey(settings.data)

    @property
    def embedded(self) -> dict[str, EmbeddedPostgres | EmbeddedValkey]:
        named = {"postgres": self.postgres, "valkey": self.valkey}
        return {name: server for name, server in named.items() if server is not None}

    def start(self) -> Settings:
        """Start both and wait; returns settings that name them. Raises HostProblem."""
        try:
            for server in self.embedded.values():
                server.launch()
            for server in self.embedded.values():
                server.wait_ready()
        except BaseException:
            self.stop()
            raise
        return self.complete()

    def complete(self) -> Settings:
        """The settings with the URLs of the embedded servers filled in."""
        settings = self.settings
        if self.postgres is not None:
            owner = self.postgres.url()
            login = roles.login_url(owner, secret=settings.secret)
            settings = msgspec.structs.replace(settings, owner_database_url=owner, database_url=login)
        if self.valkey is not None:
            settings = msgspec.structs.replace(settings, redis_url=self.valkey.url())
        return settings

    def stop(self) -> None:
        for server in self.embedded.values():
            server.stop()


def environment(settings: Settings, *, owner: bool) -> dict[str, str]:
    """What another process must find in its environment to read these settings.

    owner: whether it may migrate. Web and worker may not: they never see the owner's login.
    """
    owner_url = settings.owner_database_url if owner else settings.database_url
    found = {"DATABASE_URL": settings.database_url, "DATABASE_OWNER_URL": owner_url, "REDIS_URL": settings.redis_url}
    return found | {"BIHUAN_URL": settings.base_url}


def overlaid(env: Mapping[str, str], over: Mapping[str, str]) -> dict[str, str]:
    """``env`` with the settings of ``over`` in place of its own, however it gave them."""
    files = {f"{name}_FILE" for name in over}
    return {name: value for name, value in env.items() if name not in files} | dict(over)


def write_state(data: Path, running: Running) -> None:
    target = data / STATE
    processes.private_directory(target.parent)
    draft = target.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(msgspec.to_builtins(running), file)
    draft.replace(target)


def read_state(data: Path) -> Running | None:
    """The supervisor of this data directory, or None; one that was killed leaves its file behind."""
    try:
        running = msgspec.json.decode((data / STATE).read_bytes(), type=Running)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    except PermissionError as refused:
        raise HostProblem(f"{data} 属于另一个用户，请以该用户运行") from refused
    return running if processes.alive(running.pid) else None


def forget_state(data: Path) -> None:
    (data / STATE).unlink(missing_ok=True)
