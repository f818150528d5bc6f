"""Every page of the site with an address in the demonstration city, and who opens it there.

A new page needs a line here: ``test_every_page.py`` fails without one.
"""

import msgspec

OWNER, OFFICER, OFFICE, ADMIN = "owner", "officer", "guidance_office", "system_admin"
PHONES = {OWNER: "13800000001", OFFICER: "13800000011", OFFICE: "13800000021", ADMIN: "13800000031"}
NOBODY = ""
BOOKER = "13800000002"  # whose half-done booking the pages of a booking show, so that nobody else's story meets it

# What is fetched by a page, a calendar or a machine, and never looked at.
NOT_PAGES = {
    "guidance.photo", "guidance.visit_calendar", "health", "notices.live", "notices.unread", "static.file",
    "static.manifest", "static.worker",
}  # fmt: skip


class Place(msgspec.Struct, frozen=True):
    """A page somebody opens. sql: one row with the path's parameters and, where it matters, whose `phone` it is."""

    role: str = NOBODY
    sql: str = ""
    query: str = ""


def _owned(where: str, more: str = "") -> str:
    """A visit of an owner's, the demonstration owner's first. ``v``: the visit."""
    return f"""SELECT p.phone, v.id AS visit_id, v.track_code AS code {", " + more if more else ""}
               FROM visit v JOIN person p ON p.id = v.booked_by
               WHERE {where} ORDER BY p.phone = '13800000001' DESC, v.day DESC, v.number"""


def _held(where: str, more: str = "") -> str:
    """A visit with one of its officers, the demonstration's emergency officer first."""
    return f"""SELECT p.phone, v.id AS visit_id {", " + more if more else ""} FROM visit v
               JOIN engagement g ON g.about = v.id AND g.released_at IS NULL JOIN person p ON p.id = g.officer
               WHERE {where} ORDER BY p.phone = '13800000011' DESC, v.day, v.number"""


def _any(where: str, more: str = "") -> str:
    return f"SELECT v.id AS visit_id {', ' + more if more else ''} FROM visit v WHERE {where} ORDER BY v.day, v.number"


ITEM = "(SELECT vi.id FROM visit_item vi WHERE vi.visit = v.id LIMIT 1) AS item_id"
MEMBER = "(SELECT g.officer FROM engagement g WHERE g.about = v.id AND g.released_at IS NULL LIMIT 1) AS officer_id"
TODAY = "v.day = (now() AT TIME ZONE 'Asia/Shanghai')::date"
LATER = "v.starts_at > now() + interval '3 days'"
FREE = f"{LATER} AND NOT EXISTS (SELECT FROM visit_step s WHERE s.visit = v.id AND s.step = 'reschedule')"
OPINION = """(SELECT o.id FROM guidance.opinion o WHERE o.visit = v.id AND o.correct_by IS NOT NULL
              AND o.corrected_at IS NULL ORDER BY o.id LIMIT 1)"""
WRITTEN = "(SELECT o.id FROM guidance.opinion o WHERE o.visit = v.id ORDER BY o.id LIMIT 1)"
DRAFT = f"""SELECT p.phone, d.id AS draft_id FROM guidance.booking_draft d JOIN person p ON p.id = d.person
            WHERE p.phone = '{BOOKER}' AND d.question <> ''"""
CLAIMABLE = """SELECT p.phone, e.id AS enterprise_id FROM enterprise e JOIN person p ON p.phone = e.contact_phone
               WHERE e.status = 'active' AND p.name = '新来的'
               AND NOT EXISTS (SELECT FROM representative r WHERE r.person = p.id)"""
OWN_FIRM = f"""SELECT r.enterprise AS enterprise_id FROM representative r JOIN person p ON p.id = r.person
               WHERE p.phone = '{PHONES[OWNER]}'"""
BUSY_FIRM = "SELECT enterprise AS enterprise_id, count(*) FROM visit GROUP BY 1 ORDER BY 2 DESC"
RATED = "EXISTS (SELECT FROM ratings.rating r WHERE r.visit = v.id)"

PLACES: dict[str, list[Place]] = {
    "accounts.code": [Place()],
    "accounts.desk": [Place(OFFICE)],
    "accounts.dev_sms": [Place()],
    "accounts.me": [Place(OWNER), Place(OFFICE), Place(OFFICER), Place(ADMIN)],
    "accounts.name": [Place(OWNER)],
    "accounts.sign_in": [Place()],
    "enterprises.claim": [Place(OWNER, CLAIMABLE), Place(OWNER, f"SELECT '{BOOKER}' AS phone")],
    "enterprises.claim_confirm": [Place(OWNER, CLAIMABLE)],
    "enterprises.claimed": [Place(OWNER, OWN_FIRM)],
    "enterprises.door": [Place(OWNER, OWN_FIRM)],
    "enterprises.enterprise": [Place(OWNER, OWN_FIRM), Place(OFFICER, BUSY_FIRM), Place(OFFICE, BUSY_FIRM)],
    "enterprises.mine": [Place(OWNER)],
    "enterprises.search": [Place(OFFICER), Place(OFFICE, query="q=红木"), Place(OFFICE, query="q=没有这样的")],
    "guidance.booking": [Place(OWNER, DRAFT)],
    "guidance.booking_check": [Place(OWNER, DRAFT)],
    "guidance.booking_half_day": [Place(OWNER, DRAFT)],
    "guidance.booking_items": [Place(OWNER, DRAFT), Place(OWNER, DRAFT, "scenario=film")],
    "guidance.booking_question": [Place(OWNER, DRAFT)],
    "guidance.booking_site": [Place(OWNER, DRAFT)],
    "guidance.correct_new": [
        Place(OWNER, _owned(f"v.state = 'confirmed' AND {OPINION} IS NOT NULL", f"{OPINION} AS opinion_id"))
    ],
    "guidance.day_item": [Place(OFFICER, _held("v.state = 'departed'", ITEM))],
    "guidance.day_visit": [
        Place(OFFICER, _held(f"v.state = 'accepted' AND {TODAY}")),
        Place(OFFICER, _held(f"v.state = 'accepted' AND {LATER}")),
        Place(OFFICER, _held("v.state = 'on_site'")),
        Place(OFFICER, _held("v.state = 'departed'")),
        Place(OFFICER, _held("v.state = 'confirmed'")),
    ],
    "guidance.days": [Place(OFFICER)],
    "guidance.finding": [
        Place(OFFICER, _held(f"v.state = 'departed' AND {WRITTEN} IS NOT NULL", f"{WRITTEN} AS opinion_id"))
    ],
    "guidance.finding_new": [Place(OFFICER, _held("v.state = 'departed'"))],
    "guidance.office": [Place(OFFICE), Place(OFFICE, query="stage=confirmed"), Place(OFFICE, query="overdue=1")],
    "guidance.office_visit": [
        Place(OFFICE, _any(f"v.state = 'submitted' AND {LATER}")),
        Place(OFFICE, _any(f"v.state = 'accepted' AND {LATER}")),
        Place(OFFICE, _any("v.state = 'closed'")),
    ],
    "guidance.officer_replace_new": [Place(OFFICE, _any(f"v.state = 'submitted' AND {LATER}", MEMBER))],
    "guidance.opinion": [
        Place(OWNER, _owned("v.state = 'issued'")),
        Place(OFFICER, _held("v.state = 'confirmed'")),
        Place(OFFICE, _any("v.state = 'closed'")),
    ],
    "guidance.opinion_issue_new": [Place(OFFICER, _held("v.state = 'departed'"))],
    "guidance.scan": [Place(), Place(OWNER)],
    "guidance.scenario": [Place(NOBODY, "SELECT 'furniture' AS code"), Place(OWNER, "SELECT 'film' AS code")],
    "guidance.scenarios": [Place(), Place(OWNER, query="q=粉尘")],
    "guidance.service_item": [Place(NOBODY, "SELECT 'furniture.dust' AS code")],
    "guidance.verify": [
        Place(NOBODY, "SELECT 'ABCD1234' AS code"),
        Place(NOBODY, _any(f"v.state = 'accepted' AND {TODAY}", "true AS shown")),
        Place(OWNER, _owned(f"v.state = 'accepted' AND {TODAY}", "true AS shown")),
    ],
    "guidance.verify_type": [Place()],
    "guidance.visit": [
        Place(OWNER, _owned(f"v.state = '{state}'"))
        for state in ("submitted", "accepted", "departed", "issued", "confirmed", "closed", "returned", "cancelled")
    ],
    "guidance.visit_booked": [Place(OWNER, _owned("v.state = 'submitted'"))],
    "guidance.visit_cancel_new": [
        Place(OWNER, _owned(f"v.state = 'accepted' AND {LATER}")),
        Place(OFFICE, _any(f"v.state = 'accepted' AND {LATER}")),
    ],
    "guidance.visit_code": [
        Place(OFFICER, _held(f"v.state = 'accepted' AND {TODAY}")),
        Place(OFFICER, _held(f"v.state = 'accepted' AND {LATER}")),
    ],
    "guidance.visit_item": [Place(OWNER, _owned("v.state = 'accepted'", ITEM))],
    "guidance.visit_new": [Place(OWNER), Place(OWNER, query="item=furniture.dust")],
    "guidance.visit_reschedule_new": [
        Place(OWNER, _owned(f"v.state = 'accepted' AND {FREE}")),
        Place(OFFICE, _any(f"v.state = 'accepted' AND {FREE}")),
    ],
    "guidance.visit_return_new": [Place(OFFICE, _any("v.state = 'submitted'"))],
    "guidance.visits": [Place(OWNER), Place(OWNER, query="ended=1")],
    "loop.file": [Place(OFFICER, BUSY_FIRM), Place(OFFICE, BUSY_FIRM)],
    "loop.home": [Place(OWNER)],
    "loop.todo": [Place(OFFICER), Place(OFFICE), Place(ADMIN)],
    "notices.bell": [Place(OWNER), Place(OFFICER)],
    "notices.inbox": [Place(OWNER), Place(OFFICER), Place(OFFICE)],
    "notices.notice": [
        Place(OWNER, "SELECT p.phone, n.id AS notice_id FROM notice n JOIN person p ON p.id = n.person"
                     f" WHERE p.phone = '{PHONES[OWNER]}' ORDER BY n.created_at")
    ],
    "notices.undelivered": [Place(ADMIN)],
    "public.door": [
        Place(NOBODY, "SELECT e.door_code AS code FROM enterprise e JOIN visit v ON v.enterprise = e.id"
                      " WHERE v.state = 'accepted' ORDER BY v.number")
    ],
    "public.home": [Place()],
    "public.privacy": [Place()],
    "public.sources": [Place()],
    "public.track": [
        Place(NOBODY, _owned(f"v.state = '{state}'")) for state in ("submitted", "accepted", "confirmed", "closed")
    ],
    "public.track_new": [Place()],
    "ratings.bad": [Place(OFFICE)],
    "ratings.rated": [Place(OWNER, _owned(RATED))],
    "ratings.rating": [Place(OWNER, _owned(f"v.state IN ('issued', 'confirmed', 'closed') AND NOT {RATED}"))],
    "static.offline": [Place()],
}  # fmt: skip
ALL = [(name, at) for name, places in sorted(PLACES.items()) for at in range(len(places))]
