"""Indexes for one's own sessions, for ending those of a desk, and for finding who sits at a kind of desk."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.audit.tables import AuditEntry

ID = "2026-11-23T21:05:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of sessions and desks"

FORWARDS = (
    "CREATE INDEX session_of_person ON session (person)",
    'CREATE INDEX session_at_desk ON session ("grant")',
    "CREATE INDEX role_grant_held ON role_grant (role, department) WHERE revoked_at IS NULL",
)
BACKWARDS = ("DROP INDEX role_grant_held", "DROP INDEX session_at_desk", "DROP INDEX session_of_person")


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
