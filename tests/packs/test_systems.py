"""What is said of the 33 systems is true: every named test and matter exists, and states follow from tests alone."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import read_once
from sanban.kernel.errors import FaultsFound
from sanban.kernel.mechanism import Title
from sanban.packs.systems import Accept, System, load_systems

ROOT = Path(__file__).parents[2]
SYSTEMS = load_systems()
MATTERS = {matter.head.matter for matter in read_once.matters() if not matter.base}
SAYS = Title("说", "says")
PAGES = (
    "/cases",
    "/whistles",
    "/ageing",
    "/meetings",
    "/yearly",
    "/projects",
    "/overview",
    "/revisions",
    "/visits",
    "/requests",
)
"""Pages that a system may lead to."""
GOOD = """\
systems:
  - id: A1
    name: {zh: 甲, en: One}
    matters: [noise]
    link: /cases
    accepts:
      - says: {zh: 说, en: Says}
        tests: [tests/kernel/test_account.py::test_three_coupons_are_one_book_and_two_are_refused]
"""


def functions_of(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_all_thirty_three_systems_are_there_in_order() -> None:
    assert [one.id for one in SYSTEMS] == [*(f"A{n}" for n in range(1, 20)), *(f"B{n}" for n in range(1, 15))]


def test_every_named_test_is_there() -> None:
    named = {test for system in SYSTEMS for test in system.tests}
    assert named
    missing = [test for test in sorted(named) if test.partition("::")[2] not in functions_of(test.partition("::")[0])]
    assert missing == []


@pytest.mark.parametrize("name", ["A15", "A19", "B1"])
def test_a_system_that_no_page_shows_works_in_part(name: str) -> None:
    system = next(one for one in load_systems() if one.id == name)
    assert (system.state, system.link) == ("part", "")


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.id)
def test_every_named_matter_ships_and_every_link_is_ours(system: System) -> None:
    assert set(system.matters) <= MATTERS
    assert system.link == "" or system.link.startswith(PAGES)
    assert system.state != "absent" or system.link == ""


@pytest.mark.parametrize(
    ("accepts", "state"),
    [
        ((), "absent"),
        ((Accept(SAYS),), "absent"),
        ((Accept(SAYS, ("a",)), Accept(SAYS)), "part"),
        ((Accept(SAYS, ("a", "b")), Accept(SAYS, ("b",))), "works"),
    ],
)
def test_a_state_follows_from_the_tests_whatever_is_claimed(accepts: tuple[Accept, ...], state: str) -> None:
    system = System("A1", Title("甲", "One"), accepts, state="works", tests=("claimed",))
    assert system.state == state
    assert system.tests == tuple(dict.fromkeys(test for one in accepts for test in one.tests))
    assert (system.zh, system.en) == ("甲", "One")


@pytest.mark.parametrize(
    ("old", "new", "line", "code"),
    [
        ("id: A1", "id: C1", 2, "bad_id"),
        ("id: A1", "nr: A1", 2, "missing_key"),
        ("en: One", "fr: Un", 3, "missing_key"),
        ("link: /cases", "link: elsewhere", 2, "not_a_path"),
        ("    matters:", "    state: works\n    matters:", 4, "unknown_key"),
        ("tests/kernel/test_account.py::test_", "tests/kernel/account.py::", 8, "not_a_test"),
        ("systems:\n", "systems: []\nmore:\n", 1, "wrong_kind"),
    ],
)
def test_a_wrong_file_is_refused_at_its_line_with_an_example(
    tmp_path: Path, old: str, new: str, line: int, code: str
) -> None:
    assert old in GOOD
    path = tmp_path / "_systems.yaml"
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(FaultsFound) as caught:
        load_systems(path)
    assert (line, code) in {(fault.line, fault.code) for fault in caught.value.faults}
    assert all(fault.example for fault in caught.value.faults)


def test_an_id_given_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "_systems.yaml"
    path.write_text(GOOD + GOOD.partition("\n")[2], encoding="utf-8")
    with pytest.raises(FaultsFound, match="A1 stands here twice"):
        load_systems(path)
    path.write_text(GOOD, encoding="utf-8")
    assert [one.state for one in load_systems(path)] == ["works"]
