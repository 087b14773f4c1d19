"""CSV as it comes: any of three delimiters, line breaks inside quotes, and broken rows that must not take others along.

Reading is strict about quotes. When a row breaks (a quote that never closes, or closes in the middle of a cell), its
first line is read by itself, leniently, and reading goes on with the line after it: one bad quote costs one row, not
the rest of the file. Memory holds one row; a line over one megabyte or a cell over 131,072 characters breaks its row.

    characters --> _Lines (keeps the lines of the row being read) --> csv.reader --> Row
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator, Sequence
from typing import TextIO

import msgspec

LINE_LIMIT = 1 << 20
CELL_LIMIT = 131_072
DELIMITERS = ",;\t"
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n?")


class Row(msgspec.Struct, frozen=True):
    """One row: `number` counts from 1 with the line of column names included, as spreadsheets count.

    `problem`: a reason code why the cells cannot be trusted, or ''.
    """

    number: int
    cells: tuple[str, ...]
    problem: str = ""


class _LongLine(str):
    """The beginning of a line that is too long."""

    __slots__ = ()


class _Lines:
    """Lines for the reader; remembers those of the row it is reading, to hand them out again."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._waiting: deque[str] = deque()
        self.taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._waiting.popleft() if self._waiting else self._read()
        if not line:
            raise StopIteration
        self.taken.append(line)
        return line

    def begin(self) -> None:
        """A new row begins."""
        self.taken = []

    def give_back(self, lines: Sequence[str]) -> None:
        """These will be read again, before any other."""
        self._waiting.extendleft(reversed(lines))

    def _read(self) -> str:
        line = self._text.readline(LINE_LIMIT)
        if len(line) < LINE_LIMIT or line.endswith(("\n", "\r")):
            return line
        while (rest := self._text.readline(LINE_LIMIT)) and not rest.endswith(("\n", "\r")):
            pass
        return _LongLine(line[:CELL_LIMIT])


def sniff(header: str) -> str:
    """The delimiter that the line of column names uses most, outside quotes; a comma if none."""
    bare = re.sub(r'"[^"]*"', "", header)
    return max(DELIMITERS, key=bare.count)


def delimited_rows(text: TextIO) -> Iterator[Row]:
    """Every row of a CSV, the line of column names included; empty rows are counted and left out.

    `text` is opened with `newline=""`.
    """
    lines = _Lines(text)
    delimiter = _delimiter(lines)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    number = 0
    while True:
        lines.begin()
        try:
            cells, problem = next(reader), ""
        except StopIteration:
            return
        except csv.Error:
            first, *others = lines.taken
            lines.give_back(others)
            lines.taken = [first]
            cells, problem = _alone(first, delimiter)
        number += 1
        if any(cell.strip() for cell in cells):
            is_long = any(isinstance(line, _LongLine) for line in lines.taken)
            yield Row(number, tuple(cells), "line_too_long" if is_long else problem)


def _delimiter(lines: _Lines) -> str:
    """The delimiter, by the first line that says something; lines before it are skipped by the reader."""
    seen: list[str] = []
    for line in lines:
        seen.append(line)
        if line.strip():
            break
    declared = _SEPARATOR_LINE.fullmatch(seen[-1]) if seen else None
    if declared:
        return declared[1]
    lines.give_back(seen)
    return sniff(seen[-1]) if seen else ","


def _alone(line: str, delimiter: str) -> tuple[list[str], str]:
    """One line of a broken row by itself. A stray quote inside is forgiven, one that stays open is not."""
    line = line.rstrip("\r\n")
    try:
        cells = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return [line.strip()], "cell_too_long"
    return (cells, "") if line.count('"') % 2 == 0 else (cells, "open_quote")
