"""How long a search takes among very many firms, against one look-up by key in the same run."""

import time
from collections.abc import Container, Iterator
from datetime import UTC, datetime
from random import Random
from uuid import UUID, uuid4

import asyncpg

from backend.demo import words
from backend.enterprises import queries
from backend.enterprises.queries import Narrow
from backend.kit import codes, db
from backend.standards import queries as standards
from tests.conftest import City
from tests.speed.ground import Figure, copy, middle, percentile

ROWS, ROUNDS = 300_000, 600
UPDATED_AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
COLUMNS = (
    "id", "uscc", "name", "trade", "region", "address", "status", "contact_name", "contact_phone", "door_code",
    "updated_at", "source",
)  # fmt: skip
LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
# The commonest 3,755 characters, in which names are written.
CHARACTERS = [bytes([row, cell]).decode("gb2312", "ignore") for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF)]
CHARACTERS = [one for one in CHARACTERS if one]
TOWNS = {"吴宁": "330783001", "南马": "330783118", "横店": "330783123", "巍山": "330783106", "湖溪": "330783112"}
ENDS = ("有限公司",) * 6 + ("厂", "经营部", "工作室", "有限责任公司", "股份有限公司", "商行")


async def measure(city: City, *, rows: int = ROWS) -> list[Figure]:
    """p95 of a mix of searches, first pages as an official types them, against p95 of the look-ups between them."""
    async with copy(city, "search", size=2) as settings:
        firms = await fill(rows)
        await vacuum(settings.owner_database_url)
        searches, look_ups = await run(firms)
    kinds = {kind: percentile([took for one, took in searches if one == kind], 95) for kind in KINDS}
    ours = percentile([took for _, took in searches], 95)
    bare = percentile(look_ups, 95)
    slowest = "、".join(f"{kind} {kinds[kind] * 1000:.2f}" for kind in sorted(kinds, key=lambda one: -kinds[one]))
    plain = (
        f"{rows:,} firms: p50 {middle([took for _, took in searches]) * 1000:.2f} ms, p95 {ours * 1000:.2f} ms; "
        f"look-up p50 {middle(look_ups) * 1000:.2f} ms, p95 {bare * 1000:.2f} ms; p95 by kind in ms: {slowest}"
    )
    return [Figure("search p95 against a look-up by key", ours / bare, 3, plain, at_least=False)]


async def fill(rows: int) -> list[tuple[UUID, str, str, str]]:
    """Made-up firms straight into the table; their id, name, code and phone."""
    made = list(_firms(rows, trades=await standards.trades()))
    async with db.transaction():
        connection = db.connection()
        await connection.copy_records_to_table("enterprise", columns=COLUMNS, records=made, timeout=600)
    return [(one[0], one[2], one[1], one[8]) for one in made]


async def vacuum(owner_url: str) -> None:
    """What autovacuum does within a minute of a load."""
    owner = await asyncpg.connect(owner_url)
    await owner.execute("VACUUM ANALYZE enterprise", timeout=600)
    await owner.close()


async def run(
    firms: list[tuple[UUID, str, str, str]], *, rounds: int = ROUNDS
) -> tuple[list[tuple[str, float]], list[float]]:
    """Seconds of each search with its kind, and of the look-ups made in between: one firm by key, as pages ask."""
    random = Random(2)
    searches, look_ups = [], []
    for turn in range(rounds + 50):
        kind = random.choices(list(KINDS), weights=list(KINDS.values()))[0]
        _, name, code, phone = random.choice(firms)
        narrow = Narrow(words=typed(kind, random, name, code, phone))
        began = time.perf_counter()
        await queries.search(narrow)
        middle_of = time.perf_counter()
        await queries.card(random.choice(firms)[0])
        ended = time.perf_counter()
        if turn >= 50:  # the first ones warm up the plans
            searches.append((kind, middle_of - began))
            look_ups.append(ended - middle_of)
    return searches, look_ups


def _firms(rows: int, *, trades: Container[str]) -> Iterator[tuple[object, ...]]:
    random = Random(1)
    weights = [1 / (place + 20) for place in range(len(CHARACTERS))]
    shuffled = random.sample(CHARACTERS, len(CHARACTERS))
    letters = random.choices(shuffled, weights, k=rows * 2)
    for at in range(rows):
        town = random.choice(list(TOWNS))
        front = random.choice(["东阳市", f"东阳市{town}", f"东阳市{town}", "浙江", "东阳", "金华市", "杭州", ""])
        trade, kind, _ = random.choice(words.TRADES)
        name = f"{front}{letters[2 * at]}{letters[2 * at + 1]}{kind}{random.choice(ENDS)}"
        uscc = f"91330783MA{''.join(random.choices(LETTERS, k=8))}"
        phone = f"1{random.randrange(30, 100)}{random.randrange(10**8):08}"
        yield (
            uuid4(), uscc, name, trade if trade in trades else "C2110", TOWNS[town], f"{town}{at}号", "active", "檀",
            phone, codes.opaque(12), UPDATED_AT, "speed",
        )  # fmt: skip


def _part(random: Random, text: str, length: int) -> str:
    at = random.randrange(max(1, len(text) - length + 1))
    return text[at : at + length]


def typed(kind: str, random: Random, name: str, code: str, phone: str) -> str:
    """What an official types who looks for one firm in this way."""
    match kind:
        case "two characters" | "three characters" | "five characters":
            return _part(random, name, {"two": 2, "three": 3, "five": 5}[kind.split()[0]])
        case "how a name begins":
            return name[: random.randrange(2, len(name))]
        case "end of a code":
            return code[-random.randrange(4, 9) :].lower()
        case "part of a code":
            return _part(random, code, random.randrange(6, 12))
        case "end of a phone":
            return phone[-4:]
        case "two words":
            return f"{name[:2]} {_part(random, name[2:], 2)}"
        case "one character":
            return random.choice(name)
        case "nothing like it":
            return "".join(random.sample(CHARACTERS, 2))
    return {"whole name": name, "whole code": code, "whole phone": phone}[kind]


# How often each kind is typed, in percent.
KINDS = {
    "two characters": 30,
    "three characters": 15,
    "five characters": 10,
    "how a name begins": 10,
    "whole name": 5,
    "whole code": 5,
    "end of a code": 5,
    "part of a code": 4,
    "whole phone": 5,
    "end of a phone": 4,
    "two words": 4,
    "one character": 2,
    "nothing like it": 1,
}
