"""Somebody else's thing answers exactly as one that does not exist, at every address with an id in it."""

import re
from collections.abc import Mapping
from uuid import UUID, uuid4

from backend.accounts.rules import Actor
from backend.kit import db
from backend.settings import Settings
from tests.journeys import crowd, hostile

IDS = """
    SELECT v.id AS visit_id, v.enterprise AS enterprise_id, o.id AS opinion_id, o.visit_item AS item_id,
        p.id AS photo_id,
        (SELECT officer FROM engagement WHERE about = v.id LIMIT 1) AS officer_id,
        (SELECT id FROM notice WHERE person = v.booked_by LIMIT 1) AS notice_id
    FROM visit v JOIN guidance.opinion o ON o.visit = v.id JOIN guidance.photo p ON p.opinion = o.id
"""
DRAFT = "SELECT id FROM guidance.booking_draft"
GOOD = {
    "reason": "设备坏了，先修好再约",
    "half_day": "2026-11-27-morning",
    "stars": "5",
    "grade": "advice",
    "found": "通道里堆着木料",
    "advice": "把通道清出来",
}
# What is everybody's at a desk: officials read the registry, removing a browser that is not there is harmless, an
# administrator sends anybody's message again.
SHARED = {
    "officer": {"enterprises.enterprise", "enterprises.contact", "loop.file"},
    "system_admin": {"notices.send_again"},
}
HARMLESS = {"notices.device_remove"}


async def test_somebody_elses_thing_answers_as_one_that_does_not_exist(committed: Settings, woken: list[str]):
    async with crowd.gathered(committed) as town:
        theirs, told = await _theirs(), []
        for stranger in [one for one in town.people if one and await _is_stranger(one, theirs)]:
            cookie = await crowd.signed_in(stranger)
            for route in town.routes:
                names = re.findall(r"\{(\w+)", route.path)
                shared = HARMLESS | SHARED.get(stranger.role.value, set())
                if not names or not set(names) <= set(theirs) or route.name in shared:
                    continue
                seen = [await _status(town, route, ids, cookie) for ids in (theirs, {name: uuid4() for name in names})]
                if seen[0] != seen[1] or seen[0] not in (403, 404):
                    told.append(f"{stranger.role}: {route.method} {route.path}: {seen}")
        assert told == []


async def _theirs() -> dict[str, UUID]:
    """The ids of one visit with a finding and a photo, and of a draft."""
    async with db.reading(desk=db.Desk.GUIDANCE):
        found = dict((await db.fetch(IDS))[0])
        return {**found, "draft_id": (await db.fetch(DRAFT))[0]["id"]}


async def _is_stranger(actor: Actor, theirs: Mapping[str, UUID]) -> bool:
    """Whether somebody has nothing to do with that visit or that draft; the office has with all."""
    if actor.role == "guidance_office":
        return False
    async with db.reading(desk=db.Desk.GUIDANCE):
        part = await db.fetch(
            "SELECT person FROM representative WHERE enterprise = $1 UNION SELECT officer FROM engagement"
            " WHERE about = $2 UNION SELECT person FROM guidance.booking_draft WHERE id = $3",
            theirs["enterprise_id"], theirs["visit_id"], theirs["draft_id"],
        )  # fmt: skip
    return actor.person_id not in {row["person"] for row in part}


async def _status(town: crowd.Town, route: hostile.Route, ids: Mapping[str, UUID], cookie: str) -> int:
    path = re.sub(r"\{(\w+)[^}]*\}", lambda found: str(ids[found[1]]), route.path)
    headers = {"cookie": cookie, "Sec-Fetch-Site": "same-origin"}
    form = {} if route.method == "GET" else {**GOOD, "item": str(ids.get("item_id", ""))}
    answer = await town.client.request(route.method, path, headers=headers, data=form or None)
    return answer.status_code
