"""The one Piccolo application: the tables of every domain, one migration history."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

from backend.domains import MAY_CALL

TABLE_MODULES = [name for name in (f"backend.{domain}.tables" for domain in MAY_CALL) if find_spec(name)]
for _name in TABLE_MODULES:
    import_module(_name)

APP_CONFIG = AppConfig(
    app_name="backend",
    migrations_folder_path=str(Path(__file__).parent.parent / "migrations"),
    table_classes=table_finder(TABLE_MODULES, exclude_imported=True),
    migration_dependencies=[],
    commands=[],
)
