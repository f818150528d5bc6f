"""Lists, not discovery: so a test makes sure that nothing is left off a list."""

from importlib import import_module

import pytest

from backend import app, worker
from backend.domains import MAY_CALL
from backend.piccolo_app import APP_CONFIG
from tests.architecture.source import BACKEND, modules


def having(kind: str) -> list[str]:
    return [
        domain
        for domain in MAY_CALL
        if (BACKEND / domain / f"{kind}.py").exists() or (BACKEND / domain / kind).is_dir()
    ]


@pytest.mark.parametrize("kind", ["pages", "api"])
def test_every_router_is_listed(kind):
    for domain in having(kind):
        module = import_module(f"backend.{domain}.{kind}")
        if hasattr(module, "router"):
            assert module.router in app.ROUTERS, f"backend.{domain}.{kind}"


def test_every_job_is_listed():
    for domain in having("jobs"):
        for job in import_module(f"backend.{domain}.jobs").JOBS:
            assert job in worker.JOBS, f"backend.{domain}.jobs.{job.__name__}"


def test_every_table_is_in_the_one_application():
    listed = {table.__module__ for table in APP_CONFIG.table_classes}
    assert listed == {module.name for module in modules() if module.kind == "tables"}


def test_every_folder_is_a_domain_or_named_in_the_house():
    folders = {path.name for path in BACKEND.iterdir() if path.is_dir() and not path.name.startswith("__")}
    assert folders == {*MAY_CALL, "kit", "host", "demo", "decisions"}
