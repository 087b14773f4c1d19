"""A brief as PDF, typeset by Typst; its date is the cut-off's, so that the same brief gives the same bytes.

Typst is an extra of the installation. `pictures` gives the pages as PNG, for looking at them.
"""

from __future__ import annotations

import datetime as dt
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec

from sanban.kernel.errors import SanbanError
from sanban.kernel.view import Language
from sanban.scorecard.brief import layout
from sanban.scorecard.brief.document import Document

TEMPLATE = Path(__file__).with_name("brief.typ")
EXTRA = "pip install 'sanban[figures]'"
_NUMBERS = "一二三四五六七八九十"


def pdf(document: Document, language: Language, day: dt.date) -> bytes:
    """The document as PDF, of a day. Raises SanbanError where Typst is missing."""
    made: bytes = _typeset(document, language, day, format="pdf")
    return made


def pictures(document: Document, language: Language, day: dt.date) -> list[bytes]:
    """Its pages as PNG."""
    made = _typeset(document, language, day, format="png", ppi=100)
    return made if isinstance(made, list) else [made]


def numbers(language: Language, count: int) -> tuple[str, ...]:
    """What stands before the headings: `一、`, or `1. `."""
    return tuple(f"{_NUMBERS[place]}、" if language == "zh" else f"{place + 1}. " for place in range(count))


def _typeset(document: Document, language: Language, day: dt.date, **how: Any) -> Any:
    data = {"document": document, "lang": language, "layout": _layout(document, language, day)}
    try:
        typst = import_module("typst")
    except ModuleNotFoundError as error:
        raise SanbanError("a brief as PDF is typeset by Typst, which is not installed", EXTRA) from error
    inputs = {"data": msgspec.json.encode(data).decode()}
    return typst.compile(TEMPLATE.read_bytes(), sys_inputs=inputs, **how)


def _layout(document: Document, language: Language, day: dt.date) -> dict[str, Any]:
    return {
        "page": layout.PAGE_MM,
        "text": layout.TEXT_MM,
        "top": layout.TOP_MM,
        "left": layout.LEFT_MM,
        "body": layout.BODY,
        "title": layout.TITLE,
        "heading": layout.HEADING,
        "number": layout.NUMBER,
        "body_pt": layout.BODY_PT,
        "title_pt": layout.TITLE_PT,
        "number_pt": layout.NUMBER_PT,
        "table_pt": layout.TABLE_PT,
        "line_pt": layout.LINE_PT,
        "numbers": numbers(language, len(document.sections)),
        "year": day.year,
        "month": day.month,
        "day": day.day,
    }
