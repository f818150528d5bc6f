"""Every page, as each role sees it, in every look and width: axe, targets, text sizes, double text, no complaint."""

import itertools
from random import Random

import pytest
from litestar import Litestar
from playwright.sync_api import Browser, BrowserContext, Page

from tests import axe
from tests.journeys import visitors
from tests.journeys.conftest import Town
from tests.journeys.places import ALL, NOT_PAGES, PLACES
from tests.journeys.visitors import LOOKS

pytestmark = pytest.mark.journey
WIDTHS = (320, 390, 1280)
COMBINATIONS = list(itertools.product(LOOKS, WIDTHS))
HEIGHT = 844


@pytest.fixture(scope="module")
def app(town: Town) -> Litestar:
    visitors.run(visitors.prepare(town))
    return visitors.application(town)


def test_every_page_has_an_example(app: Litestar) -> None:
    assert visitors.get_names(app) == {*PLACES, *NOT_PAGES}


@pytest.mark.parametrize(("name", "at"), ALL, ids=[f"{name}-{at}" for name, at in ALL])
def test_a_page_holds_the_bars(chromium: Browser, town: Town, app: Litestar, name: str, at: int) -> None:
    """One look and width of nine, drawn for each page but the same in every run; ``scripts/prove`` sees all."""
    _holds(chromium, town, app, name, at, [Random(f"{name} {at}").choice(COMBINATIONS)])


@pytest.mark.slow
@pytest.mark.parametrize(("name", "at"), ALL, ids=[f"{name}-{at}" for name, at in ALL])
def test_a_page_holds_the_bars_in_every_look_and_width(
    chromium: Browser, town: Town, app: Litestar, name: str, at: int
) -> None:
    _holds(chromium, town, app, name, at, COMBINATIONS)


def _holds(
    chromium: Browser, town: Town, app: Litestar, name: str, at: int, combinations: list[tuple[str, int]]
) -> None:
    place = PLACES[name][at]
    phone, found = visitors.find(town, place)
    path = visitors.address(app, name, place, found)
    faults: list[str] = []
    for look, chosen in itertools.groupby(combinations, key=lambda one: one[0]):
        with visitors.visitor(chromium, town, phone=phone, role=place.role, look=look) as context:
            if name == "accounts.code":
                visitors.ask_for_code(context, town)
            elder = look == "elder" and name != "static.offline"  # which is one and the same for everybody
            page = _open(context, town, path, faults)
            for _, width in chosen:
                page.set_viewport_size({"width": width, "height": HEIGHT})
                faults += [f"{look} {width}: {fault}" for fault in axe.faults(page, elder=elder)]
            page.set_viewport_size({"width": 320, "height": HEIGHT})
            faults += [f"{look}: {fault}" for fault in axe.faults_of_large_text(page)]
    assert not faults, "\n".join([path, *faults])


def _open(context: BrowserContext, town: Town, path: str, faults: list[str]) -> Page:
    page = context.new_page()
    said = visitors.complaints(page, town)
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == 200, f"{path}: {answer.status}"
    if page.locator("h1").count() != 1:
        faults.append(f"{page.locator('h1').count()} h1")
    faults += said
    return page
