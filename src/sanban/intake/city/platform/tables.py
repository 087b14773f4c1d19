"""The city's files as tables: which column holds what, a row to a message, and tables written for the city.

The columns of the exchange are found by the names that `city.yaml` declares; all others are guessed as in any file of
requests (name, phone, address ...). A table is written whole under a name that nobody reads and then renamed, so that
who finds a file finds all of it.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, cast

import msgspec

from sanban.intake.city.messages import Incoming, IncomingKind, SheetRow
from sanban.intake.city.order import OrderState
from sanban.intake.columns import Mapping as Columns
from sanban.intake.columns import guess_mapping
from sanban.intake.files.cells import TIME_EXAMPLE, clean, read_instant
from sanban.intake.files.rejects import neutral
from sanban.intake.row import PROBLEMS
from sanban.intake.sheet import Row, Sheet, open_sheet
from sanban.kernel.errors import Refused, SanbanError
from sanban.packs.desk.city import CityFiles, Words

ROWS_AT_MOST = 20_000
INCOMING: tuple[IncomingKind, ...] = ("order", "supplement", "urging", "sent_back", "outcome")
_TOLD = {"number": "external_no", "text": "text", "time": "received_at"}
_TAKEN_OVER = ("text", "title", "name", "phone", "address", "channel", "lon", "lat")


class TableReader(msgspec.Struct, frozen=True):
    """Reads the city's tables by its words. `zone`: of times without one."""

    files: CityFiles
    zone: dt.tzinfo

    def messages(self, path: Path) -> tuple[tuple[str, ...], tuple[tuple[Row, Incoming], ...]]:
        """The columns and every row with its message. Raises SanbanError for what is no such table."""
        with open_sheet(path) as sheet:
            places = self._places(sheet.headers)
            if "kind" not in places or "number" not in places:
                kind, number = self.files.columns["kind"][0], self.files.columns["number"][0]
                raise SanbanError(f"the columns {kind} and {number} are needed", f"{kind},{number},内容")
            mapping = _mapped(sheet, places)
            return sheet.headers, tuple((row, self._message(row, places, mapping)) for row in _bounded(sheet))

    def states(self, path: Path) -> tuple[SheetRow, ...]:
        """The orders of a day's list. Raises SanbanError for a row without number or with an unknown state."""
        with open_sheet(path) as sheet:
            places = self._places(sheet.headers)
            if "number" not in places or "state" not in places:
                number, state = self.files.columns["number"][0], self.files.columns["state"][0]
                raise SanbanError(f"the columns {number} and {state} are needed", f"{number},{state}")
            return tuple(self._state(row, places) for row in _bounded(sheet))

    def _places(self, headers: Sequence[str]) -> dict[str, int]:
        known = {clean(header): place for place, header in reversed(list(enumerate(headers)))}
        return {
            field: known[name]
            for field, names in self.files.columns.items()
            for name in reversed(names)
            if name in known
        }

    def _message(self, row: Row, places: Mapping[str, int], mapping: Columns) -> Incoming:
        if row.problem:
            return Incoming(place=row.number, problem=PROBLEMS[row.problem])
        own = {field: clean(row.cells[place]) for field, place in places.items()}
        kind = _ours(self.files.kinds, own["kind"])
        problem = self._problem(own, kind)
        if problem is not None:
            return Incoming(place=row.number, problem=problem)
        values: dict[str, str] = {choice.field: clean(row.cells[choice.place]) for choice in mapping.choices}
        texts: Any = {name: values.get(name, "") for name in _TAKEN_OVER}
        return Incoming(
            place=row.number,
            kind=cast(IncomingKind, kind),
            number=own["number"],
            message=own.get("message", ""),
            said_at=self._instant(own.get("time", "")),
            due_at=self._instant(own.get("due", "")),
            outcome=cast(Literal["", "taken", "refused"], _ours(self.files.outcomes, own.get("outcome", ""))),
            **texts,
        )

    def _problem(self, own: Mapping[str, str], kind: str) -> Refused | None:
        if kind not in INCOMING:
            known = ", ".join(self.files.kinds[one][0] for one in INCOMING)
            return Refused("unknown_kind", f"a message is one of: {known}", self.files.kinds["order"][0])
        for field in ("time", "due"):
            if own.get(field) and self._instant(own[field]) is None:
                return Refused("bad_time", "the time cannot be read", TIME_EXAMPLE)
        if kind == "outcome" and not _ours(self.files.outcomes, own.get("outcome", "")):
            known = ", ".join(names[0] for names in self.files.outcomes.values())
            return Refused("unknown_outcome", f"an outcome is one of: {known}", self.files.outcomes["taken"][0])
        return None

    def _state(self, row: Row, places: Mapping[str, int]) -> SheetRow:
        number = "" if row.problem else clean(row.cells[places["number"]])
        state = "" if row.problem else _ours(self.files.states, clean(row.cells[places["state"]]))
        if not number or not state:
            known = ", ".join(names[0] for names in self.files.states.values())
            raise SanbanError(f"row {row.number} has no number, or its state is none of: {known}", known.split(", ")[0])
        return SheetRow(number, cast(OrderState, state))

    def _instant(self, text: str) -> int | None:
        return read_instant(text, self.zone) if text else None


def _mapped(sheet: Sheet, places: Mapping[str, int]) -> Columns:
    """Where the fields of a request stand: told for what the exchange names, guessed in what is left."""
    ours = {place for field, place in places.items() if field not in _TOLD}
    headers = ["" if place in ours else header for place, header in enumerate(sheet.headers)]
    sample = [
        ["" if place in ours else cell for place, cell in enumerate(row.cells)]
        for row in sheet.sample
        if not row.problem
    ]
    told = {_TOLD[field]: sheet.headers[place] for field, place in places.items() if field in _TOLD}
    return guess_mapping(headers, sample, told)


def _bounded(sheet: Sheet) -> Iterator[Row]:
    for count, row in enumerate(sheet.rows, start=1):
        if count > ROWS_AT_MOST:
            raise SanbanError(f"a file of the city has at most {ROWS_AT_MOST:,} rows", "several files")
        yield row


def _ours(words: Words, theirs: str) -> str:
    """Our word for theirs; '' for one that is not declared."""
    return next((ours for ours, names in words.items() if theirs in names), "")


def write_table(path: Path, rows: Sequence[Sequence[str]]) -> None:
    """Writes a table, CSV or xlsx by the name's ending, whole or not at all; its owner alone may read it."""
    content = _workbook(rows) if path.suffix == ".xlsx" else _csv(rows)
    part = path.with_name(f".{path.name}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows([neutral(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _workbook(rows: Sequence[Sequence[str]]) -> bytes:
    content = io.BytesIO()
    with import_module("xlsxwriter").Workbook(content, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate(rows):
            for column, cell in enumerate(row):
                sheet.write_string(place, column, cell)
    return content.getvalue()
