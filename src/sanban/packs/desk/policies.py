"""Reads the policies for firms of a folder: what a firm may be given, and under which conditions, one file each.

    # policies/rent-support.yaml, besides what every entry has (`entries`)
    gives: {zh: ..., en: ...}
    conditions:
      young: {title: {zh: 成立不满五年, en: Founded less than five years ago}, when: "years < 5"}

A condition is an expression over `FACTS`, what is known of a firm; each is judged and told by itself, so they are
declared apart and all have to hold. A fact that nobody knows leaves open the conditions that ask for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from sanban.kernel.expression import Declared, Expression, Scope
from sanban.kernel.mechanism import Title
from sanban.packs.desk.entries import Entry, load_entries
from sanban.packs.reading.scope import expression
from sanban.packs.reading.section import Section

FOLDER: Final = "policies"
KINDS: Final = ("enterprise", "individual", "other")
INDUSTRIES: Final = ("manufacturing", "software", "trade", "catering", "culture", "other")
MOST_STAFF, MOST_YEARS = 1_000_000, 500
FACTS: Final = Scope(
    {
        "kind": Declared("str", choices=KINDS),
        "area": Declared("str"),
        "industry": Declared("str", choices=INDUSTRIES),
        "staff": Declared("int", 0, MOST_STAFF),
        "years": Declared("int", 0, MOST_YEARS),
    }
)
"""What may be known of a firm: its kind and the area it is registered in (six digits of GB/T 2260) by its credit code,
the rest as it says; `years`: since its founding."""
EXAMPLE: Final = '{young: {title: {zh: 成立不满五年, en: Founded less than five years ago}, when: "years < 5"}}'


class Condition(msgspec.Struct, frozen=True):
    """One condition and what it is called."""

    code: str
    title: Title
    when: Expression


class Policy(Entry, frozen=True, kw_only=True):
    """A policy; all of its conditions have to hold."""

    gives: Title
    conditions: tuple[Condition, ...]


def load_policies(folders: Sequence[Path], zone: ZoneInfo) -> tuple[Policy, ...]:
    """The policies of the folders, by code. Raises FaultsFound with every fault of all files."""
    return load_entries(folders, zone, _read)


def _read(root: Section, head: Entry) -> Policy:
    gives = root.title("gives", required=True) or Title("?", "?")
    sections = root.sections("conditions", "condition")
    if not sections:
        root.refuse(root.node, "missing_key", "a policy says under which conditions", f"conditions: {EXAMPLE}")
    found = tuple(one for code, section in sections.items() if (one := _condition(code, section)) is not None)
    return Policy(**msgspec.structs.asdict(head), gives=gives, conditions=found)


def _condition(code: str, section: Section) -> Condition | None:
    title, when = section.title(required=True) or Title("?", "?"), expression(section, "when", FACTS)
    if not section.has("when"):
        section.refuse(section.node, "missing_key", "a condition says when it holds", "when: years < 5")
    section.close()
    return None if when is None else Condition(code, title, when)
