"""What is said to whom, how loudly, and what happens after a try. Pure."""

from enum import StrEnum


class NoticeState(StrEnum):
    """QUEUED is the only state that is not terminal."""

    QUEUED = "queued"
    SENT = "sent"  # a device or an SMS gateway took it
    SHOWN = "shown"  # nothing to send to: the inbox alone
    DEAD = "dead"  # every rung was tried to its end
