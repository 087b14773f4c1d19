"""Training triage in a deployment, as its operator does it: from a file, measured, asked, and in use."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from intake.learning.made import SUBJECTS, cut_text
from sanban.main.house import open_house
from stories.test_main_job import sanban


def short_text(matter: str, number: int) -> str:
    """Two words of a matter: less than half of what a longer message says."""
    return f"{SUBJECTS[matter][number % 6]} {SUBJECTS[matter][(number + 1) % 6]}"


def labelled(
    folder: Path,
    count: int = 30,
    called: Callable[[str], str] = str,
    text: Callable[[str, int], str] = cut_text,
) -> Path:
    path = folder / f"labelled-{count}.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        rows = [(text(matter, number), called(matter)) for matter in SUBJECTS for number in range(count)]
        csv.writer(out).writerows([("seg_text", "label"), *rows])
    return path


def test_a_model_is_trained_from_a_file_measured_and_used(tmp_path: Path) -> None:
    home, path = tmp_path / "home", labelled(tmp_path)
    sanban("init", "--code", "310199", "--title", "试验区", home=home)
    trained = json.loads(sanban("triage", "train", str(path), "--json", home=home))
    assert (trained["examples"], sorted(trained["matters"]), trained["others"]) == (90, sorted(SUBJECTS), [])
    measured = json.loads(sanban("triage", "evaluate", str(path), "--json", home=home))["measured"]
    assert measured["macro_f1"] > 0.9
    with open_house(home) as house:
        advice = house.triage.advise("我们小区门口的路灯不亮了，一片漆黑")
        assert advice is not None
        assert advice.model.startswith(f"learned-{trained['model'][:12]}:")
        assert advice.candidates[0].matter == "street-light"


def test_labels_that_are_no_matters_put_no_model_in_use_until_a_file_says_which_they_are(tmp_path: Path) -> None:
    home, path = tmp_path / "home", labelled(tmp_path, called=lambda matter: f"类别·{matter}")
    sanban("init", "--code", "310199", "--title", "试验区", home=home)
    refused = sanban("triage", "train", str(path), home=home, code=2)
    assert "none of 3 labels is a matter in force" in refused
    assert "--labels labels.csv" in refused
    with open_house(home) as house:
        assert house.triage.model.startswith("words-")
    names = tmp_path / "names.csv"
    names.write_text("label,matter\n" + "".join(f"类别·{one},{one}\n" for one in SUBJECTS), encoding="utf-8")
    trained = json.loads(sanban("triage", "train", str(path), "--labels", str(names), "--json", home=home))
    assert sorted(trained["matters"]) == sorted(SUBJECTS)


def test_the_model_in_use_is_measured_on_what_it_was_not_trained_on_alone(tmp_path: Path) -> None:
    home, path = tmp_path / "home", labelled(tmp_path)
    sanban("init", "--code", "310199", "--title", "试验区", home=home)
    sanban("triage", "train", str(path), home=home)
    evaluate, fresh = ("triage", "evaluate", "--in-use"), labelled(tmp_path, 10, text=short_text)
    assert "was trained on all of these 90 examples" in sanban(*evaluate, str(path), home=home, code=2)
    found = json.loads(sanban(*evaluate, str(path), str(fresh), "--json", home=home))
    assert 90 <= found["trained_on"] < 120
    assert found["measured"]["cases"] == 120 - found["trained_on"]
    assert found["measured"]["macro_f1"] > 0.9
    assert "whose words it was trained on" in sanban(*evaluate, str(fresh), home=home)
    strange = labelled(tmp_path, 12, lambda matter: f"类别·{matter}")
    refused = sanban(*evaluate, str(strange), home=home, code=2)
    assert "knows none of these 3 labels" in refused
    assert "--labels labels.csv" in refused


def test_a_wave_of_one_text_is_learned_and_measured_beside_the_rest(tmp_path: Path) -> None:
    home, path = tmp_path / "home", labelled(tmp_path)
    sanban("init", "--code", "310199", "--title", "试验区", home=home)
    with path.open("a", encoding="utf-8", newline="") as out:
        wave = [(f"占道经营 摆摊 堵住 小区 门口 请 尽快 处理 {number}", "street-vending") for number in range(15)]
        csv.writer(out).writerows([*wave, ("占道 经营 一次", "waste")])
    trained = json.loads(sanban("triage", "train", str(path), "--json", home=home))
    assert "street-vending" in trained["labels"]
    measured = json.loads(sanban("triage", "evaluate", str(path), "--json", home=home))["measured"]
    assert {one["label"]: one["recall"] for one in measured["classes"]}["street-vending"] == 0
    assert measured["macro_f1"] > 0.5


def test_nothing_to_learn_from_is_a_refusal_with_an_example(tmp_path: Path) -> None:
    home = tmp_path / "home"
    sanban("init", "--code", "310199", "--title", "试验区", home=home)
    assert "nothing to learn from" in sanban("triage", "train", home=home, code=2)
    assert "for example: sanban triage train" in sanban("triage", "evaluate", home=home, code=2)


def test_a_server_never_loads_what_only_training_needs() -> None:
    code = "import sys, sanban.main.serving; print(sorted({'sklearn', 'scipy', 'joblib'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
