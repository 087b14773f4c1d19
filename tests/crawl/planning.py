"""Keeps how SQLite goes about each statement that a deployment asks, the first time it is asked.

A step reads a whole table when it scans it, or searches it by the district alone. One that follows an index in the
order that is wanted, and stops at a limit, is a page of a list: unless rows are to have a value that the index does not
look for, since the page may then be found at the end of the table, or never be full.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest

from sanban.ledger.stores.sqlite import SqliteLookup

NAMED = re.compile(r"\b(?:FROM|JOIN) (\w+)(?: AS (\w+)| (?!WHERE|JOIN|LEFT|ORDER|GROUP|ON\b|UNION|LIMIT)(\w+))?")
"""A table, and what it is called in the statement."""
STEP = re.compile(r"(SCAN|SEARCH) (\w+)(.*)")
BY_DISTRICT = re.compile(r"\(district=\?\)")
VALUE = re.compile(r"\b(?!district\b)\w+ = (?=[:'\d])")
"""A column that is to have a value."""
SORTED = "USE TEMP B-TREE FOR ORDER BY"


class Whole(NamedTuple):
    """A table that a statement reads as a whole."""

    table: str
    statement: str


class Plans:
    """Statements with the steps of their plans, from now on until the patch is undone."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.steps: dict[str, list[str]] = {}
        asked = SqliteLookup.query

        def query(lookup: SqliteLookup, sql: str, parameters: Mapping[str, Any] = {}) -> list[tuple[Any, ...]]:
            if sql not in self.steps and sql.startswith(("SELECT", "WITH")):
                planned = lookup.connection.execute(f"EXPLAIN QUERY PLAN {sql}", {**parameters, "district": ""})
                self.steps[sql] = [step[3] for step in planned]
            return asked(lookup, sql, parameters)

        patch.setattr(SqliteLookup, "query", query)

    def whole(self) -> Iterator[Whole]:
        """What is read as a whole, and by which statement."""
        for sql, steps in self.steps.items():
            tables = {called or as_called or table: table for table, called, as_called in NAMED.findall(sql)}
            in_order = "LIMIT" in outer(sql) and SORTED not in steps and not VALUE.search(wanted(sql))
            for way, called, rest in (found.groups() for step in steps if (found := STEP.match(step))):
                is_whole = way == "SCAN" or (BY_DISTRICT.search(rest) and not in_order)
                if is_whole and called in tables:
                    yield Whole(tables[called], sql)


def outer(sql: str) -> str:
    """The statement without what stands in brackets."""
    left = ""
    while left != sql:
        left, sql = sql, re.sub(r"\([^()]*\)", "", sql)
    return sql


def wanted(sql: str) -> str:
    """The conditions of the statement itself."""
    return re.split(r" (?:GROUP BY|ORDER BY|LIMIT) ", outer(sql).partition(" WHERE ")[2])[0]
