"""A bench that finds two replays of the same cases to differ has failed, whether it is held to its goals or not."""

from __future__ import annotations

import importlib
import sys
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest

BENCHES = Path(__file__).resolve().parents[2] / "bench"


@pytest.mark.parametrize("differ", [0, 1])
def test_replays_that_differ_end_the_bench_with_1_where_no_goal_is_held_to(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, differ: int
) -> None:
    monkeypatch.syspath_prepend(BENCHES)
    bench: Any = importlib.import_module("replay_whatif")
    played, asked = bench.replay, count()
    monkeypatch.setattr(bench, "replay", lambda one: msgspec.structs.replace(played(one), events=differ * next(asked)))
    monkeypatch.setattr(bench, "DISTINCT", 5)
    monkeypatch.setattr(sys, "argv", ["replay_whatif", "--events", "60", "--folder", str(tmp_path)])
    assert bench.main(bench._parser().parse_args()) == differ
