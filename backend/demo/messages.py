"""What the accounts find in their inboxes, and what the administrator finds undelivered."""

from datetime import datetime

from backend.kit import db

# Shown already, for nothing is sent about what is long past.
TOLD = """
INSERT INTO notice (id, person, kind, about, facts, path, created_at, read_at, state, due_at, ended_at)
SELECT gen_random_uuid(), p.id, {kind}, v.id, {facts}, {path} || v.id, s.at,
       CASE WHEN v.state = 'closed' THEN s.at + interval '2 hours' END, 'shown', s.at, s.at
FROM visit v JOIN enterprise e ON e.id = v.enterprise
JOIN LATERAL (SELECT max(at) AS at FROM visit_step WHERE visit = v.id) s ON true
"""
FACTS = """jsonb_build_object('number', v.number, 'enterprise', e.name, 'day', v.day::text,
                              'half', CASE v.half WHEN 'morning' THEN '上午' ELSE '下午' END)"""
OWNERS = (
    TOLD.format(
        kind="""CASE v.state WHEN 'accepted' THEN 'visit.accepted' WHEN 'issued' THEN 'visit.opinion_issued'
                             WHEN 'returned' THEN 'visit.returned' ELSE 'visit.closed' END""",
        facts=FACTS,
        path="'/guidance/visits/'",
    )
    + """JOIN person p ON p.id = v.booked_by
         WHERE p.phone = ANY($1) AND v.state IN ('accepted', 'issued', 'returned', 'closed')"""
)
OFFICERS = (
    TOLD.format(kind="'visit.to_attend'", facts=FACTS, path="'/guidance/days/'")
    + """JOIN engagement g ON g.about = v.id AND g.released_at IS NULL JOIN person p ON p.id = g.officer
         WHERE p.phone = ANY($1) AND v.state IN ('accepted', 'closed')"""
)
OFFICE = (
    TOLD.format(kind="'visit.to_accept'", facts=FACTS, path="'/guidance/office/visits/'")
    + """JOIN role_grant r ON r.role = 'guidance_office' JOIN person p ON p.id = r.person
         WHERE p.phone = ANY($1) AND v.state = 'submitted'"""
)
UNDELIVERED = f"""
INSERT INTO notice (id, person, kind, about, facts, path, created_at, state, due_at, ended_at, attempts, why)
SELECT gen_random_uuid(), v.booked_by, 'visit.cancelled', v.id, {FACTS}, '/guidance/visits/' || v.id,
       s.at, 'dead', s.at, least(s.at + interval '4 hours', $2), 5, '短信网关没有接收'
FROM visit v JOIN enterprise e ON e.id = v.enterprise JOIN person p ON p.id = v.booked_by
JOIN LATERAL (SELECT max(at) AS at FROM visit_step WHERE visit = v.id) s ON true
WHERE p.phone <> ALL($1) AND v.state = 'cancelled' ORDER BY s.at DESC LIMIT 4
"""


async def load(accounts: list[str], *, now: datetime) -> None:
    """accounts: the phone numbers that a visitor of the demonstration signs in with."""
    for statement in (OWNERS, OFFICERS, OFFICE):
        await db.connection().execute(statement, accounts)
    await db.connection().execute(UNDELIVERED, accounts, now)
