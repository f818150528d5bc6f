"""What comes with a request is bounded, and what nobody can read is the sender's fault."""

from collections.abc import AsyncIterator

import httpx
import pytest
from litestar import Litestar, Response, post

from backend.kit import bodies
from backend.kit.bodies import Asked

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"


@post("/form")
async def form(request: Asked) -> Response[dict[str, str]]:
    sent = await request.form()
    return Response({name: str(value) for name, value in sent.items()}, status_code=200)


@post("/json")
async def json(request: Asked) -> Response[str]:
    return Response(str(await request.json())[:20], status_code=200)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = Litestar([form, json], request_class=Asked, request_max_body_size=2 * bodies.MOST_BYTES, openapi_config=None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://t.example") as client:
        yield client


def part(value: bytes, type_: str = "") -> bytes:
    kind = f"\r\nContent-Type: {type_}".encode() if type_ else b""
    return b'--x\r\nContent-Disposition: form-data; name="a"' + kind + b"\r\n\r\n" + value + b"\r\n--x--\r\n"


async def test_a_form_that_can_be_read_is_read(client):
    answer = await client.post("/form", data={"a": "红木"})
    assert answer.json() == {"a": "红木"}
    answer = await client.post("/form", content=part("红木".encode()), headers={"Content-Type": MULTIPART})
    assert answer.json() == {"a": "红木"}


@pytest.mark.parametrize(
    "content",
    [
        part(b"\xff\xfe"),
        part(b"\xed\xa0\x80"),
        part(b"a", "text/plain; charset=nonsense"),
        part(b"a", "text/plain; charset=utf-16"),
        b"--x\r\n",
        b"nothing at all",
    ],
)
async def test_a_form_that_nobody_can_read_is_the_senders_fault(client, content):
    answer = await client.post("/form", content=content, headers={"Content-Type": MULTIPART})
    assert answer.status_code == 400


@pytest.mark.parametrize("content", [b"[" * 50_000, b"\xff", b'{"a": "\\u0000"}', b'{"a": "\\ud800"}', b"{", b"nul"])
async def test_data_that_nobody_can_read_or_keep_is_the_senders_fault(client, content):
    answer = await client.post("/json", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400


@pytest.mark.parametrize("content", [b"a=1&" * (bodies.MOST_FIELDS + 1), b"a=" + b"1" * (bodies.MOST_BYTES + 1)])
async def test_more_fields_or_words_than_any_page_sends_are_too_much(client, content):
    answer = await client.post("/form", content=content, headers={"Content-Type": FORM})
    assert answer.status_code == 413


async def test_words_are_bounded_also_where_photos_are_not(client):
    answer = await client.post(
        "/form", content=part(b"a" * (bodies.MOST_BYTES + 1)), headers={"Content-Type": MULTIPART}
    )
    assert answer.status_code == 413


def test_an_address_with_a_nul_in_it_is_none_of_ours():
    assert bodies.readable("/v/AB12", b"next=%2Fhome")
    assert not bodies.readable("/v/A\0", b"")
    assert not bodies.readable("/v", b"code=a%00")
