"""Expressions over whole tables: Ibis gives what the reference interpreter gives, row for row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import ibis
import psycopg
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.expression.test_expression_values import ENVS, NUMBERS, SCOPE, bools, ints, texts
from sanban.columnar.expressing import Columns, express
from sanban.kernel.expression import Expression, compile_or_raise
from sanban.kernel.expression.tree import Hole

TYPES = {
    "int": ("int64", pa.int64(), "bigint"),
    "bool": ("boolean", pa.bool_(), "boolean"),
    "str": ("string", pa.string(), "text"),
}
SCHEMA = {name: TYPES[one.kind][0] for name, one in SCOPE.names.items()}
ROUNDED = [
    f"mul_div(balance, {num}, {den}, '{rounding}')"
    for rounding in ("half_away", "half_even", "floor", "ceil", "truncate")
    for num, den in ((1, 2), (7, 3), (80, 100), (1, 1), (3, 8))
]


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as connection:
        yield connection


def sql_of(expression: Expression, parameters: dict[str, int], dialect: str) -> str:
    table = ibis.table({"row": "int64", **SCHEMA}, name="env")
    value = express(expression.tree, Columns(table, parameters))
    return str(ibis.to_sql(table.select("row", value=value).order_by("row").select("value"), dialect=dialect))


def references(expression: Expression, envs: list[dict[str, Any]], parameters: dict[str, int]) -> list[Any]:
    return [expression.trace(env, parameters).value for env in envs]


@settings(max_examples=60, deadline=None)
@given(source=ints() | bools() | texts(frozenset(), 2), envs=st.lists(ENVS, min_size=1, max_size=8), parameters=NUMBERS)
def test_a_table_gives_what_the_reference_interpreter_gives(
    engine: duckdb.DuckDBPyConnection, source: str, envs: list[dict[str, Any]], parameters: dict[str, int]
) -> None:
    expression = compile_or_raise(source, SCOPE)
    columns = {name: pa.array([env.get(name) for env in envs], TYPES[one.kind][1]) for name, one in SCOPE.names.items()}
    engine.register("env", pa.table({"row": pa.array(range(len(envs))), **columns}))
    found = [value for (value,) in engine.execute(sql_of(expression, parameters, "duckdb")).fetchall()]
    assert found == references(expression, envs, parameters)
    assert {type(value) for value in found} == {type(value) for value in references(expression, envs, parameters)}


@pytest.mark.postgres
def test_divisions_round_the_same_in_postgresql(postgres_database: str) -> None:
    envs = [{"balance": balance} for balance in range(-1000, 1001, 7)]
    with psycopg.connect(postgres_database) as connection:
        declared = ", ".join(f"{name} {TYPES[one.kind][2]}" for name, one in SCOPE.names.items())
        connection.execute(f'CREATE TEMPORARY TABLE env ("row" bigint, {declared})')
        connection.cursor().executemany(
            'INSERT INTO env ("row", balance) VALUES (%s, %s)', [(row, env["balance"]) for row, env in enumerate(envs)]
        )
        for source in ROUNDED:
            expression = compile_or_raise(source, SCOPE)
            found = [value for (value,) in connection.execute(sql_of(expression, {}, "postgres")).fetchall()]
            assert found == references(expression, envs, {}), source


def test_only_what_has_a_value_has_a_column() -> None:
    with pytest.raises(TypeError, match="Hole"):
        express(Hole(0, 1), Columns(ibis.table(SCHEMA, name="env")))
