"""Pages of accounts."""

from litestar import Router

from backend.accounts.pages import dev, me, preferences, signing_in

router = Router("/", route_handlers=[*signing_in.HANDLERS, *me.HANDLERS, *preferences.HANDLERS, *dev.HANDLERS])
