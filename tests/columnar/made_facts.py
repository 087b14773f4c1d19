"""Facts made by hand: rows of which only what a test speaks of is given, as files of a made-up position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sanban.columnar.snapshot import Facts, Place, schema_of
from sanban.packs.figures.vocabulary import TABLES, FactColumn

PLACE = Place("heping", 7, 2, "ab" * 32, 2**52)
_NOTHING: dict[str, Any] = {"text": "", "int": 0, "bool": False}


def facts(folder: Path, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> Facts:
    """Files with these rows, by table."""
    files: dict[str, dict[str, tuple[str, ...]]] = {}
    for name, several in rows.items():
        table = TABLES[name]
        made = [{"stream": "", **{one.name: _default(one) for one in table.columns}, **row} for row in several]
        pq.write_table(pa.Table.from_pylist(made, schema=schema_of(table)), folder / f"{name}.parquet")
        files[name] = {"202601": (f"{name}.parquet",)}
    return Facts("made", PLACE, files)


def _default(column: FactColumn) -> Any:
    if column.choices:
        return column.choices[0]
    return None if column.optional else _NOTHING[column.kind]
