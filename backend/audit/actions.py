"""Writing the log. Nothing here changes or removes a line: the login of web and worker could not."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec
from structlog.contextvars import get_contextvars

from backend.audit import rules
from backend.kit import db

INSERT = """
    INSERT INTO audit_entry (at, "by", did, "to", detail, request_id) VALUES ($1, $2, $3, $4, $5, $6)
"""


async def record(
    *, by: UUID | None, did: str, to: UUID | None, now: datetime, detail: Mapping[str, object] | None = None
) -> None:
    """Append one line inside the open transaction, so that it stands exactly when the change stands.

    by: a person's id, or None for the system. to: the id of the thing changed. detail: ids, codes, dates and numbers
    only. The number of the request comes from the logging context. Raises rules.NotForTheLog, RuntimeError without an
    open transaction.
    """
    facts = dict(detail or {})
    rules.check_action(did)
    rules.check_facts(facts)
    request_id = str(get_contextvars().get("request_id", ""))[:40]
    encoded = msgspec.json.encode(facts, enc_hook=str).decode()
    await db.connection().execute(INSERT, now, by, did, to, encoded, request_id)
