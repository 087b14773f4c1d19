"""Workbooks (xlsx, and the older xls, xlsb and ods) through calamine: the first sheet that has rows.

Cells come out as text: dates as `2026-01-05 09:30:00`, whole numbers without a point. calamine holds a whole sheet in
memory, so a workbook that unpacks to more than one gigabyte is refused before it is opened.
"""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from sanban.intake.files.delimited import Row
from sanban.kernel.errors import SanbanError

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

MARKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
UNPACKED_LIMIT = 1 << 30
_EXAMPLE = "open it in a spreadsheet program and save it again as .xlsx or as CSV UTF-8"


def workbook_rows(path: Path) -> tuple[int, Iterator[Row]]:
    """How many rows there are, and the rows; raises `SanbanError` when it is no workbook or has no rows."""
    calamine = import_module("python_calamine")
    try:
        _check_size(path)
        sheet = _first_sheet(calamine.load_workbook(str(path)))
    except (calamine.CalamineError, zipfile.BadZipFile) as error:
        raise SanbanError(f"{path.name} is damaged or is not a workbook", _EXAMPLE) from error
    if sheet is None:
        raise SanbanError(f"{path.name} has no rows", "a first row with the names of the columns")
    return sheet.height, _rows(sheet)


def _check_size(path: Path) -> None:
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    if size > UNPACKED_LIMIT:
        raise SanbanError(f"{path.name} unpacks to more than one gigabyte", "save it as CSV UTF-8: any size will do")


def _first_sheet(book: CalamineWorkbook) -> CalamineSheet | None:
    sheets = (book.get_sheet_by_index(place) for place in range(len(book.sheet_names)))
    return next((sheet for sheet in sheets if sheet.height), None)


def _rows(sheet: CalamineSheet) -> Iterator[Row]:
    first = sheet.start[0] if sheet.start else 0
    for place, values in enumerate(sheet.to_python(skip_empty_area=True)):
        cells = tuple(map(_text, values))
        if any(cell.strip() for cell in cells):
            yield Row(first + place + 1, cells)


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    return str(value)
