from backend.guidance.actions.catalogue import Published, load_catalogue

__all__ = ["Published", "load_catalogue"]
