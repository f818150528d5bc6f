"""The web process: granian around the application."""

import functools
from pathlib import Path
from typing import Any

from backend import logs
from backend.host import processes
from backend.settings import Settings

KILL_SECONDS = 5  # what a request in hand has left; streams are ended first
AUTHORITY_ROUTE = "/trust"


def serve(
    settings: Settings,
    *,
    host: str,
    port: int,
    workers: int,
    certificate: tuple[Path, Path] | None,
    public: Path | None,
) -> None:
    """Serve until told to stop. Blocks.

    certificate: files of certificate and key for HTTPS. public: a directory to hand out below ``/trust``.
    """
    from granian.constants import Interfaces, Loops  # noqa: PLC0415 - not for the other commands
    from granian.server import Server  # noqa: PLC0415

    logs.configure(process="web")
    # granian's own logger goes through ours: one event a line for it too.
    through = {"_granian": {"handlers": [], "level": "INFO", "propagate": True}}
    cert, key = certificate or (None, None)

    class Ending(Server):  # type: ignore[misc,valid-type]  # granian picks it by platform
        def shutdown(self, exit_code: int = 0) -> None:
            from backend.kit import live  # noqa: PLC0415 - brings the queue with it

            live.end_streams(settings.redis_url)
            super().shutdown(exit_code)

    server = Ending(
        "backend.app",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        workers=workers,
        loop=Loops.uvloop,
        log_dictconfig={"loggers": through},
        ssl_cert=cert,
        ssl_key=key,
        respawn_failed_workers=workers > 1,  # a single one is the supervisor's business, which says so
        workers_kill_timeout=KILL_SECONDS,
        static_path_route=[AUTHORITY_ROUTE] if public else None,
        static_path_mount=[public] if public else None,
    )
    server.serve(target_loader=functools.partial(_application, settings), wrap_loader=False)


def _application(settings: Settings) -> Any:
    """Runs in each worker process, which granian forks."""
    processes.die_with_parent()
    logs.configure(process="web")
    from backend.app import create_app  # noqa: PLC0415 - only here: the parent stays small

    app: Any = create_app(settings)
    if settings.trusted_proxies:
        from granian.utils.proxies import wrap_asgi_with_proxy_headers  # noqa: PLC0415

        app = wrap_asgi_with_proxy_headers(app, trusted_hosts=list(settings.trusted_proxies))
    return app
