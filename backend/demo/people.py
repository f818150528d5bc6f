"""Who works in the demonstration city, and who can sign in to look around."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

import msgspec

from backend.accounts.rules import Role
from backend.demo import words
from backend.kit import clock, db
from backend.staff.rules import Half, LeaveKind

OFFICERS = 120
OWNER, SECOND_OWNER, OFFICER, COLLEAGUE, OFFICE, ADMIN = (
    "13800000001",
    "13800000002",
    "13800000011",
    "13800000012",
    "13800000021",
    "13800000031",
)
ACCOUNTS = (
    (OWNER, "李檀生", "企业主：红木家具厂，有正在办的预约"),
    (SECOND_OWNER, "陈影", "企业主：影视公司，有两家企业"),
    (OFFICER, "王建安", "执法人员：应急管理局"),
    (COLLEAGUE, "周青", "执法人员：生态环境分局"),
    (OFFICE, "吴明理", "指导办，同时是执法人员（可切换身份）"),
    (ADMIN, "赵守正", "系统管理员"),
)
# Departments that the catalogue needs get more officers than the others.
BUSY = (
    "emergency",
    "ecology",
    "market",
    "fire",
    "housing",
    "enforcement",
    "planning",
    "culture",
    "police",
    "commerce",
    "labour",
    "reform",
    "transport",
    "tax",
)


class DemoOfficer(msgspec.Struct, frozen=True):
    """An officer to be sent on visits. plan: weekday and half of what is kept for visits."""

    id: UUID
    department: str
    scopes: frozenset[str]
    expires_on: date
    plan: frozenset[tuple[int, Half]]


async def load(random: Random, *, now: datetime) -> list[DemoOfficer]:
    """Officers with certificates, scopes, working plans and leave; the accounts to sign in with."""
    departments = [row["code"] for row in await db.fetch("SELECT code FROM department ORDER BY position, code")]
    scopes = await _scopes()
    people, grants, officers, plans, leaves, made = [], [], [], [], [], []
    today = clock.beijing_date(now)
    for at, department in enumerate(_departments(departments)):
        person_id = _uuid(random)
        phone, name = _identity(random, at, department)
        people.append((person_id, name, phone, True, now))
        grants.append((_uuid(random), person_id, Role.OFFICER, department, now))
        issued_on = today - timedelta(days=random.randint(200, 1500))
        # Most certificates hold for long; a few end soon or have ended, as in life.
        lasts = random.choices((1825, 0, -10), weights=(94, 4, 2))[0]
        expires_on = (
            issued_on + timedelta(days=lasts) if lasts > 0 else today + timedelta(days=12 if lasts == 0 else -10)
        )
        covers = sorted(
            scopes.get(department, set()) | ({random.choice(sorted(scopes))} if random.random() < 0.2 else set())
        )
        officers.append(
            (person_id, person_id, department, f"33{random.randrange(10**9):09d}", issued_on, expires_on, covers, True)
        )
        kept = [(day, half) for day in range(1, 6) for half in Half if random.random() < 0.8]
        plans += [(_uuid(random), person_id, day, half, today - timedelta(days=365), None) for day, half in kept]
        if random.random() < 0.25:
            away = today + timedelta(days=random.randint(-30, 25))
            leaves.append(
                (
                    _uuid(random),
                    person_id,
                    away,
                    away + timedelta(days=random.randint(0, 4)),
                    random.choice([*LeaveKind]),
                )
            )
        made.append(
            DemoOfficer(
                id=person_id,
                department=department,
                scopes=frozenset(covers),
                expires_on=expires_on,
                plan=frozenset(kept),
            )
        )
    for phone, name, role in ((OFFICE, "吴明理", Role.GUIDANCE_OFFICE), (ADMIN, "赵守正", Role.SYSTEM_ADMIN)):
        known = next((row[0] for row in people if row[2] == phone), None)
        if known is None:
            known = _uuid(random)
            people.append((known, name, phone, True, now))
        grants.append((_uuid(random), known, role, "guidance_office", now))
    await copy("person", "id name phone active created_at", people)
    await copy("role_grant", "id person role department granted_at", grants)
    await copy("officer", "id person department certificate_number issued_on expires_on scopes active", officers)
    await copy("working_plan", "id officer weekday half from_on until", plans)
    await copy("leave", "id officer from_on to_on kind", leaves)
    return made


async def copy(table: str, columns: str, rows: Sequence[tuple[object, ...]], *, schema: str = "public") -> None:
    """COPY rows into a table within the open transaction."""
    await db.connection().copy_records_to_table(table, schema_name=schema, columns=columns.split(), records=rows)


async def _scopes() -> dict[str, set[str]]:
    """The scenarios that each department takes part in."""
    rows = await db.fetch(
        """SELECT s.code, i.lead_department, i.joining_departments FROM service_item i
           JOIN scenario s ON s.id = i.scenario WHERE s.retired_at IS NULL"""
    )
    scopes: dict[str, set[str]] = {}
    for row in rows:
        for department in (row["lead_department"], *row["joining_departments"]):
            scopes.setdefault(department, set()).add(row["code"])
    return scopes


def _departments(codes: list[str]) -> list[str]:
    """The department of each officer: the two accounts and the office first, then everybody in turn."""
    listed = ["emergency", "ecology", "guidance_office"]
    turns = [code for code in codes for _ in range(2)] + [code for _ in range(9) for code in BUSY]
    return (listed + turns)[:OFFICERS]


def _identity(random: Random, at: int, department: str) -> tuple[str, str]:
    fixed = {0: (OFFICER, "王建安"), 1: (COLLEAGUE, "周青"), 2: (OFFICE, "吴明理")}
    return fixed.get(at) or (f"1390579{at:04d}", words.person(random))


def _uuid(random: Random) -> UUID:
    return UUID(int=random.getrandbits(128), version=4)
