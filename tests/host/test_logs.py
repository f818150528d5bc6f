"""Logs: one event a line, with the request's number."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
import structlog

from backend import logs


@pytest.fixture(autouse=True)
def _only_here() -> Iterator[None]:
    """Give the logging of this process back as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    logging.captureWarnings(False)
    structlog.reset_defaults()


async def ask(app: Any, path: str = "/x") -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    await app({"type": "http", "method": "GET", "path": path, "query_string": b"name=secret"}, receive, send)
    return sent


async def answering(scope: Any, receive: Any, send: Any) -> None:
    structlog.get_logger().info("in_between")
    await send({"type": "http.response.start", "status": 204, "headers": []})


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


async def test_every_line_of_a_request_carries_its_number_and_the_answer_does_too(capsys: pytest.CaptureFixture[str]):
    logs.configure(json=True, process="web")

    start = (await ask(logs.with_request_id(answering)))[0]

    number = dict(start["headers"])[b"x-request-id"].decode()
    inside, after = lines(capsys)
    assert inside["event"] == "in_between"
    assert (after["event"], after["status"], after["path"]) == ("request", 204, "/x")
    assert inside["request_id"] == after["request_id"] == number
    assert {inside["process"], after["process"]} == {"web"}


async def test_what_somebody_searched_for_is_not_logged(capsys: pytest.CaptureFixture[str]):
    logs.configure(json=True, process="web")

    await ask(logs.with_request_id(answering))

    assert "secret" not in capsys.readouterr().err


@pytest.mark.parametrize("path", ["/v/AB12CD34", "/V/AB12CD34", "/track/AB12CD34", "/d/AB12CD34"])
async def test_a_code_that_opens_something_is_not_logged(capsys: pytest.CaptureFixture[str], path: str):
    logs.configure(json=True, process="web")

    await ask(logs.with_request_id(answering), path)

    assert lines(capsys)[-1]["path"] == path.replace("AB12CD34", "…")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (asyncpg.UniqueViolationError("duplicate key\nDETAIL:  Key (phone)=(13800000001) exists."), "duplicate key"),
        (asyncpg.DataError("invalid input for query argument $2: '除尘器 13800000001' (no)"), "query argument $2"),
        (ValueError("a plain one"), "a plain one"),
    ],
)
def test_what_somebody_wrote_is_not_in_a_traceback(capsys: pytest.CaptureFixture[str], error: Exception, told: str):
    logs.configure(json=True, process="web")

    structlog.get_logger().error("request_failed", exc_info=error)

    (line,) = lines(capsys)
    assert line["exception"][0]["exc_value"].endswith(told)
    assert "13800000001" not in json.dumps(line)


async def test_pictures_and_probes_make_no_noise(capsys: pytest.CaptureFixture[str]):
    logs.configure(json=True, process="web")

    await ask(logs.with_request_id(answering), "/static/css/x.css")

    assert [line["event"] for line in lines(capsys)] == ["in_between"]


def test_a_failure_with_its_trace_is_one_line(capsys: pytest.CaptureFixture[str]):
    logs.configure(json=True, process="worker")
    try:
        raise ValueError("坏")
    except ValueError:
        structlog.get_logger().exception("job_failed")

    (line,) = lines(capsys)
    assert line["event"] == "job_failed"
    assert line["exception"][0]["exc_value"] == "坏"


def test_other_libraries_log_the_same_way(capsys: pytest.CaptureFixture[str]):
    logs.configure(json=True, process="web")
    logging.getLogger("_granian").info("Started worker-1")

    assert lines(capsys)[0]["event"] == "Started worker-1"
