"""A period's figures as a workbook: every figure of every unit with its source, on a sheet of its own the sources.

What it says is put together where the page is made. What writes workbooks is large, so `written` is work for the
process apart (`scorecard.ports.Apart`).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, NamedTuple

from sanban.kernel.clock.calendar import Calendar
from sanban.kernel.mechanism import Title
from sanban.kernel.view import Language, phrase
from sanban.scorecard.figures.spans import Period
from sanban.scorecard.ports import Measured, Source

MEDIA = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEAD = (
    phrase("Figure"),
    phrase("Code"),
    phrase("Unit"),
    phrase("Numerator"),
    phrase("Denominator"),
    phrase("Share"),
    phrase("95 % interval"),
    phrase("Excluded"),
    phrase("Observed over expected"),
    phrase("Drawn towards 1"),
    phrase("Compared"),
)
_WIDTHS = (44, 20, 28, 11, 11, 11, 16, 10, 22, 22, 10)
_SOURCE_WIDTHS = (40, 40)


class Sheet(NamedTuple):
    """One sheet; a number stays a number, nothing leaves a cell empty. `headed`: the first row names the columns."""

    name: str
    widths: tuple[int, ...]
    rows: tuple[tuple[str | float | None, ...], ...]
    headed: bool = False


def sheets(
    measured: Sequence[Measured],
    period: Period,
    source: Source,
    calendar: Calendar,
    say: Callable[[str], str],
    language: Language,
) -> tuple[Sheet, ...]:
    """What the workbook says."""

    def word(title: Title) -> str:
        return title.zh if language == "zh" else title.en

    rows: list[tuple[str | float | None, ...]] = [tuple(map(say, HEAD))]
    for one in measured:
        like = (one.likeness.counted, one.likeness.told) if one.likeness else (None, None)
        compared = one.compared if one.likeness else None
        unit, interval = word(one.unit_title), str(one.interval or "")
        rows.append(
            (word(one.title), one.figure, unit, one.holds, one.n, one.value, interval, one.excluded, *like, compared)
        )
    sources = (
        (say("Period"), period.name),
        (say("From"), calendar.local(period.since)),
        (say("Cut off at"), calendar.local_end(period.until)),
        (say("Position in the ledger"), str(source.position)),
        (say("Hash of the batch that ended there"), source.head),
        (say("Written at"), calendar.local(source.at)),
    )
    return (
        Sheet(say("Figures"), _WIDTHS, tuple(rows), headed=True),
        Sheet(say("Where the numbers come from"), _SOURCE_WIDTHS, sources),
    )


def written(made: Sequence[Sheet]) -> bytes:
    """The bytes of the workbook."""
    content = io.BytesIO()
    with import_module("xlsxwriter").Workbook(content, {"in_memory": True, "strings_to_formulas": False}) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        for one in made:
            sheet = book.add_worksheet(one.name)
            if one.headed:
                sheet.freeze_panes(1, 0)
            for column, width in enumerate(one.widths):
                sheet.set_column(column, column, width)
            for place, row in enumerate(one.rows):
                _fill(sheet, place, row, bold if one.headed and not place else None)
    return content.getvalue()


def _fill(sheet: Any, place: int, row: Sequence[str | float | None], style: Any) -> None:
    for column, cell in enumerate(row):
        if isinstance(cell, str):
            sheet.write_string(place, column, cell, style)
        elif cell is not None:
            sheet.write_number(place, column, cell, style)
