"""Reads `team.yaml`: the gates of a large project with what comes before what, and the seasons that bring risks.

    matter: project-blocker
    gates: {design: {title: {...}}, filing: {title: {...}, after: [design]}}
    seasons: {heat: {zh: 高温, en: Heat}}

Gates that wait for each other in a ring are a fault: none of them could ever be passed.
"""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Final

import msgspec

from sanban.kernel.mechanism import Title
from sanban.packs.joint.opening import opened, titles_of
from sanban.packs.reading.section import Section

FILE_NAME: Final = "team.yaml"
_GATES: Final = "{design: {title: {zh: 设计, en: Design}}, filing: {title: {zh: 报建, en: Filing}, after: [design]}}"

Order = Mapping[str, tuple[str, ...]]
"""Gate -> the gates that have to be passed before it."""


class TeamTerms(msgspec.Struct, frozen=True):
    """Gates in their order, each with its title; `after`: what comes before what unless a project says otherwise."""

    origin: str
    matter: str
    gates: Mapping[str, Title]
    after: Order
    seasons: Mapping[str, Title]


def ring_of(order: Order) -> tuple[str, ...]:
    """Gates that wait for each other, in turn; none where there is an order to pass them in."""
    try:
        TopologicalSorter(order).prepare()
    except CycleError as error:
        found: tuple[str, ...] = tuple(error.args[1])
        return found
    return ()


def load_team_terms(district: Path) -> TeamTerms:
    """The terms of a district's folder, else the shipped illustration. Raises FaultsFound with every fault."""
    with opened(district, FILE_NAME, "team") as (root, origin):
        titles, after = _gates(root)
        return TeamTerms(
            origin=origin,
            matter=root.text("matter", "project-blocker", required=True),
            gates=titles,
            after=after,
            seasons=titles_of(root, "seasons", "season"),
        )


def _gates(root: Section) -> tuple[dict[str, Title], dict[str, tuple[str, ...]]]:
    table = root.section("gates", "gates", example=_GATES, required=True)
    sections = {} if table is None else table.each("gate")
    titles: dict[str, Title] = {}
    after: dict[str, tuple[str, ...]] = {}
    for name, section in sections.items():
        titles[name] = section.title(required=True) or Title(name, name)
        nodes = section.word_nodes("after", "[design]")
        for node in nodes:
            if str(node.value) not in sections:
                root.notes.unknown(node, "gate", str(node.value), sections)
        after[name] = tuple(str(node.value) for node in nodes)
        section.close()
    ring = ring_of(after)
    if ring and table is not None:
        root.refuse(table.node, "gate_ring", f"these gates wait for each other: {' -> '.join(ring)}", _GATES)
    return titles, after
