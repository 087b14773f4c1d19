"""Reads `routes.yaml`: the declared words that speak for a route of triage or for a flag.

    routes:
      emergency: {at: 60, words: {起火: 80}}      # points from which its words speak for it
    flags:
      danger: {at: 60, words: {漏电: 60}}
    several: {at: 8000}                            # from which confidence a part of a message has a matter of its own

Routes are the five of the hotline's rule but accepting, which needs no word; flags are what the desk looks at first.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from sanban.kernel.errors import FaultsFound
from sanban.packs.document import read_document
from sanban.packs.loading import SHIPPED
from sanban.packs.reading.section import Notes, Section

DESK: Final = SHIPPED / "_desk"
FILE_NAME: Final = "routes.yaml"
ROUTES: Final = ("emergency", "police_clue", "statutory", "explain")
FLAGS: Final = ("danger", "urgent", "spam")
SEVERAL: Final = "several"
_EXAMPLE: Final = "{at: 60, words: {起火: 80}}"


class DeclaredWords(msgspec.Struct, frozen=True):
    """Words of one route or flag with their weights; from `at` points on they speak for it."""

    code: str
    words: tuple[tuple[str, int], ...]
    at: int


def load_heeds(path: Path = DESK / FILE_NAME) -> tuple[DeclaredWords, ...]:
    """The words of a file, routes first. Raises FaultsFound with every fault."""
    notes = Notes()
    root = Section(read_document(path), "desk", notes)
    root.integer("format", 1, 1, default=1, required=True)
    root.choice("origin", ("illustrative", "local", "official"), required=True)
    source = root.section("source", "source", required=True)
    if source is not None:
        source.texts()
    found = (*_part(root, "routes", ROUTES), *_part(root, "flags", FLAGS), *_several(root))
    root.close()
    if notes.faults:
        raise FaultsFound(notes.faults)
    return found


def _several(root: Section) -> tuple[DeclaredWords, ...]:
    """From which confidence, in basis points, a part of a message counts; no word speaks for it."""
    part = root.section(SEVERAL, SEVERAL, example="{at: 8000}")
    if part is None:
        return ()
    at = part.integer("at", 1, 10_000, default=8_000, required=True)
    part.close()
    return (DeclaredWords(SEVERAL, (), at),)


def _part(root: Section, key: str, known: tuple[str, ...]) -> tuple[DeclaredWords, ...]:
    table = root.section(key, key, example=f"{{{known[0]}: {_EXAMPLE}}}", required=True)
    if table is None:
        return ()
    found = []
    for code in known:
        part = table.section(code, key.removesuffix("s"), example=_EXAMPLE)
        if part is not None:
            at = part.integer("at", 1, 10_000, default=50, required=True)
            words = part.section("words", "words", example="{起火: 80}", required=True)
            found.append(DeclaredWords(code, () if words is None else words.integers(1, 100), at))
            part.close()
    table.close()
    return tuple(found)
