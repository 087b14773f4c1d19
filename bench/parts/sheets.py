"""Reads the files that a bench is given, whatever they are called and however they were written, and ends it clearly.

rows(paths, find)     field -> cell of each row: CSV in any usual encoding, packed with gzip or not, or a workbook
by_names(names, ...)  finds columns by the names that they usually have, as an import does; a name told comes first
of_messages(told)     finds the columns of messages as an import guesses them
run(main, parser)     what cannot be measured is one line with a valid example, and exit code 2
"""

from __future__ import annotations

import argparse
import gzip
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sanban.intake.columns import guess_mapping, named, parse_told
from sanban.intake.sheet import Sheet, open_sheet
from sanban.kernel.errors import SanbanError

PACKED = b"\x1f\x8b"
FIELD_TOLD = "field=COLUMN where a column's name says nothing; may be given several times"

Places = Mapping[str, int]
Find = Callable[[Sheet, str], Places]


def data_folder() -> Path:
    """Where the data lies: SANBAN_DATA, else beside the project."""
    return Path(os.environ.get("SANBAN_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))


def need(*paths: Path) -> None:
    """Ends the bench, without failing, where the data that it takes by itself is not at hand."""
    missing = sorted({path.name for path in paths if data_folder() in path.parents and not path.is_file()})
    if missing:
        sys.stderr.write(f"nothing measured: {', '.join(missing)} not found; name the files, or set SANBAN_DATA\n")
        sys.exit(0)


def run(main: Callable[[argparse.Namespace], int], parser: argparse.ArgumentParser) -> None:
    """The bench, ended by what it gives; what it cannot measure is told in one line."""
    try:
        ended = main(parser.parse_args())
    except SanbanError as error:
        sys.stderr.write("; for example: ".join(filter(None, (error.message, error.example))) + "\n")
        sys.exit(2)
    if ended:
        sys.exit(ended)


def rows(paths: Sequence[Path], find: Find) -> Iterator[dict[str, str]]:
    """The cells of every row that can be read. Raises `SanbanError` for a file without the columns that are needed."""
    for path in paths:
        with opened(path) as sheet:
            places = find(sheet, path.name)
            for row in sheet.rows:
                if not row.problem:
                    yield {field: row.cells[place].strip() for field, place in places.items()}


@contextmanager
def opened(path: Path) -> Iterator[Sheet]:
    """A file as a sheet; one that is packed is unpacked aside."""
    with (
        TemporaryDirectory() as aside,
        open_sheet(_unpacked(path, Path(aside)), "requests.csv, requests.csv.gz") as sheet,
    ):
        yield sheet


def _unpacked(path: Path, aside: Path) -> Path:
    try:
        with path.open("rb") as raw:
            if raw.read(2) != PACKED:
                return path
        plain = aside / path.stem
        with gzip.open(path) as packed, plain.open("wb") as out:
            shutil.copyfileobj(packed, out)
    except (OSError, EOFError) as error:
        why = getattr(error, "strerror", None) or "it is damaged"
        raise SanbanError(f"{path} cannot be read: {why}", "requests.csv, requests.csv.gz") from error
    return plain


def by_names(names: Mapping[str, str], needed: Sequence[str], told: Sequence[str] = ()) -> Find:
    """Finds columns by what they are usually called. `needed`: fields that must be there; `told`: `field=COLUMN`."""
    said = parse_told(told)
    for field in said.keys() - names.keys():
        raise SanbanError(f"{field!r} is not a field; known: {', '.join(names)}", f"--map {needed[0]}=COLUMN")

    def find(sheet: Sheet, name: str) -> Places:
        there = ", ".join(filter(None, sheet.headers))
        places: dict[str, int] = {}
        for field, column in said.items():
            if column not in sheet.headers:
                raise SanbanError(f"{name} has no column {column!r}; its columns are: {there}", f"--map {field}=COLUMN")
            places[field] = sheet.headers.index(column)
        for field, place in named(sheet.headers, names):
            if place not in places.values():
                places.setdefault(field, place)
        missing = [field for field in needed if field not in places]
        if missing:
            message = f"{name} has no column that holds {' or '.join(missing)}; its columns are: {there}"
            raise SanbanError(message, f"--map {missing[0]}=COLUMN")
        return places

    return find


def of_messages(told: Sequence[str] = ()) -> Find:
    """Finds what people said, its title, number and time."""

    def find(sheet: Sheet, name: str) -> Places:
        sample = [row.cells for row in sheet.sample if not row.problem]
        places = {one.field: one.place for one in guess_mapping(sheet.headers, sample, parse_told(told)).choices}
        if "received_at" not in places:
            there = ", ".join(filter(None, sheet.headers))
            raise SanbanError(f"{name} has no column of times; its columns are: {there}", "--map received_at=留言时间")
        return {field: places[field] for field in ("text", "title", "received_at", "external_no") if field in places}

    return find
