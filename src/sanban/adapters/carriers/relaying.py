"""The twin of a voice relay: lends numbers that nobody has, in order, and remembers whom each leads to."""

from __future__ import annotations

FIRST = 950_130_000
"""Numbers of the range 95013 are lent by nobody else (illustration)."""


class MemoryRelay:
    """`leads`: number -> telephone; `calls`: who was put through to whom, as told by `call`."""

    def __init__(self) -> None:
        self.leads: dict[str, str] = {}
        self.calls: list[tuple[str, str]] = []
        self._lent: dict[str, str] = {}

    def number(self, key: str, to: str) -> str:
        """A number that leads to `to`; the same key gives the same number."""
        if key not in self._lent:
            self._lent[key] = str(FIRST + len(self._lent))
            self.leads[self._lent[key]] = to
        return self._lent[key]

    def call(self, caller: str, number: str) -> bool:
        """Somebody dials a number; whether it leads to anyone. What the called sees is the number, not the caller."""
        if number not in self.leads:
            return False
        self.calls.append((caller, self.leads[number]))
        return True
