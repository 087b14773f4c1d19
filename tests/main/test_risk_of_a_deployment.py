"""A deployment learns its risk from its own cases, as of a date, and its hourly job tells what has moved."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from sanban.handling.risk import stored
from sanban.handling.risk.stored import Standing
from sanban.kernel.errors import SanbanError
from sanban.ledger.port import Reader
from sanban.ledger.reading.reader import StoreReader
from sanban.main.house import House, open_house
from sanban.main.learning import warning
from sanban.main.learning.risking import evaluate_risk, train_risk
from sanban.main.setup import init

DAY = 86_400_000_000
NOW = 1_780_279_200_000_000
CASES = 900


@pytest.fixture
def house(tmp_path: Path):
    """A home whose table of cases holds two months: of one matter most are late, of the other few."""
    init(tmp_path / "home", code="demo", title="示范区", mode="trial")
    with open_house(tmp_path / "home", lambda: NOW) as opened:
        opened.store_ledger.reach()
        columns = [row[1] for row in opened.reader.query("SELECT * FROM pragma_table_info('case_view')")]
        opened.close()
        with closing(sqlite3.connect(tmp_path / "home" / "ledger.db")) as store, store:
            for number in range(CASES):
                row = dict.fromkeys(columns, "") | _case(number)
                marks = ", ".join("?" * len(columns))
                store.execute(f"INSERT INTO case_view VALUES ({marks})", [row[name] for name in columns])
        yield opened


def _case(number: int) -> dict[str, object]:
    """Opened evenly, worked for two to nine days, or of the quick matter for two to five and a half."""
    slow = number % 2
    start = NOW - 70 * DAY + number * 70 * DAY // CASES
    lived = 2 * DAY + number * 37 % 100 * (7 if slow else 3) * DAY // 90
    done = start + lived
    whole = ("due_at", "missed", "requests", "priority", "reopened", "returns", "provisional", "suspended", "risk")
    return dict.fromkeys(whole, 0) | {
        "district": "demo", "stream": f"case:c{number}", "case_id": f"c{number}", "matter": ("noise", "waste")[slow],
        "lead": "street-01", "street": "street-01", "opened_at": start, "unit_from": start, "unit_due": start + 5 * DAY,
        "unit_done": done if done < NOW else None, "closed_at": None,
    }  # fmt: skip


def test_without_a_learned_risk_the_hourly_job_reads_open_cases_alone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    read_all = warning.standings

    def counted(reader: Reader, now: int, *, done: bool) -> list[Standing]:
        found = list(read_all(reader, now, done=done))
        read.append(len(found))
        return found

    monkeypatch.setattr(warning, "standings", counted)
    ((still_open,),) = house.reader.query(
        "SELECT COUNT(*) FROM case_view WHERE district = :district AND unit_done IS NULL"
    )
    assert {one.parts[0].stream for one in house.advice(NOW)} <= {f"case:c{number}" for number in range(CASES)}
    train_risk(house, "2026-05-20")
    house.advice(NOW)
    assert read == [still_open, CASES]
    assert 0 < still_open < CASES


def test_the_hourly_job_reads_a_page_at_a_time_and_advises_the_same(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_risk(house, "2026-05-20")
    whole, rows, query = house.advice(NOW), [], StoreReader.query

    def counted(reader: StoreReader, sql: str, args: Mapping[str, object]) -> Sequence[tuple[object, ...]]:
        found = query(reader, sql, args)
        rows.append(len(found))
        return found

    monkeypatch.setattr(stored, "PAGE", 70)
    monkeypatch.setattr(StoreReader, "query", counted)
    assert house.advice(NOW) == whole != []
    assert (max(rows), sum(rows)) == (70, CASES)


def test_a_model_learned_from_the_ledger_orders_better_than_the_time_used_and_tells_its_date(house: House) -> None:
    found = evaluate_risk(house, "2026-05-20")
    assert found.judged >= 30
    assert 0.7 < found.area <= 1
    assert found.area >= found.matter
    trained = train_risk(house, "2026-05-20")
    assert trained.looks > 400
    assert trained.model.startswith("overdue-ledger:")
    assert (house.home.folder / "models" / "risk.json").is_file()


def test_the_same_records_and_date_give_the_same_model(house: House) -> None:
    assert train_risk(house, "2026-05-20").model == train_risk(house, "2026-05-20").model


@pytest.mark.parametrize("date", ["2026-04-01", "soon", "2026-06-01"])
def test_where_there_is_too_little_to_learn_or_to_judge_by_it_says_so(house: House, date: str) -> None:
    with pytest.raises(SanbanError) as said:
        evaluate_risk(house, date)
    assert said.value.example
