"""A sheet of totals: parts, as of channels or matters, and the total that is printed under them.

渠道,件数,占比      the parts have to add up to what is printed,
电话,20000,74.4%    and both are set beside what the ledger has
网站,6895,25.6%
合 计,26898,100%

Columns go by their names; where none is known the first is the part. Spaces inside a name are how it is set, and not
part of it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Final

import msgspec

from sanban.kernel.errors import SanbanError

TOTAL = frozenset({"合计", "总计", "共计", "总数", "total", "sum"})
_BESIDE: Final = re.compile(r"[（(].*?[）)]|[:：]$")
"""What a total is printed with: a unit in brackets, a colon."""
EXAMPLE = "渠道,件数 / 电话,20000 / 合计,20000"


class Totals(msgspec.Struct, frozen=True):
    """The parts of a sheet, what is printed under them (None for nothing), and how many the ledger has."""

    parts: tuple[tuple[str, int], ...]
    printed: int | None
    ours: int

    @property
    def added(self) -> int:
        """The parts together."""
        return sum(count for _, count in self.parts)

    @property
    def differences(self) -> tuple[str, ...]:
        """What does not agree, in words; nothing when all does."""
        told = []
        if self.printed is not None and self.printed != self.added:
            gap = self.printed - self.added
            told.append(f"the parts add to {self.added:,} while {self.printed:,} is printed: {gap:+,}")
        said = self.added if self.printed is None else self.printed
        if said != self.ours:
            told.append(f"the ledger has {self.ours:,} while the sheet says {said:,}: {said - self.ours:+,}")
        return tuple(told)


def plain(name: str) -> str:
    """A name without the spaces it is set with."""
    return "".join(name.split())


def columns_of(headers: Sequence[str], part: Collection[str], count: Collection[str]) -> tuple[int, int] | None:
    """Where the parts and their counts stand, by these names of columns; None in a sheet that is none of totals."""
    names = [plain(header) for header in headers]
    of_count = _place(names, count)
    if of_count is None:
        return (0, 1) if len(names) == 2 else None
    of_part = _place(names, part)
    of_part = (1 if of_count == 0 else 0) if of_part is None else of_part
    return (of_part, of_count) if of_part < len(names) else None


def _place(names: Sequence[str], wanted: Collection[str]) -> int | None:
    return next((place for place, name in enumerate(names) if name in wanted), None)


def totals_of(rows: Iterable[Sequence[str]], ours: int) -> Totals:
    """Reads the rows under the head: a name and a whole number each. Raises SanbanError for a row that is none."""
    parts: list[tuple[str, int]] = []
    printed: int | None = None
    for place, row in enumerate(rows, start=2):
        name, count = _read(row, place)
        if _BESIDE.sub("", name).lower() in TOTAL:
            if printed is not None:
                raise SanbanError(f"line {place}: a second total is printed", EXAMPLE)
            printed = count
        else:
            parts.append((name, count))
    if not parts:
        raise SanbanError("the sheet has no parts", EXAMPLE)
    return Totals(tuple(parts), printed, ours)


def _read(row: Sequence[str], place: int) -> tuple[str, int]:
    name = plain(row[0]) if row else ""
    digits = row[1].replace(",", "").replace("，", "").strip() if len(row) > 1 else ""
    if not name or not (digits.isascii() and digits.isdecimal()) or len(digits) > 12:
        raise SanbanError(f"line {place}: a name and a whole number were expected", EXAMPLE)
    return name, int(digits)
