"""People, what they may do, and the terms of signing in. Pure."""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import quote, urlsplit
from uuid import UUID

import msgspec

from backend.kit.errors import DomainError

CODE_DIGITS = 6
CODE_LASTS = timedelta(minutes=5)
CODE_TRIES = 5
ATTEMPT_LASTS = timedelta(minutes=30)  # how long the page for the code still knows the number it was sent to
SESSION_LASTS = timedelta(days=30)
SESSION_TOUCHED_EVERY = timedelta(hours=1)  # how exact `seen_at` is; each touch moves the end
NEXT_LONGEST = 500


NAME_LONGEST = 40
MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9][0-9]{9})")

# What browsers call themselves, the particular before the general: nearly all also claim to be Chrome or Safari.
BROWSERS = (
    ("MicroMessenger", "微信"),
    ("TaurusApp", "浙政钉"),
    ("DingTalk", "钉钉"),
    ("AlipayClient", "支付宝"),
    ("HuaweiBrowser", "华为浏览器"),
    ("MiuiBrowser", "小米浏览器"),
    ("QQBrowser", "QQ浏览器"),
    ("UCBrowser", "UC浏览器"),
    ("Quark", "夸克"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "苹果手机"),
    ("iPad", "iPad"),
    ("HarmonyOS", "鸿蒙手机"),
    ("OpenHarmony", "鸿蒙手机"),
    ("Android", "安卓手机"),
    ("Windows", "Windows 电脑"),
    ("Macintosh", "苹果电脑"),
    ("Linux", "Linux 电脑"),
)


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


class Level(StrEnum):
    """How high a region stands."""

    CITY = "city"
    COUNTY = "county"
    TOWNSHIP = "township"


class Role(StrEnum):
    """A hat that a person wears; one person may hold several and sits at one desk at a time."""

    OWNER = "owner"
    OFFICER = "officer"
    GUIDANCE_OFFICE = "guidance_office"
    SYSTEM_ADMIN = "system_admin"


class Permission(StrEnum):
    """What a desk may do; which role holds which is data (`role_permission`)."""

    VISIT_BOOK = "visit.book"
    VISIT_RATE = "visit.rate"
    VISIT_DECIDE = "visit.decide"
    VISIT_HOLD = "visit.hold"
    ENTERPRISE_CLAIM = "enterprise.claim"
    ENTERPRISE_READ = "enterprise.read"
    NOTICE_REPAIR = "notice.repair"
    PERSON_MANAGE = "person.manage"


KNOWN_PERMISSIONS = frozenset(one.value for one in Permission)


class Actor(msgspec.Struct, frozen=True):
    """Somebody signed in, at one desk. Queries take it as ``viewer``, actions as ``actor``."""

    person_id: UUID
    name: str  # empty until told
    phone: str  # eleven digits
    role: Role
    grant_id: UUID
    department: str | None = None  # its code; officials only
    permissions: frozenset[Permission] = frozenset()

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions


class RegionEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A region as the data file names it."""

    code: str
    name: str
    level: Level
    parent: str = ""


class DepartmentEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A department as the data file names it; its place in the file is its place in lists."""

    code: str
    name: str
    short_name: str
    region: str
    phone: str = ""


class RoleEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A role as the data file names it."""

    code: Role
    name: str
    permissions: list[Permission]


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


class NotAllowed(DomainError):
    status = 403
    message = "您现在的身份不能办理这一项。如果您有多个身份，可以在“我的”里切换"


class DepartmentWrong(DomainError):
    field = "department"
    message = "请写明所在部门的代码（见 backend/accounts/data/departments.toml）；企业身份不属于任何部门"


def permissions_of(rows: Iterable[str]) -> frozenset[Permission]:
    """The permissions in rows of the database. One that only the next release knows is passed over, not fatal."""
    return frozenset(Permission(one) for one in rows if one in KNOWN_PERMISSIONS)


def check_grant(*, role: Role, department: str | None) -> None:
    """Officials sit in a department, owners in none. Raises DepartmentWrong."""
    if (role is Role.OWNER) != (department is None):
        raise DepartmentWrong


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


def session_hash(cookie: str) -> str:
    """What is kept of a session's secret, hex. Unkeyed: 256 random bits cannot be guessed."""
    return hashlib.sha256(cookie.encode("utf-8", "replace")).hexdigest()


def device_key(id_hash: str) -> str:
    """How a form names a session: enough of its hash to tell one person's sessions apart."""
    return id_hash[:16]


def safe_next(wanted: str) -> str:
    """Where to go after signing in: a path of this site that is not on the way in or out, else the home page."""
    path = local_path(wanted)
    ways_round = ("/sign-in", "/sign-out", "/desk", "/preferences", "/api", "/static")
    return (
        "/"
        if path.startswith(tuple(f"{way}{end}" for way in ways_round for end in "/?#")) or path in ways_round
        else path
    )


def local_path(wanted: str) -> str:
    """A path of this site, ASCII, or the home page for anything else that somebody put there."""
    plain = wanted.strip()
    if not plain.startswith("/") or plain.startswith("//") or len(plain) > NEXT_LONGEST:
        return "/"
    if "\\" in plain or any(ord(letter) < 0x21 or ord(letter) == 0x7F for letter in plain):
        return "/"
    try:
        parts = urlsplit(plain)
    except ValueError:
        return "/"
    if parts.scheme or parts.netloc:
        return "/"
    return quote(plain, safe="/%?&=#+:,;@!$'()*~[]")


def device_words(user_agent: str) -> str:
    """A browser in words its owner knows: ``微信 · 安卓手机``. Guesses from the name it gives itself."""
    browser = next((words for mark, words in BROWSERS if mark in user_agent), "浏览器")
    system = next((words for mark, words in SYSTEMS if mark in user_agent), "")
    return f"{browser} · {system}" if system else browser


def wait_words(until: datetime, *, now: datetime) -> str:
    """A Beijing wall-clock time for "try again after": ``今天 10:32`` or ``明天 00:10``.

    until, now: datetimes in Beijing time, less than two days apart. Rounded up to the minute.
    """
    rounded = until.replace(second=0, microsecond=0)
    if rounded < until:
        rounded += timedelta(minutes=1)
    day = "今天" if rounded.date() == now.date() else "明天"
    return f"{day} {rounded:%H:%M}"
