"""What somebody typed to find a firm, as the index understands it. Pure.

The database keeps one text a firm: the name, a line feed, the code, a blank, the phone; all in the form of ``fold``.
Its index knows each character and each pair of characters of the name, and each three in a row of code and phone
(function enterprise_search_keys of the migration; the two must agree).
"""

import re
import unicodedata

import msgspec

LONGEST, MOST_WORDS = 60, 8
NUMBER_PART = 3  # so many letters and digits in a row may also be a part of a code or phone
CODE_LENGTH = 18
NOTHING = "\n"  # a key that no firm has
ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
UNSEEN = ("Cc", "Cs")  # control characters and halves of pairs, which PostgreSQL does not take
DIALLED = re.compile(r"(?:\+86|0086)?[0-9-]+")


class Terms(msgspec.Struct, frozen=True):
    """What to ask the database.

    patterns: LIKE patterns, all of which the firm's text must match; none finds every firm. keys, number_keys: what
    the index must know of it, either all of the one or all of the other. prefix: how a name begins that comes first;
    None for several words. code: a whole credit code, or empty.
    """

    patterns: list[str]
    keys: list[str]
    number_keys: list[str]
    prefix: str | None
    code: str


def fold(text: str) -> str:
    """The form in which texts are compared: full-width as half-width, capitals as small letters (ASCII alone, as
    PostgreSQL does it without asking a locale)."""
    plain = unicodedata.normalize("NFKC", text).translate(ASCII_LOWER)
    return "".join(" " if unicodedata.category(letter) in UNSEEN else letter for letter in plain)


def words_of(typed: str) -> list[str]:
    """What was typed, parted by blanks; a phone number without its country code and dashes."""
    return [_undialled(word) for word in fold(typed)[:LONGEST].split()][:MOST_WORDS]


def may_be_number(word: str) -> bool:
    """Whether a word is looked for in codes and phones too."""
    return len(word) >= NUMBER_PART and word.isascii() and word.isalnum()


def terms(typed: str) -> Terms:
    """Read what was typed; nothing is ever refused."""
    words = words_of(typed)
    numbers = sorted((word for word in words if may_be_number(word)), key=len)
    names = {key for word in words if not may_be_number(word) for key in _keys(word)}
    longest = numbers[-1] if numbers else ""
    return Terms(
        patterns=[_pattern(word) for word in words],
        keys=sorted(names | _keys(longest)),
        number_keys=sorted(names | _parts(longest, NUMBER_PART)) if numbers else [NOTHING],
        prefix=" ".join(words) if len(words) < 2 else None,
        code=longest.upper() if len(words) == 1 and len(longest) == CODE_LENGTH else "",
    )


def _undialled(word: str) -> str:
    if DIALLED.fullmatch(word) is None:
        return word
    digits = re.sub(r"^(\+86|0086)|-", "", word)
    return digits if len(digits) >= NUMBER_PART else word


def _pattern(word: str) -> str:
    escaped = re.sub(r"([\\%_])", r"\\\1", word)
    # Short words are looked for in the name alone, which the line feed ends: two digits stand in every code.
    return f"%{escaped}%" if may_be_number(word) else f"%{escaped}%\n%"


def _keys(word: str) -> set[str]:
    return _parts(word, 2) or set(word)


def _parts(word: str, length: int) -> set[str]:
    return {word[at : at + length] for at in range(len(word) - length + 1)}
