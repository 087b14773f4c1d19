"""Reads `meeting.yaml`: how many cases come onto an agenda, and how long the owner of a decision may have.

agenda: 12
limits: [3 working_days, 10 working_days]
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from sanban.kernel.clock.limit import Length, parse_length
from sanban.packs.joint.opening import opened

FILE_NAME: Final = "meeting.yaml"


class MeetingTerms(msgspec.Struct, frozen=True):
    """How meetings work: `agenda`: cases at most; `limits`: what a decision's owner may be given."""

    origin: str
    agenda: int
    limits: tuple[Length, ...]

    def limit(self, text: str) -> Length | None:
        """The declared limit that a text such as `10 working_day` names."""
        return next((one for one in self.limits if limit_code(one) == text), None)


def limit_code(length: Length) -> str:
    """A limit as forms and calls name it."""
    return f"{length.count} {length.unit}"


def load_meeting_terms(district: Path) -> MeetingTerms:
    """The terms of a district's folder, else the shipped illustration. Raises FaultsFound with every fault."""
    with opened(district, FILE_NAME, "meeting") as (root, origin):
        agenda = root.integer("agenda", 1, 100, default=12, required=True)
        limits = []
        for node in root.word_nodes("limits", "[5 working_days]", required=True):
            read = parse_length(str(node.value))
            if isinstance(read, Length):
                limits.append(read)
            else:
                root.refuse(node, "not_a_length", read.message, f"limits: [{read.example}]")
    return MeetingTerms(origin, agenda, tuple(limits))
