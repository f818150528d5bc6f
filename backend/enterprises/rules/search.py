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
MOST_KEYS = 4  # more would not narrow further, and each costs a look into the index
# Pairs in so many names that looking for them narrows nothing, where a word has others.
COMMON = frozenset(
    "有限 限公 公司 限责 责任 任公 份有 股份 东阳 阳市 浙江 江省 金华 华市 经营 营部 工作 作室 商行".split()  # noqa: SIM905
)
MOBILE = re.compile(r"1[3-9][0-9]{9}")
NOTHING = "\n"  # a key that no firm has
ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
UNSEEN = ("Cc", "Cs")  # control characters and halves of pairs, which PostgreSQL does not take
DIALLED = re.compile(r"(?:\+86|0086)?[0-9-]+")


class Terms(msgspec.Struct, frozen=True):
    """What to ask the database.

    patterns: LIKE patterns, all of which the firm's text must match; none finds every firm. keys, number_keys: what
    the index must know of it, either all of the one or all of the other. prefix: how a name begins that comes first;
    None for several words. code, phone: a whole credit code or mobile number, or empty; who has it is the answer.
    """

    patterns: list[str]
    keys: list[str]
    number_keys: list[str]
    prefix: str | None
    code: str
    phone: str


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
    names = [key for word in words if not may_be_number(word) for key in _keys(word)]
    longest = numbers[-1] if numbers else ""
    alone = longest if len(words) == 1 else ""
    return Terms(
        patterns=[_pattern(word) for word in words],
        keys=_few([*names, *_keys(longest)]),
        number_keys=_few([*_parts(longest, NUMBER_PART), *names]) if numbers else [NOTHING],
        prefix=" ".join(words) if len(words) < 2 else None,
        code=alone.upper() if len(alone) == CODE_LENGTH else "",
        phone=alone if MOBILE.fullmatch(alone) else "",
    )


def _undialled(word: str) -> str:
    if DIALLED.fullmatch(word) is None:
        return word
    digits = re.sub(r"^(\+86|0086)|-", "", word)
    return digits if len(digits) >= NUMBER_PART else word


def _pattern(word: str) -> str:
    escaped = re.sub(r"([\\%_])", r"\\\1", word)
    # Two digits stand in every code: a short word is looked for in the name alone, which the line feed ends.
    short = word.isascii() and not may_be_number(word)
    return f"%{escaped}%\n%" if short else f"%{escaped}%"


def _keys(word: str) -> list[str]:
    return _parts(word, 2) or list(word)


def _parts(word: str, length: int) -> list[str]:
    return [word[at : at + length] for at in range(len(word) - length + 1)]


def _few(keys: list[str]) -> list[str]:
    """Enough of the keys, evenly spread: the patterns are looked at anyway."""
    telling = [key for key in dict.fromkeys(keys) if key not in COMMON] or keys[:1]
    return telling[:: -(-len(telling) // MOST_KEYS) or 1]
