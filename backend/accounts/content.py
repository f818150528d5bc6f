"""The data files shipped with this release: regions, departments, roles. Nothing else of the domain reads them."""

import tomllib
from pathlib import Path

import msgspec

from backend.accounts.rules import DepartmentEntry, RegionEntry, RoleEntry

DATA = Path(__file__).parent / "data"


class Ground(msgspec.Struct, frozen=True):
    """What identity stands on."""

    regions: list[RegionEntry]
    departments: list[DepartmentEntry]
    roles: list[RoleEntry]


def shipped() -> Ground:
    """Regions, departments and roles of this release. Raises msgspec.ValidationError, naming the place."""
    return Ground(
        regions=msgspec.convert(_read("regions.toml")["region"], list[RegionEntry]),
        departments=msgspec.convert(_read("departments.toml")["department"], list[DepartmentEntry]),
        roles=msgspec.convert(_read("roles.toml")["role"], list[RoleEntry]),
    )


def _read(name: str) -> dict[str, object]:
    return tomllib.loads((DATA / name).read_text("utf-8"))
