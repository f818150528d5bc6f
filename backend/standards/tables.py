from piccolo.columns import JSONB, Boolean, Date, SmallInt, Text, Timestamptz, Varchar
from piccolo.table import Table


class Policy(Table, tablename="policy"):
    """One number or list that a law or the city sets, with its source beside it."""

    key = Varchar(length=60, primary_key=True)
    value = JSONB()
    unit = Varchar(length=20, default="")
    title = Varchar(length=100)
    source = Text()
    verified = Boolean(default=False)


class CalendarYear(Table, tablename="calendar_year"):
    """A year whose holiday notice is loaded; deadlines in other years are provisional."""

    year = SmallInt(primary_key=True)
    source = Text()
    loaded_at = Timestamptz()


class CalendarDay(Table, tablename="calendar_day"):
    """A day of a holiday (weekend days among them) or a weekend day that works.

    Years not in calendar_year hold their statutory days off alone: what can be known before the arrangement.
    """

    day = Date(primary_key=True)
    working = Boolean()
    name = Varchar(length=40, default="")


class Basis(Table, tablename="basis"):
    """A clause of a law or standard in one version, e.g. ``ECO-214``."""

    code = Varchar(length=40, primary_key=True)
    title = Varchar(length=200)
    article = Varchar(length=60, default="")
    text = Text(default="")
    version = Varchar(length=60, default="")
    valid_from = Date(null=True, default=None)
    valid_until = Date(null=True, default=None)  # exclusive: the first day it no longer holds
    source = Text(default="")
    verified = Boolean(default=False)


class Trade(Table, tablename="trade"):
    """An industry code of GB/T 4754-2017: a section letter alone or followed by two to four digits."""

    code = Varchar(length=5, primary_key=True)
    name = Varchar(length=80)


class LoadedContent(Table, tablename="loaded_content"):
    """Which version of a shipped data file this database holds, so that a start costs nothing when nothing changed."""

    name = Varchar(length=80, primary_key=True)
    sha256 = Varchar(length=64)
    loaded_at = Timestamptz()
