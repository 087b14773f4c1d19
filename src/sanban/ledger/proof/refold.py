"""The pass by stream: each stream's events are hashed again and folded, and what its state derives is compared.

Events, timers and projection rows all come ordered by stream, so they are merged: one stream is in memory at a time. A
pass may be over a `Span` of streams alone; the spans of a ledger together are the whole pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from struct import error as StructError  # noqa: N812 -- an exception's name
from typing import Any, NamedTuple

from msgspec.structs import astuple

from sanban.kernel.errors import SanbanError
from sanban.ledger.port import Aggregate, Projection
from sanban.ledger.proof.chain import event_hash
from sanban.ledger.proof.findings import Report
from sanban.ledger.proof.folding import aggregate_of
from sanban.ledger.stores.shapes import declared_of, projections
from sanban.ledger.stores.store import Row, Snapshot, identifier
from sanban.ledger.writing.caching import Keyed
from sanban.ledger.writing.deferring import POSITION

EVENTS = (
    "SELECT stream, seq, position, type, v, command_id, actor, occurred_at, recorded_at, batch_no, payload, hash "
    "FROM ledger_event WHERE district = :district {span} ORDER BY stream, seq"
)
TIMERS = (
    "SELECT stream, timer_id, due_at, step, args FROM timer WHERE district = :district {span} ORDER BY stream, timer_id"
)
NAMELESS = "SELECT 1 FROM {table} WHERE district = :district AND stream IS NULL LIMIT 1"
STEP = 10_000
CHANGED = "its columns do not give its hash"

_stream_of = itemgetter(0)


class Span(NamedTuple):
    """The streams from `first` on, up to and without `end`; an empty text is no bound."""

    first: str = ""
    end: str = ""

    @property
    def condition(self) -> str:
        """What a statement that has `:first` and `:end` bound needs to say."""
        return ("AND stream >= :first " if self.first else "") + ("AND stream < :end" if self.end else "")

    @property
    def bounds(self) -> Mapping[str, str]:
        return {name: value for name, value in self._asdict().items() if value}


WHOLE = Span()


class _Derived:
    """Rows of one derived table, handed out stream by stream; those of streams that are passed by are extra."""

    def __init__(self, table: str, rows: Iterator[Row], places: Sequence[int], report: Report) -> None:
        self.table = table
        self.report = report
        first, *others = places
        self._key_of: Callable[[Row], Row] = itemgetter(*places) if others else lambda row: (row[first],)
        self._order = itemgetter(*others) if others else None
        self._groups = groupby(rows, _stream_of)
        self.next: str | None = None
        self._step()

    def compare(self, stream: str, wanted: list[Row]) -> None:
        """Names what is missing, extra or changed in the stream's rows."""
        while self.next is not None and self.next < stream:
            self._pass_by()
        rows: list[Row] = []
        if self.next == stream:
            rows = list(self._rows)
            self._step()
        if len(wanted) > 1 and self._order is not None:
            wanted.sort(key=self._order)
        if rows == wanted:
            return
        found, expected = ({self._key_of(row): row for row in each} for each in (rows, wanted))
        if found != expected:
            self._differences(found, expected)

    def finish(self) -> None:
        """The rows of streams after the last one."""
        while self.next is not None:
            self._pass_by()

    def _differences(self, found: Keyed, wanted: Keyed) -> None:
        for key in sorted(found.keys() | wanted.keys(), key=str):
            if key not in found:
                self.report.add(self.table, _shown(key), "missing", "the stream's state has this row")
            elif key not in wanted:
                self.report.add(self.table, _shown(key), "extra", "the stream's state has no such row")
            elif found[key] != wanted[key]:
                self.report.add(self.table, _shown(key), "changed", "it differs from what the stream's state gives")

    def _pass_by(self) -> None:
        for row in self._rows:
            self.report.add(self.table, _shown(self._key_of(row)), "extra", "its stream has no events")
        self._step()

    def _step(self) -> None:
        """`next` becomes the stream whose rows come next, None after the last; rows of no stream are extra at once."""
        found = next(self._groups, None)
        while found is not None and found[0] is None:
            for row in found[1]:
                self.report.add(self.table, _shown(self._key_of(row)), "extra", "it belongs to no stream")
            found = next(self._groups, None)
        self.next, self._rows = found if found is not None else (None, iter(()))


class _Kind(NamedTuple):
    """One kind of stream, with the derived tables its states are compared with."""

    aggregate: Aggregate
    timers: _Derived
    tables: Sequence[tuple[Callable[[str, Any], Sequence[Row]], bool, _Derived]]
    """What lays out a state's rows, whether the table is deferred, and what stands in it."""
    filled_to: int
    """Up to which position deferred tables are filled."""


def check_streams(
    snapshot: Snapshot,
    aggregates: Mapping[str, Aggregate],
    report: Report,
    progress: Callable[[int], None] | None,
    span: Span = WHOLE,
) -> None:
    """Hashes and folds the streams of a span, all by default, and compares their timers and projection rows."""
    timers = _Derived("timer", _rows(snapshot, TIMERS, span), (0, 1), report)
    declared = projections(aggregates.values())
    derived = {name: _derived(snapshot, name, declared[name], span, report) for name in declared}
    known = snapshot.query(POSITION)
    filled_to = known[0][0] if known else 0
    kinds = {
        kind: _Kind(each, timers, [(one.rows, one.deferred, derived[one.table]) for one in each.projections], filled_to)
        for kind, each in aggregates.items()
    }
    told = 0
    for stream, rows in groupby(_rows(snapshot, EVENTS, span), _stream_of):
        report.streams += 1
        _check_stream(stream, list(rows), aggregates, kinds, report)
        if progress is not None and report.events - told >= STEP:
            told = report.events
            progress(told)
    for table in (timers, *derived.values()):
        table.finish()


def has_nameless(snapshot: Snapshot, aggregates: Mapping[str, Aggregate]) -> bool:
    """Whether any row belongs to no stream; it would stand in no span."""
    tables = ("ledger_event", "timer", *projections(aggregates.values()))
    return any(snapshot.query(NAMELESS.format(table=identifier(table))) for table in tables)


def _rows(snapshot: Snapshot, sql: str, span: Span) -> Iterator[Row]:
    return snapshot.stream(sql.format(span=span.condition), span.bounds)


def _derived(snapshot: Snapshot, name: str, projection: Projection, span: Span, report: Report) -> _Derived:
    sql, places = _reading(projection)
    return _Derived(name, _rows(snapshot, sql, span), places, report)


@lru_cache(256)
def _reading(projection: Projection) -> tuple[str, list[int]]:
    """The statement that reads a projection's rows and the places of their key, kept: every span asks."""
    table = declared_of(projection)
    columns = [column.name for column in table.columns[1:]]
    order = ", ".join(table.key[1:])
    sql = f"SELECT {', '.join(columns)} FROM {table.name} WHERE district = :district {{span}} ORDER BY {order}"  # noqa: S608 -- declared names
    return sql, [columns.index(column) for column in ("stream", *projection.key)]


def _check_stream(
    stream: str, rows: list[Row], aggregates: Mapping[str, Aggregate], kinds: Mapping[str, _Kind], report: Report
) -> None:
    report.events += len(rows)
    kind = kinds.get(stream.partition(":")[0])
    if kind is None:
        try:
            aggregate_of(stream, aggregates)
        except SanbanError as error:
            report.add("ledger_event", stream, "extra", error.message)
        return
    aggregate = kind.aggregate
    state, filled = _fold_checked(stream, rows, aggregate, report, kind.filled_to)
    try:
        timers = [(stream, *astuple(timer)) for timer in aggregate.timers(state)]
        laid = [
            () if (at := filled if deferred else state) is None else rows_of(stream, at)
            for rows_of, deferred, _ in kind.tables
        ]
    except Exception as error:  # a state folded from tampered events can be anything
        report.add("ledger_event", stream, "broken", f"its state gives no rows ({type(error).__name__})")
        return
    kind.timers.compare(stream, timers)
    for (_, _, table), wanted in zip(kind.tables, laid, strict=True):
        if wanted or (table.next is not None and table.next <= stream):  # most have no rows of most streams
            table.compare(stream, [(stream, *row) for row in wanted])


def _fold_checked(
    stream: str, rows: list[Row], aggregate: Aggregate, report: Report, filled_to: int
) -> tuple[Any, Any]:
    """The state now and the one at the position `filled_to`; every event is hashed and must follow the one before."""
    decode, fold, district = aggregate.decode, aggregate.fold, report.district
    state: Any = None
    filled: Any = None
    expected = 1
    for row in rows:
        stream, seq, position, kind, v, command_id, actor, occurred_at, recorded_at, batch_no, payload, digest = row
        try:
            is_intact = digest == event_hash(
                district, stream, seq, position, kind, v, command_id, actor, occurred_at, recorded_at, batch_no, payload
            )
        except (TypeError, StructError, AttributeError):
            is_intact = False
        if not is_intact:
            report.add("ledger_event", f"{stream}/{seq}", "changed", CHANGED)
        if seq != expected:
            report.add("ledger_event", f"{stream}/{expected}", "missing", f"sequence {seq} comes next")
        expected = seq + 1
        try:
            state = fold(state, decode(kind, v, payload))
        except Exception as error:  # tampered bytes can be anything
            report.add("ledger_event", f"{stream}/{seq}", "broken", f"it cannot be folded ({type(error).__name__})")
        if position <= filled_to:
            filled = state
    return state, filled


def _shown(key: Row) -> str:
    return "/".join(map(str, key))
