"""What several pages of guidance show alike: the words of states and grades, and photos as links."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from backend.accounts.rules import Actor
from backend.files import pages as files
from backend.guidance import queries, rules
from backend.guidance.queries import PhotoLine
from backend.kit import html
from backend.staff.rules import HALF_WORDS

WORDS: dict[str, Any] = {
    "state_words": rules.STATE_WORDS,
    "state_tones": rules.STATE_TONES,
    "half_words": HALF_WORDS,
    "taken_words": rules.TAKEN_WORDS,
    "side_words": rules.SIDE_WORDS,
    "grade_words": rules.GRADE_WORDS,
    "grade_tones": rules.GRADE_TONES,
    "grade_means": rules.GRADE_MEANS,
}


class PhotoView(msgspec.Struct, frozen=True):
    """A photo as ``ui.photos`` wants it."""

    href: str
    thumb: str
    alt: str


def photo_views(photos: Sequence[PhotoLine], alt: str) -> list[PhotoView]:
    return [
        PhotoView(
            href=f"/guidance/photos/{one.id}", thumb=f"/guidance/photos/{one.id}?thumb=true", alt=f"{alt}{number}"
        )
        for number, one in enumerate(photos, start=1)
    ]


@get("/photos/{photo_id:uuid}", name="guidance.photo")
async def photo(
    request: Request[Any, Any, Any],
    photo_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    thumb: FromQuery[bool] = False,
) -> Response[bytes]:
    file = html.or_404(await queries.photo(photo_id, viewer=actor))
    return await files.send(request, file, thumb=thumb)


HANDLERS = [photo]
