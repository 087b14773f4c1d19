"""The two ways to say no, and the one way to fail.

A `Refused` is a value: the command was understood and is not allowed now. A `Fault` is a value too: a place in a
user's data that is wrong; faults are collected and reported all at once. A `SanbanError` is raised only where the
caller cannot go on. All three say what was expected and show a valid example.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

_PATTERN = re.compile(r"Expected `str` matching regex (?:'(?:[^'\\\\]|\\\\.)*'|\"[^\"]*\")")


class SanbanError(Exception):
    """The one base of the product's exceptions: what was wrong, and a valid example."""

    def __init__(self, message: str, example: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.example = example

    def __str__(self) -> str:
        return f"{self.message}\n  for example: {self.example}" if self.example else self.message


class BusyError(SanbanError):
    """What was asked is well asked and cannot be had just now: nothing was lost, and the same may be asked again."""


def in_words(message: str) -> str:
    """A checker's message without the pattern it was checked against: people are shown an example instead."""
    return _PATTERN.sub("it is not written as it has to be", message)


class Refused(msgspec.Struct, frozen=True):
    """A refusal: a stable reason code (snake_case), one sentence in English, and what would have been accepted."""

    reason: str
    message: str
    example: str = ""


class Fault(msgspec.Struct, frozen=True, order=True):
    """One fault in a user's file. `line` and `column` count from 1; 0 means the whole file."""

    path: str
    line: int
    code: str
    message: str
    example: str = ""
    column: int = 0

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.code}: {self.message}" + (f"\n    for example: {self.example}" if self.example else "")


class FaultsFound(SanbanError):
    """Raised when data with faults had to be used; carries every fault, sorted by place."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(str(fault) for fault in self.faults))
