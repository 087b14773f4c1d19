"""Versions of a matter, and what a file inherits from the one it extends."""

from __future__ import annotations

from pathlib import Path

from sanban.kernel.clock.limit import FixedDate, Length
from sanban.kernel.mechanism import Mechanism, Title
from sanban.packs.examples import instant_of, written
from sanban.packs.loading import ZONE, load_matters, read_matters
from sanban.packs.matter import Matters
from sanban.packs.reading.texts import LANGUAGES

HEAD = """\
format: 1
matter: lamp
version: {version}
title: {{zh: 路灯, en: Street light}}
origin: illustrative
extends: {base}
"""


def lamp(
    folder: Path, version: str, added: str = "", *, file: str = "mechanism.yaml", base: str = "seven-steps"
) -> None:
    """Write a version of the matter `lamp`."""
    (folder / "lamp").mkdir(exist_ok=True)
    text = HEAD.format(version=version, base=base) + added
    (folder / "lamp" / file).write_text(text, encoding="utf-8")


def at(text: str) -> int:
    instant = instant_of(text, ZONE)
    assert instant is not None
    return instant


def mechanism(matters: Matters, key: str) -> Mechanism:
    found = matters.by_key(key)
    assert found is not None
    return found


def test_a_version_is_in_force_from_its_day_until_the_next(tmp_path: Path) -> None:
    lamp(tmp_path, "2026-07-01")
    lamp(tmp_path, "2025-01-01", file="mechanism-2025-01-01.yaml")
    matters = load_matters([tmp_path])
    times = ["2024-12-31 23:59", "2025-01-01 00:00", "2026-06-30 23:59", "2026-07-01 00:00"]
    found = [matters.mechanism_of("lamp", at(time)) for time in times]
    assert [each and each.version for each in found] == [None, "2025-01-01", "2025-01-01", "2026-07-01"]
    assert mechanism(matters, "lamp@2025-01-01").valid_from == at("2025-01-01 00:00")


def test_a_later_base_changes_no_matter_that_is_there_already(tmp_path: Path) -> None:
    base = tmp_path / "_bases" / "quick"
    base.mkdir(parents=True)
    for version, days, file in (("2024-01-01", 5, "mechanism-2024-01-01.yaml"), ("2026-01-01", 3, "mechanism.yaml")):
        text = HEAD.format(version=version, base="seven-steps").replace("lamp", "quick")
        (base / file).write_text(text + f"limits: {{resolve: {{within: {days} working_days}}}}\n", encoding="utf-8")
    lamp(tmp_path, "2025-01-01", file="mechanism-2025-01-01.yaml", base="quick")
    lamp(tmp_path, "2026-01-01", base="quick")
    matters = load_matters([tmp_path])
    lengths = [
        mechanism(matters, f"lamp@{version}").limits["resolve"].within for version in ("2025-01-01", "2026-01-01")
    ]
    assert lengths == [Length(5, "working_day"), Length(3, "working_day")]


def test_keys_merge_lists_replace_and_remove_deletes(tmp_path: Path) -> None:
    lamp(
        tmp_path,
        "2025-01-01",
        """\
remove: [steps.shelve, steps.unshelve, states.shelved, limits.shelved, limits.sign_for]
steps:
  accept: {by: [grid_worker]}
limits:
  resolve: {within: 3 days, extend: {by: 2 days}}
  sign_for: {within: 30 minutes, from: dispatched, until: accepted, counts_for: unit}
""",
    )
    lamp_now = mechanism(load_matters([tmp_path]), "lamp@2025-01-01")
    accept, resolve, sign_for = lamp_now.steps["accept"], lamp_now.limits["resolve"], lamp_now.limits["sign_for"]
    assert accept.by == {"grid_worker"}
    assert accept.to == "handling"
    assert resolve.within == Length(3, "day")
    assert resolve.extend is not None
    assert resolve.extend.by == Length(2, "day")
    assert resolve.extend.approvers == ("coordinator", "leader")
    assert sign_for.on_expiry == ""
    assert "shelve" not in lamp_now.steps
    assert "shelved" not in lamp_now.states
    assert lamp_now.title == Title("路灯", "Street light")


def test_a_fixed_date_and_dated_parameters_are_read(tmp_path: Path) -> None:
    lamp(
        tmp_path,
        "2025-01-01",
        """\
limits:
  ready: {by: {date: 2026-06-06}, from: dispatched, until: finished, counts_for: unit}
priority: parameter('weight') * requests
""",
    )
    for language in LANGUAGES:
        (tmp_path / "lamp" / "texts").mkdir(exist_ok=True)
        text = "limits: {ready: x}\nparameters: {weight: x}\n"
        (tmp_path / "lamp" / "texts" / f"{language}.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "lamp" / "parameters").mkdir()
    weight = """\
weight:
  unit: points
  low: 0
  high: 100
  source: {document: d, date: 2024-01-01}
  values: [{from: 2026-01-01, value: 20}, {from: 2025-01-01, value: 10}]
"""
    (tmp_path / "lamp" / "parameters" / "weight.yaml").write_text(weight, encoding="utf-8")
    lamp_now = mechanism(load_matters([tmp_path]), "lamp@2025-01-01")
    ready = lamp_now.limits["ready"].within
    assert isinstance(ready, FixedDate)
    assert ready.en == "by the end of 2026-06-06"
    assert lamp_now.parameters_at(at("2024-12-31 23:59")) == {}
    assert lamp_now.parameters_at(at("2025-06-01 00:00")) == {"weight": 10}
    assert lamp_now.parameters_at(at("2026-01-01 00:00")) == {"weight": 20}
    assert lamp_now.priority is not None
    assert lamp_now.priority.evaluate({"requests": 3}, {"weight": 10}) == 30


def test_a_migration_maps_every_state_that_is_gone(tmp_path: Path) -> None:
    lamp(tmp_path, "2025-01-01", file="mechanism-2025-01-01.yaml")
    gone = "remove: [steps.shelve, steps.unshelve, states.shelved, limits.shelved]\n"
    lamp(tmp_path, "2026-01-01", gone + 'migrations: {"2025-01-01": {states: {}}}\n')
    (fault,) = read_matters([tmp_path]).faults
    assert (fault.line, fault.code) == (8, "state_not_mapped")
    lamp(tmp_path, "2026-01-01", gone + 'migrations: {"2025-01-01": {states: {shelved: handling}}}\n')
    migration = mechanism(load_matters([tmp_path]), "lamp@2026-01-01").migrations["2025-01-01"]
    assert dict(migration.states) == {"shelved": "handling"}


def test_the_hash_changes_with_anything_the_matter_is_made_of(tmp_path: Path) -> None:
    hashes = []
    for added in ("", "# a comment\n", "auto_dispatch: yes\n"):
        lamp(tmp_path, "2025-01-01", added)
        hashes.append(load_matters([tmp_path]).keys["lamp@2025-01-01"].hash)
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_faulty_matter_does_not_take_the_others_with_it(tmp_path: Path) -> None:
    lamp(tmp_path, "2025-01-01")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "mechanism.yaml").write_text("matter: [", encoding="utf-8")
    read = read_matters([tmp_path])
    assert [matter.key for matter in read.matters] == ["lamp@2025-01-01"]
    assert read.faults


def test_local_times_are_read_and_written_alike() -> None:
    for text in ("2025-04-25 09:30", "2025-04-25 24:00", "2025-12-31 24:00"):
        assert written(at(text), ZONE) == text
    assert written(at("2025-04-26 00:00"), ZONE) == "2025-04-25 24:00"
    for wrong in ("2025-04-25", "2025-02-30 10:00", "2025-04-25 24:01", "2025-04-25 25:00", "soon"):
        assert instant_of(wrong, ZONE) is None
