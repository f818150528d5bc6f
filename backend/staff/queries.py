"""Who could come when, who comes, and what may be said of them."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from uuid import UUID

import msgspec

from backend.kit import clock, db, masks
from backend.kit.workdays import Calendar
from backend.staff import rules
from backend.staff.rules import Candidate, Half, HalfDay, Need
from backend.staff.tables import Officer
from backend.standards import queries as standards
from backend.standards.rules import HalfDayPolicy

# Officers who keep a half-day, hold the certificate for it, are not away and not taken. Each has one row with a string
# of bits, one for each half-day asked for: a row for each officer and half-day takes three times as long
# (decisions/0010-measured-speed.md). "Taken" is asked the way the exclusion constraint sees it: by overlapping time,
# not by the name of the half.
FREE = """
    WITH asked AS MATERIALIZED (
        SELECT day, weekday, half, starts_at, ends_at,
            set_bit(repeat('0', cardinality($1::date[]))::varbit, n::int - 1, 1) AS bit
        FROM unnest($1::date[], $2::smallint[], $3::varchar[], $4::timestamptz[], $5::timestamptz[])
            WITH ORDINALITY AS asked(day, weekday, half, starts_at, ends_at, n)
    ), week AS MATERIALIZED (
        SELECT weekday, half, min(day) AS first_on, max(day) AS last_on, bit_or(bit) AS bits
        FROM asked GROUP BY weekday, half
    ), able AS MATERIALIZED (
        SELECT id, department, issued_on, expires_on FROM officer
        WHERE active AND department = ANY($6::varchar[]) AND $7::varchar = ANY(scopes)
    ), kept AS (
        SELECT plan.officer, bit_or(
            CASE WHEN plan.from_on <= week.first_on AND (plan.until IS NULL OR week.last_on < plan.until) THEN week.bits
            ELSE (
                SELECT bit_or(bit) FROM asked
                WHERE asked.weekday = plan.weekday AND asked.half = plan.half
                    AND plan.from_on <= asked.day AND (plan.until IS NULL OR asked.day < plan.until))
            END) AS bits
        FROM able JOIN working_plan AS plan ON plan.officer = able.id
            JOIN week ON week.weekday = plan.weekday AND week.half = plan.half
        GROUP BY plan.officer
    ), busy AS (
        SELECT officer, bit_or(bit) AS bits FROM (
            SELECT taken.officer, asked.bit FROM asked JOIN engagement AS taken
                ON taken.day = asked.day AND taken.starts_at < asked.ends_at AND asked.starts_at < taken.ends_at
            WHERE taken.released_at IS NULL
            UNION ALL
            SELECT away.officer, asked.bit FROM asked
            JOIN leave AS away ON asked.day BETWEEN away.from_on AND away.to_on
            UNION ALL
            SELECT able.id, asked.bit FROM asked JOIN able ON asked.day NOT BETWEEN able.issued_on AND able.expires_on
        ) AS gone (officer, bit) GROUP BY officer
    ), free AS (
        SELECT able.id AS officer, able.department,
            CASE WHEN busy.bits IS NULL THEN kept.bits ELSE kept.bits & ~busy.bits END AS bits
        FROM able JOIN kept ON kept.officer = able.id LEFT JOIN busy ON busy.officer = able.id
        WHERE kept.bits IS NOT NULL
    )
"""
COUNTED = FREE + "SELECT department, array_agg(bits::text) AS officers FROM free GROUP BY department"
LOADED = (
    FREE
    + """
    SELECT free.officer, free.department,
        (SELECT count(*) FROM engagement AS taken
         WHERE taken.officer = free.officer AND taken.released_at IS NULL
            AND taken.day BETWEEN $8::date AND $9::date) AS load
    FROM free WHERE get_bit(free.bits, 0) = 1
    """
)


class FreeHalfDay(msgspec.Struct, frozen=True):
    """places: how many more engagements of the kind asked for fit in; 1 or more."""

    half_day: HalfDay
    places: int


class OfficerCard(msgspec.Struct, frozen=True):
    """What may be shown of an officer. ``certificate`` is masked; ``expires_on`` is its last valid day."""

    id: UUID
    name: str
    department: str
    department_name: str
    department_short: str
    certificate: str
    issued_on: date
    expires_on: date

    def certified_on(self, day: date) -> bool:
        return rules.certificate_holds(issued_on=self.issued_on, expires_on=self.expires_on, day=day)


class Engaged(msgspec.Struct, frozen=True):
    """An officer taken for a half-day. department: for whom the officer comes."""

    officer: UUID
    department: str
    about: UUID
    half_day: HalfDay


CARD = (
    Officer.id,
    Officer.person.name.as_alias("name"),
    Officer.department.code.as_alias("department"),
    Officer.department.name.as_alias("department_name"),
    Officer.department.short_name.as_alias("department_short"),
    Officer.certificate_number.as_alias("certificate"),
    Officer.issued_on,
    Officer.expires_on,
)


async def half_day(day: date, half: Half) -> HalfDay:
    """The half of a Beijing date with the hours now in force."""
    return _half_day(day, half, await standards.half_day_policy())


async def half_days(days: Iterable[date]) -> list[HalfDay]:
    """Both halves of each day, in order, with the hours now in force."""
    hours = await standards.half_day_policy()
    return [_half_day(day, half, hours) for day in days for half in Half]


async def free_half_days(need: Need, asked: Sequence[HalfDay], *, calendar: Calendar) -> list[FreeHalfDay]:
    """Those of ``asked`` on which ``need`` can be met, in the given order, with their remaining places."""
    counts: list[dict[str, int]] = [{} for _ in asked]
    for row in await db.fetch(COUNTED, *_columns(asked, calendar), list(need.departments), need.scope):
        for count, bits in zip(counts, zip(*row["officers"], strict=True), strict=True):
            count[row["department"]] = bits.count("1")
    offered = ((one, rules.places(free, need=need)) for one, free in zip(asked, counts, strict=True))
    return [FreeHalfDay(half_day=one, places=places) for one, places in offered if places > 0]


async def candidates(need: Need, asked: HalfDay, *, calendar: Calendar) -> list[Candidate]:
    """Everybody of the needed departments who could come, with their load around that day."""
    around = timedelta(days=rules.LOAD_DAYS)
    columns = _columns([asked], calendar)
    rows = await db.fetch(LOADED, *columns, list(need.departments), need.scope, asked.day - around, asked.day + around)
    return [Candidate(officer=row["officer"], department=row["department"], load=row["load"]) for row in rows]


async def stand_ins(*, about: UUID, leaving: UUID, scope: str) -> list[Candidate]:
    """Who could come instead of ``leaving``: free, qualified, of the same department; the least loaded first.

    Raises NotFound when ``leaving`` is not engaged for ``about``.
    """
    place = db.found(next((one for one in await engaged(about) if one.officer == leaving), None))
    need = Need(departments=(place.department,), scope=scope, officers=1)
    found = await candidates(need, place.half_day, calendar=await standards.calendar())
    return sorted(found, key=lambda one: (one.load, one.officer))


async def officer(officer_id: UUID) -> OfficerCard | None:
    return (await officers([officer_id])).get(officer_id)


async def officers(ids: Sequence[UUID]) -> dict[UUID, OfficerCard]:
    """Cards by id; whoever is no officer is left out."""
    if not ids:
        return {}
    rows = await Officer.select(*CARD).where(Officer.id.is_in(list(ids)))
    return {
        row["id"]: msgspec.convert({**row, "certificate": masks.code(row["certificate"])}, OfficerCard) for row in rows
    }


async def engaged(about: UUID) -> list[Engaged]:
    """Who is engaged for one visit or inspection now, those of one department together."""
    return await _engaged("AND about = $1 ORDER BY department, engaged_at, officer", about)


async def engaged_about(abouts: Sequence[UUID]) -> dict[UUID, list[Engaged]]:
    """As ``engaged`` for many at once."""
    found: dict[UUID, list[Engaged]] = {about: [] for about in abouts}
    for one in await _engaged("AND about = ANY($1::uuid[]) ORDER BY department, engaged_at, officer", list(abouts)):
        found[one.about].append(one)
    return found


async def engagements_of(officer_id: UUID, *, from_on: date, until: date) -> list[Engaged]:
    """An officer's half-days from ``from_on`` up to the day before ``until`` (Beijing dates), in order of time."""
    return await _engaged("AND officer = $1 AND day >= $2 AND day < $3 ORDER BY starts_at", officer_id, from_on, until)


async def engagements_between(from_at: datetime, until: datetime) -> list[Engaged]:
    """Everybody's engagements that start from ``from_at`` up to before ``until``, in order of time."""
    return await _engaged("AND starts_at >= $1 AND starts_at < $2 ORDER BY starts_at, about", from_at, until)


async def is_engaged(officer_id: UUID, *, about: UUID) -> bool:
    return bool(await _engaged("AND officer = $1 AND about = $2", officer_id, about))


async def _engaged(which: str, *values: object) -> list[Engaged]:
    rows = await db.fetch(ENGAGED + which, *values)
    return [
        Engaged(
            officer=row["officer"],
            department=row["department"],
            about=row["about"],
            half_day=HalfDay(
                day=row["day"], half=Half(row["half"]), starts_at=row["starts_at"], ends_at=row["ends_at"]
            ),
        )
        for row in rows
    ]


ENGAGED = "SELECT officer, department, about, day, half, starts_at, ends_at FROM engagement WHERE released_at IS NULL "


@lru_cache(maxsize=512)
def _half_day(day: date, half: Half, hours: HalfDayPolicy) -> HalfDay:
    match half:
        case Half.MORNING:
            first, last = hours.morning_from, hours.morning_until
        case Half.AFTERNOON:
            first, last = hours.afternoon_from, hours.afternoon_until
    return HalfDay(
        day=day,
        half=half,
        starts_at=clock.at_beijing(day, first.hour, first.minute),
        ends_at=clock.at_beijing(day, last.hour, last.minute),
    )


def _columns(asked: Sequence[HalfDay], calendar: Calendar) -> tuple[list[object], ...]:
    """The half-days as arrays for ``unnest``; a rest day has no weekday and so meets no plan."""
    return (
        [one.day for one in asked],
        [rules.plan_weekday(one.day, calendar=calendar) for one in asked],
        [one.half.value for one in asked],
        [one.starts_at for one in asked],
        [one.ends_at for one in asked],
    )
