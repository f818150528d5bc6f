"""Which service items a demonstration visit is about, and who could come."""

from datetime import date
from random import Random
from uuid import UUID

import msgspec

from backend.demo.firms import DemoFirm
from backend.demo.people import DemoOfficer
from backend.kit import db
from backend.staff.rules import Half


class Item(msgspec.Struct, frozen=True):
    """A service item as the demonstration needs it. questions: of its checklist, with the grade of a failure."""

    id: UUID
    departments: tuple[str, ...]
    questions: tuple[tuple[str, str, str], ...]


class Scenario(msgspec.Struct, frozen=True):
    id: UUID
    code: str
    trades: tuple[str, ...]
    items: tuple[Item, ...]


async def scenarios() -> list[Scenario]:
    rows = await db.fetch(
        """SELECT s.id AS scenario, s.code, s.trades, i.id, i.lead_department, i.joining_departments, i.checklist
           FROM service_item i JOIN scenario s ON s.id = i.scenario
           WHERE s.retired_at IS NULL ORDER BY s.position, i.position"""
    )
    items: dict[UUID, list[Item]] = {}
    for row in rows:
        lines = msgspec.json.decode(row["checklist"])
        item = Item(
            id=row["id"],
            departments=(row["lead_department"], *row["joining_departments"]),
            questions=tuple((line["question"], line["passes"], line["grade"]) for line in lines),
        )
        items.setdefault(row["scenario"], []).append(item)
    return [
        Scenario(id=key, code=row["code"], trades=tuple(row["trades"]), items=tuple(items[key]))
        for key, row in {row["scenario"]: row for row in rows}.items()
    ]


def fitting(random: Random, scenarios: list[Scenario], firm: DemoFirm) -> Scenario:
    own = [
        one
        for one in scenarios
        if one.trades and any(firm.trade.startswith(trade) for trade in one.trades if len(trade) > 1)
    ]
    everybodys = [one for one in scenarios if not one.trades or firm.trade[0] in one.trades]
    return random.choice(own) if own and random.random() < 0.8 else random.choice(everybodys)


def team(
    random: Random,
    officers: list[DemoOfficer],
    scenario: Scenario,
    items: list[Item],
    day: date,
    half: Half,
    taken: set[tuple[UUID, date, Half]],
    *,
    led: bool,
) -> list[DemoOfficer]:
    """One qualified officer of each department and two in all; nobody when that cannot be had.

    led: by the officers among the accounts, whatever their working plan says.
    """
    departments = list(dict.fromkeys(code for item in items for code in item.departments))
    chosen: list[DemoOfficer] = []
    for department in departments if len(departments) > 1 else departments * 2:
        free = [
            officer
            for officer in officers
            if officer.department == department
            and scenario.code in officer.scopes
            and officer.expires_on >= day
            and (led or (day.isoweekday(), half) in officer.plan)
            and (officer.id, day, half) not in taken
            and officer not in chosen
        ]
        if not free:
            return []
        # The first two officers are accounts to sign in with: they get work more often than the others.
        chosen.append(free[0] if free[0] in officers[:2] and (led or random.random() < 0.35) else random.choice(free))
    return chosen
