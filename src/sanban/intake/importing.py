"""Taking a file of requests into the ledger: row by row, in batches, as often as you like.

    open_sheet --> guess_mapping --> RowReader.read --> persons of 512 rows --> Ledger.submit_many --> counts, rejects

Every row ends in exactly one of three counts: accepted, repeated (it stands in the ledger already, or earlier in this
file) or rejected (it stands in the file of rejects with a reason and a valid example). A run that was broken off is
simply run again. Memory holds one batch.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator
from collections.abc import Mapping as Given
from functools import cache
from itertools import islice
from pathlib import Path

import msgspec

from sanban.intake.columns import Mapping, guess_mapping
from sanban.intake.files.rejects import Reject, RejectsFile
from sanban.intake.identity.persons import FindsPersons, find_or_make, nobody
from sanban.intake.place.advising import AdvisesPlaces
from sanban.intake.place.border import REASON as OUTSIDE
from sanban.intake.place.crs import Crs
from sanban.intake.row import NO_PLACES, Read, RowReader, borderless, nowhere
from sanban.intake.sheet import Row, Sheet, open_sheet
from sanban.intake.triage.advice import Advises
from sanban.kernel.errors import Refused, SanbanError
from sanban.kernel.permission import Actor
from sanban.ledger.port import Answer, Ledger

BATCH = 512
SHORTEST_KEY = 16
IMPORTER = Actor(id="import", role="system")
DEFAULT_SOURCE = "city"

Progress = Callable[[int, int], None]


class ImportReport(msgspec.Struct, frozen=True):
    """What became of the rows: `read` = `accepted` + `repeated` + `rejected`. `rejects_path`: None without rejects.

    `unnamed`: rows whose phone is a placeholder, as 0 or 12345; each of them is a person of its own.
    """

    read: int
    accepted: int
    repeated: int
    rejected: int
    mapping: Mapping
    rejects_path: Path | None
    reasons: dict[str, int] = {}
    unnamed: int = 0

    @property
    def lies_outside(self) -> bool:
        """Whether most rows lie outside the district, as those of a file told in another coordinate system do."""
        return 2 * self.reasons.get(OUTSIDE, 0) > self.read


class _Counts:
    """The running counts of one import."""

    def __init__(self) -> None:
        self.accepted = 0
        self.repeated = 0
        self.unnamed = 0
        self.reasons: dict[str, int] = {}

    def reject(self, reason: str) -> None:
        self.reasons[reason] = self.reasons.get(reason, 0) + 1

    def report(self, mapping: Mapping, rejects: RejectsFile) -> ImportReport:
        read = self.accepted + self.repeated + rejects.count
        path = rejects.path if rejects.count else None
        return ImportReport(
            read, self.accepted, self.repeated, rejects.count, mapping, path, self.reasons, self.unnamed
        )


def preview(path: Path, told: Given[str, str] | None = None) -> Mapping:
    """The mapping that importing the file would use, for showing it first."""
    with open_sheet(path) as sheet:
        return _guessed(sheet, told)


def import_file(
    path: Path,
    ledger: Ledger,
    *,
    district: str,
    desk_unit: str,
    triage: Advises,
    party_key: bytes,
    zone: dt.tzinfo,
    rejects_path: Path,
    mapping: Given[str, str] | None = None,
    progress: Progress | None = None,
    source: str = DEFAULT_SOURCE,
    channel: str = "file",
    actor: Actor = IMPORTER,
    locate: Callable[[int, int], str] = nowhere,
    find: FindsPersons = nobody,
    channels: Collection[str] = (),
    places: AdvisesPlaces = NO_PLACES,
    crs: Crs | None = None,
    inside: Callable[[], str] = borderless,
) -> ImportReport:
    """Imports a CSV or a workbook; what stands in the ledger already is counted as repeated and not written again.

    `mapping`: field -> column as told by the user, over what is guessed. `progress(done, total)`: bytes of a CSV, rows
    of a workbook. `source`: which system gave the numbers; the same number of two sources is two requests.
    `zone`: of times without one. `party_key`: at least 16 secret bytes, the same every time. `locate`: a point
    (1e-7 degrees, lon, lat) to the code of its grid. `find`: the vault's look-up of persons. `channels`: codes that
    the district declares. `places`: what reads addresses. `crs`: the coordinate system of the file's points.
    `inside`: a point of the district, as for `RowReader`; asked once.
    Raises `SanbanError` when the file cannot be read as a table.
    """
    _check(path, rejects_path, source, party_key)
    with open_sheet(path) as sheet:
        guessed = _guessed(sheet, mapping)
        reader = RowReader(
            district, source, desk_unit, channel, actor, zone, party_key, guessed, triage, locate, channels, places,
            crs, cache(inside),
        )  # fmt: skip
        counts = _Counts()
        with RejectsFile(rejects_path, sheet.headers) as rejects:
            for rows in _batches(sheet.rows):
                _take(rows, reader, find, ledger, counts, rejects)
                if progress is not None:
                    progress(sheet.done(), sheet.total)
            return counts.report(guessed, rejects)


def _check(path: Path, rejects_path: Path, source: str, party_key: bytes) -> None:
    if len(party_key) < SHORTEST_KEY:
        raise SanbanError(f"the key for persons' ids has less than {SHORTEST_KEY} bytes", "secrets.token_bytes(32)")
    if not source.strip():
        raise SanbanError("name the system that the numbers come from", "--source city")
    if rejects_path.absolute() == path.absolute():
        raise SanbanError("the rejects cannot be written over the file itself", "--rejects rejects.csv")


def _guessed(sheet: Sheet, told: Given[str, str] | None) -> Mapping:
    return guess_mapping(sheet.headers, [row.cells for row in sheet.sample if not row.problem], told)


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


def _take(
    rows: list[Row], reader: RowReader, find: FindsPersons, ledger: Ledger, counts: _Counts, rejects: RejectsFile
) -> None:
    outcomes = [(row, reader.read(row)) for row in rows]
    taken = [outcome for _, outcome in outcomes if isinstance(outcome, Read)]
    counts.unnamed += sum(bool(read.values.get("phone")) and read.identity is None for read in taken)
    persons = find_or_make(find, (read.identity for read in taken))
    submissions = [reader.submission(read, persons[read.identity] if read.identity else None) for read in taken]
    answers = iter(ledger.submit_many(submissions) if submissions else [])
    for row, outcome in outcomes:
        reject = outcome if isinstance(outcome, Reject) else _settle(row, next(answers), counts)
        if reject is not None:
            counts.reject(reject.reason)
            rejects.write(reject)


def _settle(row: Row, answer: Answer, counts: _Counts) -> Reject | None:
    """Counts an answer. A command that is known with another body is the same content read by other rules: repeated."""
    refused = answer.refused
    if answer.repeated or (refused is not None and refused.reason == "command_reused"):
        counts.repeated += 1
        return None
    if refused is None:
        counts.accepted += 1
        return None
    said = _NUMBER_REUSED if refused.reason == "already_received" else refused
    return Reject(row.number, said.reason, said.message, said.example, row.cells)


_NUMBER_REUSED = Refused(
    "number_reused",
    "the ledger holds other content under this number of this source",
    "numbers of another system: --source NAME",
)
