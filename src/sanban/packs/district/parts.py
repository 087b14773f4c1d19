"""Reads units, the dispatch directory, rosters and links out of a district's files.

Each reader takes the root of its file and keeps its faults there. A unit or a row holds from the district's own date
unless it says `valid_from`, and until further notice unless it says `valid_to`; both are days of the district's zone,
the second one no longer included.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple, Protocol, cast, get_args
from zoneinfo import ZoneInfo

from sanban.kernel.clock.calendar import DAY, Day, weekday_of
from sanban.kernel.duty.directory import ANY, Entry, Level
from sanban.kernel.duty.unit import Roster, Span, Unit, UnitKind
from sanban.kernel.errors import Fault
from sanban.kernel.party import Link, LinkKind
from sanban.packs.calendar import WEEKDAYS
from sanban.packs.document import Fields, Node
from sanban.packs.reading.head import instant_of_day
from sanban.packs.reading.section import Notes, Section

CODE: Final = re.compile(r"[A-Za-z0-9_.\-]{1,64}")
LONGEST_ROSTER: Final = 1_500
_WEEK: Final = (*WEEKDAYS, "every_day", "working_week")

Known = Mapping[str, Sequence[Unit]]


class Dates(NamedTuple):
    """The district's zone, and the instant from which its parts hold when they do not say (microseconds UTC)."""

    zone: ZoneInfo
    valid_from: int

    def of(self, section: Section) -> tuple[int, int | None]:
        """`valid_from` and `valid_to` of a part."""
        first, after = section.day("valid_from"), section.day("valid_to")
        start = self.valid_from if first is None else instant_of_day(first, self.zone)
        end = None if after is None else instant_of_day(after, self.zone)
        if end is not None and end <= start:
            node = section.take("valid_to") or section.node
            section.refuse(node, "wrong_span", f"{section} ends before it begins", "valid_to: 2027-01-01")
        return start, end


class Coded(Protocol):
    """A version of something with a code."""

    @property
    def code(self) -> str: ...

    @property
    def valid_from(self) -> int: ...

    @property
    def valid_to(self) -> int | None: ...


def read_units(root: Section, dates: Dates) -> list[tuple[Section, Unit]]:
    """The units of `units:`, each with its place in the file."""
    found: list[tuple[Section, Unit]] = []
    for section in _rows(root, "units", "unit", "[{code: street-01, kind: street, title: {zh: 一街道, en: First}}]"):
        code = _code(section, "code", "street-01")
        title = section.title(required=True)
        start, end = dates.of(section)
        kind = cast(UnitKind, section.choice("kind", get_args(UnitKind), required=True))
        unit = Unit(
            code=code,
            kind=kind,
            title_zh=title.zh if title else "?",
            title_en=title.en if title else "?",
            parent=section.text("parent", "street-01") or None,
            valid_from=start,
            valid_to=end,
        )
        section.close()
        found.append((section, unit))
    return found


def check_units(units: Sequence[tuple[Section, Unit]], notes: Notes) -> dict[str, Sequence[Unit]]:
    """The versions of each code; faults for a parent that is not there, a ring of parents, and versions that clash."""
    known: dict[str, list[Unit]] = {}
    for _, unit in units:
        known.setdefault(unit.code, []).append(unit)
    parents = {unit.code: unit.parent for _, unit in units}
    for section, unit in units:
        if unit.parent and unit.parent not in known:
            notes.unknown(section.take("parent") or section.node, "unit", unit.parent, known)
        elif _is_above_itself(unit.code, parents):
            section.refuse(section.node, "parent_ring", f"{unit.code} stands above itself", "parent: street-01")
    if units:
        numbered = [(section.node.line, unit) for section, unit in units]
        notes.faults.update(versions_clash("unit", numbered, units[0][0].node.path))
    return {code: tuple(versions) for code, versions in known.items()}


def versions_clash(what: str, items: Sequence[tuple[int, Coded]], path: str) -> list[Fault]:
    """A fault for each version that begins before the earlier one of its code has ended; `items` with their lines."""
    faults: list[Fault] = []
    last: dict[str, tuple[int, Coded]] = {}
    for line, item in sorted(items, key=lambda pair: (pair[1].code, pair[1].valid_from, pair[0])):
        before = last.get(item.code)
        if before is not None and (before[1].valid_to is None or before[1].valid_to > item.valid_from):
            message = f"{what} {item.code} has a version on line {before[0]} that still holds"
            faults.append(Fault(path, line, "versions_clash", message, "valid_to: 2026-05-01, valid_from: 2026-05-01"))
        last[item.code] = (line, item)
    return faults


def read_entries(root: Section, dates: Dates, units: Known) -> list[Entry]:
    """The rows of `rows:`. A row with several areas becomes one entry for each, named `id.area`."""
    found: list[Entry] = []
    seen: set[str] = set()
    for section in _rows(root, "rows", "row", "[{id: d-water, duty: water, unit: water}]"):
        entry_id = _code(section, "id", "d-water")
        unit = section.text("unit", "water", required=True)
        areas = section.words("areas", "[street-01]") or (section.text("area", "street-01", default=ANY),)
        level = cast(Level, section.choice("level", get_args(Level), default="district"))
        matter, duty = section.text("matter", "noise", default=ANY), section.text("duty", "water", required=True)
        start, end = dates.of(section)
        cites = section.text("cites", "区派单目录（合成）")
        if entry_id in seen:
            section.refuse(section.node, "id_twice", f"the id {entry_id} is used twice", "id: d-water-2")
        seen.add(entry_id)
        if unit not in units:
            section.notes.unknown(section.take("unit") or section.node, "unit", unit, units)
        for area in areas:
            name = entry_id if len(areas) == 1 else f"{entry_id}.{area}"
            found.append(Entry(name, matter, duty, area, unit, level, start, end, "directory", cites))
        section.close()
    return found


def read_rosters(root: Section, dates: Dates, units: Known) -> list[Roster]:
    """The rosters of `rosters:`: weekly shifts, laid out from the first date up to, not including, the last."""
    found: list[Roster] = []
    instants: dict[int, int] = {}
    example = "[{unit: hotline, from: 2026-01-01, to: 2027-01-01, shifts: [...]}]"
    for section in _rows(root, "rosters", "roster", example):
        unit = section.text("unit", "hotline", required=True)
        if unit not in units:
            section.notes.unknown(section.take("unit") or section.node, "unit", unit, units)
        days = [(weekday_of(day), instant_of_day(day, dates.zone)) for day in _span(section)]
        spans = [span for shift in _shifts(section) for span in _turns(shift, days, instants)]
        found.append(Roster(unit, tuple(sorted(spans))))
        section.close()
    return found


def read_links(root: Section, dates: Dates) -> list[Link]:
    """The links of `links:`, by party ids; the id of a unit is its code."""
    found: list[Link] = []
    for section in _rows(root, "links", "link", "[{kind: agent_of, source: firm-01, target: operator-01}]"):
        kind = cast(LinkKind, section.choice("kind", get_args(LinkKind), required=True))
        source, target = _code(section, "source", "firm-01"), _code(section, "target", "operator-01")
        found.append(Link(kind, source, target, *dates.of(section)))
        section.close()
    return found


class _Shift(NamedTuple):
    weekdays: frozenset[int]
    start: int
    end: int
    officers: tuple[str, ...]


def _shifts(roster: Section) -> list[_Shift]:
    example = "[{days: [every_day], from: 8:00, to: 20:00, officers: [op-1]}]"
    shifts = []
    for section in _rows(roster, "shifts", "shift", example):
        days = frozenset(day for node in section.word_nodes("days", "[monday]", required=True) for day in _day(node))
        times = Fields()
        start, end = times.time(section.take("from", "8:00", required=True)), times.time(section.take("to", "20:00"))
        section.notes.faults.update(times.faults)
        officers = section.words("officers", "[op-1]", required=True)
        unknown = [node for node in section.word_nodes("days", "[monday]") if str(node.value) not in _WEEK]
        for node in unknown:
            section.notes.unknown(node, "day", str(node.value), _WEEK)
        shifts.append(_Shift(days, max(start, 0), max(end, 0), officers))
        section.close()
    return shifts


def _day(node: Node) -> tuple[int, ...]:
    word = str(node.value)
    if word in WEEKDAYS:
        return (WEEKDAYS.index(word),)
    return {"every_day": tuple(range(7)), "working_week": tuple(range(5))}.get(word, ())


def _turns(shift: _Shift, days: Sequence[tuple[int, int]], instants: dict[int, int]) -> Iterator[Span]:
    """`days`: weekday and midnight. A shift that ends at or before its start ends on the next day.

    `instants`: those that stand in a turn already, so that each is one number however many turns begin or end then.
    """
    length = shift.end - shift.start + (DAY if shift.end <= shift.start else 0)
    for weekday, midnight in days:
        if weekday in shift.weekdays:
            first, last = midnight + shift.start, midnight + shift.start + length
            start, end = instants.setdefault(first, first), instants.setdefault(last, last)
            yield from (Span(start, end, officer) for officer in shift.officers)


def _span(section: Section) -> range:
    first: Day | None = section.day("from", "2026-01-01", required=True)
    after: Day | None = section.day("to", "2027-01-01", required=True)
    if first is None or after is None:
        return range(0)
    if not first < after <= first + LONGEST_ROSTER:
        message = f"a roster runs forward, over at most {LONGEST_ROSTER} days"
        section.refuse(section.take("to") or section.node, "wrong_span", message, "to: 2027-01-01")
        return range(0)
    return range(first, after)


def _rows(section: Section, key: str, what: str, example: str) -> Iterator[Section]:
    """The mappings of a list under a key."""
    node = section.take(key, example, required=True)
    if node is None:
        return
    if not isinstance(node.value, list):
        section.refuse(node, "wrong_kind", f"{key} must be a list, not a {node.kind}", f"{key}: {example}")
        return
    for number, item in enumerate(node.value, 1):
        yield Section(item, what, section.notes, str(number))


def _code(section: Section, key: str, example: str) -> str:
    code = section.text(key, example, required=True, default="x")
    if not CODE.fullmatch(code):
        node = section.take(key) or section.node
        section.refuse(node, "bad_code", f"{code!r} is not a code: letters, digits, . _ -", f"{key}: {example}")
    return code


def _is_above_itself(code: str, parents: Mapping[str, str | None]) -> bool:
    seen: set[str] = set()
    above = parents.get(code)
    while above is not None and above not in seen:
        if above == code:
            return True
        seen.add(above)
        above = parents.get(above)
    return False
