from piccolo.columns import UUID, Array, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Check
from piccolo.table import Table


class Rating(Table, tablename="rating", schema="ratings"):
    """One rating of one visit, behind a role of its own; no foreign key leads to who gave it."""

    id = UUID(primary_key=True, default=UUID4())
    visit = UUID(unique=True)
    stars = SmallInt()
    tags = Array(base_column=Varchar(length=30))
    words = Text(default="")
    rated_at = Timestamptz()

    rating_stars_known = Check((stars >= 1) & (stars <= 5))
