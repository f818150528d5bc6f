"""The source as the architecture tests read it: files, the kind of each, and what it imports."""

import ast
from collections.abc import Iterator
from pathlib import Path

import msgspec

from backend.domains import MAY_CALL

ROOT = Path(__file__).parents[2]
BACKEND = ROOT / "backend"


class Module(msgspec.Struct, frozen=True):
    """A Python file. owner: a domain, ``kit``, ``host``, ``demo`` or empty for the top. kind: the file's name."""

    path: Path
    owner: str
    kind: str

    @property
    def name(self) -> str:
        return ".".join(self.path.relative_to(ROOT).with_suffix("").parts)


def modules() -> list[Module]:
    return [_module(path) for path in sorted(BACKEND.rglob("*.py"))]


def of_domains() -> list[Module]:
    return [module for module in modules() if module.owner in MAY_CALL and module.kind != "__init__"]


def _module(path: Path) -> Module:
    parts = path.relative_to(BACKEND).with_suffix("").parts
    if len(parts) == 1:
        return Module(path, "", parts[0])
    return Module(path, parts[0], parts[1])


def imports(module: Module) -> Iterator[str]:
    """Every module that ``module`` imports, wherever in the file; ``from a import b`` counts as ``a.b``."""
    for node in ast.walk(ast.parse(module.path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def of_backend(imported: str) -> tuple[str, str] | None:
    """Owner and kind of something of ours that is imported: ``backend.staff.rules.Half`` -> ``("staff", "rules")``."""
    parts = imported.split(".")
    if parts[0] != "backend" or len(parts) < 2:
        return None
    if (BACKEND / f"{parts[1]}.py").exists():
        return "", parts[1]
    return parts[1], parts[2] if len(parts) > 2 else ""
