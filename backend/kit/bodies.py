"""What comes with a request: bounded, and when nobody can read it that is the sender's fault (400), not a bug."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from litestar import Request
from litestar.datastructures import FormMultiDict
from litestar.exceptions import ClientException, InternalServerException, SerializationException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

Read = TypeVar("Read")
MOST_BYTES = 300_000  # of any form without files; a handler that takes files says how much it takes
MOST_FIELDS = 500
NUL_IN_JSON = b"\\u0000"  # PostgreSQL keeps no text with it
NUL_IN_QUERY = b"%00"


class Asked(Request[Any, Any, Any]):
    """The application's requests. ``form`` and ``json`` raise ClientException for what nobody can read.

    Litestar lets the decoder's own error through: a foreign charset, half a letter, brackets ten thousand deep.
    """

    async def form(self) -> FormMultiDict:
        sent = await _read(super().form)
        fields = list(sent.multi_items())
        if len(fields) > MOST_FIELDS or sum(len(value) for _, value in fields if isinstance(value, str)) > MOST_BYTES:
            raise RequestEntityTooLarge
        return sent

    async def json(self) -> Any:
        if NUL_IN_JSON in await self.body():
            raise ClientException("a NUL in a text")
        return await _read(super().json)


async def _read(reader: Callable[[], Awaitable[Read]]) -> Read:
    try:
        return await reader()
    except (LookupError, RecursionError, ValueError, SerializationException) as unreadable:
        raise ClientException("cannot be read") from unreadable
    except InternalServerException as gone:  # Litestar's name for a browser that went away while sending
        raise ClientException("cut short") from gone


def readable(path: str, query: bytes) -> bool:
    """Whether an address may be asked for: one with a NUL in it no page of ours has sent."""
    return "\0" not in path and NUL_IN_QUERY not in query and b"\0" not in query
