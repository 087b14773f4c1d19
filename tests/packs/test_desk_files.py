"""Files of routes, flags and knowledge: what is shipped is right, and every fault is told with its line."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import read_once
from sanban.intake.triage.words import MatterWords, Triage
from sanban.kernel.errors import FaultsFound
from sanban.packs.desk.entries import version_of
from sanban.packs.desk.heeds import DESK, FLAGS, ROUTES, SEVERAL, TOGETHER, load_heeds
from sanban.packs.desk.knowledge import load_knowledge
from sanban.packs.desk.policies import load_policies
from sanban.packs.desk.shift import load_shift

ZONE = ZoneInfo("Asia/Shanghai")
SHIPPED = DESK / "knowledge"
GOOD = """format: 1
title: {zh: 居住证, en: Permit}
answer: {zh: 去窗口, en: At the counter}
words: {居住证: 60}
valid_from: 2025-01-01
valid_to: 2026-01-01
origin: local
source: {document: 手册}
"""


def written(folder: Path, text: str, name: str = "permit.yaml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def codes(found: pytest.ExceptionInfo[FaultsFound]) -> set[str]:
    return {fault.code for fault in found.value.faults}


def test_shipped_words_speak_for_every_route_and_flag() -> None:
    heeds = load_heeds()
    assert [one.code for one in heeds] == [*ROUTES, *FLAGS, SEVERAL, TOGETHER]
    Triage([MatterWords(one.code, one.code, one.code, one.words) for one in heeds], "1")


def test_the_rules_of_a_shift_are_read_and_every_fault_of_them_is_told(tmp_path: Path) -> None:
    hour, shipped = 3_600_000_000, load_shift()
    assert (shipped.lag, shipped.kept) == (72 * hour, 12 * hour)
    text = (DESK / "shift.yaml").read_text(encoding="utf-8")
    own = tmp_path / "shift.yaml"
    own.write_text(text.replace("stops: 20", "stops: 0").replace("late: 4000", "late: far"), encoding="utf-8")
    with pytest.raises(FaultsFound) as found:
        load_shift(own)
    assert len(found.value.faults) == 2
    own.write_text(text.replace("stops: 20", "stops: 5").replace("hours: 8", "hours: 2"), encoding="utf-8")
    assert (load_shift(own).stops, load_shift(own).soon) == (5, 2 * hour)


def test_what_was_done_offline_counts_from_then_within_the_declared_lag() -> None:
    rules, now = load_shift(), 1_780_362_000_000_000
    assert [rules.told_at(at, now) for at in (now, now - rules.lag)] == [now, now - rules.lag]
    assert [rules.told_at(at, now) for at in (0, now + 1, now - rules.lag - 1)] == [None, None, None]


def test_shipped_entries_belong_to_matters_that_are_shipped() -> None:
    matters = {one.head.matter for one in read_once.matters()}
    entries = load_knowledge((SHIPPED,), ZONE)
    assert entries
    assert all(one.origin == "illustrative" for one in entries)
    assert {one.matter for one in entries} <= matters


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("routes:", "wege:"), "missing_key"),
        (("at: 60", "at: 0"), "not_an_integer"),
        (("emergency:", "ambulance:"), "unknown_key"),
        (("format: 1", "format: 2"), "not_an_integer"),
        (("{起火: 70,", "{起火: 700,"), "not_an_integer"),
        (("together: {at: 2}", "together: {at: 0}"), "not_an_integer"),
    ],
)
def test_a_fault_in_the_file_of_routes_is_told(tmp_path: Path, change: tuple[str, str], code: str) -> None:
    path = tmp_path / "routes.yaml"
    path.write_text((DESK / "routes.yaml").read_text(encoding="utf-8").replace(*change, 1), encoding="utf-8")
    with pytest.raises(FaultsFound) as found:
        load_heeds(path)
    assert code in codes(found)


def test_an_entry_is_read_with_the_days_of_the_district(tmp_path: Path) -> None:
    (entry,) = load_knowledge((written(tmp_path, GOOD),), ZONE)
    assert (entry.code, entry.answer.en, entry.words, entry.source) == (
        "permit",
        "At the counter",
        (("居住证", 60),),
        "手册",
    )
    assert entry.valid_from == 1_735_660_800_000_000
    assert not entry.in_force(entry.valid_to or 0)


def test_a_districts_own_entry_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    own = written(tmp_path, GOOD, "residence-permit.yaml")
    both = load_knowledge((SHIPPED, own, tmp_path / "nowhere"), ZONE)
    assert {one.code: one.origin for one in both}["residence-permit"] == "local"
    assert version_of(both) != version_of(load_knowledge((SHIPPED,), ZONE))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("valid_to: 2026", "valid_to: 2024"), "wrong_span"),
        (("words: {居住证: 60}\n", ""), "missing_key"),
        (("origin: local", "origin: hearsay"), "not_a_choice"),
        (("去窗口", "去" * 4001), "too_long"),
        (("source:", "quelle:"), "unknown_key"),
    ],
)
def test_a_fault_in_an_entry_is_told(tmp_path: Path, change: tuple[str, str], code: str) -> None:
    with pytest.raises(FaultsFound) as found:
        load_knowledge((written(tmp_path, GOOD.replace(*change)),), ZONE)
    assert code in codes(found)


POLICY = """format: 1
title: {zh: 房租补贴, en: Rent support}
gives: {zh: 补贴, en: Money}
words: {房租: 60}
conditions:
  young: {title: {zh: 成立不满五年, en: Young}, when: "years < 5"}
valid_from: 2025-01-01
origin: local
"""


def test_shipped_policies_are_illustrations_and_say_under_which_conditions() -> None:
    found = load_policies((DESK / "policies",), ZONE)
    assert len(found) > 2
    assert all(one.origin == "illustrative" and one.conditions for one in found)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("years < 5", "yers < 5"), "unknown_name"),
        (("years < 5", "years + 5"), "wrong_kind"),
        ((', when: "years < 5"', ""), "missing_key"),
        (("gives:", "grants:"), "missing_key"),
        (('conditions:\n  young: {title: {zh: 成立不满五年, en: Young}, when: "years < 5"}\n', ""), "missing_key"),
        (("young:", "Young!:"), "bad_name"),
    ],
)
def test_a_fault_in_a_policy_is_told(tmp_path: Path, change: tuple[str, str], code: str) -> None:
    load_policies((written(tmp_path, POLICY, "rent.yaml"),), ZONE)
    with pytest.raises(FaultsFound) as found:
        load_policies((written(tmp_path, POLICY.replace(*change), "rent.yaml"),), ZONE)
    assert code in codes(found)


def test_a_file_is_named_by_a_code(tmp_path: Path) -> None:
    with pytest.raises(FaultsFound) as found:
        load_knowledge((written(tmp_path, GOOD, "Nr 1.yaml"),), ZONE)
    assert codes(found) == {"bad_name"}
