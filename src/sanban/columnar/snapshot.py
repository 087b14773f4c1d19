"""The facts of a ledger position as Parquet files: made once, then only followed.

    FOLDER/facts.json                       position, head hash and the files of every table, replaced atomically
    FOLDER/TABLE-202605-000123456.parquet   the rows of the streams that began in that month

Streams that changed after the known position are folded up to the new one, and only the months they began in are
written anew: old rows without those of these streams, then theirs. A file is written beside and renamed, and none is
ever changed; `facts.json` is written last, so whoever reads it sees one position whole. Files that it no longer needs
stay for some minutes, for those who still read them. A ledger that does not hold the known position (restored, another
one), or a new layout, makes everything anew. Each file also carries position and head hash in its own metadata.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import shutil
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sanban.columnar.laying import Layout, Row, Rows, layout_version
from sanban.kernel.errors import SanbanError
from sanban.ledger.home import temporary, write_private
from sanban.ledger.proof.folding import fold_streams, uncollected
from sanban.ledger.reading.reader import StoreReader
from sanban.ledger.stores.store import Snapshot
from sanban.ledger.writing.deferring import FOLDS
from sanban.packs.figures.vocabulary import TABLES, FactTable

NAME: Final = "facts.json"
MOST_ROWS: Final = 200_000
"""Kept in memory of one table and month before they go to a file."""
KEPT: Final = 300
"""Seconds that files of an earlier position stay after they were needed last."""
_TYPES: Final = {"text": pa.string(), "int": pa.int64(), "bool": pa.bool_()}
_END = "SELECT position FROM shard WHERE district = :district"
_ENDING = (
    "SELECT batch.last_position, batch.batch_no, batch.hash, batch.recorded_at FROM ledger_event AS event "
    "JOIN ledger_batch AS batch ON batch.district = event.district AND batch.batch_no = event.batch_no "
    "WHERE event.district = :district AND event.position = :position AND batch.last_position = event.position"
)

Part = tuple[str, str]
"""A table and the month that streams began in."""


class Place(msgspec.Struct, frozen=True):
    """Where in a district's ledger facts stand: what a figure names as its source.

    `batch_no`, `head` and `recorded_at` are those of the batch whose last event stands at `position`.
    """

    district: str
    position: int
    batch_no: int
    head: str
    recorded_at: int


class Facts(msgspec.Struct, frozen=True):
    """The files of one position, by table and month."""

    layout: str
    place: Place
    files: Mapping[str, Mapping[str, tuple[str, ...]]]

    def of(self, folder: Path, table: str) -> list[Path]:
        """The files of a table, in order of months."""
        months = self.files.get(table, {})
        return [folder / name for month in sorted(months) for name in months[month]]

    def paths(self, folder: Path) -> set[Path]:
        """All files."""
        return {path for table in self.files for path in self.of(folder, table)}


def follow(
    folder: Path,
    reader: StoreReader,
    layouts: Sequence[Layout],
    *,
    position: int | None = None,
    patience: float = 0,
) -> Facts:
    """The facts of the ledger's end, or of a `position` at which a batch ended; brings the folder up to there.

    `patience`: facts of the end that were written at most so many seconds ago are good enough as they are.
    Raises SanbanError for a position that is no end of a batch, and for an empty ledger.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _held(folder), reader.source.snapshot() as snapshot:
        place = _place_of(snapshot, position)
        known = _known(folder, snapshot, layout_version(layouts), place)
        if known is not None and (known.place == place or (position is None and _age(folder) < patience)):
            return known
        writing = _Writing(folder, known, place)
        with uncollected():
            for layout in layouts:
                _lay(layout, snapshot, reader, writing)
        facts = Facts(layout_version(layouts), place, writing.finished())
        write_private(folder / NAME, msgspec.json.encode(facts, order="deterministic"))
        _sweep(folder, facts, known)
        return facts


def keep(folder: Path, facts: Facts, beside: Path) -> None:
    """Keeps facts of a folder in another, which then opens their position for as long as it is there.

    The files are the same on disk where that can be: nothing is laid out again.
    """
    beside.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _held(folder), _held(beside):
        for path in facts.paths(folder) - {folder / one.name for one in beside.iterdir()}:
            try:
                (beside / path.name).hardlink_to(path)
            except OSError:  # another file system, or one without links
                shutil.copyfile(path, beside / path.name)
        write_private(beside / NAME, msgspec.json.encode(facts, order="deterministic"))


def forget(folders: Iterable[Path]) -> None:
    """Takes facts of positions away that nobody has laid out or kept within the last minutes."""
    for folder in folders:
        if _age(folder) > KEPT:
            shutil.rmtree(folder, ignore_errors=True)


def schema_of(table: FactTable) -> pa.Schema:
    """A table's columns, the stream in front."""
    columns = [pa.field(one.name, _TYPES[one.kind], nullable=one.optional) for one in table.columns]
    return pa.schema([pa.field("stream", pa.string(), nullable=False), *columns])


def _age(folder: Path) -> float:
    """Seconds since facts of a folder were written; endless where there are none."""
    path = folder / NAME
    return time.time() - path.stat().st_mtime if path.exists() else float("inf")


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """One process follows at a time; others wait and find it done."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _place_of(snapshot: Snapshot, position: int | None) -> Place:
    end = [row[0] for row in snapshot.query(_END)] if position is None else [position]
    if end in ([], [0]):
        raise SanbanError("the ledger is empty: there is nothing to count yet", "sanban import requests.csv")
    rows = snapshot.query(_ENDING, {"position": end[0]})
    if not rows:
        raise SanbanError(f"no batch of the ledger ends at position {position}", "the position that a figure names")
    last, batch_no, head, recorded_at = rows[0]
    return Place(snapshot.district, last, batch_no, head.hex(), recorded_at)


def _known(folder: Path, snapshot: Snapshot, layout: str, place: Place) -> Facts | None:
    """What the folder holds, if it can be followed from there: the same layout, and a batch of this very ledger."""
    path = folder / NAME
    if not path.exists():
        return None
    try:
        known = msgspec.json.decode(path.read_bytes(), type=Facts)
    except msgspec.DecodeError:
        return None
    whole = all(path.exists() for path in known.paths(folder))
    if known.layout != layout or known.place.position > place.position or not whole:
        return None
    rows = snapshot.query(_ENDING, {"position": known.place.position})
    return known if rows and rows[0][2].hex() == known.place.head else None


class _Writing:
    """The files of a new position, as they come about."""

    def __init__(self, folder: Path, known: Facts | None, place: Place) -> None:
        self.after = 0 if known is None else known.place.position
        self.place = place
        self._folder = folder
        self._known = known
        self._rows: defaultdict[Part, list[Row]] = defaultdict(list)
        self._touched: defaultdict[str, list[str]] = defaultdict(list)
        self._new: defaultdict[Part, list[str]] = defaultdict(list)

    def take(self, stream: str, begun: int, tables: Rows) -> None:
        """The rows of one stream, by table."""
        month = f"{dt.datetime.fromtimestamp(begun // 1_000_000, dt.UTC):%Y%m}"
        self._touched[month].append(stream)
        for table, rows in tables.items():
            waiting = self._rows[table, month]
            waiting.extend((stream, *row) for row in rows)
            if len(waiting) >= MOST_ROWS:
                self._write((table, month), _columns(table, waiting))
                waiting.clear()

    def finished(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """The files of every table, those that nothing touched included."""
        files = {} if self._known is None else {table: dict(months) for table, months in self._known.files.items()}
        for (table, month), waiting in self._rows.items():
            kept = self._untouched(table, month)
            columns = _columns(table, waiting)
            self._write((table, month), columns if kept is None else pa.concat_tables([kept, columns]))
            files.setdefault(table, {})[month] = tuple(self._new[table, month])
        return files

    def _untouched(self, table: str, month: str) -> pa.Table | None:
        """The rows known before of streams that did not change."""
        names = () if self._known is None else self._known.files.get(table, {}).get(month, ())
        if not names:
            return None
        known = pa.concat_tables([pq.read_table(self._folder / name) for name in names])
        touched = pc.is_in(known["stream"], value_set=pa.array(self._touched[month], pa.string()))
        return known.filter(pc.invert(touched)).cast(schema_of(TABLES[table]))

    def _write(self, part: Part, columns: pa.Table) -> None:
        name = f"{part[0]}-{part[1]}-{self.place.position:012}-{len(self._new[part])}.parquet"
        named = {key: str(value) for key, value in msgspec.structs.asdict(self.place).items()}
        path = temporary(self._folder / name)
        with path.open("wb") as file:
            pq.write_table(columns.replace_schema_metadata(named), file, compression="zstd")
            file.flush()
            os.fsync(file.fileno())
        path.replace(self._folder / name)
        self._new[part].append(name)


def _lay(layout: Layout, snapshot: Snapshot, reader: StoreReader, writing: _Writing) -> None:
    span = {
        "after": writing.after,
        "last": writing.place.position,
        "first": f"{layout.kind}:",
        "end": f"{layout.kind};",
    }
    for stream, entry in fold_streams(snapshot.stream(FOLDS, span), reader.aggregates):
        writing.take(stream, layout.begins(entry.state), layout.rows(entry.state))


def _columns(table: str, rows: Sequence[Row]) -> pa.Table:
    schema = schema_of(TABLES[table])
    several: Iterable[Sequence[object]] = zip(*rows, strict=True) if rows else [()] * len(schema)
    arrays = [pa.array(values, field.type) for values, field in zip(several, schema, strict=True)]
    return pa.table(arrays, schema=schema)


def _sweep(folder: Path, facts: Facts, known: Facts | None) -> None:
    """Takes away what no position of the last minutes needs, and what was left half written."""
    needed, before = facts.paths(folder), set() if known is None else known.paths(folder)
    for path in before - needed:
        path.touch()  # its minutes begin now
    written = {path: path.stat().st_mtime for path in folder.glob("*.parquet*")}
    newest = max(written.values(), default=0.0)
    for path, at in written.items():
        if path not in needed and (path.suffix == ".part" or newest - at > KEPT):
            path.unlink()
