"""The demonstration city: people, officers, firms and months of visits, the same for every start on the same day.

Imported by cli.py alone. Everything is written in one transaction, so that a city is loaded whole or not at all.
"""

from datetime import datetime
from random import Random

import msgspec

from backend.demo import firms, people, visits
from backend.kit import db
from backend.kit.errors import DomainError

SEED = 20261123


class NotEmpty(DomainError):
    message = "数据库里已经有人员，不能再装入演示城市"


class Account(msgspec.Struct, frozen=True):
    """Somebody who can sign in to look around."""

    phone: str
    name: str
    desks: str

    def __str__(self) -> str:
        return f"  {self.phone}  {self.name}  {self.desks}"


async def load(*, now: datetime) -> list[Account]:
    """Fill an empty database; returns who can sign in. Raises NotEmpty when it holds people already."""
    random = Random(SEED)
    async with db.transaction(desk=db.Desk.GUIDANCE):
        if await db.connection().fetchval("SELECT EXISTS (SELECT FROM person)"):
            raise NotEmpty
        staffed = await people.load(random, now=now)
        registered = await firms.load(random, now=now)
        await visits.load(random, officers=staffed, firms=registered, now=now)
    return [Account(*one) for one in people.ACCOUNTS]
