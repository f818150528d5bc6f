from backend.enterprises.actions.registry import Refusal, Report, load_registry

__all__ = ["Refusal", "Report", "load_registry"]
