"""An owner rates a visit; the office reads the bad reviews. Nobody who was rated has a page here."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from backend.accounts.access import needs
from backend.accounts.rules import Actor, Permission
from backend.kit import clock, html
from backend.kit.errors import DomainError
from backend.kit.forms import Form, blank, read
from backend.ratings import actions, forms, queries, rules
from backend.ratings.queries import Rateable
from backend.standards import queries as standards

GRADES = [(int(stars), rules.STAR_WORDS[stars]) for stars in sorted(rules.Stars, reverse=True)]
# The tags of a grade appear when it is chosen; grades that share their tags share a group.
TAG_GROUPS = [
    ("praise", "好在哪里", rules.TAGS[rules.Stars.GOOD]),
    ("mixed", "哪里好，哪里还可以更好", rules.TAGS[rules.Stars.FAIR]),
    ("complaint", "哪里没做好", rules.TAGS[rules.Stars.BAD]),
]


@get("/visits/{visit_id:uuid}", name="ratings.rating", guards=[needs(Permission.VISIT_RATE)])
async def rating(visit_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime]) -> Template:
    found = html.or_404(await queries.rateable(visit_id, viewer=actor, now=now))
    return html.page("ratings/rating.html", **await _shown(found, _started(found)))


@post("/visits/{visit_id:uuid}", name="ratings.rate", guards=[needs(Permission.VISIT_RATE)])
async def rate(
    request: Request, visit_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Template | Response[None]:
    form = read(forms.Rate, await request.form())
    if given := form.value:
        try:
            await actions.rate(
                actor=actor, visit_id=visit_id, stars=given.stars, tags=given.tags, words=given.words, now=now
            )
            return html.go(request, "ratings.rated", visit_id=visit_id)
        except DomainError as refusal:
            form.refuse(refusal)
    found = html.or_404(await queries.rateable(visit_id, viewer=actor, now=now))
    return html.again(request, "ratings/rating.html", "ratings/_rating_form.html", **await _shown(found, form))


@get("/visits/{visit_id:uuid}/rated", name="ratings.rated", guards=[needs(Permission.VISIT_RATE)])
async def rated(
    request: Request, visit_id: FromPath[UUID], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Template | Response[None]:
    found = html.or_404(await queries.rateable(visit_id, viewer=actor, now=now))
    if found.rating is None:
        return html.go(request, "ratings.rating", visit_id=visit_id)
    contact_by, rectify_by = await queries.clocks(found.rating.rated_at)
    return html.page(
        "ratings/rated.html",
        rateable=found,
        rating=found.rating,
        stars=rules.STAR_WORDS[found.rating.stars],
        policy=await standards.rating_policy(),
        contact_by=contact_by,
        rectify_by=rectify_by,
    )


@get("/bad", name="ratings.bad", guards=[needs(Permission.VISIT_DECIDE)])
async def bad(actor: NamedDependency[Actor], now: NamedDependency[datetime]) -> Template:
    reviews = await actions.read_bad_reviews(actor=actor, now=now)
    return html.page(
        "ratings/bad_reviews.html",
        reviews=reviews,
        star_words=rules.STAR_WORDS,
        policy=await standards.rating_policy(),
        today=clock.beijing_date(now),
    )


def _started(found: Rateable) -> Form[forms.Rate]:
    """The form as it was last sent, or empty: no grade is chosen for anybody."""
    if found.rating is None:
        return blank(forms.Rate)
    tags = {words: tag for tags in rules.TAGS.values() for tag, words in tags.items()}
    chosen = [tags[words] for words in found.rating.tags]
    return blank(forms.Rate, stars=int(found.rating.stars), tags=chosen, words=found.rating.words)


async def _shown(found: Rateable, form: Form[forms.Rate]) -> dict[str, Any]:
    return {
        "rateable": found,
        "form": form,
        "grades": GRADES,
        "tag_groups": TAG_GROUPS,
        "max_words": rules.MAX_WORDS,
        "policy": await standards.rating_policy(),
    }


router = Router("/ratings", route_handlers=[rating, rate, rated, bad])
