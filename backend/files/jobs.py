"""Jobs of files."""

from typing import Any

from backend.files import actions
from backend.kit import clock


async def sweep_files(ctx: dict[str, Any]) -> int:
    """Delete what has been kept long enough. Nightly; safe to repeat."""
    return await actions.sweep(store=ctx["files"], now=clock.now())


JOBS = [sweep_files]
