"""The same facts in other engines: a PostgreSQL connection or a Spark session that the caller has opened.

PostgreSQL has the files copied into temporary tables, which end with the connection; texts sort there by their bytes,
as everywhere. Spark reads the files where they lie, so every worker must reach them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from sanban.columnar.session import Row, Session, declared
from sanban.columnar.snapshot import Facts
from sanban.packs.figures.vocabulary import TABLES

_POSTGRES: Final = {"text": 'text COLLATE "C"', "int": "bigint", "bool": "boolean"}
_SPARK: Final = {"text": "string", "int": "bigint", "bool": "boolean"}
_BATCH: Final = 10_000


def postgres_session(connection: Any, folder: Path, facts: Facts) -> Session:
    """The facts in a psycopg connection, which closing the session closes."""

    def run(sql: str) -> list[Row]:
        found: list[Row] = connection.execute(sql).fetchall()
        return found

    for name, table in TABLES.items():
        connection.execute(f"CREATE TEMPORARY TABLE {name} ({declared(table, _POSTGRES)})")
        columns = [column.name for column in table.columns]
        copying = f"COPY {name} ({', '.join(columns)}) FROM STDIN"
        with connection.cursor() as cursor, cursor.copy(copying) as copy:
            for path in facts.of(folder, name):
                for batch in pq.ParquetFile(path).iter_batches(_BATCH, columns=columns):
                    for row in zip(*batch.to_pydict().values(), strict=True):
                        copy.write_row(row)
    return Session(facts.place, "postgres", run, connection.close)


def spark_session(spark: Any, folder: Path, facts: Facts) -> Session:
    """The facts in a `pyspark.sql.SparkSession`, which closing the session stops."""
    for name, table in TABLES.items():
        paths = [str(path) for path in facts.of(folder, name)]
        empty = spark.createDataFrame([], declared(table, _SPARK))
        frame = spark.read.parquet(*paths) if paths else empty
        frame.createOrReplaceTempView(name)
    return Session(facts.place, "pyspark", lambda sql: spark.sql(sql).collect(), spark.stop)
