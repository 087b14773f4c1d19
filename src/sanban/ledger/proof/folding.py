"""Folds stored events stream by stream, in flat memory: one stream's state at a time."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter

from sanban.kernel.errors import SanbanError
from sanban.ledger.port import Aggregate
from sanban.ledger.stores.store import FOLD_COLUMNS, Row
from sanban.ledger.writing.caching import Entry

EVENTS_BY_STREAM = f"SELECT {FOLD_COLUMNS} FROM ledger_event WHERE district = :district ORDER BY stream, seq"  # noqa: S608 -- constant columns


@contextmanager
def uncollected() -> Iterator[None]:
    """The collector of cycles waits meanwhile: nothing in events and states refers back, so it would look in vain."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def aggregate_of(stream: str, aggregates: Mapping[str, Aggregate]) -> Aggregate:
    """The aggregate of a stored stream. Raises SanbanError when this program has none for its kind."""
    kind = stream.partition(":")[0]
    try:
        return aggregates[kind]
    except KeyError:
        raise SanbanError(f"this program has no aggregate for streams of kind {kind!r}", "case:c-17") from None


def fold_streams(rows: Iterable[Row], aggregates: Mapping[str, Aggregate]) -> Iterator[tuple[str, Entry]]:
    """(stream, entry) for FOLD_COLUMNS rows ordered by stream and seq; entries have no timers and rows yet."""
    for stream, events in groupby(rows, itemgetter(0)):
        entry = Entry(aggregate_of(stream, aggregates))
        decode, fold, state = entry.aggregate.decode, entry.aggregate.fold, None
        for _, seq, kind, v, payload in events:
            state = fold(state, decode(kind, v, payload))
            entry.seq = seq
        entry.state = state
        yield stream, entry
