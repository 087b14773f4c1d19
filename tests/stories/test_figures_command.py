"""`sanban figures`: computed from a home, opened case by case, the same again at a named position."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from stories.test_main_job import ROWS, sanban, written

ENGINES = ("duckdb", "ibis", "pyarrow")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("counted") / "home"
    sanban("init", home=folder)
    sanban("import", str(written(folder.parent / "messages.csv", ROWS)), home=folder)
    return folder


def figures(home: Path, *words: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(sanban("figures", "--period", "2025-04", "--json", *words, home=home))
    return found


def test_a_figure_names_its_source_and_is_the_same_again_whatever_came_since(home: Path) -> None:
    before = figures(home, "--figure", "requests")
    (told,) = [one for one in before["figures"] if one["unit"] is None]
    assert (told["numerator"], told["denominator"]) == (3, None)
    later = [["900009", "user-9", "路灯不亮", "2025/4/27 9:00:00", "路灯坏了一周。"]]
    sanban("import", str(written(home.parent / "later.csv", later)), home=home)
    after = figures(home, "--figure", "requests")
    assert after["figures"][0]["numerator"] == 4
    assert after["place"]["position"] > before["place"]["position"]
    again = figures(home, "--figure", "requests", "--position", str(before["place"]["position"]))
    assert again == before


def test_what_a_number_rests_on_is_said_with_it(home: Path) -> None:
    asked = (
        f"import sys; sys.argv = ['sanban', 'figures', '--home', {str(home)!r}]; from sanban.main import main; main()"
    )
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stderr
    assert "closed_of_due: source 某市12345热线2017年4月通报" in said
    assert "requests: assumed 公开材料未说明“一降”指哪项指标" in said
    assert "ledger position" in said


def test_the_cases_behind_a_figure_are_listed(home: Path) -> None:
    found = figures(home, "--figure", "requests", "--cases")
    assert len(found["cases"]) == found["figures"][0]["numerator"] >= 3
    shown = sanban("figures", "--period", "2025-04", "--figure", "requests", "--cases", home=home)
    assert "诉求量" in shown
    english = sanban("figures", "--period", "2025-04", "--figure", "requests", "--lang", "en", home=home)
    assert "Requests received" in english
    assert "诉求量" not in english
    assert found["cases"][0]["number"] in shown


def test_a_figure_is_set_against_the_period_before_and_a_year_earlier(home: Path) -> None:
    found = figures(home, "--figure", "requests", "--changes")
    assert [(one["since"], one["was"], one["verdict"]) for one in found["figures"][0]["changes"]] == [
        ("2025-03", "0", "n/a"),
        ("2024-04", "0", "n/a"),
    ]
    assert found["trend"][-3:] == [["2025-02", "0"], ["2025-03", "0"], ["2025-04", found["figures"][0]["value"]]]
    assert "2024-04" in sanban("figures", "--period", "2025-04", "--figure", "requests", "--changes", home=home)


def test_every_figure_in_force_is_told_with_what_was_assumed(home: Path) -> None:
    found = figures(home)
    by_key = {one["figure"]: one for one in found["figures"]}
    assert len(by_key) > 15
    assert by_key["resolved"]["assumption"]["en"].startswith("No published definition")
    assert by_key["satisfied"]["value"] == "n/a"
    assert figures(home, "--unit", "hotline")["figures"][0]["unit"] == "hotline"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--period May", "is not a period"),
        ("--figure resolvd", "there is no figure 'resolvd'"),
        ("--unit nobody", "there is no unit 'nobody'"),
        ("--cases", "cases are those behind one figure"),
        ("--position 999999", "no batch of the ledger ends at position"),
    ],
)
def test_what_there_is_not_is_refused_with_what_there_is(home: Path, words: str, said: str) -> None:
    told = sanban("figures", *words.split(), home=home, code=2)
    assert said in told
    assert "for example: " in told


def test_without_the_engines_a_server_starts_and_the_command_says_what_is_missing(home: Path) -> None:
    without = f"import sys; sys.modules.update(dict.fromkeys({ENGINES!r})); "
    asked = f"sys.argv = ['sanban', 'figures', '--home', {str(home)!r}]; from sanban.main import main; main()"
    done = subprocess.run([sys.executable, "-c", without + asked], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "sanban: counting needs duckdb",
        '  for example: pip install "sanban[figures]"',
    ]
    serving = without + "import sanban.main.serving"
    assert subprocess.run([sys.executable, "-c", serving], capture_output=True, check=False).returncode == 0
