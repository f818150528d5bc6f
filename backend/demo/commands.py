"""``bihuan load demo``: fill an empty city."""

import click

from backend import demo
from backend.host.city import City
from backend.host.content import ACCOUNTS
from backend.kit import clock


@click.command("demo")
@click.pass_obj
def load_demo(city: City) -> None:
    """装入演示城市：乡镇、部门、执法人员、企业和几个月的预约（仅限空数据库）"""
    accounts = city.run(demo.load, now=clock.now())
    lines = ["演示账号（短信验证码看 /dev/sms）：", *map(str, accounts)]
    (city.data / ACCOUNTS).write_text("\n".join(lines) + "\n", encoding="utf-8")
    click.echo("\n".join(lines))
