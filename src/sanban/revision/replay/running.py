"""A replay over a span of the ledger: case by case, in flat memory, with as many processes as there are processors.

A case is in the span when it was opened in it. Its events are read, decoded and played one case at a time; what stays
is the tally. Spans of streams are shared out to forks, each with a snapshot of its own; their tallies are sums of whole
numbers, so how many there were cannot be told from the result.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from itertools import groupby, repeat
from operator import itemgetter
from typing import Final, NamedTuple

from sanban.kernel.case.event import CaseOpened, CaseReclassified, Event
from sanban.ledger.proof.folding import uncollected
from sanban.ledger.proof.parts import is_alone, spans_of
from sanban.ledger.proof.refold import Span
from sanban.ledger.stores.store import FOLD_COLUMNS, Row, Source
from sanban.revision.replay.changing import Rules
from sanban.revision.replay.playing import Player, Response, matters_of
from sanban.revision.replay.result import Replayed, replayed
from sanban.revision.replay.tally import FactsOf, Tally

CASES: Final = (
    f"SELECT {FOLD_COLUMNS} FROM ledger_event WHERE district = :district "  # noqa: S608 -- constant columns
    "AND stream >= :first AND stream < :end AND position <= :position ORDER BY stream, seq"
)
KIND: Final = Span("case:", "case;")
"""The streams of cases: from the first up to, not including, the second."""
RECLASSIFIED: Final = CaseReclassified.__struct_config__.tag
"""The type of the events after the first that name a matter."""
FEWEST: Final = 4_000
"""Events below which one process is as quick."""
SMALLEST: Final = 500
"""Events of a span: each costs a snapshot of its own."""
SPANS: Final = 24
"""For each process; the more, the more evenly they are busy at the end."""
MOST_PROCESSES: Final = 4

Decode = Callable[[str, int, bytes], Event]


class Replaying(NamedTuple):
    """What is replayed. `since`, `until`: cases opened from then up to, not including, then (microseconds UTC).

    `position`: of the record's last event; what is written meanwhile is not read.
    """

    source: Source
    decode: Decode
    rules: Rules
    response: Response
    facts_of: FactsOf
    since: int
    until: int
    position: int


def replay(asked: Replaying, processes: int | None = None) -> Replayed:
    """The replay's result. `processes`: how many at most; None = as many as there are processors."""
    tally = Tally(asked.rules.until)
    for part in _tallies(asked, processes or min(os.cpu_count() or 1, MOST_PROCESSES)):
        tally.merge(part)
    return replayed(tally, asked.response, asked.since, asked.until, redirected=asked.rules.redirected)


def cases_of(asked: Replaying, span: Span = KIND) -> Iterator[list[Event]]:
    """The events of each case that was opened in the span of time, case by case."""
    decode = asked.decode
    for opening, rows in _opened(asked, span):
        yield [opening, *[decode(kind, v, payload) for _, _, kind, v, payload in rows]]


def _opened(asked: Replaying, span: Span) -> Iterator[tuple[CaseOpened, list[Row]]]:
    """The first event of each such case, and the rows of those after it."""
    with asked.source.snapshot() as snapshot:
        found = snapshot.stream(CASES, {**span.bounds, "position": asked.position})
        for _, several in groupby(found, itemgetter(0)):
            (_, _, *opening), *rows = several
            first = asked.decode(*opening)
            if isinstance(first, CaseOpened) and asked.since <= first.at < asked.until:
                yield first, rows


def _tallies(asked: Replaying, processes: int) -> Iterator[Tally]:
    spans = [KIND]
    if processes > 1 and asked.position >= FEWEST:
        with asked.source.lookup() as lookup:
            spans = spans_of(lookup, KIND, repeat(max(-(-asked.position // (processes * SPANS)), SMALLEST)))
    if len(spans) == 1 or not is_alone():
        yield _tally(asked, KIND)
        return
    asked.source.close()  # no connection may be open in two processes
    with multiprocessing.get_context("fork").Pool(processes, _INHERITED.append, (asked,)) as pool:
        yield from pool.imap(_forked, spans)


_INHERITED: list[Replaying] = []
"""What a fork has from its parent, in the fork alone: sources and mechanisms are not sent through a line."""


def _forked(span: Span) -> Tally:
    return _tally(_INHERITED[-1], span)


def _tally(asked: Replaying, span: Span) -> Tally:
    """The sums of a span of streams."""
    tally = Tally(asked.rules.until)
    with uncollected():
        _add_all(tally, asked, span)
    return tally


def _add_all(tally: Tally, asked: Replaying, span: Span) -> None:
    """Of a case that no change can reach, only the events that name its matters are decoded."""
    decode, rules = asked.decode, asked.rules
    player = Player(rules, asked.response)
    for opening, rows in _opened(asked, span):
        if _is_touched(opening, rows, rules, decode):
            events = [opening, *[decode(kind, v, payload) for _, _, kind, v, payload in rows]]
            played = player.play(events)
            tally.add(played, len(events), asked.facts_of, rules.recorded.by_key, rules.under)
        else:
            tally.add_untouched(1 + len(rows))


def _is_touched(opening: CaseOpened, rows: list[Row], rules: Rules, decode: Decode) -> bool:
    """Whether the change can reach a case: one that was opened under a changed matter, or came to be of one."""
    return rules.touch(matters_of([opening])) or rules.touch(
        matters_of([decode(kind, v, payload) for _, _, kind, v, payload in rows if kind == RECLASSIFIED])
    )
