"""What exists is named where people look for it."""

import re

import pytest

from backend import settings
from backend.accounts.rules import Permission, Role
from backend.domains import MAY_CALL
from backend.guidance.rules import VisitState, VisitStep
from backend.notices.rules import KINDS, NoticeState
from tests.architecture.source import BACKEND, ROOT


def readme(domain: str) -> str:
    return (BACKEND / domain / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("domain", MAY_CALL)
def test_every_domain_has_a_readme(domain):
    assert readme(domain).startswith("# ")


@pytest.mark.parametrize("name", sorted(settings.KNOWN))
def test_every_setting_is_explained(name):
    assert name in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("domain", "words"),
    [
        ("accounts", [*Role, *Permission]),
        ("guidance", [*VisitState, *VisitStep]),
        ("notices", [*NoticeState, *KINDS]),
    ],
)
def test_every_state_permission_and_kind_is_in_the_readme(domain, words):
    missing = [word for word in words if f"`{word}`" not in readme(domain)]
    assert not missing


def test_decisions_are_numbered_without_gaps():
    numbers = sorted(int(path.name[:4]) for path in (BACKEND / "decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


def test_no_machine_path_or_registry_host_is_committed():
    marks = re.compile(r"pypi\.org|pythonhosted|registry\.npm|deb\.debian|/work/|/root/")
    for path in [*ROOT.glob("*.md"), *ROOT.glob("scripts/*"), *ROOT.glob("web/*.json"), *BACKEND.rglob("*.md")]:
        if path.is_file():
            assert not marks.search(path.read_text(encoding="utf-8")), path
