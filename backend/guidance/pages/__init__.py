from litestar import Router

from backend.guidance.pages import catalogue, codes, field, office, opinions, words

GUIDANCE = [*catalogue.HANDLERS, *field.HANDLERS, *office.HANDLERS, *opinions.HANDLERS, *words.HANDLERS]

# Codes are checked at short addresses of their own, below the root.
router = Router("/", route_handlers=[Router("/guidance", route_handlers=GUIDANCE), *codes.HANDLERS])
