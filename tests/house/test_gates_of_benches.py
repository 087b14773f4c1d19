"""What a bench is held to: told on stderr and by its end, where it is asked to hold to it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

BENCHES = Path(__file__).parents[2] / "bench"


def gate(*, holds: bool) -> Any:
    spec = importlib.util.spec_from_file_location("gate", BENCHES / "parts" / "gate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Gate(holds=holds)


@pytest.mark.parametrize("holds", [True, False])
def test_a_goal_that_is_missed_ends_a_bench_with_1_and_a_line_where_it_is_held_to(
    capsys: pytest.CaptureFixture[str], *, holds: bool
) -> None:
    found = gate(holds=holds)
    found.least("ratio", 0.5, 0.5)
    found.most("seconds", 3.0, 3.0)
    assert (found.ended(), capsys.readouterr().err) == (0, "")
    found.least("ratio", 0.43, 0.5)
    found.most("seconds", 3.1, 3.0)
    missed = "ratio: 0.43, and at least 0.5 is the goal\nseconds: 3.1, and at most 3 is the goal\n"
    assert (found.ended(), capsys.readouterr().err) == ((1, missed) if holds else (0, ""))


def test_the_benches_that_are_held_to_goals_are_those_that_their_readme_names() -> None:
    told = next(line for line in (BENCHES / "README.md").read_text("utf-8").split("\n\n") if "take `--gate`" in line)
    held = [path.name for path in sorted(BENCHES.glob("*.py")) if "add_gate(parser)" in path.read_text("utf-8")]
    assert held
    assert [name for name in held if f"`{name}`" in told] == held
    assert told.partition("take")[0].count(".py`") == len(held)
