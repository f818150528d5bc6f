from typing import Any
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar, Request, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath

from backend.files import actions, pages, queries, rules
from backend.files.store import Store
from backend.kit import html
from backend.kit.errors import DomainError
from tests.files import make


@post("/photos")
async def photos(request: Request[Any, Any, Any]) -> str:
    return ",".join(str(len(one)) for one in await pages.uploads(await request.form(), most=2))


@get("/photos/{file_id:uuid}")
async def photo(request: Request[Any, Any, Any], file_id: FromPath[Any]) -> Response[bytes]:
    file = html.or_404(await queries.stored(file_id))
    return await pages.send(request, file, thumb="thumb" in request.query_params)


@pytest.fixture
async def client(database, tmp_path):
    """A domain that owns photos, in a few lines."""
    app = Litestar(
        [photos, photo],
        exception_handlers={DomainError: lambda _, refusal: Response(refusal.text, status_code=refusal.status)},
        state=State({"files": Store(tmp_path / "files")}),
        request_max_body_size=40_000_000,
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://t.example") as asking:
        asking.store = app.state.files
        yield asking


def files(*contents: bytes, name: str = "a.jpg"):
    return [("photos", (name, content, "image/jpeg")) for content in contents]


async def test_uploads_are_read_and_empty_fields_passed_over(client):
    sent = [*files(b"12345"), ("photos", ("", b"", "application/octet-stream")), *files(b"")]

    answer = await client.post("/photos", files=sent)

    assert answer.text == "5"
    assert (await client.post("/photos", data={"photos": "text"})).text == ""


async def test_too_many_and_too_large_are_refused_in_words(client):
    many = await client.post("/photos", files=files(b"1", b"2", b"3"))
    large = await client.post("/photos", files=files(b"1", b"x" * 8_000_001))

    assert (many.status_code, many.text) == (422, rules.TooManyPhotos(most=2).text)
    assert (large.status_code, large.text) == (413, rules.PhotoTooLarge().text)


async def test_a_photo_is_sent_sealed_and_private(client, now):
    file_id = await actions.keep_photo(make.photo(), store=client.store, by=None, now=now)

    answer = await client.get(f"/photos/{file_id}")

    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["content-disposition"] == f'inline; filename="{file_id}.jpg"'
    assert answer.content == client.store.get((await queries.stored(file_id)).sha256)


async def test_an_unchanged_photo_costs_no_bytes(client, now):
    file_id = await actions.keep_photo(make.photo(), store=client.store, by=None, now=now)
    whole, small = await client.get(f"/photos/{file_id}"), await client.get(f"/photos/{file_id}?thumb")
    assert whole.headers["etag"] != small.headers["etag"]

    again = await client.get(f"/photos/{file_id}", headers={"If-None-Match": whole.headers["etag"]})
    other = await client.get(f"/photos/{file_id}?thumb", headers={"If-None-Match": whole.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert (other.status_code, other.content) == (200, small.content)


async def test_what_is_not_there_is_404(client):
    assert (await client.get(f"/photos/{uuid4()}")).status_code == 404
