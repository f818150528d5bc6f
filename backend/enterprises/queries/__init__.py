from backend.enterprises.queries.cards import (
    EnterpriseCard,
    EnterpriseFile,
    SiteCard,
    acts_for,
    by_door_code,
    card,
    cards,
    enterprise,
    enterprises_of,
    people_of,
    site,
    sites_of,
)
from backend.enterprises.queries.claims import claimable, claimable_one
from backend.enterprises.queries.search import Narrow, search

__all__ = [
    "EnterpriseCard", "EnterpriseFile", "Narrow", "SiteCard", "acts_for", "by_door_code", "card", "cards",
    "claimable", "claimable_one", "enterprise", "enterprises_of", "people_of", "search", "site", "sites_of",
]  # fmt: skip
