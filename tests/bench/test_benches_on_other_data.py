"""The benches of learning take other data of the same shape: its encodings, names of columns, gaps; or say why not."""

from __future__ import annotations

import csv
import gzip
import importlib
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from intake.learning.made import SUBJECTS, cut_text, raw_text

BENCHES = Path(__file__).resolve().parents[2] / "bench"
CITY = ("工单号", "创建时间", "截止时间", "办结时间", "事项", "承办单位", "街道", "地址", "纬度", "经度")
FIRST = datetime(2025, 3, 1, 8, tzinfo=UTC)

Bench = Callable[..., dict[str, float]]
Refusing = Callable[..., str]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[str, str]]:
    """Runs a bench in this process: what it printed, and what it said beside that."""
    monkeypatch.syspath_prepend(BENCHES)

    def run(name: str, *words: object) -> tuple[str, str]:
        module: Any = importlib.import_module(name)
        monkeypatch.setattr(sys, "argv", [name, "--quick", *map(str, words)])
        module.run(module.main, module._parser())
        return capfd.readouterr()

    return run


@pytest.fixture
def bench(told: Callable[..., tuple[str, str]]) -> Bench:
    """Figures by what was measured."""
    return lambda *words: {line["workload"]: line["figure"] for line in map(json.loads, told(*words)[0].splitlines())}


@pytest.fixture
def refusing(told: Callable[..., tuple[str, str]], capfd: pytest.CaptureFixture[str]) -> Refusing:
    """The one line of a bench that cannot measure."""

    def run(*words: object) -> str:
        with pytest.raises(SystemExit) as ended:
            told(*words)
        out, said = capfd.readouterr()
        assert (ended.value.code, out, said.count("\n")) == (2, "", 1)
        assert "; for example: " in said
        return said

    return run


def written(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]], encoding: str = "utf-8") -> Path:
    opened: Any = gzip.open if path.suffix == ".gz" else open
    with opened(path, "wt", encoding=encoding, newline="") as out:
        csv.writer(out).writerows([head, *rows])
    return path


def short_text(matter: str, number: int) -> str:
    """Two words of a matter, so that it is no twin of a longer message."""
    return f"{SUBJECTS[matter][number % 6]}真是太{SUBJECTS[matter][(number + 1) % 6]}了"


def messages(folder: Path, name: str, head: Sequence[str], text: Callable[[str, int], str], start: int = 0) -> Path:
    rows = [(text(matter, number), matter) for matter in SUBJECTS for number in range(start, start + 40)]
    return written(folder / name, head, rows)


def stream(folder: Path, head: Sequence[str], count: int, encoding: str) -> Path:
    rows = [
        (f"{matter}之事{number % 7}", raw_text(matter, number), f"2025-03-{number % 28 + 1:02d}")
        for number in range(count)
        for matter in SUBJECTS
    ]
    return written(folder / "stream.csv", head, rows[:count], encoding)


def city(
    folder: Path, name: str = "requests.csv.gz", head: Sequence[str] = CITY, shown: str = "%Y-%m-%d %H:%M"
) -> Path:
    """Requests of three months; every ninth has no point, every fourth is late."""
    rows = []
    for number in range(900):
        at = FIRST + timedelta(hours=2.4 * number)
        done = at + timedelta(days=9 if number % 4 == 0 else 1 + number * 7 % 4)
        point = ("", "") if number % 9 == 0 else (31.2 + number % 7 / 1000, 121.4 + number % 5 / 1000)
        said = (f"事项{number % 4}", f"单位{number % 3}", f"街道{number % 2}", f"长阳路{number % 30}号")
        times = [moment.strftime(shown) for moment in (at, at + timedelta(days=5), done)]
        rows.append((f"GD{number:05d}", *times, *said, *point))
    return written(folder / name, head, rows)


def test_triage_reads_a_named_column_where_it_is_and_guesses_it_elsewhere(bench: Bench, tmp_path: Path) -> None:
    train = messages(tmp_path, "b.csv", ("content", "category"), cut_text)
    test = messages(tmp_path, "raw.csv", ("留言详情", "一级分类"), short_text)
    found = bench("triage", "--train", train, "--test", test, "--text", "content", "--label", "category")
    (raw,) = (share for name, share in found.items() if name.startswith("macro-F1 on raw messages"))
    assert raw > 0.9
    assert {"expected calibration error", "expected calibration error on raw messages"} < found.keys()


def test_triage_says_what_it_cannot_measure(refusing: Refusing, tmp_path: Path) -> None:
    train = messages(tmp_path, "b.csv", ("content", "category"), cut_text)
    strange = messages(tmp_path, "c.csv", ("a", "b"), cut_text)
    few = written(tmp_path / "few.csv", ("text", "label"), [("小区路灯不亮", "street-light")])
    assert "no file has a column 'kind'" in refusing("triage", "--train", train, "--test", "--label", "kind")
    assert "twins of --test" in refusing("triage", "--train", train, "--test", train)
    assert "no column 'of labels'" in refusing("triage", "--train", train, "--test", strange)
    assert "two classes" in refusing("triage", "--train", few, "--test")
    assert "cannot be read" in refusing("triage", "--train", tmp_path / "none.csv", "--test")


@pytest.mark.parametrize(
    ("head", "encoding"),
    [(("标题", "诉求内容", "日期"), "gb18030"), (("title", "body", "received"), "utf-16")],
)
def test_grouping_takes_other_encodings_columns_and_dates_without_a_clock(
    bench: Bench, tmp_path: Path, head: Sequence[str], encoding: str
) -> None:
    path = stream(tmp_path, head, 60, encoding)
    found = bench("grouping", "--stream", path)
    assert found["title and body at 0.12: groups"] <= 60
    assert bench("grouping", "--stream", path, path)["title and body at 0.12: share grouped"] > 0.9


def test_grouping_says_what_it_cannot_group(refusing: Refusing, tmp_path: Path) -> None:
    one = stream(tmp_path, ("标题", "诉求内容", "日期"), 1, "utf-8")
    assert "two are needed" in refusing("grouping", "--stream", one)
    timeless = stream(tmp_path, ("标题", "诉求内容", "什么"), 9, "utf-8")
    assert "no column of times" in refusing("grouping", "--stream", timeless, "--map", "received_at=")
    assert "hold what people said" in refusing("grouping", "--stream", written(tmp_path / "n.csv", ("a",), [("1",)]))


def test_duplicates_takes_requests_without_points_and_columns_under_other_names(bench: Bench, tmp_path: Path) -> None:
    pairs = [(f"GD{number:05d}", f"GD{number - 60:05d}") for number in range(60, 900, 20)]
    pairs_of = [written(tmp_path / f"pairs{at}.csv", ("重复工单", "原工单"), pairs[at::2]) for at in range(2)]
    words = ("--pairs", *pairs_of, "--earlier", 300, "--lookups", 20)
    found = bench("duplicates", "--requests", city(tmp_path), *words)
    assert found["pairs whose original was filed before"] == len(pairs)
    assert 0 <= found["top 3, cross-validated"] <= 1
    assert found["one city: look-ups against 300, CPU"] > 0


def test_duplicates_says_what_it_cannot_measure(refusing: Refusing, tmp_path: Path) -> None:
    requests = city(tmp_path)
    strange = written(tmp_path / "pairs.csv", ("重复工单", "原工单"), [("X1", "X2")])
    assert "of 1 pairs none" in refusing("duplicates", "--requests", requests, "--pairs", strange)
    assert "holds duplicate" in refusing("duplicates", "--requests", requests, "--pairs", requests)
    other = city(tmp_path, head=("甲", *CITY[1:]))
    assert "holds id" in refusing("duplicates", "--requests", other, "--pairs", strange)


def test_overdue_takes_requests_without_points_and_columns_under_other_names(bench: Bench, tmp_path: Path) -> None:
    dates = ("--as-of", "2025-04-20", "--end", "2025-06-10")
    path = city(tmp_path)
    found = bench("overdue", "--train", path, "--test", path, *dates)
    assert 0 <= found["opened later, due by the end: next to the type's rate"] <= 1
    other = city(tmp_path, "other.csv", ("甲", "乙", "丙", *CITY[3:]))
    again = ("--map", "id=甲", "--map", "opened=乙", "--map", "due=丙")
    assert bench("overdue", "--train", other, "--test", other, *dates, *again).keys() == found.keys()


def test_overdue_says_what_it_cannot_measure(refusing: Refusing, tmp_path: Path) -> None:
    path = city(tmp_path)
    given = ("--train", path, "--test", path)
    assert "'1/9/2011' is not a date" in refusing("overdue", *given, "--as-of", "1/9/2011")
    assert "learned from" in refusing("overdue", *given, "--as-of", "2025-03-02", "--end", "2025-06-10")
    undue = city(tmp_path, "undue.csv", (*CITY[:2], "某时", *CITY[3:]))
    assert "holds due" in refusing("overdue", "--train", undue, "--test", undue)
    assert "'when' is not a field" in refusing("overdue", *given, "--map", "when=甲")
    unread = city(tmp_path, "unread.csv", shown="%d/%m/%Y")
    assert "no row says when" in refusing("overdue", "--train", unread, "--test", unread)
    damaged = tmp_path / "damaged.csv.gz"
    damaged.write_bytes(path.read_bytes()[:900])
    assert "it is damaged" in refusing("overdue", "--train", damaged, "--test", path)
