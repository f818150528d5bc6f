"""How the site looks to this browser: elder mode and theme, kept in two cookies, for people without an account too."""

from datetime import timedelta

from litestar import Request, Response, post
from litestar.datastructures import Cookie

from backend.accounts import forms, rules
from backend.kit import html
from backend.kit.forms import read

KEPT = timedelta(days=400)  # the longest that browsers allow
ALLOWED = {"elder": ("1",), "theme": ("light", "dark")}


@post("/preferences", name="accounts.preference", opt={"public": True})
async def preference(request: Request) -> Response[None]:
    """Sets what was sent, back to where one was. Any other value takes the cookie away: the standard look."""
    sent = read(forms.Preference, await request.form()).value or forms.Preference()
    answer = html.go_to(request, rules.local_path(sent.here))
    for key, value in (("elder", sent.elder), ("theme", sent.theme)):
        if value is not None:
            answer.set_cookie(_cookie(request, key, value if value in ALLOWED[key] else ""))
    return answer


def _cookie(request: Request, key: str, value: str) -> Cookie:
    lasts = int(KEPT.total_seconds()) if value else 0
    secure = request.url.scheme == "https"
    return Cookie(key=key, value=value, path="/", max_age=lasts, secure=secure, httponly=True, samesite="lax")


HANDLERS = [preference]
