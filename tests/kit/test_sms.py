import asyncio
import json
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from backend.kit import sms
from backend.kit.sms import HttpSms, LogSms, Outcome

TEXT = "【闭环】登录验证码 123456"


@asynccontextmanager
async def gateway(status: int | None) -> AsyncIterator[tuple[str, list[dict]]]:
    """A local gateway that answers one status, or (None) never; and the requests it saw."""
    seen: list[dict] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
        seen.append({"line": head[0], **headers, "body": await reader.readexactly(int(headers["content-length"]))})
        if status is None:
            await asyncio.sleep(30)
        writer.write(f"HTTP/1.1 {status} x\r\nContent-Length: 0\r\nLocation: /elsewhere\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/send", seen
    finally:
        server.close()


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.TAKEN),
        (202, Outcome.TAKEN),
        (302, Outcome.REFUSED),
        (400, Outcome.REFUSED),
        (401, Outcome.REFUSED),
        (408, Outcome.FAILED),
        (429, Outcome.FAILED),
        (500, Outcome.FAILED),
        (503, Outcome.FAILED),
    ],
)
async def test_a_gateways_answer_is_taken_refused_or_to_be_tried_again(status, outcome):
    async with gateway(status) as (url, seen):
        adapter = HttpSms(url, "token")

        assert await adapter.send("13800012345", TEXT, key="key-1") is outcome

        await adapter.close()
    [request] = seen
    assert request["line"] == "POST /send HTTP/1.1"
    assert request["idempotency-key"] == "key-1"
    assert request["authorization"] == "Bearer token"
    assert json.loads(request["body"]) == {"to": "13800012345", "text": TEXT}


async def test_a_gateway_that_is_away_may_take_it_later():
    adapter = HttpSms("http://127.0.0.1:9/send", "token")

    assert await adapter.send("13800012345", TEXT, key="k") is Outcome.FAILED

    await adapter.close()


async def test_a_gateway_that_never_answers_is_given_up(monkeypatch):
    monkeypatch.setattr(sms, "TIMEOUT", httpx.Timeout(0.2))
    async with gateway(None) as (url, seen):
        adapter = HttpSms(url, "token")

        assert await adapter.send("13800012345", TEXT, key="k") is Outcome.FAILED

        await adapter.close()
    assert len(seen) == 1


async def test_the_demonstration_writes_one_line_each_for_its_owner_alone(tmp_path: Path):
    adapter = LogSms(tmp_path / "city" / "sms.jsonl")

    sent = [await adapter.send("13800012345", f"第{number}条\n换行", key=str(number)) for number in range(3)]

    assert sent == [Outcome.TAKEN] * 3
    lines = [json.loads(line) for line in adapter.path.read_text(encoding="utf-8").splitlines()]
    assert [set(line) for line in lines] == [{"at", "to", "text"}] * 3
    assert stat.S_IMODE(adapter.path.stat().st_mode) == 0o600
    assert [message.text for message in adapter.last(2)] == ["第2条\n换行", "第1条\n换行"]


async def test_a_line_cut_off_by_a_crash_hides_no_other(tmp_path: Path):
    adapter = LogSms(tmp_path / "sms.jsonl")
    assert adapter.last(5) == []
    await adapter.send("13800012345", "一", key="1")
    with adapter.path.open("a") as file:
        file.write('{"at": "2026-\n')
    await adapter.send("13800012345", "二", key="2")

    assert [message.text for message in adapter.last(5)] == ["二", "一"]


def test_the_kind_decides_the_adapter(tmp_path: Path):
    assert isinstance(sms.adapter("log", tmp_path / "s", "", ""), LogSms)
    assert isinstance(sms.adapter("http", tmp_path / "s", "https://gateway.example", "t"), HttpSms)
