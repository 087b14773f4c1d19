"""A rule put to a test, and the finding where the test speaks against it: a change, and the cases behind it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from sanban.kernel.case.words import Id
from sanban.revision.change import Change
from sanban.revision.share import Share

MOST_CASES: Final = 200
"""Cases named as evidence; all are counted."""
MILLION: Final = 1_000_000


class Finding(msgspec.Struct, frozen=True):
    """One proposal of the ledger. `share`: what was seen; `limit`: the threshold, in basis points (0 = of a wave).

    `chance`: how likely this would be by chance, per million. `cases`: ids of the evidence, the first so many.
    """

    change: Change
    share: Share
    limit: int
    chance: int
    cases: tuple[Id, ...]


class Tested(NamedTuple):
    """How likely what was seen is by chance, and what is proposed where that is not believed."""

    chance: float
    finding: Finding | None = None


class Looked(NamedTuple):
    """What the ledger proposes, and how many rules it had looked at."""

    findings: tuple[Finding, ...]
    tests: int

    def of(self, findings: Iterable[Finding]) -> Looked:
        """The same with these findings alone."""
        return self._replace(findings=tuple(findings))


def spoken_against(change: Change, share: Share, limit: int, chance: float, cases: Iterable[str]) -> Tested:
    """A test with what it would propose, by the first so many of its cases."""
    named = tuple(sorted(cases))[:MOST_CASES]
    return Tested(chance, Finding(change, share, limit, round(chance * MILLION), named))
