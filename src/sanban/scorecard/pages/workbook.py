"""A period's figures as a workbook: every figure of every unit with its source, on a sheet of its own the sources."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

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


def workbook(
    measured: Sequence[Measured],
    period: Period,
    source: Source,
    calendar: Calendar,
    say: Callable[[str], str],
    language: Language,
) -> bytes:
    """The bytes of the workbook."""

    def word(title: Title) -> str:
        return title.zh if language == "zh" else title.en

    content = io.BytesIO()
    with import_module("xlsxwriter").Workbook(content, {"in_memory": True, "strings_to_formulas": False}) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        sheet = book.add_worksheet(say("Figures"))
        sheet.freeze_panes(1, 0)
        for column, (name, width) in enumerate(zip(HEAD, _WIDTHS, strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, say(name), bold)
        for place, one in enumerate(measured, start=1):
            interval = str(one.interval or "")
            texts = (word(one.title), one.figure, word(one.unit_title), "", "", one.value, interval, "")
            like = (one.likeness.counted, one.likeness.told) if one.likeness else ()
            for column, text in enumerate((*texts, *like)):
                sheet.write_string(place, column, text)
            compared = one.compared if one.likeness else None
            for column, number in ((3, one.holds), (4, one.n), (7, one.excluded), (10, compared)):
                if number is not None:
                    sheet.write_number(place, column, number)
        _sources(book.add_worksheet(say("Where the numbers come from")), period, source, calendar, say)
    return content.getvalue()


def _sources(sheet: Any, period: Period, source: Source, calendar: Calendar, say: Callable[[str], str]) -> None:
    rows = (
        (say("Period"), period.name),
        (say("From"), calendar.local(period.since)),
        (say("Cut off at"), calendar.local_end(period.until)),
        (say("Position in the ledger"), str(source.position)),
        (say("Hash of the batch that ended there"), source.head),
        (say("Written at"), calendar.local(source.at)),
    )
    sheet.set_column(0, 1, 40)
    for place, row in enumerate(rows):
        for column, text in enumerate(row):
            sheet.write_string(place, column, text)
