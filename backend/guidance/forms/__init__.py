from backend.guidance.forms.codes import Typed
from backend.guidance.forms.decisions import Arrive, Replace, Return
from backend.guidance.forms.opinions import Write

__all__ = [
    "Arrive", "Replace", "Return", "Typed", "Write",
]  # fmt: skip
