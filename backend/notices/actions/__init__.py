"""Saying things, sending what was said, and what a person does with it."""

from backend.notices.actions.devices import forget_device, mute, remember_device, send_test
from backend.notices.actions.reading import open_notice, read_group
from backend.notices.actions.sending import claim_due, deliver, hold_until_morning, send_again
from backend.notices.actions.telling import SEND, SEND_URGENT, quiet_hours, tell

__all__ = [
    "SEND", "SEND_URGENT", "claim_due", "deliver", "forget_device", "hold_until_morning", "mute", "open_notice",
    "quiet_hours", "read_group", "remember_device", "send_again", "send_test", "tell",
]  # fmt: skip
