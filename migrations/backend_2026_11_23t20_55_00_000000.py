"""What Piccolo cannot say of notices: the inbox is read newest first; rows that are sent soon change twice in place."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.notices.tables import Notice

ID = "2026-11-23T20:55:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "the inbox's index, room for updates in place"

FORWARDS = (
    "CREATE INDEX notice_inbox ON notice (person, created_at DESC, id DESC)",
    "ALTER TABLE notice SET (fillfactor = 80)",
)
BACKWARDS = ("ALTER TABLE notice RESET (fillfactor)", "DROP INDEX notice_inbox")


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="backend", description=DESCRIPTION)

    async def run() -> None:
        for statement in FORWARDS:
            await Notice.raw(statement)

    async def run_backwards() -> None:
        for statement in BACKWARDS:
            await Notice.raw(statement)

    manager.add_raw(run)
    manager.add_raw_backwards(run_backwards)
    return manager
