"""A push service that takes everything and reads nothing: 201 as soon as a message is whole. Prints its port."""

import asyncio
from typing import Any

import uvloop

ANSWER = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"
HEAD_END = b"\r\n\r\n"


class _Sink(asyncio.Protocol):
    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._received = bytearray()

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(HEAD_END)) >= 0:
            head = bytes(self._received[:end]).lower() + b"\r\n"
            at = head.index(b"content-length:")
            whole = end + len(HEAD_END) + int(head[at + 15 : head.index(b"\r", at)])
            if len(self._received) < whole:
                return
            del self._received[:whole]
            self._transport.write(ANSWER)


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve())
