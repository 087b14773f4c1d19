"""Sessions: the facts of one ledger position, opened in an engine that answers Ibis expressions.

An expression speaks of the tables by name (`table_of`) and of no engine. A session turns it into that engine's SQL and
gives rows back as plain values: DuckDB reads the Parquet files where they lie, within a bound of memory and with its
overflow in a folder of the home. `elsewhere` opens the same in PostgreSQL and on a Spark cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import duckdb
import ibis
import ibis.expr.types as ir

from sanban.columnar.snapshot import Facts, Place
from sanban.packs.figures.vocabulary import NAMING, TABLES, FactTable

Dialect = Literal["duckdb", "postgres", "pyspark"]
Row = tuple[Any, ...]
MEMORY: Final = "1GB"
THREADS: Final = 2
_KINDS: Final = {"text": "string", "int": "int64", "bool": "boolean"}
_DUCKDB: Final = {"text": "varchar", "int": "bigint", "bool": "boolean"}


class Session:
    """An engine with the facts of `place` in it. Close it, or use it as a context manager."""

    def __init__(
        self, place: Place, dialect: Dialect, run: Callable[[str], Sequence[Row]], close: Callable[[], object]
    ) -> None:
        self.place = place
        self.dialect = dialect
        self._run = run
        self._close = close

    def rows(self, expression: ir.Table) -> list[Row]:
        """The rows of an expression."""
        return self.answer(self.text(expression))

    def text(self, expression: ir.Table) -> str:
        """An expression in the engine's own words."""
        return str(ibis.to_sql(expression, dialect=self.dialect))

    def answer(self, text: str) -> list[Row]:
        """The rows of a text in the engine's own words."""
        return [tuple(row) for row in self._run(text)]

    def close(self) -> None:
        """Gives memory and connections back."""
        self._close()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def table_of(table: FactTable) -> ir.Table:
    """A table of facts by its name and columns, bound to no engine."""
    return ibis.table({column.name: _KINDS[column.kind] for column in table.columns}, name=table.name)


def duckdb_session(
    folder: Path, facts: Facts, *, memory: str = MEMORY, threads: int = THREADS, without: Sequence[str] = ()
) -> Session:
    """The default: in this process. What does not fit into `memory` goes to `folder`/overflow.

    `without`: ids of cases that nothing is seen of.
    """
    connection = duckdb.connect(":memory:")
    connection.execute(f"SET memory_limit = '{memory}'")
    connection.execute(f"SET threads = {threads}")
    connection.execute("SET preserve_insertion_order = false")
    connection.execute("SET temp_directory = ?", [str(folder / "overflow")])
    for name, table in TABLES.items():
        paths = [str(path) for path in facts.of(folder, name)]
        if paths:
            seen = connection.read_parquet(paths)
            (seen.filter(_apart(table, without)) if without else seen).create_view(name)
        else:
            connection.execute(f"CREATE TABLE {name} ({declared(table, _DUCKDB)})")
    return Session(facts.place, "duckdb", lambda sql: connection.execute(sql).fetchall(), connection.close)


def _apart(table: FactTable, cases: Sequence[str]) -> str:
    names = ", ".join("'" + case.replace("'", "''") + "'" for case in cases)
    naming = [column.name for column in table.columns if column.name in NAMING]
    return " AND ".join(f"{name} NOT IN ({names})" for name in naming)


def declared(table: FactTable, types: Mapping[str, str]) -> str:
    """The columns of a table as an engine's own types."""
    return ", ".join(f"{column.name} {types[column.kind]}" for column in table.columns)
