"""What triage says about one text, and what everything that says it can do.

    model        which program, with which words or weights, said so
    candidates   matters, most confident first, each with its reasons
    route        one of the five routes, when declared words speak for another than accepting
    flags        what a person should look at first: danger, urgent, several, spam, empty
    grounds      codes of the words behind route and flags
    blocks       where in the text which matter is spoken of, by offsets

Nothing of it is text of the person: codes, offsets and numbers alone. A flag never closes a request and never makes a
limit shorter or longer; it says where to look.
"""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from sanban.intake.event import AdvisedRoute, Block, Candidate, Flag


class Advice(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is stored of it. `auto`: the first candidate reached the threshold that its mechanism declares."""

    model: str
    candidates: tuple[Candidate, ...] = ()
    auto: bool = False
    route: AdvisedRoute = ""
    flags: tuple[Flag, ...] = ()
    grounds: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()

    def arguments(self) -> dict[str, Any]:
        """As arguments of the step `suggest`."""
        given: dict[str, Any] = msgspec.to_builtins(self)
        return {"auto": False, "candidates": [], **given}


class Advises(Protocol):
    """Triage as the rest of intake sees it."""

    @property
    def model(self) -> str:
        """The version that is stored with what it says."""
        ...

    def advise(self, text: str, title: str = "") -> Advice | None:
        """What it thinks; None when it has nothing to say."""
        ...

    def word(self, reason: str) -> str:
        """The word behind a reason's code; the code itself, or '', when it is not known any more."""
        ...
