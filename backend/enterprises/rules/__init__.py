from backend.enterprises.rules.claims import NotActive, NotTheContact, check_claim
from backend.enterprises.rules.registry import (
    NEEDED,
    REASON_WORDS,
    HeaderMissing,
    Known,
    Reason,
    RegistryRow,
    check_code,
    check_header,
    check_row,
    columns,
    is_blank,
    normalise_code,
)
from backend.enterprises.rules.words import STATUS_WORDS, EnterpriseStatus, Tie

__all__ = [
    "NEEDED", "REASON_WORDS", "STATUS_WORDS", "EnterpriseStatus", "HeaderMissing", "Known", "NotActive",
    "NotTheContact", "Reason", "RegistryRow", "Tie", "check_claim", "check_code", "check_header", "check_row",
    "columns", "is_blank", "normalise_code",
]  # fmt: skip
