"""What project teams work with besides what all parts do: the cases that block, as a viewer may know of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from sanban.joint.surrounding import Needs as SurroundingNeeds
from sanban.kernel.permission import Actor
from sanban.packs.joint.team import TeamTerms


class Blocker(NamedTuple):
    """A case of the declared matter: who leads it, since when, and whether it is open. `project`: '' for none yet."""

    case: str
    number: str
    unit: str
    opened_at: int
    is_open: bool
    gate: str
    project: str


Blockers = Callable[[Actor, str], Sequence[Blocker]]
"""A project's blockers, oldest first; for '' the open ones that no project has noted."""


class Needs(SurroundingNeeds, frozen=True, kw_only=True):
    """`terms`: gates and seasons here."""

    terms: TeamTerms
    blockers: Blockers
