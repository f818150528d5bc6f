"""The demonstration's short messages, so that one can sign in without a telephone."""

from typing import Any

from litestar import Request, get
from litestar.response import Template

from backend.kit import addresses, html
from backend.kit.errors import NotFound
from backend.kit.sms import LogSms

SHOWN = 30


@get("/dev/sms", name="accounts.dev_sms", opt={"public": True})
async def dev_sms(request: Request) -> Template:
    """Raises NotFound wherever it must not exist."""
    if not may_see(request):
        raise NotFound
    messages = request.app.state.sms.last(SHOWN)
    return html.page("accounts/dev_sms.html", headers={"Cache-Control": "no-store"}, messages=messages)


def may_see(request: Request[Any, Any, Any]) -> bool:
    """Only a demonstration that writes its messages down has the page, and only for this machine unless it is open."""
    settings, sms = request.app.state.settings, request.app.state.sms
    if settings.env == "production" or settings.sms != "log" or not isinstance(sms, LogSms):
        return False
    return settings.dev_sms_open or addresses.is_loopback(request.scope)


HANDLERS = [dev_sms]
