"""Asking a running city how it is."""

import http.client
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from backend.host import servers
from backend.host.servers import Running

LOOPBACK = "127.0.0.1"


def health(port: int) -> tuple[int, Any]:
    """Status and body of ``GET /health`` at loopback; 0 and the reason when nothing answers."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=3)
    try:
        connection.request("GET", "/health")
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError) as problem:
        return 0, repr(problem)
    finally:
        connection.close()


def running(data: Path) -> tuple[Running, int, Any] | None:
    """The supervisor of this data directory with status and body of its /health; None when there is none."""
    found = servers.read_state(data)
    if found is None:
        return None
    return (found, *health(urlsplit(found.url).port or 80))
