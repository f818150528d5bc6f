"""Rows a second of `bihuan load registry` against COPY of the same rows into the same indexed tables."""

import csv
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random
from uuid import uuid4

from stdnum.cn import uscc

from backend.demo import words
from backend.enterprises import actions, registry_file
from backend.kit import codes, db
from tests.conftest import NOW, City
from tests.speed.ground import Figure, copy, middle

ROWS, ROUNDS = 60_000, 3
HEAD = "企业名称,统一社会信用代码,法定代表人,联系电话,住所,行业代码,行业名称,所属镇街,成立日期,登记状态".split(",")  # noqa: SIM905
LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


async def measure(city: City, *, rows: int = ROWS) -> list[Figure]:
    """Both in turn, each time into an empty registry; the median of the ratios."""
    file = city.data / "bench.csv"
    _write(file, rows)
    ours, bare = [], []
    for turn in range(ROUNDS):
        async with copy(city, f"registry_ours_{turn}"):
            began = time.perf_counter()
            report = await actions.load_registry(registry_file.rows(file), source=file.name, now=NOW)
            ours.append(time.perf_counter() - began)
            assert report.accepted == rows, report
            taken = await db.fetch("SELECT * FROM enterprise")
        async with copy(city, f"registry_bare_{turn}"):
            bare.append(await _copy(taken))
    ratio = middle([plain / whole for plain, whole in zip(bare, ours, strict=True)])
    plain = f"{rows / middle(ours):,.0f} rows/s, COPY alone {rows / middle(bare):,.0f} rows/s"
    return [Figure("registry rows/s against COPY", ratio, 0.25, plain)]


async def _copy(taken: list) -> float:
    """Seconds to COPY finished rows of enterprises and their sites, in one transaction."""
    columns = [name for name, _ in taken[0].items() if not name.startswith("search")]
    firms = [tuple(row[name] for name in columns) for row in taken]
    sites = [(uuid4(), row["id"], "登记住所", row["address"], row["region"], True) for row in taken]
    began = time.perf_counter()
    async with db.transaction():
        connection = db.connection()
        await connection.copy_records_to_table("enterprise", columns=columns, records=firms, timeout=300)
        names = ["id", "enterprise", "name", "address", "region", "main"]
        await connection.copy_records_to_table("site", columns=names, records=sites, timeout=300)
    return time.perf_counter() - began


def _write(file: Path, rows: int) -> None:
    with file.open("w", encoding="gb18030", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(HEAD)
        writer.writerows(_rows(rows))


def _rows(count: int) -> Iterator[list[str]]:
    random = Random(1)
    towns = ("吴宁街道", "南马镇", "横店镇", "巍山镇", "湖溪镇", "马宅镇")
    for at in range(count):
        town = random.choice(towns)
        front = f"91330783{''.join(random.choice(LETTERS) for _ in range(9))}"
        code, kind = front + uscc.calc_check_digit(front), random.choice(words.TRADES)[1]
        founded = date.fromordinal(date(2000, 1, 1).toordinal() + random.randrange(9000))
        yield [
            words.firm(random, town, kind) + codes.opaque(3),
            code,
            words.person(random),
            f"1{random.randint(30, 99)}{random.randrange(10**8):08d}",
            f"浙江省东阳市{town}工业大道{at}号",
            "C2110",
            "木质家具制造",
            town,
            str(founded),
            "存续",
        ]
