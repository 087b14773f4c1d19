"""Reads `emergency.yaml`: the numbers that a requester whose words speak of a danger is told at once.

    numbers:
      "119":
        title: {zh: 火灾, en: Fire}                      # for what it is rung
        source: {document: 中华人民共和国消防法}          # where it stands

They are shown in the order of the file, before a request is sent and again with its receipt.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import msgspec

from sanban.kernel.errors import FaultsFound
from sanban.kernel.mechanism import Title
from sanban.packs.desk.heeds import DESK
from sanban.packs.document import read_document
from sanban.packs.reading.section import Notes, Section

FILE_NAME: Final = "emergency.yaml"
_NUMBER: Final = re.compile(r"[0-9]{3,12}")


class EmergencyNumber(msgspec.Struct, frozen=True):
    """A number, and for what it is rung. `source`: where that stands."""

    number: str
    title: Title
    source: str


def load_emergency(path: Path = DESK / FILE_NAME) -> tuple[EmergencyNumber, ...]:
    """The numbers of a file, in its order. Raises FaultsFound with every fault."""
    notes = Notes()
    root = Section(read_document(path), "desk", notes)
    root.integer("format", 1, 1, default=1, required=True)
    root.choice("origin", ("illustrative", "local", "official"), required=True)
    found = tuple(_read(number, part) for number, part in root.sections("numbers", "number", pattern=_NUMBER).items())
    if not found:
        root.refuse(root.node, "missing_key", "names no number", '"119": {title: {zh: 火灾, en: Fire}, source: {...}}')
    root.close()
    if notes.faults:
        raise FaultsFound(notes.faults)
    return found


def _read(number: str, part: Section) -> EmergencyNumber:
    title = part.title(required=True) or Title("?", "?")
    source = part.section("source", "source", example="{document: 中华人民共和国消防法}", required=True)
    part.close()
    return EmergencyNumber(number, title, "" if source is None else " ".join(source.texts().values()))
