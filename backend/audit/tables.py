from piccolo.columns import JSONB, UUID, BigSerial, Timestamptz, Varchar
from piccolo.table import Table


class AuditEntry(Table, tablename="audit_entry"):
    """Who did what to which thing, and when. Append-only: the login role may only insert and read.

    Carries ids and plain facts, never words a person wrote, and no foreign keys: it outlives what it speaks of.
    """

    id = BigSerial(primary_key=True)
    at = Timestamptz(index=True)
    by = UUID(null=True, default=None, index=True)  # None: the system itself
    did = Varchar(length=60, index=True)
    to = UUID(null=True, default=None, index=True)
    detail = JSONB(default="{}")
    request_id = Varchar(length=40, default="")
