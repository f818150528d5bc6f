"""Logs: structlog, one event a line; JSON unless a person is watching. What other libraries log comes the same way."""

import logging
import re
import secrets
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]  # the framework's own types cost the supervisor a second of import
QUIET = ("/static/", "/health")
CODED = ("/v/", "/V/", "/track/", "/d/")  # what follows is a code that opens something
# What PostgreSQL and asyncpg say of the row or the value that they refused: it may be what somebody wrote.
VALUES = re.compile(r"\n(?:DETAIL|CONTEXT):.*|(?<=query argument \$)(\d+): .*", re.DOTALL)
log = structlog.get_logger()


def _without_codes(logger: Any, method: str, event: Any) -> Any:
    path = event.get("path")
    if isinstance(path, str) and path.startswith(CODED):
        event["path"] = path[: path.index("/", 1) + 1] + "…"
    return event


def _told(exc_info: Any) -> list[dict[str, Any]]:
    """An exception's frames and words, without variables and values."""
    told: list[dict[str, Any]] = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)(exc_info)
    for one in told:
        one["exc_value"] = VALUES.sub(r"\1", one["exc_value"])
    return told


SHARED: tuple[Any, ...] = (
    _without_codes,
    structlog.contextvars.merge_contextvars,  # the request id that the web process binds, the job that the worker binds
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
)
# Never the frames' variables: cookies, phone numbers and what people tell guidance are among them.
TRACEBACKS = structlog.processors.ExceptionRenderer(_told)


def configure(*, json: bool | None = None, process: str) -> None:
    """Send every event of this process to standard error.

    json: None decides by whether standard error is a terminal. process: "web", "worker", "run"; stands in every line.
    """
    as_json = not sys.stderr.isatty() if json is None else json
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(as_json, process))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    logging.captureWarnings(True)
    for noisy in ("httpx", "httpcore", "asyncio", "arq.worker"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _formatter(as_json: bool, process: str) -> logging.Formatter:
    def named(logger: Any, method: str, event: Any) -> Any:
        event["process"] = process
        return event

    ending: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, named]
    if as_json:
        ending += [TRACEBACKS, structlog.processors.JSONRenderer(ensure_ascii=False)]
    else:
        ending += [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=list(SHARED), processors=ending)


def with_request_id(app: ASGIApp) -> ASGIApp:
    """Give every request a number that its log lines, its answer (``X-Request-Id``) and an error page all carry."""

    async def numbered(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        request_id, began, status = secrets.token_hex(6), time.perf_counter(), 0

        async def send_numbered(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await app(scope, receive, send_numbered)
            finally:
                if not scope["path"].startswith(QUIET):
                    milliseconds = round((time.perf_counter() - began) * 1000, 1)
                    # The path alone: what follows the question mark may be what somebody searched for.
                    log.info("request", method=scope["method"], path=scope["path"], status=status, ms=milliseconds)

    return numbered
