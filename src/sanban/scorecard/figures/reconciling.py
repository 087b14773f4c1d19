"""Totals that must agree: parts with the total printed beside them, and ours with what somebody else counted.

A difference is reported with its size and, where both sides name what they counted, with everything that only one side
has. Nothing is ever adjusted to fit.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec


class Mismatch(msgspec.Struct, frozen=True):
    """A total of ours and theirs. `missing`: what only theirs names; `extra`: what only ours does."""

    what: str
    counted: int
    printed: int
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()

    @property
    def difference(self) -> int:
        """How many more are printed than counted."""
        return self.printed - self.counted


def reconcile(what: str, *, parts: Mapping[str, int], printed: int) -> tuple[Mismatch, ...]:
    """The printed total against the sum of its parts; nothing where they agree."""
    counted = sum(parts.values())
    return () if counted == printed else (Mismatch(what, counted, printed),)


def reconcile_each(what: str, *, ours: Collection[str], theirs: Collection[str]) -> tuple[Mismatch, ...]:
    """What each side has counted, by number; equal totals of different things do not agree."""
    missing, extra = sorted(set(theirs) - set(ours)), sorted(set(ours) - set(theirs))
    return (Mismatch(what, len(ours), len(theirs), tuple(missing), tuple(extra)),) if missing or extra else ()
