"""``bihuan load registry``."""

from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from backend.enterprises import actions, registry_file, rules
from backend.enterprises.actions import Report
from backend.kit import clock, sheets
from backend.kit.errors import DomainError

HEADS = ("行号", "企业名称", "统一社会信用代码", "没有采用的原因")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="只检查并报告，不写入")
@click.option("--json", "as_json", is_flag=True, help="只输出一行 JSON")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="逐行报告（XLSX），默认放在数据目录")
@click.pass_obj
def load_registry(city: Any, *, file: Path, dry_run: bool, as_json: bool, report: Path | None) -> None:
    """装入登记机关导出的企业数据（CSV 或 XLSX），不合格的行写明原因，不影响其他行。"""
    with _progress(quiet=as_json) as shown:
        task = shown.add_task("检查" if dry_run else "装入", total=None)
        rows = registry_file.rows(file)
        try:
            done: Report = city.run(
                actions.load_registry,
                rows,
                source=file.name,
                now=clock.now(),
                dry_run=dry_run,
                progress=lambda counted: shown.update(task, completed=counted.rows),
            )
        except DomainError as refusal:
            raise click.ClickException(refusal.text) from None
        shown.update(task, completed=done.rows, total=done.rows)
    written = _write(done, report or city.data / "reports" / f"{file.stem}.xlsx") if done.refused or report else None
    click.echo(_json(done) if as_json else _words(done, written, dry_run=dry_run))


def _progress(*, quiet: bool) -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("行"),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=Console(stderr=True), disable=quiet)


def _write(done: Report, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = ((one.row, one.name, one.uscc, rules.REASON_WORDS[one.reason]) for one in done.refusals)
    sheets.write(path, title="没有采用的行", heads=HEADS, rows=rows)
    return path


def _json(done: Report) -> str:
    counts = {
        "rows": done.rows,
        "blank": done.blank,
        "accepted": done.accepted,
        "updated": done.updated,
        "refused": done.refused,
        "reasons": dict(sorted(done.reasons.items())),
    }
    return msgspec.json.encode(counts).decode()


def _words(done: Report, written: Path | None, *, dry_run: bool) -> str:
    lines = [
        f"共{done.rows}行：新增{done.accepted}，更新{done.updated}，没有采用{done.refused}，空行{done.blank}",
        *(f"  {rules.REASON_WORDS[rules.Reason(reason)]}：{count}行" for reason, count in done.reasons.most_common()),
    ]
    if written:
        lines.append(f"逐行报告：{written}")
    if dry_run:
        lines.append("以上只是预演，没有写入")
    return "\n".join(lines)
