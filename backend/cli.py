"""``bihuan``: the list of commands. Each lives in the commands.py of its domain and is imported when it is called.

A domain's command is a plain click command. It gets a ``backend.host.city.City`` by ``@click.pass_obj`` and runs its
one query or action in it; settings, servers, database pool and queue are then open, as the login of web and worker::

    @click.command()
    @click.argument("file", type=click.Path(exists=True, path_type=Path))
    @click.pass_obj
    def load_calendar(city: Any, *, file: Path) -> None:
        city.run(actions.load_calendar, file.read_text("utf-8"), file=file.name, now=clock.now())

``--data DIR`` is added to every command here; a DomainError is shown as one line and exit code 1.
"""

import importlib
from pathlib import Path

import click

from backend.host.city import City
from backend.host.processes import HostProblem
from backend.kit.errors import DomainError
from backend.settings import SettingsWrong

# name: (where, what the list says about it); the list can then be shown without importing them.
COMMANDS = {
    "run": ("backend.host.commands:run", "启动整座城市：数据库、队列、网站、后台任务"),
    "serve": ("backend.host.commands:serve", "只启动网站"),
    "worker": ("backend.host.commands:worker", "只启动后台任务"),
    "migrate": ("backend.host.commands:migrate", "升级数据库结构，建立数据库角色"),
    "status": ("backend.host.commands:status", "城市是否在运行，各部分是否正常"),
    "backup": ("backend.host.commands:backup", "备份数据库、文件和密钥"),
    "restore": ("backend.host.commands:restore", "从备份恢复"),
    "clock": ("backend.standards.commands:clock", "计算期限的最后一日"),
}
LOAD = {
    "registry": ("backend.enterprises.commands:load_registry", "企业登记数据（CSV 或 XLSX）"),
    "calendar": ("backend.standards.commands:load_calendar", "一年的放假调休安排"),
    "standards": ("backend.standards.commands:load_standards", "随版本提供的日历、依据和参数"),
    "catalogue": ("backend.guidance.commands:load_catalogue", "指导服务事项目录"),
    "demo": ("backend.demo.commands:load_demo", "演示城市"),
    "content": ("backend.host.commands:load_content", "数据库运行所需的全部内容"),
}
PERSON = {"add": ("backend.accounts.commands:person_add", "添加人员及其角色")}


class Listed(click.Group):
    """A group whose commands are named in a list, and imported when one of them is called."""

    def __init__(self, name: str, listed: dict[str, tuple[str, str]], *, help: str) -> None:
        super().__init__(name, help=help)
        self.listed = listed

    def list_commands(self, context: click.Context) -> list[str]:
        return [*self.listed, *super().list_commands(context)]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in self.listed:
            return super().get_command(context, name)
        module, _, attribute = self.listed[name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return _with_data(command)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        groups = [(name, command.get_short_help_str()) for name, command in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl([*((name, told) for name, (_, told) in self.listed.items()), *groups])


def _with_data(command: click.Command) -> click.Command:
    """Add ``--data``, which makes the City."""
    if not any(parameter.name == "data" for parameter in command.params):
        kind = click.Path(file_okay=False, path_type=Path)
        told = "数据目录"
        command.params.append(
            click.Option(["--data"], type=kind, default=Path(".data"), show_default=True, help=told, is_eager=True,
                         expose_value=False, callback=_open)
        )  # fmt: skip
    return command


def _open(context: click.Context, parameter: click.Parameter, data: Path) -> None:
    if not isinstance(context.obj, City):
        context.obj = City(data)


bihuan = Listed("bihuan", COMMANDS, help="闭环：县级市企业监管服务平台。")
bihuan.add_command(Listed("load", LOAD, help="装入数据"))
bihuan.add_command(Listed("person", PERSON, help="人员"))


def main() -> None:
    """The entry point: what went wrong on purpose is told in words, without a stack trace."""
    try:
        bihuan(prog_name="bihuan")
    except (HostProblem, SettingsWrong) as problem:
        raise SystemExit(f"错误：{problem}") from None
    except DomainError as refusal:
        raise SystemExit(f"错误：{refusal.text}") from None


if __name__ == "__main__":
    main()
