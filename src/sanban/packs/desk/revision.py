"""Reads `revision.yaml`: from when the district's ledger proposes a change of a matter or of the directory.

    false_proposals: 5 %
    directory: {returned: 30 %, of: 8, to_one_unit: 80 %}
    limits: {missed: 40 %, of: 30, units: 60 %}
    never_binding: {used: 25 %, of: 60, from: 2 days}
    never_taken: {below: 5 %, of: 60, rare: [danger, supervised]}
    waves: {cases: 4, within: 3 days}

Shares are whole percents. A district's own file takes the place of the shipped illustration.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from sanban.packs.desk.heeds import DESK
from sanban.packs.reading.opening import opened, own_or_shipped
from sanban.packs.reading.section import Section

FILE_NAME: Final = "revision.yaml"
_PERCENT: Final = re.compile(r"([1-9][0-9]?) %")
_POINTS: Final = 100
_MICROSECONDS: Final = {"hour": 3_600_000_000, "day": 86_400_000_000}
_PARTS: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "directory": {"returned": ("returned", "30 %"), "returned_of": ("of", "8"), "target": ("to_one_unit", "80 %")},
    "limits": {"missed": ("missed", "40 %"), "missed_of": ("of", "30"), "units": ("units", "60 %")},
    "never_binding": {"used": ("used", "25 %"), "unbound_of": ("of", "60"), "shortest": ("from", "2 days")},
    "never_taken": {"unused": ("below", "5 %"), "unused_of": ("of", "60"), "rare": ("rare", "[danger]")},
    "waves": {"wave": ("cases", "4"), "window": ("within", "3 days")},
}
"""Section of the file -> what it gives -> key and example, which says by its form what is read."""


def load_revision_terms(district: Path) -> dict[str, Any]:
    """The thresholds of a district's folder, else the shipped illustration. Raises FaultsFound with every fault.

    Shares come in basis points, times in microseconds, words as they are.
    """
    with opened(own_or_shipped(district / FILE_NAME, DESK), "revision") as (root, _):
        found: dict[str, Any] = {"rate": _points(root, "false_proposals", "5 %")}
        for name, parts in _PARTS.items():
            section = root.section(name, name, required=True)
            if section is not None:
                found |= {field: _value(section, key, example) for field, (key, example) in parts.items()}
                section.close()
        return found


def _value(section: Section, key: str, example: str) -> int | tuple[str, ...]:
    if example.startswith("["):
        return section.words(key, example, required=True)
    if example.endswith("%"):
        return _points(section, key, example)
    if example.isdecimal():
        return section.integer(key, 1, 100_000, default=int(example), required=True)
    length = section.length(key, example, required=True)
    if length is None or length.unit not in _MICROSECONDS:
        section.refuse(section.take(key) or section.node, "not_natural", f"{key} is hours or days", f"{key}: {example}")
        return 1
    return length.count * _MICROSECONDS[length.unit]


def _points(section: Section, key: str, example: str) -> int:
    text = section.text(key, example, required=True, default=example)
    found = _PERCENT.fullmatch(text)
    if found is None:
        node = section.take(key) or section.node
        section.refuse(node, "not_a_percent", f"{key} is a whole percent below 100", f"{key}: {example}")
        return _POINTS
    return int(found[1]) * _POINTS
