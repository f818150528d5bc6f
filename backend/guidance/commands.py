"""``bihuan load catalogue``."""

from pathlib import Path
from typing import Any

import click

from backend.guidance.actions import catalogue as actions
from backend.guidance.rules.catalogue import Change
from backend.kit import clock

CHANGE_WORDS = {Change.NEW: "新增", Change.CHANGED: "更新", Change.SAME: "没有变化", Change.RETIRED: "停用"}


@click.command()
@click.argument("directory", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="只检查并说明会有什么变化，不写入")
@click.option("--shipped", is_flag=True, help="重新采用随版本提供的目录，取代本市自己的目录")
@click.pass_obj
def load_catalogue(city: Any, *, directory: Path | None, dry_run: bool, shipped: bool) -> None:
    """装入 DIRECTORY 中的指导服务事项目录（每个场景一个 .toml 文件），有变化的场景成为新的版本。

    不写 DIRECTORY 时装入随版本提供的目录；本市装入过自己的目录后，版本升级不再改动它。
    """
    files = None
    if directory is not None:
        files = {file.name: _text(file) for file in sorted(directory.glob("*.toml"))}
    published = city.run(
        actions.load_catalogue, files=files, dry_run=dry_run, shipped=shipped or dry_run, now=clock.now()
    )
    for one in published:
        click.echo(f"{CHANGE_WORDS[one.change]}　{one.title}（{one.code}，第{one.version}版）")
    if not published:
        click.echo("没有变化")
    elif dry_run:
        click.echo("以上只是预演，没有写入")


def _text(file: Path) -> str:
    """UTF-8, with or without the mark that Windows editors put first."""
    try:
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise click.ClickException(f"{file.name} 不是 UTF-8 编码，请用 UTF-8 另存一次") from None
