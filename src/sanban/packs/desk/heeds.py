"""Reads `routes.yaml`: the declared words that speak for a route of triage or for a flag.

    routes:
      emergency: {at: 60, words: {起火: 80}}      # points from which its words speak for it
    flags:
      danger: {at: 60, words: {漏电: 60}}
    several: {at: 8000}                            # from which confidence a part of a message has a matter of its own
    together: {at: 2}                              # so many declared words speak before they open a case by themselves

Routes are the five of the hotline's rule but accepting, which needs no word; flags are what the desk looks at first.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from sanban.packs.loading import SHIPPED
from sanban.packs.reading.opening import opened
from sanban.packs.reading.section import Section

DESK: Final = SHIPPED / "_desk"
FILE_NAME: Final = "routes.yaml"
ROUTES: Final = ("emergency", "police_clue", "statutory", "explain")
FLAGS: Final = ("danger", "urgent", "spam", "thanks", "question")
SEVERAL: Final = "several"
TOGETHER: Final = "together"
_NUMBERS: Final = {SEVERAL: (10_000, 8_000), TOGETHER: (20, 2)}
_EXAMPLE: Final = "{at: 60, words: {起火: 80}}"


class DeclaredWords(msgspec.Struct, frozen=True):
    """Words of one route or flag with their weights; from `at` points on they speak for it."""

    code: str
    words: tuple[tuple[str, int], ...]
    at: int


def load_heeds(path: Path = DESK / FILE_NAME) -> tuple[DeclaredWords, ...]:
    """The words of a file, routes first. Raises FaultsFound with every fault."""
    with opened(path, "desk") as (root, _):
        return (*_part(root, "routes", ROUTES), *_part(root, "flags", FLAGS), *_numbers(root))


def _numbers(root: Section) -> tuple[DeclaredWords, ...]:
    """What has a number alone, for which no word speaks; what is not declared is left out."""
    found = []
    for code, (most, usual) in _NUMBERS.items():
        part = root.section(code, code, example=f"{{at: {usual}}}")
        if part is not None:
            found.append(DeclaredWords(code, (), part.integer("at", 1, most, default=usual, required=True)))
            part.close()
    return tuple(found)


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
