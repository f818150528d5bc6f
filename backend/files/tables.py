from piccolo.columns import UUID, Date, Integer, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Check
from piccolo.table import Table


class StoredFile(Table, tablename="stored_file"):
    """What was uploaded, without a word of what it shows: name and caption stay with the domain that owns it."""

    id = UUID(primary_key=True, default=UUID4())
    sha256 = Varchar(length=64, index=True)
    media_type = Varchar(length=60)
    size_bytes = Integer()
    width = Integer(null=True, default=None)  # pixels, pictures only
    height = Integer(null=True, default=None)
    uploaded_by = UUID(null=True, default=None, index=True)
    uploaded_at = Timestamptz()
    keep_until = Date(null=True, default=None)  # exclusive; None: as long as the record it belongs to

    stored_file_size_positive = Check(size_bytes > 0)
