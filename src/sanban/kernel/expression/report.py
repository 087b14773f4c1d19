"""The sheet on which reading and checking one expression writes down every fault it finds.

Faults stand at a column of the expression (characters, from 1); the line is that of the expression in the user's file.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from sanban.kernel.errors import Fault
from sanban.kernel.expression.scope import Scope
from sanban.kernel.expression.tree import Node


class Report:
    """Collects the faults of one expression; knows its text and the scope that gives valid examples."""

    def __init__(self, source: str, scope: Scope, path: str = "", line: int = 0) -> None:
        self.source = source
        self.scope = scope
        self._path = path
        self._line = line
        self._found: set[Fault] = set()

    def fault(self, start: int, code: str, message: str, example: str) -> None:
        """Write down one fault at a character offset (from 0) of the source."""
        self._found.add(Fault(self._path, self._line, code, message, example, column=start + 1))

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Every fault found so far, from left to right."""
        return tuple(sorted(self._found, key=lambda fault: (fault.column, fault)))

    def text(self, node: Node) -> str:
        """Return the words of the user that a node stands for, fit to be printed."""
        return "".join(each if each.isprintable() else " " for each in self.source[node.start : node.end])


def nearest(word: str, candidates: Iterable[str]) -> str:
    """Return the candidate most like a misspelt word, or '' if none is close."""
    return next(iter(difflib.get_close_matches(word, list(candidates), n=1)), "")


def suggestion(word: str) -> str:
    """Return '; did you mean ...?' for a found candidate, '' for none."""
    return f"; did you mean '{word}'?" if word else ""
