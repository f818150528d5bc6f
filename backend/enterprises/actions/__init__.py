from backend.enterprises.actions.claims import claim, reveal_contact
from backend.enterprises.actions.registry import Refusal, Report, load_registry

__all__ = ["Refusal", "Report", "claim", "load_registry", "reveal_contact"]
