"""Photos of guidance: what they show belongs to the desk, so their rows stand behind it; the files are the store's."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from backend.accounts.rules import Actor
from backend.files import actions as files
from backend.files.actions import Store
from backend.guidance import rules
from backend.guidance.rules import PhotoUse
from backend.guidance.tables import Photo


async def keep_photos(
    raws: Sequence[bytes],
    *,
    actor: Actor,
    use: PhotoUse,
    store: Store,
    now: datetime,
    limit: int,
    visit: UUID | None = None,
    opinion: UUID | None = None,
    draft: UUID | None = None,
) -> list[UUID]:
    """Keep uploaded photos of a visit, of one opinion in it, or of a draft, in the caller's transaction at the desk.

    limit: how many the visit's opinion, or the draft, may have in all for this use. Raises rules.TooManyPhotos, and of
    files PhotoTooLarge, NotAPhoto, TooManyToday.
    """
    if not raws:
        return []
    belongs = (Photo.opinion == opinion) if opinion else (Photo.draft == draft) if draft else (Photo.visit == visit)
    had = int(await Photo.count().where(belongs, Photo.use == use))
    if had + len(raws) > limit:
        raise rules.TooManyPhotos(limit=limit)
    kept: list[UUID] = []
    for position, raw in enumerate(raws, start=had):
        file_id = await files.keep_photo(raw, store=store, by=actor.person_id, now=now)
        photo = Photo(
            id=uuid4(),
            file=file_id,
            visit=visit,
            opinion=opinion,
            draft=draft,
            use=use,
            position=position,
            added_by=actor.person_id,
            added_at=now,
        )
        await Photo.insert(photo)
        kept.append(photo.id)
    return kept


async def forget_photos(photos: Sequence[UUID], *, actor: Actor, now: datetime) -> None:
    """Delete photos and their files, in the caller's transaction at the desk. The caller has checked whose they are."""
    if not photos:
        return
    rows = await Photo.delete().where(Photo.id.is_in(list(photos))).returning(Photo.file)
    await files.forget([row["file"] for row in rows], by=actor.person_id, now=now)
