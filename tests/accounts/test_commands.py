import asyncio
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
from click.testing import CliRunner

from backend.accounts import queries
from backend.accounts.commands import person_add
from backend.accounts.rules import Role
from backend.host import roles
from backend.kit import db
from backend.kit.errors import DomainError
from tests.accounts import make
from tests.conftest import City


class Running:
    """A city whose database is up: what a command is given."""

    def __init__(self, url: str) -> None:
        self.url = url

    def run(self, work: Any, *args: object, **named: object) -> Any:
        async def in_pool() -> Any:
            async with db.pool(self.url, size=2):
                return await work(*args, **named)

        return asyncio.run(in_pool())


@pytest.fixture
def running(city: City) -> Iterator[Running]:
    """A database of the commands' own: they commit."""
    settings = city.settings("commands")
    asyncio.run(_execute(city, "CREATE DATABASE commands TEMPLATE bihuan"))
    asyncio.run(roles.ensure(settings.owner_database_url, secret=settings.secret))
    yield Running(settings.database_url)
    asyncio.run(_execute(city, "DROP DATABASE commands WITH (FORCE)"))


async def _execute(city: City, statement: str) -> None:
    owner = await asyncpg.connect(city.postgres.url("postgres"))
    await owner.execute(statement)
    await owner.close()


def add(running: Running, *arguments: str) -> Any:
    return CliRunner().invoke(person_add, list(arguments), obj=running)


def desks(running: Running, phone: str) -> list[tuple[Role, str | None]]:
    async def asked() -> list[tuple[Role, str | None]]:
        person = db.found(await queries.person_by_phone(phone))
        return [(desk.role, desk.department) for desk in await queries.desks_of(person.id)]

    return running.run(asked)


def test_the_first_administrator_is_added_and_adding_again_changes_nothing(running):
    phone = make.phone()

    for _ in range(2):
        done = add(running, f"+86 {phone}", "赵守正", "--role", "system_admin")
        assert done.exit_code == 0, done.output
        assert "已添加：赵守正" in done.output
        assert phone not in done.output

    assert desks(running, phone) == [(Role.SYSTEM_ADMIN, "guidance_office")]


def test_one_person_may_get_several_desks(running):
    phone = make.phone()

    for arguments in (
        ["--role", "officer", "--department", "fire"],
        ["--role", "guidance_office"],
        ["--role", "owner"],
    ):
        assert add(running, phone, "王建安", *arguments).exit_code == 0

    assert {role for role, _ in desks(running, phone)} == {Role.OFFICER, Role.GUIDANCE_OFFICE, Role.OWNER}


@pytest.mark.parametrize(
    ("phone", "arguments", "says"),
    [
        ("123", ["--role", "owner"], "11位"),
        ("13800011111", ["--role", "officer"], "部门"),
        ("13800011111", ["--role", "officer", "--department", "no_such"], "部门"),
    ],
)
def test_what_is_wrong_is_said_in_words(running, phone, arguments, says):
    done = add(running, phone, "王建安", *arguments)

    assert isinstance(done.exception, DomainError)
    assert says in done.exception.text


def test_an_unknown_role_is_refused_with_the_list(running):
    done = add(running, "13800011111", "王建安", "--role", "king")

    assert done.exit_code == 2
    assert "system_admin" in done.output
