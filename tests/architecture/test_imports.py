"""Who may import what (house: slices outside, layers inside), held as data."""

import pytest

from backend.domains import MAY_CALL, VIEWS
from tests.architecture.source import Module, imports, modules, of_backend, of_domains

PURE_KIT = {"errors", "money", "workdays", "texts"}
# kind of file -> (kinds of its own domain, kinds of the domains it may call)
LAYERS: dict[str, tuple[set[str], set[str]]] = {
    "rules": (set(), {"rules"}),
    "tables": ({"rules"}, {"tables", "rules"}),
    "queries": ({"rules", "tables"}, {"rules", "queries", "tables"}),
    "actions": ({"rules", "tables", "queries", "content", "adapter"}, {"rules", "queries", "actions"}),
    "forms": ({"rules"}, {"rules"}),
    "pages": ({"rules", "queries", "actions", "forms", "adapter", "access"}, {"rules", "queries", "access", "pages"}),
    "api": ({"rules", "queries", "actions", "forms"}, {"rules", "queries", "access"}),
    "jobs": ({"rules", "queries", "actions"}, set()),
    "commands": ({"rules", "queries", "actions", "content", "adapter"}, set()),
    "access": ({"rules", "queries", "actions"}, {"rules"}),
    "content": ({"rules"}, {"rules"}),
    "adapter": ({"rules", "adapter"}, {"rules"}),
}
# library -> kinds of file that may import it; what is not named here is free
LIBRARIES: dict[str, set[str]] = {
    "litestar": {"pages", "api", "access"},
    "piccolo": {"tables", "queries", "actions"},
    "arq": set(),
    "click": {"commands"},
    "rich": {"commands"},
    "asyncpg": {"actions"},
    "aiohttp": {"adapter"},
    "pywebpush": {"adapter"},
    "segno": set(),
    "jinja2": set(),
    "PIL": {"adapter"},
    "redis": set(),
}
KINDS = set(LAYERS) - {"adapter"}


def layer(module: Module) -> str:
    return module.kind if module.kind in KINDS else "adapter"


@pytest.mark.parametrize("module", of_domains(), ids=lambda module: module.name)
def test_a_file_imports_only_what_its_kind_may(module: Module):
    own, others = LAYERS[layer(module)]
    for imported in imports(module):
        target = of_backend(imported)
        if target is None:
            library = imported.split(".")[0]
            assert layer(module) in LIBRARIES.get(library, {layer(module)}), f"{module.name} imports {library}"
            continue
        owner, kind = target
        if owner == "kit":
            assert module.kind != "rules" or kind in PURE_KIT, f"rules are pure: {imported}"
        elif owner == module.owner:
            kind = kind if kind in KINDS or not kind else "adapter"
            assert kind in own | {layer(module), ""}, f"{module.name} imports {imported}"
        elif owner in MAY_CALL:
            assert kind in others, f"{module.name} imports {imported}"
        else:
            assert module.kind in ("commands", "api", "pages", "access", "jobs", "actions"), (
                f"{module.name}: {imported}"
            )
            assert (owner, kind) in {("", "settings"), ("host", "city"), ("", "logs")}, f"{module.name}: {imported}"


@pytest.mark.parametrize("module", of_domains(), ids=lambda module: module.name)
def test_a_domain_calls_only_those_on_its_line(module: Module):
    for imported in imports(module):
        target = of_backend(imported)
        if target and target[0] in MAY_CALL and target[0] != module.owner:
            assert target[0] in MAY_CALL[module.owner], f"{module.owner} may not call {target[0]}: {imported}"


def test_calls_between_domains_make_no_circle():
    left = {domain: set(called) for domain, called in MAY_CALL.items()}
    while free := [domain for domain, called in left.items() if not called & left.keys()]:
        for domain in free:
            del left[domain]
    assert not left


def test_views_write_nothing_but_the_log():
    for module in of_domains():
        if module.owner in VIEWS:
            wrote = [one for one in imports(module) if (of_backend(one) or ("", ""))[1] == "actions"]
            assert all(one.startswith("backend.audit.") for one in wrote), f"{module.name} writes: {wrote}"


def test_the_kit_knows_no_domain_and_reads_no_settings():
    for module in modules():
        if module.owner == "kit":
            for imported in imports(module):
                target = of_backend(imported)
                assert target is None or target[0] == "kit", f"{module.name} imports {imported}"
                assert imported != "os.environ", module.name


def test_only_two_files_know_the_queue_library():
    knowing = {module.name for module in modules() if any(one.split(".")[0] == "arq" for one in imports(module))}
    assert knowing <= {"backend.kit.queue", "backend.worker", "backend.health"}


def test_nobody_imports_the_demonstration_but_the_command_line():
    for module in modules():
        if module.owner != "demo":
            assert not [one for one in imports(module) if one.startswith("backend.demo")], module.name
