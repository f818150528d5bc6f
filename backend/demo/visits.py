"""Months of booked visits in every state: each walks the ordinary course and stops where the present stops it."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random
from typing import cast
from uuid import UUID

import msgspec

from backend.demo import menu, messages, words
from backend.demo.firms import DemoFirm
from backend.demo.people import ACCOUNTS, DemoOfficer, _uuid, copy
from backend.guidance.rules import Side, VisitState, VisitStep
from backend.kit import clock, db, workdays
from backend.kit.codes import CROCKFORD
from backend.staff.rules import Half, Purpose
from backend.standards import queries as standards

VISITS = 760
OWN_VISITS = 18  # of the accounts' firms
FATE_RETURNED, FATE_CANCELLED, FATE_SLOW, FATE_UNREAD = 0.05, 0.11, 0.94, 0.97
PAST_DAYS, COMING_DAYS = 150, 24
HOURS = {Half.MORNING: (time(9), time(11, 30)), Half.AFTERNOON: (time(14), time(17))}
GOOD_TAGS = ("讲得明白", "准时到场", "态度好", "方法实用")
BAD_TAGS = ("没有准时", "说不清楚")


Step = tuple[VisitStep, VisitState, Side, datetime, UUID | None]


class Wish(msgspec.Struct, frozen=True):
    """A visit to make. fate: 0 to 1, how its walk ends. stops: where it stands, for the officers among the accounts."""

    firm: DemoFirm
    day: date
    fate: float
    stops: VisitState | None = None


class Rows:
    """What is to be written, by table."""

    def __init__(self) -> None:
        self.tables: dict[str, list[tuple[object, ...]]] = {}

    def add(self, table: str, *row: object) -> None:
        self.tables.setdefault(table, []).append(row)

    def number(self) -> None:
        """Give the visits their numbers in the order in which they were booked."""
        columns = COLUMNS["visit"].split()
        at, booked = columns.index("number"), columns.index("booked_at")
        self.tables["visit"].sort(key=lambda row: cast(datetime, row[booked]))
        for serial, row in enumerate(self.tables["visit"], 1):
            number = f"ZD-{clock.beijing(cast(datetime, row[booked])).year}-{serial:06d}"
            self.tables["visit"][serial - 1] = (*row[:at], number, *row[at + 1 :])


COLUMNS = {
    "visit": "id number track_code enterprise site scenario state day half starts_at ends_at booked_by booked_at"
    " revision all_corrected_at",
    "visit_item": "id visit item",
    "visit_department": "id visit department lead",
    "engagement": "id officer day half starts_at ends_at purpose about department engaged_at released_at",
    "visit_step": "id visit step state by side at",
    "guidance.visit_words": "visit question",
    "guidance.step_reason": "step reason",
    "guidance.opinion": "id visit visit_item position grade found advice options correct_by written_by written_at"
    " corrected_at corrected_by",
    "ratings.rating": "id visit stars tags words rated_at",
    "audit_entry": "at by did to",
}


def _wishes(random: Random, bookers: list[DemoFirm], working: list[date], *, today: date) -> Iterator[Wish]:
    """The visits to make. The accounts' own firms have much behind them, little before them, and room to book."""
    own, others = bookers[:3], bookers[3:]
    settled = [day for day in working if day < today - timedelta(days=40)]
    for at in range(OWN_VISITS):
        yield Wish(own[at % 3], settled[-(at * 5 % len(settled)) - 1], random.uniform(FATE_CANCELLED, FATE_SLOW))
    yield Wish(own[0], today, 0.5, stops=VisitState.ACCEPTED)  # to be held today, whatever day it is
    yield Wish(own[1], next(day for day in working if day > today), 0.5, stops=VisitState.ACCEPTED)
    joiners = [firm for firm in others if firm.trade.startswith("C21")]  # for what they stop at is a furniture maker's
    yield Wish(joiners[0], today, 0.5, stops=VisitState.ON_SITE)
    yield Wish(joiners[1], max(day for day in working if day < today), 0.5, stops=VisitState.DEPARTED)
    yield Wish(own[0], max(day for day in working if day < today - timedelta(days=4)), FATE_UNREAD + 0.01)
    for _ in range(VISITS - OWN_VISITS - 5):
        yield Wish(random.choice(others), random.choice(working), random.random())


async def load(random: Random, *, officers: list[DemoOfficer], firms: list[DemoFirm], now: datetime) -> None:
    """Write the visits with their officers, steps, words, opinions, ratings and the owners' messages."""
    scenarios, offices = await menu.scenarios(), await _office()
    calendar = await standards.calendar()
    today = clock.beijing_date(now)
    days = [today + timedelta(days=ahead) for ahead in range(-PAST_DAYS, COMING_DAYS + 1)]
    working = [day for day in days if workdays.is_working_day(day, calendar=calendar)]
    bookers = [firm for firm in firms if firm.owner is not None]
    taken: set[tuple[UUID, date, Half]] = set()
    rows = Rows()
    for wish in _wishes(random, bookers, working, today=today):
        furniture = next(one for one in scenarios if one.code == "furniture")
        scenario = furniture if wish.stops else menu.fitting(random, scenarios, wish.firm)
        items = list(scenario.items[:1]) if wish.stops else random.sample(scenario.items, k=random.choice((1, 1, 2, 3)))
        half = random.choice([*Half])
        team = menu.team(random, officers, scenario, items, wish.day, half, taken, led=wish.stops is not None)
        if team:
            taken |= {(officer.id, wish.day, half) for officer in team}
            _visit(random, rows, wish, scenario, items, team, half, office=random.choice(offices), now=now)
    rows.number()
    await db.fetch("SELECT count(nextval('visit_number')) FROM generate_series(1, $1::int)", VISITS + 1)
    for table in COLUMNS:
        schema, _, name = table.rpartition(".")
        if schema == "ratings":
            async with db.transaction(desk=db.Desk.RATINGS):
                await copy(name, COLUMNS[table], rows.tables.get(table, []), schema=schema)
        else:
            await copy(name, COLUMNS[table], rows.tables.get(table, []), schema=schema or "public")
    await messages.load([account[0] for account in ACCOUNTS], now=now)


def _visit(
    random: Random,
    rows: Rows,
    wish: Wish,
    scenario: menu.Scenario,
    items: list[menu.Item],
    team: list[DemoOfficer],
    half: Half,
    *,
    office: UUID,
    now: datetime,
) -> None:
    """One visit from its booking to wherever it stands now."""
    firm, day = wish.firm, wish.day
    visit_id, owner = _uuid(random), firm.owner
    starts_at, ends_at = (_moment(day, at) for at in HOURS[half])
    ahead = timedelta(days=random.randint(2, 9), hours=random.randint(0, 6))
    booked_at = min(starts_at - ahead, now - timedelta(hours=random.randint(2, 70)))
    walk = _walk(random, wish.fate, booked_at, starts_at, ends_at, officer=team[0].id, owner=owner, office=office)
    done = _until(walk, wish.stops, now=now) if wish.stops else [step for step in walk if step[3] <= now]
    state = done[-1][1]
    released = state in (VisitState.RETURNED, VisitState.CANCELLED)
    corrected_at = next((at for step, _, _, at, _ in done if step is VisitStep.CLOSE), None)
    rows.add(
        "visit", visit_id, "", _code(random), firm.id, firm.site, scenario.id, state, day, half, starts_at, ends_at,
        owner, booked_at, 0, corrected_at - timedelta(hours=1) if corrected_at else None,
    )  # fmt: skip
    departments = list(dict.fromkeys(code for item in items for code in item.departments))
    for place, department in enumerate(departments):
        rows.add("visit_department", _uuid(random), visit_id, department, place == 0)
    for officer in team:
        rows.add(
            "engagement", _uuid(random), officer.id, day, half, starts_at, ends_at, Purpose.GUIDANCE, visit_id,
            officer.department, booked_at, done[-1][3] if released else None,
        )  # fmt: skip
    for step, after, side, at, by in done:
        step_id = _uuid(random)
        rows.add("visit_step", step_id, visit_id, step, after, by, side, at)
        rows.add("audit_entry", at, by, f"visit.{step}", visit_id)
        if step in (VisitStep.RETURN, VisitStep.CANCEL):
            why = words.RETURNS if step is VisitStep.RETURN else words.CANCELS
            rows.add("guidance.step_reason", step_id, random.choice(why))
    rows.add("guidance.visit_words", visit_id, random.choice(words.QUESTIONS[scenario.code]))
    visit_items = [(_uuid(random), item) for item in items]
    for visit_item, item in visit_items:
        rows.add("visit_item", visit_item, visit_id, item.id)
    if issued := next((at for step, _, _, at, _ in done if step is VisitStep.ISSUE), None):
        for visit_item, item in visit_items:
            _opinion(
                random, rows, visit_id, visit_item, item, team[0].id, issued, owner=owner, corrected_at=corrected_at
            )
    if corrected_at and random.random() < 0.7:
        stars = random.choices((5, 4, 3, 2, 1), weights=(60, 25, 10, 3, 2))[0]
        tags = random.sample(GOOD_TAGS if stars > 2 else BAD_TAGS, k=2)
        said = random.choice(words.PRAISE if stars > 2 else words.COMPLAINT)
        rows.add("ratings.rating", _uuid(random), visit_id, stars, tags, said, ends_at + timedelta(days=1))


def _walk(
    random: Random,
    fate: float,
    booked_at: datetime,
    starts_at: datetime,
    ends_at: datetime,
    *,
    officer: UUID,
    owner: UUID | None,
    office: UUID,
) -> list[Step]:
    """Every step this visit would take if time went on for ever."""
    decided_at = min(booked_at + timedelta(hours=random.randint(3, 40)), starts_at - timedelta(hours=6))
    steps = [(VisitStep.BOOK, VisitState.SUBMITTED, Side.OWNER, booked_at, owner)]
    if fate < FATE_RETURNED:
        return [*steps, (VisitStep.RETURN, VisitState.RETURNED, Side.OFFICE, decided_at, office)]
    steps.append((VisitStep.ACCEPT, VisitState.ACCEPTED, Side.OFFICE, decided_at, office))
    if fate < FATE_CANCELLED:
        return [*steps, (VisitStep.CANCEL, VisitState.CANCELLED, Side.OWNER, decided_at + timedelta(hours=4), owner)]
    arrived_at = starts_at + timedelta(minutes=random.randint(0, 20))
    left_at = min(arrived_at + timedelta(minutes=random.randint(60, 130)), ends_at)
    issued_at = left_at + timedelta(days=random.randint(1, 3))
    confirmed_at = issued_at + timedelta(days=random.randint(0, 6), hours=random.randint(1, 5))
    closed_at = confirmed_at + timedelta(days=random.randint(4, 20))
    steps += [
        (VisitStep.ARRIVE, VisitState.ON_SITE, Side.OFFICER, arrived_at, officer),
        (VisitStep.DEPART, VisitState.DEPARTED, Side.OFFICER, left_at, officer),
        (VisitStep.ISSUE, VisitState.ISSUED, Side.OFFICER, issued_at, officer),
    ]
    if fate > FATE_UNREAD:  # some owners read late
        return steps
    steps.append((VisitStep.CONFIRM, VisitState.CONFIRMED, Side.OWNER, confirmed_at, owner))
    if fate > FATE_SLOW:  # and some put things right late
        return steps
    return [*steps, (VisitStep.CLOSE, VisitState.CLOSED, Side.OFFICER, closed_at, officer)]


def _until(walk: list[Step], state: VisitState, *, now: datetime) -> list[Step]:
    """The steps up to ``state``, none of them later than now: today's visit may begin before its hour."""
    end = next(at for at, step in enumerate(walk, 1) if step[1] is state)
    return [(*step[:3], min(step[3], now - timedelta(minutes=end - at)), step[4]) for at, step in enumerate(walk[:end])]


def _opinion(
    random: Random,
    rows: Rows,
    visit_id: UUID,
    visit_item: UUID,
    item: menu.Item,
    officer: UUID,
    issued_at: datetime,
    *,
    owner: UUID | None,
    corrected_at: datetime | None,
) -> None:
    """One or two findings under an item, taken from its checklist."""
    for at, (question, passes, grade) in enumerate(
        random.sample(item.questions, k=min(len(item.questions), random.choice((1, 1, 2))))
    ):
        correct_by = None if grade == "advice" else clock.beijing_date(issued_at) + timedelta(days=15)
        put_right = corrected_at - timedelta(hours=1) if corrected_at and correct_by else None
        rows.add(
            "guidance.opinion", _uuid(random), visit_id, visit_item, at, grade,
            f"对照“{question}”，现场还有差距。", f"做到“{passes}”。{random.choice(words.ADVICE)}",
            random.choice(words.OPTIONS), correct_by, officer, issued_at - timedelta(hours=1), put_right,
            owner if put_right else None,
        )  # fmt: skip


async def _office() -> list[UUID]:
    return [row["person"] for row in await db.fetch("SELECT person FROM role_grant WHERE role = 'guidance_office'")]


def _moment(day: date, at: time) -> datetime:
    return clock.at_beijing(day, at.hour, at.minute)


def _code(random: Random) -> str:
    return "".join(random.choice(CROCKFORD) for _ in range(10))
