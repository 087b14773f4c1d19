"""Verifies a ledger in flat memory: every hash, every link, every derived row, in two streaming passes.

    by position: batches, their events' stored hashes and their commands  ->  chain without gaps, shard, cursors
    by stream:   events in full, timers and projection rows               ->  row hashes, sequences, derived rows
    the vault:   what the chain says was sealed                           ->  see `vaulted`; only with a vault's key

All passes read one snapshot. Where there are several processors, streams are shared out first (`parts`). What was
changed is named: the table and the row, for an event its stream and sequence. A ledger whose end was cut off cleanly is
whole in itself; only a head written down before tells (`head`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from struct import error as StructError  # noqa: N812 -- an exception's name
from typing import Any

import msgspec

from sanban.kernel.errors import SanbanError
from sanban.ledger.port import Aggregate, Answer
from sanban.ledger.proof.chain import GENESIS, BatchRow, batch_hash, command_hash, commands_joined, joined
from sanban.ledger.proof.findings import Report
from sanban.ledger.proof.folding import uncollected
from sanban.ledger.proof.parts import Crew, crew
from sanban.ledger.proof.refold import check_streams, has_nameless
from sanban.ledger.proof.vaulted import check_vault
from sanban.ledger.reading.reader import Head, StoreReader
from sanban.ledger.stores.shapes import projections
from sanban.ledger.stores.store import Row, Shard, Snapshot
from sanban.ledger.vault import Vault

BATCHES = "SELECT * FROM ledger_batch WHERE district = :district ORDER BY batch_no"
POSITIONS = (
    "SELECT position, batch_no, recorded_at, hash FROM ledger_event WHERE district = :district ORDER BY position"
)
NAMED = "SELECT stream, seq, hash FROM ledger_event WHERE district = :district AND position = :position"
WRITTEN = (
    "SELECT stream, max(seq) FROM ledger_event WHERE district = :district AND position BETWEEN :first AND :last "
    "GROUP BY stream"
)
COMMANDS = (
    "SELECT command_id, batch_no, body_hash, answer, hash, sealed FROM ledger_command "
    "WHERE district = :district ORDER BY batch_no"
)
SHARD = "SELECT * FROM shard WHERE district = :district"
CURSORS = "SELECT handler, position FROM reaction_cursor WHERE district = :district"
VERSIONS = "SELECT name, version FROM projection WHERE district = :district"

MOST_AT_ONCE = 100_000
"""Rows of one batch that are looked at together; a batch that claims more is looked at row by row."""

_decode_cursors = msgspec.json.Decoder(dict[str, int]).decode
_decode_answer = msgspec.json.Decoder(Answer).decode


def read_head(path: Path) -> Head:
    """A head written down before, as `StoreReader.head` gives it. Raises SanbanError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Head)
    except (OSError, msgspec.DecodeError) as error:
        example = '{"district": "heping", "position": 120, "batch_no": 9, "hash": "5f0c..."}'
        cause = error.strerror if isinstance(error, OSError) else error
        raise SanbanError(f"{path} cannot be read as a head file: {cause}", example) from error


def verify(
    reader: StoreReader,
    *,
    head: Head | None = None,
    progress: Callable[[int], None] | None = None,
    vault: Vault | None = None,
) -> Report:
    """Checks the reader's district, and its vault when that is given. One without a first batch is empty, and whole.

    `progress` is told the number of events hashed and folded so far. Raises `MasterKeyError` for another key.
    """
    with uncollected():
        return _verified(reader, head, progress, vault)


def _verified(
    reader: StoreReader, head: Head | None, progress: Callable[[int], None] | None, vault: Vault | None
) -> Report:
    with crew(reader.source, reader.aggregates) as others:
        if others is not None:
            report = _whole(reader, head, progress, vault, others)
            if report is not None:
                return report
    report = Report(reader.district)
    with reader.source.snapshot() as snapshot:
        if snapshot.query(SHARD):
            _check_versions(snapshot, reader.aggregates, report)
        try:
            _Chain(snapshot, report).check(head)
            check_streams(snapshot, reader.aggregates, report, progress)
            if vault is not None:
                check_vault(snapshot, vault, report)
        except (TypeError, ValueError, AttributeError, StructError) as error:  # SQLite takes any type in any column
            report.add("ledger", reader.district, "broken", f"a column holds what it cannot hold: {error}")
    return report


def _whole(
    reader: StoreReader, head: Head | None, progress: Callable[[int], None] | None, vault: Vault | None, others: Crew
) -> Report | None:
    """The report of a ledger that is whole, its streams checked together with others; None when it may not be."""
    report = Report(reader.district)
    with reader.source.snapshot() as snapshot:
        if not others.agrees(snapshot):
            return None
        try:
            _check_versions(snapshot, reader.aggregates, report)
            _Chain(snapshot, report).check(head)
            if not report.is_whole or has_nameless(snapshot, reader.aggregates):
                return None
            counts = others.share(snapshot, progress)
            if counts is not None and report.is_whole and vault is not None:
                check_vault(snapshot, vault, report)
        except (TypeError, ValueError, AttributeError, StructError):  # told by the pass that follows
            return None
        if counts is None or not report.is_whole:
            return None
        report.events, report.streams = counts
    return report


class _Ahead:
    """Rows that are taken as many as should be there, or up to a limit; what does not fit is given back."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self._rows = rows
        self._back: list[Row] = []

    def take(self, count: int) -> list[Row]:
        """The next `count` rows, fewer at the end and for a count beyond `MOST_AT_ONCE`."""
        back, self._back = self._back, []
        taken = [*back, *islice(self._rows, max(0, min(count, MOST_AT_ONCE) - len(back)))]
        self._back = taken[count:] if count < len(taken) else []
        return taken[:count] if self._back else taken

    def give_back(self, rows: list[Row]) -> None:
        self._back = rows + self._back

    def until(self, place: int, limit: int) -> Iterator[Row]:
        """Rows while their column `place` is at most `limit`."""
        while rows := self.take(1):
            if rows[0][place] > limit:
                self.give_back(rows)
                return
            yield rows[0]

    def rest(self) -> Iterator[Row]:
        while rows := self.take(1):
            yield rows[0]


class _Chain:
    """The pass by position."""

    def __init__(self, snapshot: Snapshot, report: Report) -> None:
        self.snapshot = snapshot
        self.report = report
        self.district = snapshot.district
        self.events = _Ahead(snapshot.stream(POSITIONS))
        self.commands = _Ahead(snapshot.stream(COMMANDS))
        self.cursors: dict[str, int] = {}
        self.last = Shard(self.district)

    def check(self, head: Head | None) -> None:
        """Walks the batches, then compares shard, cursors and the head written down before."""
        is_head_seen = head is None
        for row in self.snapshot.stream(BATCHES):
            batch, digest = BatchRow(*row[:-1]), _blob(row[-1])
            self._batch(batch, digest)
            if head is not None and batch.batch_no == head.batch_no:
                is_head_seen = self._is_head(head, batch, digest)
        for row in self.events.rest():
            self._fault(row[0], row[3], "extra", f"position {row[0]} belongs to no batch")
        for row in self.commands.rest():
            self.report.add("ledger_command", row[0], "extra", f"batch {row[1]} does not exist")
        self._shard()
        self._cursors()
        if head is not None and not is_head_seen:
            what = f"the head file says batch {head.batch_no} at position {head.position}, the ledger ends before it"
            self.report.add("ledger_batch", head.batch_no, "cut", what)
        self.report.position, self.report.batch_no = self.last.position, self.last.batch_no
        self.report.hash = self.last.head_hash.hex()

    def _batch(self, batch: BatchRow, digest: bytes) -> None:
        report, last, key = self.report, self.last, batch.batch_no
        report.batches += 1
        if batch.batch_no != last.batch_no + 1:
            report.add("ledger_batch", last.batch_no + 1, "missing", f"batch {key} follows batch {last.batch_no}")
        if batch.previous_hash != last.head_hash:
            report.add("ledger_batch", key, "broken", "the previous batch has another hash than this one was built on")
        if batch_hash(batch) != digest:
            report.add("ledger_batch", key, "changed", "its columns do not give its hash")
        if batch.first_position != last.position + 1 or batch.recorded_at < last.recorded_at:
            report.add("ledger_batch", key, "broken", f"it does not follow on position {last.position} and its time")
        self._events(batch, self._commands(batch))
        self.cursors |= {} if batch.cursors == b"{}" else self._json(batch)
        self.last = Shard(self.district, batch.last_position, key, batch.recorded_at, digest, batch.numbers)

    def _json(self, batch: BatchRow) -> dict[str, int]:
        try:
            return _decode_cursors(batch.cursors)
        except msgspec.DecodeError:
            self.report.add("ledger_batch", batch.batch_no, "changed", "its cursors cannot be read")
            return {}

    def _events(self, batch: BatchRow, answers: list[bytes]) -> None:
        """Checks the batch's events all at once, and one by one only where that fails."""
        first, last = batch.first_position, batch.last_position
        rows = self.events.take(last - first + 1)
        if not rows and last == first - 1 and joined(()) == batch.events_hash:
            return
        if len(rows) == last - first + 1:
            positions, batches, instants, hashes = zip(*rows, strict=True)
            is_whole = positions == tuple(range(first, last + 1)) and joined(hashes) == batch.events_hash
            if is_whole and set(batches) == {batch.batch_no} and set(instants) == {batch.recorded_at}:
                return
        self.events.give_back(rows)
        self._events_one_by_one(batch, answers)

    def _events_one_by_one(self, batch: BatchRow, answers: list[bytes]) -> None:
        report, expected, hashes = self.report, batch.first_position, []
        for position, batch_no, recorded_at, digest in self.events.until(0, batch.last_position):
            if position > expected:
                self._gap(batch, expected, position - 1)
            if (batch_no, recorded_at) != (batch.batch_no, batch.recorded_at) or position < expected:
                self._fault(position, digest, "changed", f"it does not fit batch {batch.batch_no}")
            expected = position + 1
            hashes.append(_blob(digest))
        if expected <= batch.last_position:
            self._gap(batch, expected, batch.last_position)
        if len(hashes) <= batch.last_position - batch.first_position:
            self._name_missing(batch, answers)
        if joined(hashes) != batch.events_hash:
            report.add("ledger_batch", batch.batch_no, "broken", "its events are not those it was built from")

    def _fault(self, position: int, digest: Any, code: str, what: str) -> None:
        """Names the event at a position, of several there the one with this hash; asked for only while it is told."""
        asked = [] if self.report.is_full else self.snapshot.query(NAMED, {"position": position})
        names = [f"{stream}/{seq}" for stream, seq, stored in asked if stored == digest]
        self.report.add("ledger_event", names[0] if names else f"position {position}", code, what)

    def _name_missing(self, batch: BatchRow, answers: list[bytes]) -> None:
        """Events are gone: the answers of the batch's commands say which streams they wrote to."""
        bounds = {"first": batch.first_position, "last": batch.last_position}
        seen = dict(self.snapshot.query(WRITTEN, bounds))
        for stream, seq in [item for answer in answers for item in _decode_answer(answer).streams.items()]:
            if seen.get(stream, 0) < seq:
                self.report.add("ledger_event", f"{stream}/{seq}", "missing", f"batch {batch.batch_no} had written it")

    def _gap(self, batch: BatchRow, first: int, last: int) -> None:
        what = f"batch {batch.batch_no} had written it"
        self.report.add("ledger_event", f"position {first}..{last}", "missing", what)

    def _commands(self, batch: BatchRow) -> list[bytes]:
        """Checks the batch's commands all at once, and one by one only where that fails; their answers."""
        district, batch_no = self.district, batch.batch_no
        rows = self.commands.take(batch.commands)
        if len(rows) == batch.commands:
            kept = [(row[0], row[4]) for row in rows if row[1] == batch_no]
            found = [command_hash(district, id_, no, body, answer, sealed) for id_, no, body, answer, _, sealed in rows]
            if found == [digest for _, digest in kept] and commands_joined(kept) == batch.commands_hash:
                self.report.commands += len(rows)
                return [row[3] for row in rows]
        self.commands.give_back(rows)
        return self._commands_one_by_one(batch)

    def _commands_one_by_one(self, batch: BatchRow) -> list[bytes]:
        hashes: list[tuple[str, bytes]] = []
        answers: list[bytes] = []
        for row in self.commands.until(1, batch.batch_no):
            command_id, batch_no, body_hash, answer, digest, sealed = row
            self.report.commands += 1
            if command_hash(self.district, command_id, batch_no, body_hash, answer, sealed) != _blob(digest):
                self.report.add("ledger_command", command_id, "changed", "its columns do not give its hash")
            elif batch_no != batch.batch_no:
                self.report.add("ledger_command", command_id, "extra", f"batch {batch_no} does not exist")
            else:
                answers.append(answer)
            hashes.append((command_id, _blob(digest)))
        if len(hashes) != batch.commands or commands_joined(hashes) != batch.commands_hash:
            what = f"{len(hashes)} of its {batch.commands} commands are there, or they are not those it was built from"
            self.report.add("ledger_batch", batch.batch_no, "broken", what)
        return answers

    def _is_head(self, head: Head, batch: BatchRow, digest: bytes) -> bool:
        if (head.district, head.position, head.hash) != (self.district, batch.last_position, digest.hex()):
            what = "it is not the batch that the head file names: position or hash differ"
            self.report.add("ledger_batch", head.batch_no, "changed", what)
        return True

    def _shard(self) -> None:
        rows = self.snapshot.query(SHARD)
        if not rows and self.report.batches:
            self.report.add("shard", self.district, "missing", "the district has no head")
        for column, kept, found in zip(Shard._fields, self.last, rows[0] if rows else self.last, strict=True):
            if kept != found:
                what = f"{column} is {_shown(found)}, the last batch says {_shown(kept)}"
                self.report.add("shard", self.district, "changed", what)

    def _cursors(self) -> None:
        found = dict(self.snapshot.query(CURSORS))
        for handler in sorted(self.cursors.keys() | found.keys()):
            kept, now = self.cursors.get(handler), found.get(handler)
            if kept != now:
                code = "missing" if now is None else "extra" if kept is None else "changed"
                self.report.add("reaction_cursor", handler, code, f"position {now}, the batches say {kept}")


def _check_versions(snapshot: Snapshot, aggregates: Mapping[str, Aggregate], report: Report) -> None:
    found = dict(snapshot.query(VERSIONS))
    for name, projection in projections(aggregates.values()).items():
        if found.get(name) != projection.version:
            what = f"version {found.get(name)}, declared {projection.version}; sanban rebuild refills it"
            report.add("projection", name, "changed", what)
    for name in sorted(found.keys() - projections(aggregates.values()).keys()):
        report.add("projection", name, "extra", "no projection of this name is declared")


def _blob(value: Any) -> bytes:
    """A column that holds a hash, as bytes; empty where something else stands in it, which is no hash of anything."""
    return bytes(value) if isinstance(value, bytes | memoryview) else b""


def _shown(value: Any) -> str:
    return bytes(value).hex() if isinstance(value, bytes | memoryview) and len(value) == len(GENESIS) else str(value)
