"""Reads `gates.yaml`: what the gates are called at which tasks of a joint plan wait.

    gates: {materials_ready: {zh: 材料齐备, en: Materials complete}}

Who plans may name a gate that stands in no file: it is called by its own word.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sanban.kernel.mechanism import Title
from sanban.packs.joint.opening import opened, titles_of

FILE_NAME: Final = "gates.yaml"


def load_gate_titles(district: Path) -> Mapping[str, Title]:
    """Those of a district's folder, else the shipped illustration. Raises FaultsFound with every fault."""
    with opened(district, FILE_NAME, "gates") as (root, _origin):
        return titles_of(root, "gates", "gate")


def gate_title(titles: Mapping[str, Title], gate: str) -> Title:
    """What a gate is called; its own words where no file has it."""
    words = gate.replace("_", " ").replace("-", " ")
    return titles.get(gate) or Title(words, words)
