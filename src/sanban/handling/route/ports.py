"""What a route asks of the rest of the house: checks of findings, dangers, places in words, where photos are kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import msgspec

from sanban.handling.needs import Needs
from sanban.kernel.case.state import Case
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor
from sanban.kernel.view import Upload
from sanban.ledger.port import Part, Secret
from sanban.packs.desk.shift import ShiftRules


class Check(msgspec.Struct, frozen=True):
    """A repair on the spot that waits for a second look. `due_at`: until when, microseconds UTC."""

    id: str
    number: str
    matter: Title
    grid: str
    due_at: int


ChecksOf = Callable[[Actor, int], Sequence[Check]]
"""Viewer and now -> what they may look at again, the first due first."""

DangersOf = Callable[[Sequence[str]], Collection[str]]
"""Case ids -> those with a request that speaks of a danger."""

GridOf = Callable[[str], str]
"""A grid's code, `latitude, longitude` or words about a place -> the grid's code, '' where they lead to none."""

Attached = tuple[tuple[Part, ...], tuple[Secret, ...]]
AttachesToCase = Callable[[str, Case, Sequence[Upload]], Attached | Refused]
"""Command id, case, photos -> what the command says and keeps to add them, or why one cannot be taken."""


class RouteNeeds(msgspec.Struct, frozen=True):
    """Everything that a route's pages and its operation work with."""

    needs: Needs
    rules: ShiftRules
    checks: ChecksOf
    dangers: DangersOf
    grid_of: GridOf
    attaches: AttachesToCase
