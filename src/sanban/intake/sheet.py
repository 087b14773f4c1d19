"""A file of requests as rows: CSV or workbook, told apart by content, never by name.

    open_sheet(path) --> Sheet: the names of its columns, its rows, how far reading has come

The first row that is not empty holds the names of the columns. `Row.problem` says why a row cannot be taken.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO

import msgspec

from sanban.intake.files.delimited import Row, delimited_rows
from sanban.intake.files.encoding import DAMAGE, detect
from sanban.intake.files.workbook import MARKS, workbook_rows
from sanban.kernel.errors import SanbanError

SAMPLE_ROWS = 200
COLUMNS_AT_MOST = 500
_EXAMPLE = "a first line such as: 工单号,时间,内容"

__all__ = ["SAMPLE_ROWS", "Row", "Sheet", "open_sheet"]


class Sheet(msgspec.Struct, frozen=True):
    """An open file. `rows` can be walked once; `done()` of `total` says how far (bytes of a CSV, rows of a workbook).

    `sample`: its first rows, for guessing what the columns hold.
    """

    headers: tuple[str, ...]
    sample: tuple[Row, ...]
    rows: Iterator[Row]
    done: Callable[[], int]
    total: int


@contextmanager
def open_sheet(path: Path, example: str = "sanban import requests.csv") -> Iterator[Sheet]:
    """Opens a CSV (UTF-8, UTF-16, GB18030) or a workbook; raises `SanbanError` when it is neither or cannot be read.

    `example`: of the command that was given the file.
    """
    with ExitStack() as opened:
        try:
            raw = opened.enter_context(path.open("rb"))
            sheet = _of_workbook(path) if raw.read(4) in MARKS else _of_text(path, raw, opened)
        except OSError as error:
            raise SanbanError(f"{path} cannot be read: {error.strerror}", example) from error
        yield sheet


def _of_text(path: Path, raw: BinaryIO, opened: ExitStack) -> Sheet:
    encoding = detect(path)
    raw.seek(0)
    text = opened.enter_context(io.TextIOWrapper(raw, encoding.name, errors="replace", newline=""))
    rows = delimited_rows(text)
    return _sheet(path, _marked(rows) if encoding.damaged else rows, raw.tell, path.stat().st_size)


def _of_workbook(path: Path) -> Sheet:
    total, rows = workbook_rows(path)
    counted = _Counted(rows)
    return _sheet(path, counted, lambda: counted.done, total)


class _Counted:
    """Rows, and how many were taken."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self._rows = rows
        self.done = 0

    def __iter__(self) -> Iterator[Row]:
        return self

    def __next__(self) -> Row:
        row = next(self._rows)
        self.done += 1
        return row


def _sheet(path: Path, rows: Iterator[Row], done: Callable[[], int], total: int) -> Sheet:
    header = next(rows, None)
    if header is None:
        raise SanbanError(f"{path.name} has no rows", _EXAMPLE)
    names = tuple(cell.strip() for cell in header.cells)
    while names and not names[-1]:
        names = names[:-1]
    if header.problem or len(names) > COLUMNS_AT_MOST:
        raise SanbanError(f"the first line of {path.name} does not hold the names of columns", _EXAMPLE)
    fitted = (_fitted(row, len(names)) for row in rows)
    sample = tuple(islice(fitted, SAMPLE_ROWS))
    return Sheet(names, sample, chain(sample, fitted), done, total)


def _fitted(row: Row, width: int) -> Row:
    """The row with as many cells as there are columns; a row with fewer, or with more that say something, is wrong."""
    if row.problem or len(row.cells) == width:
        return row
    if len(row.cells) > width and not any(cell.strip() for cell in row.cells[width:]):
        return Row(row.number, row.cells[:width])
    return Row(row.number, row.cells, "wrong_width")


def _marked(rows: Iterator[Row]) -> Iterator[Row]:
    """Rows of a damaged file: those that hold a damaged place are marked."""
    for row in rows:
        damaged = not row.problem and any(DAMAGE in cell for cell in row.cells)
        yield Row(row.number, row.cells, "undecodable") if damaged else row
