"""Numbers by date: `parameters/*.yaml`. Each has a unit, a range, a source, and values from dates on.

A parameter without a value yet at an instant is absent then. Money is integer fen, and the unit says so. `origin` says
on whose authority its values stand, as in a matter's head; without it they are those of the named source (`official`).
"""

from __future__ import annotations

from typing import cast, get_args

import msgspec

from sanban.kernel.clock.calendar import Day
from sanban.kernel.expression import ParameterRange
from sanban.kernel.mechanism import Origin
from sanban.packs.document import Node
from sanban.packs.reading.section import Notes, Section

LARGEST = 2**52


class Dated(msgspec.Struct, frozen=True):
    """One parameter: its range with unit, its values by day in order, where it stands, and on whose authority."""

    range: ParameterRange
    values: tuple[tuple[Day, int], ...]
    node: Node
    origin: Origin = "official"


def read_parameters(node: Node, notes: Notes) -> dict[str, Dated]:
    """The parameters of one file."""
    return {name: _parameter(part) for name, part in Section(node, "parameters", notes).each("parameter").items()}


def _parameter(section: Section) -> Dated:
    unit = section.text("unit", "fen", required=True)
    low = section.integer("low", -LARGEST, LARGEST)
    high = section.integer("high", low, LARGEST, default=LARGEST)
    source = section.section(
        "source", "source", example="{document: 沪府规〔2024〕1号, date: 2024-05-01}", required=True
    )
    if source is not None:
        read_source(source)
    origin = cast(Origin, section.choice("origin", get_args(Origin), default="official"))
    values = sorted(_values(section, low, high))
    section.close()
    days = [day for day, _ in values]
    if len(set(days)) < len(days):
        section.refuse(section.node, "overlapping_values", f"{section} has two values from one date", "each date once")
    return Dated(ParameterRange(low, high, unit), tuple(values), section.node, origin)


def _values(section: Section, low: int, high: int) -> list[tuple[Day, int]]:
    node = section.take("values", "[{from: 2026-01-01, value: 5}]", required=True)
    found: list[tuple[Day, int]] = []
    for each in node.value if node is not None and isinstance(node.value, list) else []:
        row = Section(each, "value", section.notes, section.name)
        day, value = row.day("from", required=True), row.integer("value", low, high, default=low, required=True)
        row.close()
        if day is not None:
            found.append((day, value))
    if node is not None and not found:
        section.refuse(node, "no_values", f"{section} has no value", "values: [{from: 2026-01-01, value: 5}]")
    return found


def read_source(section: Section) -> str:
    """A document, article and date as one line; document and date are needed."""
    document = section.text("document", "国办函〔2025〕66号", required=True)
    article = section.text("article", "第三条")
    date = section.text("date", "2025-06-30") if section.day("date", "2025-06-30", required=True) is not None else ""
    section.close()
    return ", ".join(part for part in (document, article, date) if part)
