import pytest

from backend.audit.tables import AuditEntry
from backend.guidance.actions import load_catalogue
from backend.guidance.queries import catalogue as queries
from backend.guidance.rules.catalogue import BadCatalogue, Change
from backend.guidance.tables import Scenario, ServiceItem
from tests.guidance.test_catalogue_rules import FILE

WOOD = {"wood.toml": FILE}
OTHER = {"wood.toml": FILE.replace("教您看懂除尘", "教您看懂风管")}


async def changes(now, **arguments) -> dict[str, Change]:
    return {one.code: one.change for one in await load_catalogue(now=now, **arguments)}


async def test_the_shipped_catalogue_is_on_offer_after_a_start(database, now):
    shelves = await queries.shelves()
    assert [shelf.code for shelf in shelves] == [
        "furniture", "film", "construction", "confined_space", "fuel", "rooftop_pv",
    ]  # fmt: skip
    assert sum(len(shelf.items) for shelf in shelves) == 27


async def test_a_second_start_changes_nothing(database, now):
    assert await load_catalogue(now=now) == []


async def test_a_city_s_own_catalogue_replaces_the_shipped_one_and_stays(database, now):
    before = await queries.last_versions()

    loaded = await changes(now, files=WOOD)

    assert loaded == {"wood": Change.NEW, **dict.fromkeys(before, Change.RETIRED)}
    assert [shelf.code for shelf in await queries.shelves()] == ["wood"]
    assert await load_catalogue(now=now) == []
    assert [shelf.code for shelf in await queries.shelves()] == ["wood"]


async def test_the_shipped_catalogue_comes_back_when_asked_for_as_new_versions(database, now):
    await load_catalogue(now=now, files=WOOD)

    assert (await changes(now, shipped=True))["furniture"] is Change.NEW

    furniture = await queries.shelf("furniture")
    assert furniture.version == 2


async def test_unchanged_content_is_no_new_version(database, now):
    await load_catalogue(now=now, files=WOOD)
    entries = await AuditEntry.count()

    assert await changes(now, files={"wood.toml": f"# 说明\n{FILE}"}) == {"wood": Change.SAME}

    assert await Scenario.count().where(Scenario.code == "wood") == 1
    assert await AuditEntry.count() == entries


async def test_changed_content_is_the_next_version_and_the_old_one_is_kept_retired(database, now):
    await load_catalogue(now=now, files=WOOD)
    old = await queries.item("wood.dust")

    [loaded] = await load_catalogue(now=now, files=OTHER)

    new = await queries.item("wood.dust")
    assert (loaded.change, loaded.version, new.version) == (Change.CHANGED, 2, 2)
    assert (old.card.promise, new.card.promise) == ("教您看懂除尘", "教您看懂风管")
    assert await ServiceItem.exists().where(ServiceItem.id == old.card.id)
    assert await queries.items_on_offer([old.card.id]) == []
    assert await queries.items_on_offer([new.card.id]) == [new.card]


async def test_a_dry_run_tells_and_writes_nothing(database, now):
    loaded = await changes(now, files=WOOD, dry_run=True)

    assert loaded["wood"] is Change.NEW
    assert await queries.shelf("wood") is None
    assert await queries.shelf("furniture")


async def test_a_file_with_flaws_leaves_the_catalogue_as_it_was(database, now):
    with pytest.raises(BadCatalogue):
        await load_catalogue(now=now, files={**WOOD, "z.toml": "x = 1"})
    assert await queries.shelf("wood") is None


async def test_a_load_is_logged_with_codes_alone(database, now):
    await load_catalogue(now=now, files=WOOD)
    await load_catalogue(now=now, files=OTHER)
    entry = await AuditEntry.select().order_by(AuditEntry.id, ascending=False).output(load_json=True).first()
    assert (entry["did"], entry["detail"]) == ("catalogue.load", {"scenarios": {"wood": "changed"}})


async def test_two_characters_find_an_item_by_its_title_first(database, now):
    shelves = await queries.found_shelves("粉尘")
    assert shelves[0].items[0].code in ("furniture.dust", "furniture.checkup")
    assert {shelf.code for shelf in shelves} == {"furniture"}


async def test_a_search_looks_into_keywords_handbook_and_checklist(database, now):
    assert "film" in {shelf.code for shelf in await queries.found_shelves("横店")}
    assert [item.code for item in (await queries.found_shelves("静电"))[0].items] == ["fuel.safety"]
    assert await queries.found_shelves("航天") == []


async def test_a_filter_by_department_keeps_the_items_it_comes_to(database, now):
    found = [item for shelf in await queries.found_shelves(department="tax") for item in shelf.items]
    assert [item.code for item in found] == ["fuel.licence"]
    assert found[0].departments == ["commerce", "emergency", "tax"]
    assert found[0].department_names == ["商务", "应急管理", "税务"]


async def test_a_filter_by_trade_keeps_what_is_for_every_trade(database, now):
    found = {shelf.code for shelf in await queries.found_shelves(trade="E4710")}
    assert found == {"construction", "confined_space"}


async def test_an_item_comes_whole(database, now):
    item = await queries.item("furniture.paint")
    assert [department.code for department in item.departments] == ["ecology", "emergency"]
    assert [basis.code for basis in item.bases] == ["ECO-213", "ECO-214", "ECO-1120", "AIR-45", "AIR-46"]
    assert item.checklist[0].photo
    assert item.card.scenario == "furniture"


async def test_an_item_that_is_not_on_offer_is_nothing(database, now):
    assert await queries.item("furniture.nothing") is None
