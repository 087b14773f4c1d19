"""What makes a matter's file wrong: one check a module, each a function from a draft to its faults.

Every check looks at the whole draft by itself and trusts no other, so that all faults come at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from sanban.kernel.errors import Fault
from sanban.packs.check import clocks, figures, limits, origin, reach, size, steps, words
from sanban.packs.check.shown import notices, public, texts
from sanban.packs.reading.mechanism import Draft

Check = Callable[[Draft], Iterator[Fault]]

CHECKS: Final[tuple[Check, ...]] = (
    size.check,
    origin.check,
    public.check,
    texts.check,
    notices.check,
    words.check,
    reach.check,
    clocks.check,
    limits.check,
    steps.check,
    figures.check,
)


def faults_of(draft: Draft) -> set[Fault]:
    """Every fault that the checks find in a draft."""
    return {fault for check in CHECKS for fault in check(draft)}
