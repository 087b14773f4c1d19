"""What is asked for a person, an event or a page of figures stays within its bounds, however long the history is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pytest

from intake.test_findings import complain
from intake.test_findings import house as house  # noqa: PLC0414 -- the fixture
from sanban.handling.figures.counting import Span, unit_figures
from sanban.intake.desk.joining import own_cases
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.ledger.reading.reader import StoreReader
from sanban.ledger.writing.deferring import FOLDS
from sanban.main.binding import intake_needs_of, needs_of
from sanban.main.house import House
from sanban.main.lending.desk import matters_of
from sanban.main.lending.finding import FoundFirstCounts, call_for_sweep
from sanban.main.telling import needs_of as notice_needs_of
from sanban.notices.sending import Courier

LEADER = Actor("leader-1", "leader")
DAY = 86_400_000_000


class Planned:
    """A reader that keeps how SQLite goes about each statement it is asked."""

    def __init__(self, reader: StoreReader) -> None:
        self._reader = reader
        self.steps: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    def query(self, sql: str, parameters: Mapping[str, Any] = {}) -> list[tuple[Any, ...]]:
        self.steps += [step[3] for step in self._reader.query(f"EXPLAIN QUERY PLAN {sql}", parameters)]
        return self._reader.query(sql, parameters)


def persons(house: House, reader: Any) -> None:
    complain(house, 1)
    pair = ("phone", "13800001234")
    assert house.vault.find_many([pair, pair], reader) == {}
    assert house.vault.find(*pair, reader) == house.vault.find_refs(*pair, reader) == []
    needs = msgspec.structs.replace(intake_needs_of(house), reader=reader)
    assert own_cases(needs, house.reader.state("request:c1")) == ("case1",)


def filling(house: House, reader: Any) -> None:
    case = complain(house, 1)
    page = {"after": 0, "last": 1000, "first": "case:", "end": "case;"}
    assert {row[0] for row in reader.query(FOLDS, page)} == {f"case:{case}"}


def lanes(house: House, reader: Any) -> None:
    needs = msgspec.structs.replace(notice_needs_of(house), reader=reader)
    assert Courier(needs, {}).round(house.clock()).sent == 0


def sweep(house: House, reader: Any) -> None:
    opened = house.reader.events(f"case:{complain(house, 1)}")[0]
    assert call_for_sweep(house.cases, reader, house.district.desk)(opened) == ()


def found_first(house: House, reader: Any) -> None:
    now = house.clock()
    counts = FoundFirstCounts(house.cases, reader, matters_of(house))
    assert counts.found_first(LEADER, now, now - DAY, now, 0, 50) == (0, 0, ())


def figures(house: House, reader: Any) -> None:
    now, needs = house.clock(), msgspec.structs.replace(needs_of(house), reader=reader)
    assert not isinstance(unit_figures(LEADER, needs, Span(now - DAY, now, now)), Refused)


@pytest.mark.parametrize(
    ("asks", "narrows"),
    [
        (persons, "kind=? AND hmac=?"),
        (filling, "stream=?"),
        (lanes, "state=? AND next_at<?"),
        (sweep, "grid=?"),
        (found_first, "opened_at>? AND opened_at<?"),
        (figures, "at>? AND at<?"),
    ],
)
def test_no_statement_reads_the_whole_history(house: House, asks: Callable[[House, Any], None], narrows: str) -> None:
    reader = Planned(house.reader)
    asks(house, reader)
    searched = [step for step in reader.steps if step.startswith("SEARCH")]
    assert any(narrows in step for step in searched)
    assert all(step.count("?") > 1 for step in searched), "by district alone is everything"
    assert {step for step in reader.steps if step.startswith("SCAN")} <= {"SCAN seen"}
