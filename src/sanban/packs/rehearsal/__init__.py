"""Plays worked examples through the kernel: every difference between what is and what was said is a fault."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sanban.kernel.clock.calendar import Calendar
from sanban.kernel.errors import Fault
from sanban.packs.examples import Example, read_examples
from sanban.packs.matter import Matter, Matters
from sanban.packs.reading.section import Notes
from sanban.packs.rehearsal.case import rehearse_case
from sanban.packs.rehearsal.primitive import rehearse_primitive

__all__ = ["Rehearsed", "rehearse", "rehearse_all"]


class Rehearsed(NamedTuple):
    """How many examples there are, and every fault of them in order."""

    examples: int
    faults: tuple[Fault, ...]


def rehearse_all(wanted: Iterable[Matter], matters: Matters, calendar: Calendar, zone: ZoneInfo) -> Rehearsed:
    """Read and play every example in the folders of the wanted matters."""
    notes, count = Notes(), 0
    for folder, name in sorted({(matter.path.parent, matter.head.matter) for matter in wanted}):
        for example in read_examples(folder, zone, notes):
            count += 1
            notes.faults.update(rehearse(example, matters.versions[name], matters, calendar, zone))
    return Rehearsed(count, tuple(sorted(notes.faults)))


def rehearse(
    example: Example, versions: Sequence[Matter], matters: Matters, calendar: Calendar, zone: ZoneInfo
) -> tuple[Fault, ...]:
    """The faults of an example, none if it holds. It is played under the version in force at its first step."""
    first = min((row.at for row in example.when), default=0)
    fitting = [version for version in versions if version.head.valid_from <= first]
    if not fitting:
        message = "no version of the matter is in force at the first step"
        return (example.node.fault("no_version", message, "at: 2025-04-25 09:00"),)
    version = fitting[-1]
    if version.mechanism is not None:
        return rehearse_case(example, version.mechanism, matters, calendar, zone)
    return rehearse_primitive(example, version.primitive)
