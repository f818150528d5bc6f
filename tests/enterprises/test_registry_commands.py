"""``bihuan load registry`` on both exports as they came, and what it does twice, at once, and after a crash."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from backend.enterprises import actions, registry_file
from backend.enterprises.actions import registry
from backend.enterprises.commands import load_registry
from backend.kit import db
from tests.conftest import NOW

DATA = Path(__file__).parents[1] / "data"
ACCEPTED_AFTER_NORMALISING = "_ok"
AGAIN = "same_code_newer_row"


def expected(name: str) -> tuple[int, int, int, dict[str, int]]:
    """Rows, blank, updated and the refusals by reason, as the maker of the file counted its defects."""
    counts = json.loads((DATA / f"{name}.counts.json").read_text())
    kept = {key: count for key, count in counts.items() if not key.endswith(ACCEPTED_AFTER_NORMALISING)}
    reasons = {key: count for key, count in kept.items() if key not in ("rows", AGAIN)}
    return counts["rows"], counts["blank_line_ok"], counts[AGAIN], reasons


async def load(file: Path, **options: object) -> actions.Report:
    return await actions.load_registry(registry_file.rows(file), source=file.name, now=NOW, **options)


@pytest.mark.parametrize("file", ["registry-5000.csv", "registry-800.xlsx"])
async def test_both_exports_come_out_exact(committed, file):
    rows, blank, updated, reasons = expected(file.split(".")[0])

    report = await load(DATA / file)

    assert (report.rows, report.blank, report.updated, dict(report.reasons)) == (rows, blank, updated, reasons)
    assert report.accepted == rows - blank - updated - sum(reasons.values())
    assert len(await db.fetch("SELECT 1 FROM enterprise")) == report.accepted
    assert len(await db.fetch("SELECT 1 FROM site WHERE main")) == report.accepted


async def test_a_dry_run_counts_the_same_and_writes_nothing(committed):
    report = await load(DATA / "registry-800.xlsx", dry_run=True)

    assert (report.accepted, report.updated) == (750, 4)
    assert await db.fetch("SELECT 1 FROM enterprise") == []


async def test_the_same_file_again_only_updates_and_changes_nothing(committed):
    first = await load(DATA / "registry-800.xlsx")
    before = await db.fetch("SELECT * FROM enterprise ORDER BY id")

    second = await load(DATA / "registry-800.xlsx")

    assert (second.accepted, second.updated) == (0, first.accepted + first.updated)
    assert await db.fetch("SELECT * FROM enterprise ORDER BY id") == before


async def test_the_later_row_of_one_code_wins_and_the_newer_file_too(committed, tmp_path):
    def row(name: str, phone: str) -> str:
        return f"{name},91330783MA00QA0142,C2110,南马镇,{phone},老地址\n"

    head = "企业名称,统一社会信用代码,行业代码,所属镇街,联系电话,住所\n"
    file = tmp_path / "a.csv"
    file.write_text(head + row("旧名", "13800000001") + row("新名", "13800000002"), "utf-8")
    await load(file)
    assert [r["name"] for r in await db.fetch("SELECT name FROM enterprise")] == ["新名"]

    file.write_text(head + row("更新名", "13800000003").replace("老地址", "新地址"), "utf-8")
    await load(file)
    [found] = await db.fetch("SELECT name, contact_phone FROM enterprise")
    assert (found["name"], found["contact_phone"]) == ("更新名", "13800000003")
    assert [r["address"] for r in await db.fetch("SELECT address FROM site")] == ["新地址"]


@pytest.mark.parametrize("town", ["南马镇", "330783118", "330783118000", "南马", "东阳市南马镇"])
async def test_a_township_is_known_as_bureaus_write_it(committed, tmp_path, town):
    file = tmp_path / "a.csv"
    file.write_text(f"企业名称,统一社会信用代码,行业代码,所属镇街\n木,91330783MA00QA0142,C2110,{town}\n", "utf-8")
    assert (await load(file)).accepted == 1


async def test_two_loads_at_once_end_in_one_registry(committed, monkeypatch):
    monkeypatch.setattr(registry, "CHUNK", 100)

    await asyncio.gather(load(DATA / "registry-800.xlsx"), load(DATA / "registry-800.xlsx"))

    assert len(await db.fetch("SELECT 1 FROM enterprise")) == 750
    assert len(await db.fetch("SELECT 1 FROM site")) == 750


async def test_a_load_that_was_cut_short_is_finished_by_running_it_again(committed, monkeypatch):
    monkeypatch.setattr(registry, "CHUNK", 100)

    def cut(report: actions.Report) -> None:
        if report.rows >= 300:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await load(DATA / "registry-800.xlsx", progress=cut)
    assert 0 < len(await db.fetch("SELECT 1 FROM enterprise")) < 750

    await load(DATA / "registry-800.xlsx")
    assert len(await db.fetch("SELECT 1 FROM enterprise")) == 750


class Stub:
    """What ``ctx.obj`` offers, on the test's own database."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def run(self, work, *args, **named):
        return asyncio.run(self._run(work, args, named))

    async def _run(self, work, args, named):
        async with db.pool(self.url, size=2):
            return await work(*args, **named)


@pytest.fixture
def stub(city, tmp_path):
    made = Stub(tmp_path)
    made.url = city.settings().database_url
    return made


def test_the_command_prints_one_line_of_json(stub):
    done = CliRunner().invoke(load_registry, [str(DATA / "registry-800.xlsx"), "--dry-run", "--json"], obj=stub)

    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) == 1
    counts = json.loads(done.stdout)
    assert counts.keys() == {"rows", "blank", "accepted", "updated", "refused", "reasons"}
    assert counts["refused"] == sum(counts["reasons"].values()) == 46


def test_the_report_names_each_refused_row_by_its_number_and_neutralises_formulas(stub, tmp_path):
    report = tmp_path / "out.xlsx"
    arguments = [str(DATA / "registry-800.xlsx"), "--dry-run", "--report", str(report)]

    CliRunner().invoke(load_registry, arguments, obj=stub)

    listed = list(load_workbook(report).active.iter_rows())
    assert len(listed) == 47
    assert all(cell.data_type == "s" for row in listed for cell in row if cell.value is not None)
    numbers = [int(row[0].value) for row in listed[1:]]
    assert numbers == sorted(numbers)


def test_a_file_that_cannot_be_read_is_refused_in_words(stub, tmp_path):
    (tmp_path / "a.csv").write_text("一,二\n三,四\n", "utf-8")
    done = CliRunner().invoke(load_registry, [str(tmp_path / "a.csv")], obj=stub)
    assert done.exit_code == 1
    assert "找不到这些列" in done.stderr
