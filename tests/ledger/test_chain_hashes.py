"""The hashes: every column counts, and no two rows are encoded alike."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanban.ledger.proof.chain import GENESIS, BatchRow, batch_hash, command_hash, commands_joined, event_hash, joined

EVENT = ("heping", "case:c-1", 1, 7, "case.opened", 1, "cmd", "actor", 10, 11, 3, b"{}")
COMMAND = ("heping", "cmd", 3, b"b" * 32, b"{}")
BATCH = BatchRow("heping", 3, 7, 9, 11, 2, b"e" * 32, b"c" * 32, b"{}", b"{}", GENESIS)


def _other(value: Any) -> Any:
    return value + 1 if isinstance(value, int) else value + (b"x" if isinstance(value, bytes) else "x")


@pytest.mark.parametrize("place", range(len(EVENT)))
def test_every_column_of_an_event_counts(place: int) -> None:
    changed = (*EVENT[:place], _other(EVENT[place]), *EVENT[place + 1 :])
    assert event_hash(*changed) != event_hash(*EVENT)


@pytest.mark.parametrize("place", range(len(COMMAND)))
def test_every_column_of_a_command_counts(place: int) -> None:
    changed = (*COMMAND[:place], _other(COMMAND[place]), *COMMAND[place + 1 :])
    assert command_hash(*changed) != command_hash(*COMMAND)


@pytest.mark.parametrize("column", BATCH._fields)
def test_every_column_of_a_batch_counts(column: str) -> None:
    assert batch_hash(BATCH._replace(**{column: _other(getattr(BATCH, column))})) != batch_hash(BATCH)


TEXTS = st.tuples(*[st.text(alphabet="ab\u4e00", max_size=3)] * 5)


@settings(max_examples=200)
@given(first=TEXTS, second=TEXTS)
def test_moving_a_border_between_columns_changes_the_hash(first: tuple[str, ...], second: tuple[str, ...]) -> None:
    def digest(texts: tuple[str, ...]) -> bytes:
        district, stream, kind, command_id, actor = texts
        return event_hash(district, stream, 1, 1, kind, 1, command_id, actor, 1, 1, 1, b"")

    assert (digest(first) == digest(second)) == (first == second)


def test_commands_are_joined_by_their_id_whatever_their_order() -> None:
    rows = [("b", b"2" * 32), ("a", b"1" * 32)]
    assert commands_joined(rows) == commands_joined(rows[::-1]) == joined([b"1" * 32, b"2" * 32])
