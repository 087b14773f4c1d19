"""Figures rest on ledger events that exist."""

from __future__ import annotations

from collections.abc import Iterator

from sanban.kernel.errors import Fault
from sanban.packs.check.place import unknown
from sanban.packs.reading.figures import EVENTS
from sanban.packs.reading.mechanism import Draft


def check(draft: Draft) -> Iterator[Fault]:
    """A figure naming an unknown event."""
    for figure in draft.figures.values():
        if figure.of not in EVENTS:
            yield unknown(draft, ("figures", figure.name, "of"), "event", figure.of, EVENTS)
