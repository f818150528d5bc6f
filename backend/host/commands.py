"""The commands of ``bihuan`` that run the city: what ``scripts/*`` call."""

import asyncio
import contextlib
import io
import json
import os
import sys
from pathlib import Path

import click

from backend.host.city import City
from backend.kit import clock

PORT = click.IntRange(1, 65535)


@click.command()
@click.option("--port", default=8000, show_default=True, type=PORT)
@click.option("--host", "address", metavar="ADDRESS", help="本机在局域网中的地址：另以 HTTPS 服务同一网络的手机")
@click.option("--empty", is_flag=True, help="不装入演示城市")
@click.option("--demo", is_flag=True, help="向 DATABASE_URL 指定的空数据库装入演示城市")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="网站进程数")
@click.pass_obj
def run(city: City, *, port: int, address: str | None, empty: bool, demo: bool, workers: int) -> None:
    """启动整座城市：数据库、队列、网站、后台任务。"""
    from backend.host import supervisor  # noqa: PLC0415

    if empty and demo:
        raise click.UsageError("--empty 与 --demo 不能同时使用")
    wish = supervisor.Wish(city.data, port=port, workers=workers, address=address, empty=empty, demo=demo)
    sys.exit(supervisor.run(wish))


@click.command()
@click.option("--port", default=8000, show_default=True, type=PORT)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="进程数")
@click.option("--https", is_flag=True, help="使用数据目录中自建机构签发的证书")
@click.pass_obj
def serve(city: City, *, port: int, host: str, workers: int, https: bool) -> None:
    """只启动网站。"""
    from backend.host import certificates, web  # noqa: PLC0415

    certificate = certificates.for_address(city.data, host) if https else None
    public = certificates.authority(city.data).parent if https else None
    with city.open() as settings:
        web.serve(settings, host=host, port=port, workers=workers, certificate=certificate, public=public)


@click.command()
@click.pass_obj
def worker(city: City) -> None:
    """只启动后台任务。"""
    from backend import logs  # noqa: PLC0415
    from backend.worker import run as work  # noqa: PLC0415

    with city.open() as settings:
        logs.configure(process="worker")
        work(settings)


@click.command()
@click.pass_obj
def migrate(city: City) -> None:
    """升级数据库结构，建立数据库角色。"""
    from backend.host.city import ready_for_work  # noqa: PLC0415

    with city.open() as settings:
        asyncio.run(ready_for_work(settings, progress=click.echo))
    click.echo("数据库已是最新")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def backup(city: City, *, file: Path) -> None:
    """把数据库、文件和密钥存成一个归档文件 FILE。"""
    from backend.host import archive  # noqa: PLC0415

    with city.open() as settings:
        archive.write(settings, file)
    click.echo(f"已备份到 {file}（{file.stat().st_size / 1e6:.1f} MB），内含密钥，请妥善保管")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.pass_obj
def restore(city: City, *, file: Path) -> None:
    """从归档文件 FILE 恢复到一个空的数据目录。"""
    from backend.host import archive  # noqa: PLC0415

    archive.restore(city.data, file, dict(os.environ))
    click.echo(f"已恢复到 {city.data}")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="输出一行 JSON")
@click.pass_obj
def status(city: City, *, as_json: bool) -> None:
    """这个数据目录的城市是否在运行，各部分是否正常。"""
    from backend.host import probe  # noqa: PLC0415

    found = probe.running(city.data)
    if found is None:
        click.echo(json.dumps({"running": False}) if as_json else f"{city.data} 没有在运行")
        sys.exit(1)
    supervisor, answered, parts = found
    if as_json:
        told = {"running": True, "url": supervisor.url, "pid": supervisor.pid, "status": answered, "health": parts}
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        click.echo(f"运行中：{supervisor.url}（进程 {supervisor.pid}）")
        for name, part in parts.items() if isinstance(parts, dict) else ():
            more = "，".join(f"{key} {value}" for key, value in part.items() if key != "ok")
            click.echo(f"  {name:9}{'正常' if part['ok'] else '不正常'}{'（' + more + '）' if more else ''}")
    sys.exit(0 if answered == 200 else 1)


@click.command(hidden=True)
@click.option("--demo", is_flag=True)
@click.pass_context
def load_content(context: click.Context, *, demo: bool) -> None:
    """Everything that a database needs, in one process: the supervisor calls it when something is missing."""
    from backend.accounts import actions as accounts  # noqa: PLC0415

    city, root = context.obj, context.find_root().command
    with city.open():
        _call(root, city, "load", "standards")
        city.run(accounts.load_ground, now=clock.now())
        _call(root, city, "load", "catalogue")
        if demo:
            with contextlib.redirect_stdout(io.StringIO()):  # the supervisor names the accounts after Ready
                _call(root, city, "load", "demo")


def _call(root: click.Command, city: City, *words: str) -> None:
    root.main([*words, "--data", str(city.data)], standalone_mode=False, obj=city)
