"""Files of what surrounds a whistle: the shipped ones are whole, and a district's own faults are told all at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sanban.kernel.errors import FaultsFound
from sanban.packs.joint.meeting import load_meeting_terms
from sanban.packs.joint.opening import JOINT
from sanban.packs.joint.rating import load_rating_terms
from sanban.packs.joint.team import load_team_terms
from sanban.packs.joint.yearly import load_yearly_terms

LOADERS: dict[str, Callable[[Path], Any]] = {
    "rating": load_rating_terms,
    "meeting": load_meeting_terms,
    "yearly": load_yearly_terms,
    "team": load_team_terms,
}


@pytest.mark.parametrize("name", LOADERS)
def test_a_districts_own_file_takes_the_place_of_the_shipped_illustration(name: str, tmp_path: Path) -> None:
    load = LOADERS[name]
    assert load(tmp_path).origin == "illustrative"
    shipped = (JOINT / f"{name}.yaml").read_text(encoding="utf-8")
    (tmp_path / f"{name}.yaml").write_text(shipped.replace("origin: illustrative", "origin: local"), encoding="utf-8")
    assert load(tmp_path).origin == "local"


@pytest.mark.parametrize(
    ("name", "right", "wrong", "code"),
    [
        ("rating", "attendance: yes", "attendance: no", "no_attendance"),
        ("rating", "good_from: 80", "good_from: 180", "not_an_integer"),
        ("rating", "minimum: 5", "minimum: 1", "not_an_integer"),
        ("rating", "rate: 5 working_days", "rate: 5", "limit_without_unit"),
        ("rating", "cap: 20", "cup: 20", "unknown_key"),
        ("meeting", "3 working_days", "soon", "not_a_length"),
        ("meeting", "agenda: 12", "agenda: all", "not_an_integer"),
        ("yearly", "length: 10\n", "", "missing_key"),
        ("yearly", "requests: 1", "requests: -1", "not_an_integer"),
        ("team", "after: [design]", "after: [desing]", "unknown_gate"),
        ("team", "en: Design}}", "en: Design}, after: [approval]}", "gate_ring"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_named_with_a_valid_example(
    name: str, right: str, wrong: str, code: str, tmp_path: Path
) -> None:
    shipped = (JOINT / f"{name}.yaml").read_text(encoding="utf-8")
    assert right in shipped
    (tmp_path / f"{name}.yaml").write_text(shipped.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(FaultsFound) as raised:
        LOADERS[name](tmp_path)
    found = {fault.code: fault for fault in raised.value.faults}
    assert code in found
    assert (found[code].line > 0, bool(found[code].example)) == (True, True)
