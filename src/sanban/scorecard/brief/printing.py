"""Prints a frozen brief: nothing is counted, so a reprint has the same bytes."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from sanban.kernel.clock.calendar import Calendar
from sanban.kernel.view import Language
from sanban.scorecard.brief.composing import Brief
from sanban.scorecard.brief.typesetting import pdf
from sanban.scorecard.brief.word import docx

Form = Literal["docx", "pdf"]
MEDIA: dict[Form, str] = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}


def printed(brief: Brief, form: Form, language: Language, calendar: Calendar) -> bytes:
    """The brief as Word or PDF, dated by its cut-off. Raises SanbanError where the extra is missing."""
    day = dt.date.fromisoformat(calendar.iso(calendar.day_of(brief.frozen.until)))
    return {"docx": docx, "pdf": pdf}[form](brief.text(language), language, day)
