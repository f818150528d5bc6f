"""A proxy before the city, as a city has one: it weighs what is sent and can make the service worker a new one."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HOP = {"connection", "content-length", "keep-alive", "transfer-encoding"}  # between two machines, not passed on


class Front:
    """Where it is, how many bytes of heads and bodies it has sent, and how often there was a new version."""

    def __init__(self, city: str) -> None:
        self.city = city
        self.url = ""
        self.sent = 0
        self.released = 0

    def weighed(self) -> int:
        """The bytes sent since the last weighing."""
        sent, self.sent = self.sent, 0
        return sent


@contextmanager
def standing_before(city: str) -> Iterator[Front]:
    """The proxy, for as long as it is needed. city: the address it passes everything on to."""
    front = Front(city)

    class Passing(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            _pass_on(self, front)

        do_POST = do_DELETE = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Passing)
    server.daemon_threads = True
    front.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield front
    server.shutdown()
    server.server_close()


def _pass_on(asked: BaseHTTPRequestHandler, front: Front) -> None:
    body = asked.rfile.read(int(asked.headers.get("Content-Length") or 0))
    link = http.client.HTTPConnection(urlsplit(front.city).netloc, timeout=60)
    headers = {name: value for name, value in asked.headers.items() if name.lower() not in HOP - {"content-length"}}
    if asked.path == "/sw.js":
        headers = {
            name: value for name, value in headers.items() if name.lower() not in ("accept-encoding", "if-none-match")
        }
    link.request(asked.command, asked.path, body=body or None, headers=headers)
    answer = link.getresponse()
    try:
        if "event-stream" in (answer.getheader("Content-Type") or ""):
            _stream(asked, answer, front)
        else:
            content = answer.read()
            if asked.path == "/sw.js" and front.released:
                content += f"// {front.released}".encode()
            _send(asked, answer, content, front)
    except (BrokenPipeError, ConnectionResetError, TimeoutError):
        asked.close_connection = True  # the browser has left the page
    finally:
        link.close()


def _send(asked: BaseHTTPRequestHandler, answer: http.client.HTTPResponse, content: bytes, front: Front) -> None:
    _head(asked, answer, front, {} if answer.status == 304 else {"Content-Length": str(len(content))})
    asked.wfile.write(content)
    front.sent += len(content)


def _stream(asked: BaseHTTPRequestHandler, answer: http.client.HTTPResponse, front: Front) -> None:
    _head(asked, answer, front, {"Connection": "close"})
    while piece := answer.read1(65536):
        asked.wfile.write(piece)
        asked.wfile.flush()
        front.sent += len(piece)


def _head(asked: BaseHTTPRequestHandler, answer: http.client.HTTPResponse, front: Front, more: dict[str, str]) -> None:
    asked.send_response_only(answer.status)
    kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP]
    for name, value in [*kept, *more.items()]:
        asked.send_header(name, value)
        front.sent += len(name) + len(value) + 4
    asked.end_headers()
