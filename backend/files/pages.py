"""What the pages of other domains use: reading uploads and sending files. No page of its own, so nothing is public."""

from typing import Any

from litestar import Request, Response
from litestar.datastructures import FormMultiDict, UploadFile

from backend.files import actions, rules
from backend.files.rules import StoredCard

FORM_BYTES = 80_000_000  # what a handler that takes photos lets through: nine of 8 MB and the words around them
# A file is never a page of ours: nothing in it may run, whatever a browser takes it for.
SEALED = "default-src 'none'; sandbox"


async def uploads(sent: FormMultiDict, name: str = "photos", *, most: int = 6) -> list[bytes]:
    """The files of a form, as they came. Empty file fields are passed over.

    Raises rules.TooManyPhotos above ``most``, rules.PhotoTooLarge for one above 8 MB.
    """
    found: list[bytes] = []
    for upload in sent.getall(name, []):
        if not isinstance(upload, UploadFile) or not upload.filename:
            continue
        content = await upload.read(rules.PHOTO_MAX_BYTES + 1)
        rules.check_size(len(content) or 1)
        if content:
            found.append(content)
    if len(found) > most:
        raise rules.TooManyPhotos(most=most)
    return found


async def send(request: Request[Any, Any, Any], file: StoredCard, *, thumb: bool = False) -> Response[bytes]:
    """Answer with a file that the caller's query has found to be the viewer's to see.

    The browser asks again each time, so that losing the right is losing the picture; unchanged, it costs no bytes.
    """
    etag = f'"{file.sha256[:32]}{"-thumb" if thumb else ""}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Cookie", "Content-Security-Policy": SEALED}
    if etag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers, media_type=file.media_type)
    content = await actions.read(file, store=request.app.state.files, thumb=thumb)
    headers["Content-Disposition"] = f'inline; filename="{file.id}.jpg"'
    return Response(content, headers=headers, media_type=file.media_type)
