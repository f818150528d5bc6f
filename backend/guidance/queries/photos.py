"""Whether somebody may see a photo: the one question that its address asks."""

from uuid import UUID

from backend.accounts.rules import Actor, Permission
from backend.enterprises import queries as enterprises
from backend.files import queries as files
from backend.files.rules import StoredCard
from backend.guidance import rules
from backend.guidance.rules import PhotoUse, VisitState
from backend.kit import db
from backend.staff import queries as staff

PHOTO = """
SELECT p.file, p.use, p.visit, v.state, v.enterprise, d.person AS drafted_by
FROM guidance.photo p LEFT JOIN visit v ON v.id = p.visit LEFT JOIN guidance.booking_draft d ON d.id = p.draft
WHERE p.id = $1
"""


async def photo(photo_id: UUID, *, viewer: Actor) -> StoredCard | None:
    """The photo's file; None when there is none or it is not for the viewer.

    A draft's photos are its writer's. A visit's are the team's; the office's and the enterprise's too, but what the
    team photographed only once its opinion is issued.
    """
    async with db.reading(desk=db.Desk.GUIDANCE):
        row = next(iter(await db.fetch(PHOTO, photo_id)), None)
    if row is None:
        return None
    if row["visit"] is None:
        return await files.stored(row["file"]) if row["drafted_by"] == viewer.person_id else None
    if await staff.is_engaged(viewer.person_id, about=row["visit"]):
        return await files.stored(row["file"])
    if row["use"] == PhotoUse.FOUND and VisitState(row["state"]) not in rules.READ_BY_OWNER:
        return None
    if viewer.may(Permission.VISIT_DECIDE) or await enterprises.acts_for(viewer.person_id, row["enterprise"]):
        return await files.stored(row["file"])
    return None
