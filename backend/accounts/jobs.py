"""Jobs of accounts."""

from typing import Any

from backend.accounts import actions
from backend.kit import clock


async def forget_old_sign_ins(ctx: dict[str, Any]) -> None:
    """Delete ended sessions and old codes with their numbers. Nightly; safe to repeat."""
    await actions.forget_old_sign_ins(now=clock.now())


JOBS = [forget_old_sign_ins]
