"""Worked examples of a matter: `cases/*.yaml`, each a short story with its outcome that an official can read.

*Given* some answers and units, *when* these people take these steps at these times, *then* the case stands so. Nothing
is run here: `rehearsal` plays an example through the kernel, which makes every example a test of its matter.
Times are local, written `2025-04-25 09:00`; `24:00` is the end of a day.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from sanban.kernel.errors import FaultsFound
from sanban.kernel.mechanism import Title
from sanban.packs.document import Node, read_document
from sanban.packs.reading.section import Notes, Section

TIME: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}) ([01]?[0-9]|2[0-4]):([0-5][0-9])")
TIME_EXAMPLE: Final = "2025-04-25 09:00"
MICROSECOND: Final = timedelta(microseconds=1)
_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class Given(msgspec.Struct, frozen=True):
    """The start: answers of the form, duty -> unit, further units with their kinds, the place, the subjects."""

    fields: Mapping[str, str] = {}
    duty: Mapping[str, str] = {}
    units: Mapping[str, str] = {}
    place: Mapping[str, str] = {}
    subjects: tuple[str, ...] = ()


class When(msgspec.Struct, frozen=True):
    """One row: at an instant somebody takes a step, `times` times over; `refused` is the reason it is refused for."""

    at: int
    step: str
    by: str
    args: Mapping[str, Node]
    refused: str
    times: int
    node: Node


class Then(msgspec.Struct, frozen=True):
    """What has to be true at the end: each key with the node that says so."""

    expected: Mapping[str, Node]


class Example(msgspec.Struct, frozen=True):
    """One worked example and the file it stands in."""

    path: str
    title: Title
    given: Given
    when: tuple[When, ...]
    then: Then
    node: Node

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return Path(self.path).stem


def load_examples(folder: Path, zone: ZoneInfo) -> tuple[Example, ...]:
    """The examples of a matter's folder. Raises FaultsFound with every fault of all its files."""
    notes = Notes()
    examples = read_examples(folder, zone, notes)
    if notes.faults:
        raise FaultsFound(notes.faults)
    return examples


def read_examples(folder: Path, zone: ZoneInfo, notes: Notes) -> tuple[Example, ...]:
    """The examples of a matter's folder as far as they can be read; the faults are noted."""
    found: list[Example] = []
    for path in sorted((folder / "cases").glob("*.yaml")):
        try:
            found.append(_example(read_document(path), zone, notes))
        except FaultsFound as broken:
            notes.faults.update(broken.faults)
    return tuple(found)


def instant_of(text: str, zone: ZoneInfo) -> int | None:
    """The instant of a local time in microseconds UTC; None where it is no time."""
    match = TIME.fullmatch(text)
    if match is None or (match[2] == "24" and match[3] != "00"):
        return None
    try:
        day = datetime.fromisoformat(match[1])
    except ValueError:
        return None
    local = (day + timedelta(hours=int(match[2]), minutes=int(match[3]))).replace(tzinfo=zone)
    return (local - _EPOCH) // MICROSECOND


def written(instant: int, zone: ZoneInfo) -> str:
    """An instant as an example writes it: midnight as 24:00 of the day that ends."""
    local = (_EPOCH + instant * MICROSECOND).astimezone(zone)
    if (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0):
        return f"{(local - timedelta(days=1)).date().isoformat()} 24:00"
    return local.strftime("%Y-%m-%d %H:%M")


def time_at(node: Node, zone: ZoneInfo, notes: Notes) -> int:
    """The instant a node writes; 0, with a fault, where it writes none."""
    text = node.value if isinstance(node.value, str) else ""
    instant = instant_of(text, zone)
    if instant is None:
        notes.refuse(node, "not_a_time", f"{text!r} is not a time", TIME_EXAMPLE)
    return instant or 0


def _example(node: Node, zone: ZoneInfo, notes: Notes) -> Example:
    section = Section(node, "example", notes)
    example = Example(
        path=node.path,
        title=section.title(required=True) or Title("?", "?"),
        given=_given(section),
        when=tuple(_when(row, zone, notes) for row in _rows(section)),
        then=Then(_expected(section)),
        node=node,
    )
    section.close()
    return example


def _given(section: Section) -> Given:
    part = section.section("given", "given")
    if part is None:
        return Given()
    tables = {key: part.section(key, "table") for key in ("fields", "duty", "units", "place")}
    texts = {key: {} if table is None else table.texts() for key, table in tables.items()}
    given = Given(**texts, subjects=part.words("subjects", "[firm-01]"))
    part.close()
    return given


def _rows(section: Section) -> list[Node]:
    node = section.take("when", "[{at: 2025-04-25 09:00, step: open, by: desk}]", required=True)
    rows = node.value if node is not None and isinstance(node.value, list) else []
    if node is not None and not rows:
        section.refuse(node, "wrong_kind", "when is a list of steps", "- {at: 2025-04-25 09:00, step: open, by: desk}")
    return rows


def _when(node: Node, zone: ZoneInfo, notes: Notes) -> When:
    row = Section(node, "when", notes)
    at = row.take("at", TIME_EXAMPLE, required=True)
    args = row.section("args", "args")
    when = When(
        at=0 if at is None else time_at(at, zone, notes),
        step=row.text("step", "accept", required=True),
        by=row.text("by", "lead_unit", default="system"),
        args=args.node.value if args is not None and isinstance(args.node.value, dict) else {},
        refused=row.text("refused", "wrong_state"),
        times=row.integer("times", 1, 1_000, default=1),
        node=node,
    )
    row.close()
    return when


def _expected(section: Section) -> Mapping[str, Node]:
    node = section.take("then", "{state: closed}", required=True)
    if node is None or isinstance(node.value, dict):
        return node.value if node is not None and isinstance(node.value, dict) else {}
    section.refuse(node, "wrong_kind", f"then is a mapping, not a {node.kind}", "then: {state: closed}")
    return {}
