from litestar import Router

from backend.guidance.pages import booking, catalogue, changes, codes, drafts, field, office, opinions, visits, words

GUIDANCE = [
    *catalogue.HANDLERS,
    *booking.HANDLERS,
    *drafts.HANDLERS,
    *visits.HANDLERS,
    *changes.HANDLERS,
    *field.HANDLERS,
    *office.HANDLERS,
    *opinions.HANDLERS,
    *words.HANDLERS,
]

# Codes are checked at short addresses of their own, below the root.
router = Router("/", route_handlers=[Router("/guidance", route_handlers=GUIDANCE), *codes.HANDLERS])
