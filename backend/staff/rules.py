"""Officers: certificates, working plans, and being engaged. Pure."""

from enum import StrEnum


class Half(StrEnum):
    """Half a working day; its hours are a policy."""

    MORNING = "morning"
    AFTERNOON = "afternoon"


class Purpose(StrEnum):
    """What an officer is engaged for."""

    GUIDANCE = "guidance"
    INSPECTION = "inspection"


class LeaveKind(StrEnum):
    LEAVE = "leave"
    TRAINING = "training"
    DUTY = "duty"  # duty elsewhere
