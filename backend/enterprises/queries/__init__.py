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

__all__ = [
    "EnterpriseCard", "EnterpriseFile", "SiteCard", "acts_for", "by_door_code", "card", "cards", "enterprise",
    "enterprises_of", "people_of", "site", "sites_of",
]  # fmt: skip
