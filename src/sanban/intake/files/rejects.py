"""The file of rows that were not taken: why, what would have been, and the row as it was, safe to open and to correct.

It holds what people said, so only its owner may read it (0600). A cell that a spreadsheet would run as a formula gets
an apostrophe in front, which importing takes off again. The file is made with the first reject.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

import msgspec

from sanban.intake.files.cells import FORMULA_SIGNS
from sanban.kernel.errors import SanbanError

COLUMNS = ("reject_row", "reject_reason", "reject_message", "reject_example")
_FIRST = ("\ufeff" + COLUMNS[0]).encode()


class Reject(msgspec.Struct, frozen=True):
    """A row that was not taken. `reason` is a stable code; `message` says nothing of what the row held."""

    row: int
    reason: str
    message: str
    example: str
    cells: tuple[str, ...]


class RejectsFile:
    """Writes rejects as CSV (UTF-8 with mark); a context manager."""

    def __init__(self, path: Path, headers: Sequence[str]) -> None:
        """Raises `SanbanError` when another kind of file stands at `path`; an older file of rejects is replaced."""
        self.path = path
        self.count = 0
        self._headers = tuple(headers)
        self._file: TextIO | None = None
        if path.exists() and not _is_rejects(path):
            raise SanbanError(f"{path} exists and is not a file of rejects", "name another file: --rejects rejects.csv")
        path.unlink(missing_ok=True)

    def __enter__(self) -> RejectsFile:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, reject: Reject) -> None:
        if self._file is None:
            self._file = _create(self.path)
            _write(self._file, (*COLUMNS, *self._headers))
        _write(self._file, (str(reject.row), reject.reason, reject.message, reject.example, *reject.cells))
        self.count += 1


def _write(file: TextIO, cells: Sequence[str]) -> None:
    csv.writer(file, lineterminator="\r\n").writerow([neutral(cell) for cell in cells])


def neutral(cell: str) -> str:
    """The cell as no spreadsheet runs it, and without characters that no encoding writes."""
    shown = cell.encode("utf-8", "replace").decode()
    return f"'{shown}" if shown[:1] and shown[0] in FORMULA_SIGNS else shown


def _is_rejects(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(len(_FIRST))
    return not head or head == _FIRST


def _create(path: Path) -> TextIO:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    return os.fdopen(handle, "w", encoding="utf-8-sig", newline="")
