"""People at desks, as tests of every domain need them."""

import itertools

from backend.accounts import actions
from backend.accounts.rules import Actor, Role
from tests.conftest import NOW

_numbers = itertools.count(1)


def phone() -> str:
    """A mobile number that no other test has."""
    return f"137{next(_numbers):08}"


async def owner(*, name: str = "李檀生") -> Actor:
    return await actions.admit(phone=phone(), name=name, role=Role.OWNER, now=NOW)


async def official(role: Role = Role.OFFICER, *, department: str = "fire", name: str = "王建安") -> Actor:
    return await actions.admit(phone=phone(), name=name, role=role, department=department, now=NOW)


async def office(*, name: str = "吴明理") -> Actor:
    return await official(Role.GUIDANCE_OFFICE, department="guidance_office", name=name)
