"""The statements of one booking, and the same ones as a script for pgbench: what belongs to one booking varies."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx

from backend.app import create_app
from backend.kit import db
from backend.settings import Settings
from tests.speed import owners

WARM = 3  # bookings before the one that is taken down: by then nothing is looked up that the process keeps
KINDS = ("person", "grant", "firm", "site", "draft")
NUMBER = re.compile(r"ZD-\d{4}-\d{6}")
INSERT = re.compile(r'INSERT INTO "?\w+"?(?:\."?\w+"?)? \((?P<columns>[^)]+)\)', re.IGNORECASE)
START = "\\set turn :turn + 1\n\\set n :first + :client_id + (:turn - 1) * :at_once\n"
FAR_DAYS = 400  # engagements of pgbench lie behind everybody's, each booking's on a day of its own
# Values that no two bookings may share, by column; an id that is nobody's known one is new too.
NEW = {"track_code": "substr(md5(random()::text), 1, 12)", "id": "gen_random_uuid()"}
SHIFTED = ("starts_at", "ends_at")

Taken = list[tuple[str, tuple[Any, ...]]]


async def taken_down(settings: Settings, numbers: Sequence[int]) -> Taken:
    """Send these owners' bookings through the application in this process; the statements of the last, with values."""
    app = create_app(settings)
    async with app.lifespan(), httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        taken: Taken = []
        for number in numbers:
            with _listening(taken):
                answer = await client.post(
                    f"{settings.base_url}/guidance/visits",
                    data={"draft": str(owners.uuid("draft", number))},
                    headers={"Cookie": owners.cookie(number), "Sec-Fetch-Site": "same-origin"},
                )
            assert answer.status_code == 303, answer.text
    return taken


@contextmanager
def _listening(taken: Taken) -> Iterator[None]:
    """Write down what is asked on every connection of the pool, from the beginning."""

    def note(asked: Any) -> None:
        taken.append((asked.query, tuple(asked.args or ())))

    taken.clear()
    assert db.DB.pool is not None
    open_ones = [holder._con for holder in db.DB.pool._holders if holder._con is not None]
    for connection in open_ones:
        connection.add_query_logger(note)
    try:
        yield
    finally:
        for connection in open_ones:
            connection.remove_query_logger(note)


def script(taken: Taken, *, number: int) -> str:
    """As pgbench reads it. number: of the owner whose booking it was."""
    known = {str(owners.uuid(kind, number)): f"md5('bench {kind} ' || :n)::uuid" for kind in KINDS}
    return START + "".join(f"{_statement(sql, values, known)};\n" for sql, values in taken)


def _statement(sql: str, values: tuple[Any, ...], known: dict[str, str]) -> str:
    columns = [name.strip(' "\n') for name in found["columns"].split(",")] if (found := INSERT.search(sql)) else []
    locks = "pg_advisory_xact_lock(key)" in sql

    def literal(match: re.Match[str]) -> str:
        at = int(match[1]) - 1
        column = columns[at % len(columns)] if columns else ""
        return _literal(values[at], column, known, locks=locks)

    return " ".join(re.sub(r"\$(\d+)", literal, sql).rstrip("; \n").split("\n"))


def _literal(value: Any, column: str, known: dict[str, str], *, locks: bool) -> str:
    match value:
        case None:
            return "NULL"
        case bool() | int() | float() | Decimal():
            return str(value)
        case UUID():
            return known.get(str(value)) or NEW.get(column) or f"'{value}'"
        case datetime():
            moment = f"to_timestamp({value.timestamp()})"
            return f"({moment} + (:n + {FAR_DAYS}) * interval '1 day')" if column in SHIFTED else moment
        case date():
            return f"'{value}'"
        case list() | tuple():
            return _array(list(value), known, locks=locks)
        case _:
            return NEW[column] if column == "track_code" else _text(str(value), known)


def _array(values: list[Any], known: dict[str, str], *, locks: bool) -> str:
    if locks:  # of one half-day in each department: pgbench's bookings lie on half-days of their own
        return f"ARRAY[{', '.join(f'{value} + :n' for value in values)}]"
    if not values:
        return "'{}'"
    if isinstance(values[0], str):
        inner = ", ".join(_text(str(value), known) for value in values)
        return f"ARRAY[{inner}]"
    inner = ", ".join("NULL" if value is None else _literal(value, "", known, locks=False) for value in values)
    kinds = {UUID: "uuid", datetime: "timestamptz", date: "date", int: "bigint"}
    kind = next((kinds[type(value)] for value in values if value is not None), "text")
    return f"ARRAY[{inner}]::{kind}[]"


def _text(text: str, known: dict[str, str]) -> str:
    """A quoted text; ids and the number of the booking in it are put together anew. No colon: pgbench would read it."""
    varying = {**{key: f"({how})::text" for key, how in known.items()}}
    varying |= {found: "'ZB-' || :n" for found in NUMBER.findall(text)}
    parts = re.split("|".join(f"({re.escape(one)})" for one in varying), text)
    said = [varying[part] if part in varying else _quoted(part) for part in parts if part]
    if len(said) < 2:
        return said[0] if said else "''"
    whole = " || ".join(said)
    return f"({whole})::jsonb" if text.startswith("{") else f"({whole})"


def _quoted(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace("'", "''").replace(":", "\\072").replace("\n", "\\n")
    return f"E'{plain}'" if "\\" in plain else f"'{plain}'"
