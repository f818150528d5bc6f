"""What is said to whom, how loudly, and what happens after a try. Pure."""

from backend.notices.rules.kinds import (
    FACTS,
    GROUP_NAMES,
    KINDS,
    Group,
    Kind,
    Scalar,
    file_of,
    kinds_of,
    urgent_kinds,
)
from backend.notices.rules.sending import (
    LEASE,
    LONGEST_WAIT,
    MAX_ATTEMPTS,
    USUAL_QUIET,
    GroupNotMutable,
    NextStep,
    NotDead,
    NoticeState,
    Outcome,
    Rung,
    Tried,
    Unsayable,
    after_try,
    check_sayable,
    is_quiet,
    may_mute,
    may_push,
    reason,
    send_at,
    wants_sms,
)

__all__ = [
    "FACTS", "GROUP_NAMES", "KINDS", "LEASE", "LONGEST_WAIT", "MAX_ATTEMPTS", "USUAL_QUIET", "Group", "GroupNotMutable",
    "Kind", "NextStep", "NotDead", "NoticeState", "Outcome", "Rung", "Scalar", "Tried", "Unsayable", "after_try",
    "check_sayable", "file_of", "is_quiet", "kinds_of", "may_mute", "may_push", "reason", "send_at", "urgent_kinds",
    "wants_sms",
]  # fmt: skip
