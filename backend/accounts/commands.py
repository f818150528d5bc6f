"""``bihuan person add``."""

from typing import Any

import click

from backend.accounts.rules import Role
from backend.kit import clock, masks

ROLES = click.Choice([role.value for role in Role])


@click.command()
@click.argument("phone", metavar="手机号")
@click.argument("name", metavar="姓名")
@click.option("--role", required=True, type=ROLES, help="身份")
@click.option("--department", help="所在部门的代码，见 backend/accounts/data/departments.toml")
@click.pass_obj
def person_add(city: Any, *, phone: str, name: str, role: str, department: str | None) -> None:
    """添加一个人员或给已有的人员加一个身份；他用这个手机号登录。

    企业身份不写部门。系统管理员和指导办默认属于指导办。
    """
    from backend.accounts import actions  # noqa: PLC0415 - Piccolo: `bihuan --help` must not wait for it

    given = Role(role)
    at_office = given in (Role.SYSTEM_ADMIN, Role.GUIDANCE_OFFICE) and not department
    seat = "guidance_office" if at_office else department
    actor = city.run(_admit, actions, phone=phone, name=name, role=given, department=seat)
    click.echo(f"已添加：{actor.name} {masks.phone(actor.phone)} {role}{f'（{seat}）' if seat else ''}")


async def _admit(actions: Any, *, phone: str, name: str, role: Role, department: str | None) -> Any:
    """A new city may not know its departments yet."""
    await actions.load_ground(now=clock.now())
    return await actions.admit(phone=phone, name=name, role=role, department=department, now=clock.now())
