"""Facts of the ledger as columns, and the engines that count them.

`laying` says what a stream's state leaves in which table; `snapshot` keeps that as Parquet files of a ledger position;
`session` opens them in DuckDB, PostgreSQL or Spark; `expressing` turns expressions of files into Ibis expressions.
"""
