"""Pages of accounts."""

from litestar import Router

from backend.accounts.pages import dev, me, preferences, signing_in

HANDLERS = [*signing_in.HANDLERS, *me.HANDLERS, *preferences.HANDLERS, *dev.HANDLERS]
FORM_BYTES = 20_000  # most of these forms are open to everybody, and none of them is long

router = Router("/", route_handlers=HANDLERS, request_max_body_size=FORM_BYTES)
