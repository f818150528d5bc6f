"""Writing XLSX: texts stay texts, whatever they begin with."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import xlsxwriter


def write(path: Path, *, title: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """One sheet named ``title`` with a frozen header and a filter. Every cell is text, never a formula or a link."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(path, options) as book:
        sheet = book.add_worksheet(title[:31])
        bold = book.add_format({"bold": True, "bg_color": "#E8F0EC"})
        for column, head in enumerate(heads):
            sheet.set_column(column, column, max(10, min(48, 2 * len(head) + 8)))
            sheet.write_string(0, column, head, bold)
        last = 0
        for last, cells in enumerate(rows, 1):
            for column, cell in enumerate(cells):
                sheet.write_string(last, column, "" if cell is None else str(cell))
        sheet.freeze_panes(1, 0)
        if last:
            sheet.autofilter(0, 0, last, len(heads) - 1)
