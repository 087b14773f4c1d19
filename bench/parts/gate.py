"""Goals that a bench is held to: with `--gate` it ends with 1 where one is missed, a line on stderr for each.

Without it every bench ends with 0 once it has measured, so that `make bench` tells all of them. What a bench finds to
be wrong, as rows that differ, ends it either way.
"""

from __future__ import annotations

import argparse
import sys
from typing import Final

HELP: Final = "end with 1 where a goal is missed, and say which on stderr"


def add_gate(parser: argparse.ArgumentParser) -> None:
    """The option; `gate` of what is parsed."""
    parser.add_argument("--gate", action="store_true", help=HELP)


class Gate:
    """Goals that were missed so far."""

    def __init__(self, *, holds: bool) -> None:
        self._holds = holds
        self._missed: list[str] = []

    def least(self, what: str, figure: float, goal: float) -> None:
        """A figure that has to be so much."""
        if figure < goal:
            self._missed.append(f"{what}: {figure:.3g}, and at least {goal:g} is the goal")

    def most(self, what: str, figure: float, goal: float) -> None:
        """A figure that may be so much."""
        if figure > goal:
            self._missed.append(f"{what}: {figure:.3g}, and at most {goal:g} is the goal")

    def ended(self) -> int:
        """What the bench ends with."""
        for missed in self._missed if self._holds else ():
            print(missed, file=sys.stderr)
        return int(self._holds and bool(self._missed))
