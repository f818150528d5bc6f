"""``bihuan clock``, ``bihuan load standards``, ``bihuan load calendar``."""

import re
from datetime import date, datetime
from pathlib import Path
from typing import Any, NoReturn

import click

from backend.kit import clock as time_of_day
from backend.kit import workdays
from backend.kit.workdays import BadSpan, Calendar, Unit
from backend.standards import content

SHAPES = "日期写成 2026-09-28，时刻写成 2026-09-28T09:30"


@click.command(short_help="计算期限的最后一日")
@click.argument("start")
@click.argument("term")
@click.pass_obj
def clock(city: Any, *, start: str, term: str) -> None:
    """计算从 START 起算、为期 TERM 的期限的最后一日。

    TERM：5wd（工作日）、15d（自然日）、3m（月）、1y（年），或从时刻起算的 24h（小时）。

    起算当日不计入，末日遇休息日顺延；涉及尚未公布放假安排的年份时，后面加 provisional。
    城市在运行时用它的日历，否则用随版本提供的日历。
    """
    try:
        span = workdays.parse(term)
        click.echo(_end_in_hours(start, span.count) if span.unit is Unit.HOURS else _last_day(start, span, city))
    except BadSpan as problem:
        _refuse(str(problem))


@click.command()
@click.pass_obj
def load_standards(city: Any) -> None:
    """装入随版本提供的日历、依据、行业代码和参数；没有变化的文件跳过。"""
    from backend.standards import actions  # noqa: PLC0415 - Piccolo: `bihuan clock` must not wait for it

    changed = city.run(actions.load_shipped, now=time_of_day.now())
    click.echo(f"已装入：{'、'.join(changed)}" if changed else "没有变化")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def load_calendar(city: Any, *, file: Path) -> None:
    """装入 FILE（TOML）中一年的放假调休安排，样式见 backend/standards/data/calendar。"""
    from backend.standards import actions  # noqa: PLC0415 - as above

    notice = city.run(actions.load_calendar, _text(file), file=file.name, now=time_of_day.now())
    click.echo(f"已装入{notice.year}年：{notice.source}")


def _text(file: Path) -> str:
    """UTF-8, with or without the mark that Windows editors put first."""
    try:
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise click.ClickException(f"{file.name} 不是 UTF-8 编码，请用 UTF-8 另存一次") from None


def _last_day(start: str, span: workdays.Span, city: Any) -> str:
    start_on = _moment(start)[0]
    end = workdays.end_of(start_on, span, calendar=_calendar(city))
    return f"{end.last_on}{' provisional' if end.provisional else ''}"


def _end_in_hours(start: str, hours: int) -> str:
    """In the shape in which the start was given. Hours run on whatever the calendar says: never provisional."""
    start_on, at = _moment(start)
    if at is None:
        _refuse(f"小时期限要从时刻起算，例如 {start_on}T09:30")
    try:
        end = workdays.end_hours(at if at.tzinfo else at.replace(tzinfo=time_of_day.BEIJING), hours)
    except OverflowError:
        _refuse("期限超出了公元9999年")
    told = end if at.tzinfo else end.replace(tzinfo=None)
    shape = "minutes" if re.search(r"[T ]\d\d:\d\d(?!:)", start) else "auto"
    return told.isoformat(sep="T" if "T" in start.upper() else " ", timespec=shape)


def _moment(text: str) -> tuple[date, datetime | None]:
    """The date, and the moment when a time of day is given; Beijing time unless it names an offset."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            return date.fromisoformat(text), None
        if re.match(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d", text, re.ASCII):
            at = datetime.fromisoformat(text)
            return (at.astimezone(time_of_day.BEIJING) if at.tzinfo else at).date(), at
    except ValueError:
        pass
    _refuse(f"看不懂起算日“{text}”。{SHAPES}")


def _calendar(city: Any) -> Calendar:
    """The running city's own calendar; the shipped one where none runs."""
    if city is None or city.running() is None:
        return content.shipped_calendar()
    from backend.standards import queries  # noqa: PLC0415 - Piccolo: only with a database to ask

    try:
        calendar: Calendar = city.run(queries.calendar)
    except OSError:  # the environment names a database that does not answer
        return content.shipped_calendar()
    return calendar if calendar.years else content.shipped_calendar()


class BadInput(click.ClickException):
    """What was typed cannot be read: exit code 2, as click itself gives for a wrong option."""

    exit_code = 2


def _refuse(words: str) -> NoReturn:
    raise BadInput(words)
