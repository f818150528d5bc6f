"""Numbers, codes, and how often one may try. Pure."""

import hashlib
import hmac
import re
import unicodedata
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from backend.kit.errors import DomainError

CODE_DIGITS = 6
CODE_LASTS = timedelta(minutes=5)
CODE_TRIES = 5
ATTEMPT_LASTS = timedelta(minutes=30)  # how long the page for the code still knows the number it was sent to


class Quota(msgspec.Struct, frozen=True):
    """How often something may happen in any stretch of ``window``, by one number or by one address."""

    name: str
    most: int
    window: timedelta
    by_address: bool = False


# Codes that are used give their place back: only asking without signing in is limited. Whole villages share one address
# with their mobile operator, so an address may ask far more often than a number.
SEND_QUOTAS = (
    Quota("code_again", 1, timedelta(seconds=60)),
    Quota("code_hour", 5, timedelta(hours=1)),
    Quota("code_day", 10, timedelta(days=1)),
    Quota("code_address_hour", 200, timedelta(hours=1), by_address=True),
)
# 10 tries an hour at a code of six digits: one chance in 100,000 an hour for whoever guesses at one number.
TRY_QUOTAS = (
    Quota("try_hour", 10, timedelta(hours=1)),
    Quota("try_address_hour", 200, timedelta(hours=1), by_address=True),
)
QUOTAS = SEND_QUOTAS + TRY_QUOTAS
MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9][0-9]{9})")


class PhoneWrong(DomainError):
    field = "phone"
    message = "请输入11位手机号码，如 13800001234"


class CodeIncomplete(DomainError):
    """Not a code at all: it costs no try."""

    field = "code"
    message = "请输入短信里的6位数字"


class CodeWrong(DomainError):
    field = "code"
    message = "验证码不对，请核对最近一条短信，还可以试{left}次"


class CodeSpent(DomainError):
    """Used, expired, tried too often or never sent from this browser: the way on is the same."""

    field = "code"
    message = "验证码已失效，请点“重新获取验证码”"


class TooOften(DomainError):
    """A limit is reached. ``until`` is a Beijing wall-clock time in words."""

    status = 429
    message = "操作太频繁，为保护您的账号已暂停，请在{until}以后再试"


class SmsFailed(DomainError):
    message = "短信没有发出去，请1分钟后再试"


class Inactive(DomainError):
    message = "这个账号已停用。如有疑问，请联系您所在单位的系统管理员"


def code_message(code: str) -> str:
    """The text of the SMS. The signature in brackets stands first, as Chinese gateways want it."""
    minutes = int(CODE_LASTS.total_seconds() // 60)
    return f"【闭环】登录验证码 {code}，{minutes}分钟内有效，只能用一次。工作人员不会向您索要，请勿告诉他人。"


def read_phone(typed: str) -> str:
    """The eleven digits of a mainland mobile number, however it was typed: full-width, blanks, dashes, +86, 0086.

    Raises PhoneWrong. Only the form is checked (1, then 3 to 9, then nine digits): new number blocks appear every year.
    """
    plain = re.sub(r"[\s\-().·]", "", unicodedata.normalize("NFKC", typed))
    found = MOBILE.fullmatch(plain)
    if found is None:
        raise PhoneWrong
    return found[1]


def read_code(typed: str) -> str:
    """The six digits of a code as typed: full-width digits and blanks are welcome. Raises CodeIncomplete."""
    plain = "".join(unicodedata.normalize("NFKC", typed).split())
    if len(plain) != CODE_DIGITS or not (plain.isascii() and plain.isdigit()):
        raise CodeIncomplete
    return plain


def code_hash(code: str, *, attempt: UUID, secret: bytes) -> str:
    """What is kept of a code, hex. Keyed, since a million plain hashes are tried in a second; bound to its row."""
    return hmac.new(secret, f"sign-in code {attempt} {code}".encode(), hashlib.sha256).hexdigest()


def wait_words(until: datetime, *, now: datetime) -> str:
    """A Beijing wall-clock time for "try again after": ``今天 10:32`` or ``明天 00:10``.

    until, now: datetimes in Beijing time, less than two days apart. Rounded up to the minute.
    """
    rounded = until.replace(second=0, microsecond=0)
    if rounded < until:
        rounded += timedelta(minutes=1)
    day = "今天" if rounded.date() == now.date() else "明天"
    return f"{day} {rounded:%H:%M}"
