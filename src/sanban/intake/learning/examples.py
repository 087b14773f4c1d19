"""Reads labelled examples from files: which column holds the text, the title, the label, and who said it.

Columns are told or guessed: the label by its name (分类, label, matter ...), the rest as an import guesses it. A file
without a column for the label is refused with the columns that it has. Rows without text or label are left out and
counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from sanban.intake.columns import guess_mapping
from sanban.intake.files.cells import clean
from sanban.intake.sheet import open_sheet
from sanban.kernel.errors import SanbanError
from sanban.kernel.mechanism import Title

ROWS_AT_MOST = 2_000_000
LABELS: tuple[str, ...] = (
    "label", "matter", "class", "category", "事项", "事项编码", "一级分类", "一级标签", "分类", "类别", "标签",
)  # fmt: skip
_NAMES = "label,matter / 噪声扰民,noise"
_EXAMPLE = "sanban triage train labelled.csv --text 内容 --label 一级分类"


class Example(msgspec.Struct, frozen=True):
    """A text and its right class. `person`: whoever said it, '' when not told."""

    text: str
    label: str
    title: str = ""
    person: str = ""


class Labelled(msgspec.Struct, frozen=True):
    """What a file holds. `left_out`: rows that lack text or label or cannot be read; `columns`: field -> column."""

    examples: tuple[Example, ...]
    left_out: int
    columns: dict[str, str]


def read_labelled(path: Path, *, text: str = "", label: str = "", title: str = "") -> Labelled:
    """The examples of a CSV or a workbook. Raises `SanbanError` when it has no column for the label or the text."""
    with open_sheet(path) as sheet:
        named = label or _label_of(sheet.headers)
        if named not in sheet.headers:
            there = ", ".join(filter(None, sheet.headers))
            raise SanbanError(f"{path.name} has no column {named or 'of labels'!r}; its columns are: {there}", _EXAMPLE)
        told = {"external_no": ""} | {field: name for field, name in (("text", text), ("title", title)) if name}
        sample = [row.cells for row in sheet.sample if not row.problem]
        mapping = guess_mapping(sheet.headers, sample, told)
        places = {choice.field: choice.place for choice in mapping.choices}
        columns: dict[str, str] = {one.field: one.column for one in mapping.choices if one.field in _READ}
        label_place = sheet.headers.index(named)
        examples, left_out = [], 0
        for row in sheet.rows:
            cells = [] if row.problem else [padded(cell) for cell in row.cells]
            if not cells or not cells[places["text"]].strip() or not cells[label_place].strip():
                left_out += 1
                continue
            value = {field: cells[places[field]] for field in _READ if field in places}
            person = clean(value.get("requester", ""))
            examples.append(Example(value["text"], clean(cells[label_place]), value.get("title", ""), person))
            if len(examples) > ROWS_AT_MOST:
                raise SanbanError(f"{path.name} has more than {ROWS_AT_MOST:,} examples", "a sample of them")
    return Labelled(tuple(examples), left_out, columns | {"label": named})


def read_names(path: Path) -> dict[str, str]:
    """Which labels are which matters: a CSV or a workbook whose first two columns are a label and a matter's code.

    The first row is the head. Raises `SanbanError` when there is no second column.
    """
    with open_sheet(path) as sheet:
        if len(sheet.headers) < 2:
            raise SanbanError(f"{path.name} has one column; a label and a matter's code stand in two", _NAMES)
        rows = [[clean(cell) for cell in row.cells[:2]] for row in sheet.rows if not row.problem]
    return {label: matter for label, matter in rows if label and matter}


def by_matter(examples: Iterable[Example], matters: Mapping[str, Title], names: Mapping[str, str]) -> list[Example]:
    """The examples with matters' codes for labels: as `names` say, else by a matter's title in either language.

    A label that is neither stays as it is.
    """
    titles = {text.casefold(): code for code, title in matters.items() for text in (title.zh, title.en)}
    codes = {code: code for code in matters}
    return [
        replace(one, label=names.get(one.label) or codes.get(one.label) or titles.get(one.label.casefold(), one.label))
        for one in examples
    ]


def texts_of(examples: Iterable[Example]) -> list[str]:
    """Title and text together, as duplicates are looked for."""
    return [f"{one.title}\n{one.text}" if one.title else one.text for one in examples]


def padded(cell: str) -> str:
    """A cell without the blanks round its lines; wide spaces inside stay, for they part title and text."""
    lines = (line.strip(" \t\r\x0b\x0c\xa0") for line in cell.splitlines())
    return "\n".join(line for line in lines if line.strip())


_READ = ("text", "title", "requester")


def _label_of(headers: Sequence[str]) -> str:
    plain = {header.strip().casefold(): header for header in headers}
    return next((plain[name] for name in LABELS if name in plain), "")
