"""What Piccolo cannot say: one officer cannot be taken twice, a number for each visit, the secret tables' schemas."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.audit.tables import AuditEntry

ID = "2026-11-23T20:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "exclusion constraint on engagements, visit numbers"

FORWARDS = (
    """
    ALTER TABLE engagement ADD CONSTRAINT engagement_officer_taken_once
    EXCLUDE USING gist (officer WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (released_at IS NULL)
    """,
    "CREATE INDEX engagement_free ON engagement (day, half, officer) WHERE released_at IS NULL",
    "CREATE SEQUENCE visit_number",
    "CREATE INDEX notice_due ON notice (due_at) WHERE state = 'queued'",
    "CREATE INDEX notice_unread ON notice (person) WHERE read_at IS NULL",
    "CREATE INDEX visit_waiting ON visit (booked_at) WHERE state = 'submitted'",
)
BACKWARDS = (
    "DROP INDEX visit_waiting",
    "DROP INDEX notice_unread",
    "DROP INDEX notice_due",
    "DROP SEQUENCE visit_number",
    "DROP INDEX engagement_free",
    "ALTER TABLE engagement DROP CONSTRAINT engagement_officer_taken_once",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="backend", description=DESCRIPTION)

    async def run() -> None:
        for statement in FORWARDS:
            await AuditEntry.raw(statement)

    async def run_backwards() -> None:
        for statement in BACKWARDS:
            await AuditEntry.raw(statement)

    manager.add_raw(run)
    manager.add_raw_backwards(run_backwards)
    return manager
