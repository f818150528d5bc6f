"""The code that the team shows, and what the one who scans or types it is told.

A signed code carries its own expiry; a short one, for typing, is a keyed digest of the visit and of five minutes, so
that none is ever stored (domain.md R6.1). Nothing of who came is told for a code that counts no more.
"""

import hashlib
import hmac
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from backend.accounts.rules import Actor
from backend.enterprises import queries as enterprises
from backend.guidance import rules
from backend.guidance.queries.sheets import team_of
from backend.guidance.rules import CodeFacts, Verdict, VisitState
from backend.kit import clock, codes, db, masks
from backend.staff.queries import OfficerCard
from backend.staff.rules import Half


class ShownCode(msgspec.Struct, frozen=True):
    """What the officer's screen shows. link: for the QR code, upper case throughout, which makes it small."""

    link: str
    number: str  # four digits that change with the code
    short: str  # eight characters to type, in two groups
    expires_at: datetime


class Came(msgspec.Struct, frozen=True):
    """Who came and what for, as far as the asker may know. enterprise_name: masked unless it is the asker's own."""

    visit: UUID
    number: str
    enterprise_name: str
    township: str
    own: bool
    scenario: str
    items: list[str]
    departments: list[str]
    day: date
    half: Half
    team: list[OfficerCard]


class Verified(msgspec.Struct, frozen=True):
    """number: the four digits the officer's screen showed with the scanned code; empty for a typed one."""

    verdict: Verdict
    came: Came | None = None
    number: str = ""


VISIT = """
SELECT v.id, v.number, v.enterprise, e.name AS enterprise_name, r.name AS township, s.title AS scenario, v.state, v.day,
       v.half,
       ARRAY(SELECT i.title FROM visit_item vi JOIN service_item i ON i.id = vi.item
             WHERE vi.visit = v.id ORDER BY i.position, i.code) AS items,
       ARRAY(SELECT d.name FROM visit_department vd JOIN department d ON d.code = vd.department
             WHERE vd.visit = v.id ORDER BY vd.lead DESC, d.position, d.code) AS departments,
       ARRAY(SELECT d.code FROM visit_department vd JOIN department d ON d.code = vd.department
             WHERE vd.visit = v.id ORDER BY vd.lead DESC, d.position, d.code) AS codes
FROM visit v JOIN enterprise e ON e.id = v.enterprise JOIN site ON site.id = v.site
JOIN region r ON r.code = site.region JOIN scenario s ON s.id = v.scenario
WHERE v.id = $1
"""
# Visits whose team may have shown a code lately: today's, whatever became of them, and the few that are late.
TYPEABLE = """
SELECT id FROM visit WHERE day = $1 OR state = 'on_site' OR (state = 'accepted' AND day < $1 AND day > $1 - 30)
"""


def shown_code(
    visit_id: UUID, *, nonce: bytes, seed: bytes, base_url: str, now: datetime, rotates_seconds: int
) -> ShownCode:
    """The code of this moment. seed: the city's signing key, 32 bytes. nonce: NONCE_BYTES random bytes."""
    facts = CodeFacts(visit_id=visit_id, expires_at=now + timedelta(seconds=rules.GRACE * rotates_seconds), nonce=nonce)
    short = _short(visit_id, window=_window(now), seed=seed)
    return ShownCode(
        link=f"{base_url}/v/{codes.sign(rules.pack(facts), seed=seed)}".upper(),
        number=facts.number,
        short=f"{short[:4]} {short[4:]}",
        expires_at=facts.expires_at,
    )


async def verified(code: str, *, seed: bytes, viewer: Actor | None, now: datetime) -> Verified:
    """What is said of a scanned or typed code; never raises for a wrong one."""
    facts = _open(code, seed=seed)
    visit_id = facts.visit_id if facts else await _typed(code, seed=seed, now=now)
    rows = await db.fetch(VISIT, visit_id) if visit_id else []
    if not rows:
        return Verified(verdict=Verdict.FORGED)
    row = dict(rows[0])
    today = clock.beijing_date(now)
    team = await team_of(row["id"], order=row.pop("codes"))
    verdict = rules.judge(
        state=VisitState(row.pop("state")),
        day=row["day"],
        today=today,
        now=now,
        expires_at=facts.expires_at if facts else None,
        papers_hold=bool(team) and all(card.certified_on(today) for card in team),
    )
    if verdict not in (Verdict.VALID, Verdict.PAPERS):
        return Verified(verdict=verdict)
    own = viewer is not None and await enterprises.acts_for(viewer.person_id, row.pop("enterprise"))
    name = row["enterprise_name"] if own else masks.code(row["enterprise_name"], keep=2)
    came = msgspec.convert({**row, "visit": row["id"], "own": own, "enterprise_name": name, "team": team}, Came)
    return Verified(verdict=verdict, came=came, number=facts.number if facts else "")


def _open(code: str, *, seed: bytes) -> CodeFacts | None:
    try:
        return rules.unpack(codes.open_signed(code, seed=seed))
    except codes.Forged:
        return None


async def _typed(code: str, *, seed: bytes, now: datetime) -> UUID | None:
    """The visit whose short code of now, or of the window before, was typed."""
    typed = codes.normalise(code)
    if len(typed) != rules.SHORT_LENGTH:
        return None
    windows = (_window(now), _window(now) - 1)
    for row in await db.fetch(TYPEABLE, clock.beijing_date(now)):
        if any(hmac.compare_digest(_short(row["id"], window=window, seed=seed), typed) for window in windows):
            return UUID(str(row["id"]))
    return None


def _window(now: datetime) -> int:
    return int(now.timestamp()) // rules.SHORT_SECONDS


def _short(visit_id: UUID, *, window: int, seed: bytes) -> str:
    # The seed signs; what digests must not be the same key.
    key = hashlib.sha256(b"bihuan short code" + seed).digest()
    digest = int.from_bytes(hmac.digest(key, visit_id.bytes + window.to_bytes(8), "sha256"))
    return "".join(codes.CROCKFORD[(digest >> (5 * place)) & 31] for place in range(rules.SHORT_LENGTH))
