"""Every kind of notice there is: how loud, how long it stays worth sending, and what its text needs. Pure.

The text of ``visit.booked`` is ``web/templates/guidance/notice_visit_booked.txt``: first line the title, the rest the
body. A new kind is one entry here and one text.
"""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from backend.accounts.rules import Role

Scalar = str | int | float | bool | None
MINUTES, HOURS, DAYS = 60, 3_600, 86_400

# The only names a notice's facts may have: plain facts of record. What a person told guidance has no place here.
FACTS = frozenset(
    {
        "number",  # ZD-2026-000123
        "enterprise",  # its name
        "day",  # ISO date, Beijing
        "half",  # 上午 or 下午
        "was_day",  # before a rescheduling
        "was_half",
        "departments",  # short names, joined by 、
        "deadline",  # ISO date, the last day
        "basis",  # the clause that sets the deadline
        "unit",  # the department that acted
        "items",  # how many
    }
)


class Group(StrEnum):
    """The three drawers of the inbox."""

    TODO = "todo"
    PROGRESS = "progress"
    NEWS = "news"


GROUP_NAMES = {Group.TODO: "待处理", Group.PROGRESS: "进度", Group.NEWS: "公告"}


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """How one kind of notice behaves."""

    name: str  # Chinese, for settings and the administrator
    domain: str  # whose templates folder holds its text
    to: frozenset[Role]  # whose settings list it; who is told is the caller's business
    group: Group = Group.PROGRESS
    urgent: bool = False  # a lane of its own, no quiet hours, Urgency: high
    statutory: bool = False  # cannot be muted
    sms: bool = False  # an SMS goes out when no device took the push
    ttl_s: int = 3 * DAYS  # how long a push service keeps it for a phone that is asleep
    collapse: bool = True  # a later one about the same thing replaces it on the phone
    needs: frozenset[str] = frozenset()


OWNERS, TEAM, OFFICE = frozenset({Role.OWNER}), frozenset({Role.OFFICER}), frozenset({Role.GUIDANCE_OFFICE})
EVERYBODY = frozenset(Role)
VISIT = frozenset({"number", "enterprise", "day", "half"})

KINDS: dict[str, Kind] = {
    "visit.booked": Kind(name="预约已提交", domain="guidance", to=OWNERS | OFFICE, needs=VISIT),
    "visit.to_accept": Kind(name="有预约待受理", domain="guidance", to=OFFICE, group=Group.TODO, needs=VISIT),
    "visit.accept_overdue": Kind(
        name="受理超时", domain="guidance", to=OFFICE, group=Group.TODO, statutory=True, needs=VISIT
    ),
    "visit.accepted": Kind(name="预约已受理", domain="guidance", to=OWNERS | TEAM, needs=VISIT),
    "visit.to_attend": Kind(name="有上门任务", domain="guidance", to=TEAM, group=Group.TODO, needs=VISIT),
    "visit.returned": Kind(name="预约被退回", domain="guidance", to=OWNERS, group=Group.TODO, needs=VISIT),
    "visit.officer_replaced": Kind(name="人员调整", domain="guidance", to=OWNERS | TEAM, needs=VISIT),
    "visit.rescheduled": Kind(name="预约改期", domain="guidance", to=OWNERS | TEAM | OFFICE, sms=True, needs=VISIT),
    "visit.cancelled": Kind(name="预约取消", domain="guidance", to=OWNERS | TEAM | OFFICE, sms=True, needs=VISIT),
    "visit.reminder": Kind(
        name="上门前提醒",
        domain="guidance",
        to=OWNERS | TEAM,
        group=Group.TODO,
        ttl_s=18 * HOURS,
        needs=VISIT,
    ),
    "visit.arrived": Kind(
        name="人员已到场", domain="guidance", to=OWNERS, urgent=True, ttl_s=30 * MINUTES, needs=VISIT
    ),
    "visit.opinion_issued": Kind(
        name="书面意见",
        domain="guidance",
        to=OWNERS,
        group=Group.TODO,
        statutory=True,
        sms=True,
        ttl_s=7 * DAYS,
        needs=VISIT,
    ),
    "visit.closed": Kind(name="指导已办结", domain="guidance", to=OWNERS | TEAM, needs=VISIT),
    "visit.rate_please": Kind(name="请您评价", domain="guidance", to=OWNERS, group=Group.TODO, needs=VISIT),
    "visit.confirmed": Kind(name="企业已确认意见", domain="guidance", to=TEAM | OFFICE, needs=VISIT),
    "visit.corrected": Kind(name="企业已改好", domain="guidance", to=TEAM | OFFICE, needs=VISIT),
    "visit.opinion_due": Kind(
        name="意见待出具", domain="guidance", to=TEAM, group=Group.TODO, statutory=True, needs=VISIT | {"deadline"}
    ),
    "visit.correct_soon": Kind(
        name="快到改好的期限", domain="guidance", to=OWNERS, group=Group.TODO, sms=True, needs=VISIT | {"deadline"}
    ),
    "rating.bad": Kind(
        name="有差评待联系", domain="ratings", to=OFFICE, group=Group.TODO, needs=frozenset({"deadline"})
    ),
    "enterprise.claimed": Kind(name="企业关联", domain="enterprises", to=OWNERS, needs=frozenset({"enterprise"})),
    "notice.test": Kind(
        name="测试通知", domain="notices", to=EVERYBODY, group=Group.NEWS, urgent=True, ttl_s=5 * MINUTES
    ),
}


def file_of(kind: str) -> str:
    """The template of a kind's text, from the templates' root."""
    return f"{KINDS[kind].domain}/notice_{kind.replace('.', '_')}.txt"


def kinds_of(group: Group) -> list[str]:
    """The kinds in one drawer of the inbox."""
    return [name for name, kind in KINDS.items() if kind.group is group]


def urgent_kinds() -> list[str]:
    return [name for name, kind in KINDS.items() if kind.urgent]


def first_group(wanted: Group | None, *, unread: Mapping[Group, int]) -> Group:
    """The drawer to open: the one asked for, else the first with something unread, else what is still to do."""
    return wanted or next((group for group in Group if unread.get(group)), Group.TODO)
