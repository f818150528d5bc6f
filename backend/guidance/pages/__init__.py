from litestar import Router

from backend.guidance.pages import catalogue

router = Router("/guidance", route_handlers=[*catalogue.HANDLERS])
