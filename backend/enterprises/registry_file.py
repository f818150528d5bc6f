"""The adapter for a bureau's file: CSV in UTF-8 or GB18030, or XLSX; row by row, a title above the header allowed."""

import codecs
import csv
import itertools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from backend.enterprises import rules
from backend.kit.errors import DomainError

HEADER_WITHIN = 10  # rows
BLOCK = 1 << 20  # bytes
ENCODINGS = ("utf-8-sig", "gb18030")
XLSX_MAGIC = b"PK\x03\x04"


class FileUnreadable(DomainError):
    message = "读不了这个文件：{why}"


def rows(
    path: Path, *, progress: Callable[[int], None] = lambda rows_read: None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows below the header with their number in the file (from 1), as field to value.

    Raises FileUnreadable for a file that is neither, rules.HeaderMissing when needed columns are not there.
    """
    with path.open("rb") as file:
        is_xlsx = file.read(4) == XLSX_MAGIC
    listed = _of_xlsx(path) if is_xlsx else _of_csv(path)
    numbered = enumerate(listed, 1)
    top = list(itertools.islice(numbered, HEADER_WITHIN))
    places, header_at = _header(cells for _, cells in top)
    for number, cells in itertools.chain(top[header_at:], numbered):
        yield number, {field: cells[place] if place < len(cells) else None for field, place in places.items()}
        progress(number)


def _header(top: Iterable[list[Any]]) -> tuple[dict[str, int], int]:
    """The columns, and how many rows stand up to and with the header."""
    best: tuple[dict[str, int], int] = ({}, 0)
    for at, cells in enumerate(top, 1):
        found = rules.columns(cells)
        if len(found) > len(best[0]):
            best = found, at
    rules.check_header(best[0])
    return best


def _of_csv(path: Path) -> Iterator[list[Any]]:
    with path.open(encoding=_encoding(path), newline="") as file:
        try:
            yield from csv.reader(file)
        except csv.Error as broken:
            raise FileUnreadable(why=f"不是逗号分隔的表格（{broken}）") from broken


def _encoding(path: Path) -> str:
    """The first encoding that the whole file is written in. UTF-8 goes first: GB18030 reads almost anything."""
    for encoding in ENCODINGS:
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            with path.open("rb") as file:
                while block := file.read(BLOCK):
                    decoder.decode(block)
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise FileUnreadable(why="文字编码既不是 UTF-8 也不是 GB18030")


def _of_xlsx(path: Path) -> Iterator[list[Any]]:
    """The first sheet. A formula comes as its text, so that a name which is one is refused instead of read as blank."""
    try:
        book = load_workbook(path, read_only=True, data_only=False)
    except (InvalidFileException, BadZipFile, KeyError, OSError, ValueError) as broken:
        raise FileUnreadable(why="不是完整的 XLSX 表格") from broken
    try:
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what the file says of its own size may be wrong
        for cells in sheet.iter_rows(values_only=True):
            yield list(cells)
    finally:
        book.close()
