"""The demonstration city's enterprises, their sites, and the owners among the accounts."""

from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

import msgspec
from stdnum.cn import uscc

from backend.accounts.rules import Role
from backend.demo import people, words
from backend.demo.people import _uuid, copy
from backend.kit import codes, db
from backend.kit.codes import CROCKFORD

FIRMS = 2000
# The organisation's own check digit inside a credit code (GB 11714): weights, and the letters' values.
ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
BASE = "0123456789ABCDEFGHJKLMNPQRTUWXY"
# code, name, township, trade, whose: the firms of the accounts; credit codes of domain.md 14, valid and made up
OWN = (
    ("91330783MA00QA0142", "东阳市檀木轩家具有限公司", "330783118", "C2110", people.OWNER),
    ("91330783MA00QA022W", "东阳市横店光影影视文化有限公司", "330783123", "R8730", people.SECOND_OWNER),
    ("91330783MA00QA030P", "东阳市光影置景工程有限公司", "330783123", "E4790", people.SECOND_OWNER),
    (
        "91330783MA00QA057F",
        "东阳市南马红木雕刻有限公司",
        "330783118",
        "C2110",
        people.OWNER,
    ),  # not tied yet: to try claiming
)


class DemoFirm(msgspec.Struct, frozen=True):
    """A firm that visits can go to. owner: who books; a person of its own for each firm that ever booked."""

    id: UUID
    site: UUID
    trade: str
    region: str
    owner: UUID | None


async def load(random: Random, *, now: datetime) -> list[DemoFirm]:
    """Firms of all trades in every township, most with one site, some with two or three."""
    towns = {
        row["code"]: row["name"] for row in await db.fetch("SELECT code, name FROM region WHERE level = 'township'")
    }
    trades = {row["code"] for row in await db.fetch("SELECT code FROM trade")}
    kinds = [(code if code in trades else code[:3], kind, weight) for code, kind, weight in words.TRADES]
    firms, sites, owners, grants, ties, made = [], [], [], [], [], []
    by_phone: dict[str, UUID] = {}
    for at in range(FIRMS):
        code, name, town, trade, phone = _facts(random, at, towns, kinds)
        firm_id, site_id = _uuid(random), _uuid(random)
        contact = dict((row[0], row[1]) for row in people.ACCOUNTS).get(phone) or words.person(random)
        phone = phone or f"137{at:04d}{random.randrange(10**4):04d}"
        address = f"浙江省东阳市{towns[town]}{random.choice(words.ROADS)}{random.randint(1, 400)}号"
        founded = date(2000, 1, 1) + timedelta(days=random.randrange(9000))
        firms.append(
            (
                firm_id,
                code,
                name,
                trade,
                town,
                address,
                "active",
                contact,
                phone,
                founded,
                _door(random),
                now,
                "演示数据",
            )
        )
        sites.append((site_id, firm_id, "登记住所", address, town, True))
        for extra in range(random.choices((0, 1, 2), weights=(85, 12, 3))[0]):
            other = random.choice(sorted(towns))
            where = f"浙江省东阳市{towns[other]}{random.choice(words.ROADS)}{random.randint(1, 400)}号"
            sites.append((_uuid(random), firm_id, ("二厂区", "仓库")[extra], where, other, False))
        owner = None
        if at < 900 and code != OWN[3][0]:
            owner = by_phone.get(phone)
            if owner is None:
                owner = by_phone[phone] = _uuid(random)
                owners.append((owner, contact, phone, True, now))
                grants.append((_uuid(random), owner, Role.OWNER, None, now))
            ties.append((_uuid(random), firm_id, owner, "owner", now - timedelta(days=200)))
        made.append(DemoFirm(id=firm_id, site=site_id, trade=trade, region=town, owner=owner))
    await copy("person", "id name phone active created_at", owners)
    await copy("role_grant", "id person role department granted_at", grants)
    columns = (
        "id uscc name trade region address status contact_name contact_phone established_on door_code updated_at source"
    )
    await copy("enterprise", columns, firms)
    await copy("site", "id enterprise name address region main", sites)
    await copy("representative", "id enterprise person tie since", ties)
    return made


def _facts(
    random: Random, at: int, towns: dict[str, str], kinds: list[tuple[str, str, int]]
) -> tuple[str, str, str, str, str]:
    if at < len(OWN):
        return OWN[at]
    town = random.choice(sorted(towns))
    trade, kind, _ = random.choices(kinds, weights=[weight for _, _, weight in kinds])[0]
    return _credit_code(random), words.firm(random, towns[town], kind), town, trade, ""


def _credit_code(random: Random) -> str:
    """A valid code of this county that nobody was given."""
    org = "MA" + "".join(random.choice(BASE) for _ in range(6))
    rest = 11 - sum(int(letter, 36) * weight for letter, weight in zip(org, ORG_WEIGHTS, strict=True)) % 11
    front = f"91330783{org}{'X' if rest == 10 else 0 if rest == 11 else rest}"
    return front + uscc.calc_check_digit(front)


def _door(random: Random) -> str:
    # kit.codes draws from the system's randomness; here every start shall give the same city.
    return "".join(random.choice(CROCKFORD) for _ in range(len(codes.opaque())))
