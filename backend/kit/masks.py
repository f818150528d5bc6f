"""Hiding most of a name or number, so that its owner still knows it."""


def name(full: str) -> str:
    """``张三`` -> ``张*``, ``张小三`` -> ``张*三``, empty stays empty."""
    if len(full) <= 1:
        return full
    if len(full) == 2:
        return full[0] + "*"
    return full[0] + "*" * (len(full) - 2) + full[-1]


def phone(number: str) -> str:
    """``13812345678`` -> ``138****5678``; a landline keeps its last three digits."""
    if len(number) == 11 and number.isdigit():
        return f"{number[:3]}****{number[-4:]}"
    return "*" * max(len(number) - 3, 0) + number[-3:]


def code(value: str, *, keep: int = 4) -> str:
    """Keep ``keep`` characters at each end and put stars for those between."""
    if len(value) <= 2 * keep:
        return "*" * len(value)
    return value[:keep] + "*" * (len(value) - 2 * keep) + value[-keep:]
