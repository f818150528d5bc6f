"""Writes of accounts: signing in, sessions and desks, people, and the ground that all of it stands on."""

from backend.accounts.actions.ground import load_ground
from backend.accounts.actions.people import admit, forget_old_sign_ins, rename, revoke
from backend.accounts.actions.sessions import (
    change_desk,
    close_other_sessions,
    close_session,
    close_session_by_key,
    open_session,
    touch_session,
)
from backend.accounts.actions.signing_in import enter_code, send_code

__all__ = [
    "admit", "change_desk", "close_other_sessions", "close_session", "close_session_by_key", "enter_code",
    "forget_old_sign_ins", "load_ground", "open_session", "rename", "revoke", "send_code", "touch_session",
]  # fmt: skip
