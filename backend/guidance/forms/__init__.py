from backend.guidance.forms.booking import (
    AskQuestion,
    BookVisit,
    Cancel,
    ChooseHalfDay,
    ChooseItems,
    ChooseSite,
    Reschedule,
    StartBooking,
)
from backend.guidance.forms.codes import Typed
from backend.guidance.forms.decisions import Arrive, Replace, Return
from backend.guidance.forms.opinions import Correct, Write

__all__ = [
    "Arrive", "AskQuestion", "BookVisit", "Cancel", "ChooseHalfDay", "ChooseItems", "ChooseSite", "Correct",
    "Replace", "Reschedule", "Return", "StartBooking", "Typed", "Write",
]  # fmt: skip
