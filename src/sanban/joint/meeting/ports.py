"""What meetings work with besides what all parts do: the ageing board, from which agendas are drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from sanban.joint.surrounding import Needs as SurroundingNeeds
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor
from sanban.packs.joint.meeting import MeetingTerms


class Ageing(NamedTuple):
    """A case of the ageing board: who leads it, and since when it waits (microseconds UTC)."""

    case: str
    number: str
    matter: Title
    lead: Title
    since: int


Board = Callable[[Actor, int, int], Sequence[Ageing]]
"""The cases that wait longest at an instant, the oldest first, at most so many, as the viewer may know of them."""


class Needs(SurroundingNeeds, frozen=True, kw_only=True):
    """`terms`: how meetings work here; `paths`: the matters whose path can be adopted, by code.

    `has_files`: whether a meeting's page has files beside its minutes.
    """

    terms: MeetingTerms
    board: Board
    paths: Callable[[int], dict[str, Title]]
    has_files: bool = False
