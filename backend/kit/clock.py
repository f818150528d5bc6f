"""The time of day, asked for in one place, and Beijing time for people."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")
WEEKDAYS = "一二三四五六日"


def now() -> datetime:
    """The present moment, aware, in UTC. Only app.py, worker.py and jobs call it; everybody else is passed ``now``."""
    return datetime.now(UTC)


def beijing(at: datetime) -> datetime:
    return at.astimezone(BEIJING)


def beijing_date(at: datetime) -> date:
    return at.astimezone(BEIJING).date()


def at_beijing(day: date, hour: int, minute: int = 0) -> datetime:
    """The moment of a Beijing wall-clock time, in UTC."""
    return datetime.combine(day, time(hour, minute), BEIJING).astimezone(UTC)


def day_words(day: date) -> str:
    """``11月23日 周一``"""
    return f"{day.month}月{day.day}日 周{WEEKDAYS[day.weekday()]}"


def date_words(day: date) -> str:
    """``2026年11月23日``"""
    return f"{day.year}年{day.month}月{day.day}日"


def time_words(at: datetime) -> str:
    """``09:05``, Beijing time."""
    local = beijing(at)
    return f"{local.hour:02}:{local.minute:02}"


def moment_words(at: datetime) -> str:
    """``2026年11月23日 周一 09:05``"""
    local = beijing(at)
    return f"{local.year}年{day_words(local.date())} {local:%H:%M}"
