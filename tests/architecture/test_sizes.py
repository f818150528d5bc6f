"""Files stay rooms that one person can hold in mind. The exceptions may only shrink."""

import pytest

from tests.architecture.source import BACKEND, ROOT, modules

CODE_LINES, KIT_LINES = 300, 3000
LIMITS = {"templates": 100, "parts": 40, "scripts": 120, "readme": 60, "decisions": 40, "top": 120}
EXCEPTIONS: dict[str, int] = {}
NAMELESS = {"utils", "helpers", "common", "base", "constants", "misc"}


def lines(path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_a_file_is_one_room(module):
    assert lines(module.path) <= EXCEPTIONS.get(module.name, CODE_LINES)
    assert module.kind not in NAMELESS


@pytest.mark.parametrize("path", sorted((ROOT / "web/templates").rglob("*.html")), ids=str)
def test_a_template_fits_on_a_screen_or_two(path):
    if "shared" in path.parts:
        return  # the macros of the design system stand together on purpose
    limit = LIMITS["parts"] if path.name.startswith("_") else LIMITS["templates"]
    assert lines(path) <= limit


@pytest.mark.parametrize("path", sorted((ROOT / "web/static/js").glob("*.js")), ids=str)
def test_a_script_is_one_behaviour(path):
    assert lines(path) <= LIMITS["scripts"]


@pytest.mark.parametrize("path", sorted(BACKEND.glob("*/README.md")), ids=str)
def test_a_readme_is_short(path):
    assert lines(path) <= LIMITS["readme"]


@pytest.mark.parametrize("path", sorted((BACKEND / "decisions").glob("*.md")), ids=str)
def test_a_decision_is_short(path):
    assert lines(path) <= LIMITS["decisions"]


@pytest.mark.parametrize("name", ["app.py", "worker.py"])
def test_the_top_only_lists(name):
    assert lines(BACKEND / name) <= LIMITS["top"]


def test_the_kit_stays_small():
    assert sum(lines(module.path) for module in modules() if module.owner == "kit") <= KIT_LINES
