"""How errors look: a page in plain Chinese with the request's number, JSON below /api; never a stack trace."""

from typing import Any

import msgspec
import structlog
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException, NotAuthorizedException

from backend.kit import db, html
from backend.kit.errors import DomainError

log = structlog.get_logger()
AGAIN_SECONDS = "30"
PAGES = {400: "400", 403: "403", 404: "404", 405: "404", 409: "422", 413: "413", 422: "422", 429: "429", 503: "503"}


def refused(request: Request[Any, Any, Any], refusal: DomainError) -> Response[Any]:
    """A refusal that no form shows."""
    return _answer(request, refusal.status, refusal.text, getattr(refusal, "headers", {}))


def http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """What the framework refused: no such path, too large, not understood."""
    if error.status_code >= 500:
        return broken(request, error)
    return _answer(request, error.status_code, "", dict(error.headers or {}))


def not_signed_in(request: Request[Any, Any, Any], error: NotAuthorizedException) -> Response[Any]:
    """To the sign-in page, and back here afterwards; for data 401."""
    if request.url.path.startswith("/api/"):
        return _answer(request, 401, "请先登录", {})
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return html.go(request, "accounts.sign_in", query=html.query(next=wanted if request.method == "GET" else "/"))


def broken(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """A bug: logged once with the request's id, which the page shows too. A database that is away is none."""
    if db.is_away(error):
        log.error("database_away", path=request.url.path, method=request.method, error=repr(error))
        return _answer(request, 503, "", {"Retry-After": AGAIN_SECONDS})
    log.error("request_failed", path=request.url.path, method=request.method, exc_info=error)
    return _answer(request, 500, "", {})


def _answer(request: Request[Any, Any, Any], status: int, text: str, headers: dict[str, str]) -> Response[Any]:
    request_id = structlog.contextvars.get_contextvars().get("request_id", "")
    if request.url.path.startswith("/api/"):
        body = msgspec.json.encode({"error": text or "无法处理", "status": status, "request_id": request_id})
        return Response(body, status_code=status, media_type=MediaType.JSON, headers=headers)
    template = f"shared/errors/{PAGES.get(status, '500' if status >= 500 else '400')}.html"
    return html.page(template, status=status, headers=headers, message=text, request_id=request_id)


HANDLERS: dict[Any, Any] = {
    DomainError: refused,
    NotAuthorizedException: not_signed_in,
    HTTPException: http,
    Exception: broken,
}
