"""A sheet of totals: parts, as of channels or matters, and the total that is printed under them.

渠道,件数          the parts have to add up to what is printed,
电话,20000         and both are set beside what the ledger has
网站,6895
合计,26898
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from sanban.kernel.errors import SanbanError

TOTAL = frozenset({"合计", "总计", "共计", "总数", "total", "sum"})
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


def totals_of(rows: Iterable[Sequence[str]], ours: int) -> Totals:
    """Reads the rows under the head: a name and a whole number each. Raises SanbanError for a row that is none."""
    parts: list[tuple[str, int]] = []
    printed: int | None = None
    for place, row in enumerate(rows, start=2):
        name, count = _read(row, place)
        if name.lower() in TOTAL:
            if printed is not None:
                raise SanbanError(f"line {place}: a second total is printed", EXAMPLE)
            printed = count
        else:
            parts.append((name, count))
    if not parts:
        raise SanbanError("the sheet has no parts", EXAMPLE)
    return Totals(tuple(parts), printed, ours)


def _read(row: Sequence[str], place: int) -> tuple[str, int]:
    name = row[0].strip() if row else ""
    digits = row[1].replace(",", "").replace("，", "").strip() if len(row) > 1 else ""
    if not name or not (digits.isascii() and digits.isdecimal()) or len(digits) > 12:
        raise SanbanError(f"line {place}: a name and a whole number were expected", EXAMPLE)
    return name, int(digits)
