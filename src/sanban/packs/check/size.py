"""A matter is a short file: it chooses registered verbs and limits, it is no program."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sanban.kernel.errors import Fault
from sanban.packs.check.place import fault_at
from sanban.packs.reading.mechanism import Draft

MOST_LINES: Final = 150
MOST_STATES: Final = 20


def check(draft: Draft) -> Iterator[Fault]:
    """At most 150 lines and 20 states a file."""
    lines = draft.material.lines
    if lines > MOST_LINES:
        message = f"the file has {lines} lines; a matter has at most {MOST_LINES}"
        yield Fault(draft.material.own.path, MOST_LINES + 1, "too_long", message, "extends: seven-steps")
    states = len(draft.mechanism.states) if draft.mechanism is not None else 0
    if states > MOST_STATES:
        message = f"the mechanism has {states} states; at most {MOST_STATES}"
        yield fault_at(draft, ("states",), "too_many_states", message, "a second matter, or fewer stages")
