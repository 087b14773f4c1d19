"""The head of a matter's file: which matter and version it is, since when, and on whose authority."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Final, Literal, cast, get_args
from zoneinfo import ZoneInfo

import msgspec

from sanban.kernel.clock.calendar import Day, day_of_iso, iso_of_day
from sanban.kernel.mechanism import Origin, Title
from sanban.packs.reading.parameters import read_source
from sanban.packs.reading.section import Section

FORMAT: Final = 1
MATTER: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
Kind = Literal["case", "account", "capacity", "checklist"]
_STAND_IN: Final = day_of_iso("2100-01-01")
KINDS: Final[tuple[str, ...]] = get_args(Kind)


class Head(msgspec.Struct, frozen=True):
    """`day` and `valid_from` (microseconds UTC): when the version comes into force, at the start of a local day.

    `source` and `adopted` are one line each, '' where not given.
    """

    matter: str
    version: str
    day: Day
    valid_from: int
    kind: Kind
    title: Title
    origin: Origin
    source: str
    adopted: str
    extends: str

    @property
    def key(self) -> str:
        """`matter@version`."""
        return f"{self.matter}@{self.version}"


def read_head(section: Section, zone: ZoneInfo) -> Head:
    """The head of a file; what is wrong is noted and stands in."""
    number = section.text("format", "1", required=True, default="1")
    if number != str(FORMAT):
        node = section.take("format") or section.node
        section.refuse(node, "unknown_format", f"this program reads format {FORMAT}, not {number!r}", "format: 1")
    matter = section.text("matter", "short-let", required=True, default="nameless")
    if not MATTER.fullmatch(matter):
        message = f"{matter!r} is not a matter's name: small letters, digits and hyphens"
        section.refuse(section.take("matter") or section.node, "bad_name", message, "matter: short-let")
    given = section.day("version", "2026-01-01", required=True)
    day = _STAND_IN if given is None else given
    source, adopted = section.section("source", "source"), section.section("adopted", "adopted")
    return Head(
        matter=matter,
        version=iso_of_day(day),
        day=day,
        valid_from=instant_of_day(day, zone),
        kind=cast(Kind, section.choice("kind", KINDS, default="case")),
        title=section.title(required=True) or Title("?", "?"),
        origin=cast(Origin, section.choice("origin", get_args(Origin), default="illustrative", required=True)),
        source="" if source is None else read_source(source),
        adopted="" if adopted is None else read_adopted(adopted),
        extends=section.text("extends", "seven-steps"),
    )


def read_adopted(section: Section) -> str:
    """Authority, document and date of an adoption as one line; '' where one of them is missing."""
    authority = section.text("authority", "区城运中心", required=True)
    document = section.text("document", "城运〔2026〕3号", required=True)
    day = section.day("date", "2026-01-15", required=True)
    section.close()
    return f"{authority}, {document}, {iso_of_day(day)}" if authority and document and day is not None else ""


def instant_of_day(day: Day, zone: ZoneInfo) -> int:
    """The start of a local day, in microseconds UTC."""
    local = date.fromisoformat(iso_of_day(day))
    return int(datetime(local.year, local.month, local.day, tzinfo=zone).timestamp()) * 1_000_000
