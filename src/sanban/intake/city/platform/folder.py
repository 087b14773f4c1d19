"""The city's platform as a folder: files come in, files go out, and nothing is left half done.

    inbox/      the city's files, CSV or xlsx, any name; one still being written ends in .part or begins with a dot
    done/       those that were taken
    rejects/    rows that were not taken, each with its reason; whole files that could not be read
    outbox/     our replies and returns, one file each, named by its message
    day/        the city's list of a day: 2026-01-05.csv or .xlsx

A file leaves the inbox only after all of it stands in the ledger. Stopped anywhere in between, it is read again and
every row of it is found to be there already.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from pathlib import Path

from sanban.intake.city.messages import CityAway, Delivery, Outgoing, Rejected, Sent, SheetRow
from sanban.intake.city.platform.tables import TableReader, write_table
from sanban.intake.files.rejects import Reject, RejectsFile
from sanban.kernel.errors import Refused, SanbanError
from sanban.packs.desk.city import CityFiles

FOLDERS = ("inbox", "done", "rejects", "outbox", "day")
ENDINGS = (".csv", ".xlsx")
_UNFINISHED = (".part", ".tmp")


class FolderCity:
    """The folder at `root`, made if its parent is there. `zone`: of the times in its files."""

    def __init__(self, root: Path, files: CityFiles, zone: dt.tzinfo) -> None:
        self.root = root
        self._files = files
        self._zone = zone
        self._reader = TableReader(files, zone)

    def collect(self) -> Sequence[Delivery]:
        try:
            self._prepare()
            waiting = sorted(path for path in (self.root / "inbox").iterdir() if _is_whole(path))
        except OSError as error:
            raise CityAway(f"the city's folder cannot be read: {error.strerror}", "city = 'city'") from error
        return tuple(self.read(path) for path in waiting)

    def read(self, path: Path) -> Delivery:
        """A file of the city, wherever it lies."""
        try:
            _headers, rows = self._reader.messages(path)
        except SanbanError as error:
            return Delivery(path.name, problem=Refused("not_readable", error.message, error.example))
        return Delivery(path.name, tuple(message for _row, message in rows))

    def settle(self, delivery: Delivery, rejected: Sequence[Rejected]) -> None:
        path = self.root / "inbox" / delivery.name
        try:
            if rejected:
                self.write_rejects(path, self.root / "rejects", rejected)
            path.replace(_free(self.root / ("rejects" if delivery.problem else "done") / path.name, path))
        except OSError as error:
            raise CityAway(f"the city's folder cannot be written: {error.strerror}", "chmod u+rwX FOLDER") from error

    def write_rejects(self, path: Path, into: Path, rejected: Sequence[Rejected]) -> Path:
        """Writes what was not taken of a file beside its reasons; the file of rejects."""
        headers, rows = self._rows_of(path)
        with RejectsFile(into / f"{path.name}.rejects.csv", headers) as file:
            for one in rejected:
                row = rows.get(one.place, ())
                file.write(Reject(one.place, one.why.reason, one.why.message, one.why.example, row))
        return file.path

    def send(self, outgoing: Outgoing) -> Sent:
        try:
            self._prepare()
            write_table(self.root / "outbox" / f"{outgoing.message}.{self._files.written}", self._table(outgoing))
        except OSError:
            return Sent("later", "unreachable")
        return Sent("handed")

    def sheet(self, day: str) -> tuple[SheetRow, ...] | None:
        found = (self.root / "day" / f"{day}{ending}" for ending in ENDINGS)
        path = next((one for one in found if one.is_file()), None)
        return None if path is None else self.read_sheet(path)

    def read_sheet(self, path: Path) -> tuple[SheetRow, ...]:
        """The city's list of a day, wherever it lies. Raises SanbanError for one that cannot be read."""
        return self._reader.states(path)

    def _prepare(self) -> None:
        for name in FOLDERS:
            (self.root / name).mkdir(mode=0o700, parents=name == FOLDERS[0], exist_ok=True)

    def _rows_of(self, path: Path) -> tuple[tuple[str, ...], dict[int, tuple[str, ...]]]:
        try:
            headers, rows = self._reader.messages(path)
        except SanbanError:
            return (), {}
        return headers, {row.number: row.cells for row, _message in rows}

    def _table(self, outgoing: Outgoing) -> list[list[str]]:
        columns, kinds = self._files.columns, self._files.kinds
        at = dt.datetime.fromtimestamp(outgoing.at / 1_000_000, self._zone).strftime("%Y-%m-%d %H:%M:%S")
        cells = {
            "kind": kinds[outgoing.kind][0],
            "number": outgoing.number,
            "message": outgoing.message,
            "time": at,
            "ending": outgoing.ending,
            "ground": outgoing.ground,
            "text": outgoing.text,
        }
        return [[columns[name][0] for name in cells], list(cells.values())]


def _is_whole(path: Path) -> bool:
    return path.is_file() and not path.name.startswith((".", "~$")) and path.suffix not in _UNFINISHED


def _free(wanted: Path, source: Path) -> Path:
    """The place itself, or one beside it where another file of that name lies already."""
    if not wanted.exists():
        return wanted
    content = hashlib.sha256(source.read_bytes()).hexdigest()[:8]
    return wanted.with_name(f"{wanted.stem}-{content}{wanted.suffix}")
