"""What the room and the rulings are given: a case as a viewer may see it, and the directory's precedents."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

from sanban.joint.board.ports import Needs as BoardNeeds
from sanban.kernel.case.state import Case
from sanban.kernel.duty.directory import Entry
from sanban.kernel.duty.grid import GridMap
from sanban.kernel.mechanism import Mechanism, Title
from sanban.kernel.permission import Actor


class Noted(NamedTuple):
    """Something that was said or settled: when (microseconds UTC), by which unit, about whom, why, in which text."""

    kind: Literal["minuted", "ruled", "vetoed", "gate_passed"]
    at: int
    unit: str
    about: tuple[str, ...] = ()
    ground: str = ""
    text: str = ""


class Joined(NamedTuple):
    """A case that is worked on together. `texts`: those of its whistles and notes that the viewer may read, by ref.

    `whole`: the viewer sees everybody's tasks, not those of their own unit and the lead alone; `steps`: those that the
    viewer may take now, by name.
    """

    case: Case
    mechanism: Mechanism
    whole: bool
    texts: Mapping[str, str]
    noted: tuple[Noted, ...]
    steps: tuple[tuple[str, Title], ...]


class Needs(BoardNeeds, frozen=True, kw_only=True):
    """`joined`: a case by id, None where it is missing for the viewer; `precedents`: kept rulings as of now, by table.

    `grids`: where the areas of the directory lie; `gate`: what a gate of a plan is called.
    """

    joined: Callable[[Actor, str, int], Joined | None]
    precedents: Callable[[], Sequence[Entry]]
    grids: GridMap
    gate: Callable[[str], Title]
