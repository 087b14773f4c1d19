"""The pass by stream: each stream's events are hashed again and folded, and what its state derives is compared.

Events, timers and projection rows all come ordered by stream, so they are merged: one stream is in memory at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from struct import error as StructError  # noqa: N812 -- an exception's name
from typing import Any

from sanban.kernel.errors import SanbanError
from sanban.ledger.port import Aggregate
from sanban.ledger.proof.chain import event_hash
from sanban.ledger.proof.findings import Report
from sanban.ledger.proof.folding import aggregate_of
from sanban.ledger.stores.shapes import projections, shape_of, table_of
from sanban.ledger.stores.store import Row, Snapshot
from sanban.ledger.writing.caching import Keyed
from sanban.ledger.writing.deriving import rows_of, timer_row, timers_of

EVENTS = (
    "SELECT district, stream, seq, position, type, v, command_id, actor, occurred_at, recorded_at, batch_no, payload, "
    "hash FROM ledger_event WHERE district = :district ORDER BY stream, seq"
)
TIMERS = "SELECT district, stream, timer_id, due_at, step, args FROM timer WHERE district = :district ORDER BY stream"
STEP = 10_000


class _Derived:
    """Rows of one derived table, handed out stream by stream; those of streams that are passed by are extra."""

    def __init__(self, table: str, rows: Iterator[Row], places: Sequence[int], report: Report) -> None:
        self.table = table
        self.report = report
        first = places[0]
        self._key_of: Callable[[Row], Row] = itemgetter(*places) if places[1:] else lambda row: (row[first],)
        self._groups = groupby(rows, itemgetter(1))
        self._step()

    def compare(self, stream: str, wanted: Keyed) -> None:
        """Names what is missing, extra or changed in the stream's rows."""
        while self._stream is not None and self._stream < stream:
            self._pass_by()
        rows: list[Row] = []
        if self._stream == stream:
            rows = list(self._rows)
            self._step()
        if rows == list(wanted.values()):
            return
        found = {self._key_of(row): row for row in rows}
        if found != wanted:
            self._differences(found, wanted)

    def finish(self) -> None:
        """The rows of streams after the last one."""
        while self._stream is not None:
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
        found: tuple[str | None, Iterator[Row]] = next(self._groups, (None, iter(())))
        self._stream, self._rows = found


def check_streams(
    snapshot: Snapshot,
    aggregates: Mapping[str, Aggregate],
    report: Report,
    progress: Callable[[int], None] | None,
) -> None:
    """Hashes and folds every stream, and compares its timers and projection rows."""
    derived = {"timer": _Derived("timer", snapshot.stream(TIMERS), (1, 2), report)}
    for name, projection in projections(aggregates.values()).items():
        shape = shape_of(table_of(projection))
        sql = f"SELECT {', '.join(shape.columns)} FROM {name} WHERE district = :district ORDER BY stream"  # noqa: S608 -- declared names
        places = [shape.columns.index(column) for column in ("stream", *projection.key)]
        derived[name] = _Derived(name, snapshot.stream(sql), places, report)
    told = 0
    for stream, rows in groupby(snapshot.stream(EVENTS), itemgetter(1)):
        report.streams += 1
        _check_stream(stream, rows, aggregates, derived, report)
        if progress is not None and report.events - told >= STEP:
            told = report.events
            progress(told)
    for table in derived.values():
        table.finish()


def _check_stream(
    stream: str,
    rows: Iterator[Row],
    aggregates: Mapping[str, Aggregate],
    derived: Mapping[str, _Derived],
    report: Report,
) -> None:
    try:
        aggregate = aggregate_of(stream, aggregates)
    except SanbanError as error:
        report.events += sum(1 for _ in rows)
        report.add("ledger_event", stream, "extra", error.message)
        return
    state = _fold_checked(stream, rows, aggregate, report)
    try:
        wanted: dict[str, Keyed] = {"timer": _timers(report.district, stream, aggregate, state)}
        for projection in aggregate.projections:
            wanted[projection.table] = rows_of(report.district, projection, stream, state)
    except Exception as error:  # a state folded from tampered events can be anything
        report.add("ledger_event", stream, "broken", f"its state gives no rows ({type(error).__name__})")
        return
    for table, keyed in wanted.items():
        derived[table].compare(stream, keyed)


def _fold_checked(stream: str, rows: Iterator[Row], aggregate: Aggregate, report: Report) -> Any:
    """The stream's state; every event is hashed and must follow the one before."""
    decode, fold = aggregate.decode, aggregate.fold
    state: Any = None
    expected = 1
    for row in rows:
        report.events += 1
        seq = row[2]
        if not _is_intact(row):
            report.add("ledger_event", f"{stream}/{seq}", "changed", "its columns do not give its hash")
        if seq != expected:
            report.add("ledger_event", f"{stream}/{expected}", "missing", f"sequence {seq} comes next")
        expected = seq + 1
        try:
            state = fold(state, decode(row[4], row[5], row[11]))
        except Exception as error:  # tampered bytes can be anything
            report.add("ledger_event", f"{stream}/{seq}", "broken", f"it cannot be folded ({type(error).__name__})")
    return state


def _is_intact(row: Row) -> bool:
    try:
        return bool(event_hash(*row[:-1]) == row[12])
    except (TypeError, StructError, AttributeError):
        return False


def _timers(district: str, stream: str, aggregate: Aggregate, state: Any) -> Keyed:
    return {(stream, name): timer_row(district, stream, timer) for name, timer in timers_of(aggregate, state).items()}


def _shown(key: Row) -> str:
    return "/".join(map(str, key))
