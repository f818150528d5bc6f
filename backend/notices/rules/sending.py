"""What may be said, when it is sent, and what happens after a try. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from backend.kit.errors import DomainError
from backend.notices.rules.kinds import FACTS, KINDS, Group, Kind, Scalar
from backend.standards.rules import NoticePolicy

BEIJING = ZoneInfo("Asia/Shanghai")
MAX_ATTEMPTS = 6  # waits of 1, 2, 4, 8, 16 minutes lie between them
LEASE = timedelta(minutes=5)  # far longer than a batch takes; a dead worker's notices come back after it
LONGEST_WAIT = timedelta(hours=1)  # however long a push service asks us to stay away
MAX_FACT = 200  # characters: a name fits, a story does not
MAX_PATH = 200
USUAL_QUIET = NoticePolicy(quiet_from=time(21), quiet_until=time(8))  # where the city has not loaded its own


class NoticeState(StrEnum):
    """QUEUED is the only state that is not terminal."""

    QUEUED = "queued"
    SENT = "sent"  # a device or an SMS gateway took it
    SHOWN = "shown"  # nothing to send to: the inbox alone
    DEAD = "dead"  # every rung was tried to its end


class Rung(StrEnum):
    """Where a notice goes; the inbox is not among them because it has it from the start."""

    PUSH = "push"
    SMS = "sms"


class Outcome(StrEnum):
    """What the other side said to one try."""

    TAKEN = "taken"
    GONE = "gone"  # the browser has unsubscribed: forget it
    FAILED = "failed"  # try again later
    REFUSED = "refused"  # will never be taken as it is: our key, our message or the address is wrong


class Tried(msgspec.Struct, frozen=True):
    """One try of one rung. ``status``: HTTP, None without an answer; ``wait``: how long the other side asks for."""

    outcome: Outcome
    rung: Rung = Rung.PUSH
    device: UUID | None = None
    status: int | None = None
    wait: timedelta | None = None
    why: str = ""


class Device(msgspec.Struct, frozen=True):
    """A browser that wants to be told. ``p256dh``, ``auth``: its public key and secret, base64url."""

    id: UUID
    endpoint: str
    p256dh: str
    auth: str


class Message(msgspec.Struct, frozen=True):
    """What a device is told. ``url``: absolute, opened by a tap; ``tag``: a later one with the same tag replaces it."""

    title: str
    body: str
    url: str
    tag: str
    ttl_s: int
    urgent: bool
    badge: int  # how many things wait for this person


class NextStep(msgspec.Struct, frozen=True):
    """The state after a try, and for QUEUED how long to wait."""

    state: NoticeState
    wait: timedelta | None = None


class Unsayable(Exception):
    """A caller's mistake: an unknown kind, a fact that is not a fact, a path that leaves the site."""


class NotDead(DomainError):
    message = "这条消息已经送达或正在发送，不需要重发"


class GroupNotMutable(DomainError):
    field = "group"
    message = "这一类消息不能静音"


def check_sayable(kind: str, *, facts: Mapping[str, Scalar], path: str) -> Kind:
    """The kind's entry. Raises Unsayable: this is the gate that keeps people's words out of notices.

    facts: only the names in ``kinds.FACTS``, scalars, texts of at most 200 characters in one line; all that the kind
    needs. path: from the site's root, at most 200 characters.
    """
    known = KINDS.get(kind)
    if known is None:
        raise Unsayable(f"unknown kind {kind!r}")
    if lacking := known.needs - facts.keys():
        raise Unsayable(f"{kind} needs the facts {sorted(lacking)}")
    for name, value in facts.items():
        if name not in FACTS:
            raise Unsayable(f"{name!r} is not a fact that a notice may carry")
        if isinstance(value, str) and (len(value) > MAX_FACT or "\n" in value):
            raise Unsayable(f"the fact {name!r} is too long to be a name, a date or a number")
    if not path.startswith("/") or path.startswith(("//", "/\\")) or len(path) > MAX_PATH:
        raise Unsayable(f"{path!r} is not a page of this site")
    return known


def send_at(wanted: datetime, *, urgent: bool, policy: NoticePolicy) -> datetime:
    """The first moment from ``wanted`` on outside the quiet hours; urgent notices ignore them.

    The quiet hours start at ``quiet_from`` and end just before ``quiet_until``, Beijing time; equal times mean none.
    Source: standards policies notice.quiet_from, notice.quiet_until.
    """
    if urgent or not is_quiet(wanted, policy=policy):
        return wanted
    local = wanted.astimezone(BEIJING)
    ends = datetime.combine(local.date(), policy.quiet_until, BEIJING)
    return (ends if ends > local else ends + timedelta(days=1)).astimezone(wanted.tzinfo)


def is_quiet(at: datetime, *, policy: NoticePolicy) -> bool:
    """Whether ``at`` lies in the quiet hours, which may run over midnight."""
    now, start, end = at.astimezone(BEIJING).time(), policy.quiet_from, policy.quiet_until
    return start <= now < end if start <= end else now >= start or now < end


def may_mute(group: Group) -> bool:
    """Whether a person may silence a group. Statutory kinds sound even in a silenced group."""
    return any(kind.group is group and not kind.statutory for kind in KINDS.values())


def may_push(kind: Kind, *, muted: bool) -> bool:
    """Whether devices are rung for this kind. Muting leaves the inbox and, for kinds that say so, the SMS."""
    return kind.statutory or not muted


def wants_sms(kind: Kind | None, tries: Sequence[Tried]) -> bool:
    """Whether the SMS rung follows: for kinds that say so, when no device took the push or there is none."""
    return kind is not None and kind.sms and all(tried.outcome is not Outcome.TAKEN for tried in tries)


def after_try(*, tries: Sequence[Tried], attempts: int) -> NextStep:
    """Decide what happens to a notice once every rung has been tried.

    attempts: tries made so far including this one, 1 or more.
    Waits double from 1 minute (1, 2, 4, 8, 16), longer when the other side asks for it, up to an hour; ends after
    6 attempts. A refusal that will never change ends at once unless another rung may still succeed.
    """
    outcomes = {tried.outcome for tried in tries}
    if Outcome.TAKEN in outcomes:
        return NextStep(NoticeState.SENT)
    if Outcome.FAILED in outcomes and attempts < MAX_ATTEMPTS:
        asked = max((tried.wait for tried in tries if tried.wait), default=timedelta())
        return NextStep(NoticeState.QUEUED, min(max(timedelta(minutes=2 ** (attempts - 1)), asked), LONGEST_WAIT))
    if outcomes & {Outcome.FAILED, Outcome.REFUSED}:
        return NextStep(NoticeState.DEAD)
    return NextStep(NoticeState.SHOWN)


def reason(tries: Sequence[Tried]) -> str:
    """Why it was not taken, for the administrator: each different answer once, at most 300 characters."""
    said = [tried.why for tried in tries if tried.outcome is not Outcome.TAKEN and tried.why]
    return "；".join(dict.fromkeys(said))[:300]


def when_words(at: datetime, *, now: datetime) -> str:
    """``今天 10:32``, ``昨天 10:32``, ``11月20日 10:32``, with the year when it is another one. Beijing time."""
    local, today = at.astimezone(BEIJING), now.astimezone(BEIJING).date()
    near = {0: "今天", 1: "昨天"}.get((today - local.date()).days)
    day = near or f"{local.month}月{local.day}日"
    return f"{day} {local:%H:%M}" if near or local.year == today.year else f"{local.year}年{day} {local:%H:%M}"


def receipt_words(
    *, state: NoticeState, ended_at: datetime | None, created_at: datetime, read: bool, now: datetime
) -> str:
    """``已送达 今天 10:32，未读``: when a device or the SMS gateway took it, else when the inbox had it."""
    delivered_at = ended_at if state is NoticeState.SENT and ended_at else created_at
    return f"已送达 {when_words(delivered_at, now=now)}，{'已读' if read else '未读'}"


def lag_words(seconds: float) -> str:
    """How long the oldest notice waits: ``没有积压``, ``不到1分钟``, ``12分钟``, ``3小时``."""
    if seconds <= 0:
        return "没有积压"
    minutes = int(seconds // 60)
    if minutes < 1:
        return "不到1分钟"
    return f"{minutes}分钟" if minutes < 120 else f"{minutes // 60}小时"


SYSTEMS = {"iPhone": "苹果手机", "iPad": "苹果平板", "HarmonyOS": "鸿蒙手机", "Android": "安卓手机"}
SYSTEMS |= {"Windows": "Windows 电脑", "Macintosh": "苹果电脑", "Linux": "电脑"}
BROWSERS = {"Edg": "Edge", "OPR": "Opera", "SamsungBrowser": "三星浏览器", "HuaweiBrowser": "华为浏览器"}
BROWSERS |= {"Firefox": "Firefox", "Chrome": "Chrome", "CriOS": "Chrome", "Safari": "Safari"}


def device_name(user_agent: str) -> str:
    """What a person calls a browser: ``安卓手机 · Chrome``. Browsers name their ancestors too, so the order counts."""
    system = next((name for mark, name in SYSTEMS.items() if mark in user_agent), "设备")
    browser = next((name for mark, name in BROWSERS.items() if mark in user_agent), "")
    return f"{system} · {browser}" if browser else system
