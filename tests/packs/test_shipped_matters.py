"""What ships is right: every matter passes every check, and every worked example of it holds."""

from __future__ import annotations

import pytest

import read_once
from sanban.kernel.account import Account
from sanban.kernel.capacity import Pool
from sanban.kernel.mechanism import Mechanism
from sanban.kernel.score import Checklist
from sanban.packs.examples import Example, instant_of, load_examples
from sanban.packs.loading import ZONE
from sanban.packs.matter import Matter
from sanban.packs.rehearsal import rehearse

MATTERS = read_once.matters()
CALENDAR = read_once.calendar()
EXAMPLES = [
    (versions[0], example)
    for versions in MATTERS.versions.values()
    for example in load_examples(versions[0].path.parent, ZONE)
]


def test_every_base_and_matter_ships_under_its_name() -> None:
    bases = {matter.head.matter for matter in MATTERS if matter.base}
    assert {"seven-steps", "shanghai-street", "beijing-hotline"} <= bases
    assert {"short-let", "book-swap", "party-course", "exam-site"} <= MATTERS.versions.keys() - bases


@pytest.mark.parametrize(("matter", "example"), EXAMPLES, ids=lambda each: getattr(each, "name", None) or each.key)
def test_every_worked_example_holds(matter: Matter, example: Example) -> None:
    faults = rehearse(example, MATTERS.versions[matter.head.matter], MATTERS, CALENDAR, ZONE)
    assert not faults, "\n".join(str(fault) for fault in faults)


@pytest.mark.parametrize("name", sorted(MATTERS.versions))
def test_every_matter_that_units_handle_and_call_back_on_can_go_joint(name: str) -> None:
    for matter in MATTERS.versions[name]:
        verbs = {step.verb for step in matter.mechanism.steps.values()} if matter.mechanism else set()
        if not matter.base and "call_back" in verbs:
            assert verbs >= {"whistle", "offer_joint", "accept_joint"}


@pytest.mark.parametrize("name", sorted(MATTERS.versions))
def test_every_matter_has_a_worked_example(name: str) -> None:
    assert any(matter.head.matter == name for matter, _ in EXAMPLES)


def test_a_base_is_no_matter_of_its_own() -> None:
    now = instant_of("2026-01-15 09:00", ZONE)
    assert now is not None
    assert MATTERS.mechanism_of("seven-steps", now) is None
    assert "seven-steps" not in {matter.head.matter for matter in MATTERS.in_force(now)}
    assert MATTERS.by_key("seven-steps@2024-01-01") is not None


def test_the_version_in_force_is_found_by_instant_and_by_key() -> None:
    before, after = instant_of("2023-12-31 23:59", ZONE), instant_of("2024-01-01 00:00", ZONE)
    assert before is not None
    assert after is not None
    assert MATTERS.mechanism_of("short-let", before) is None
    mechanism = MATTERS.mechanism_of("short-let", after)
    assert isinstance(mechanism, Mechanism)
    assert mechanism.key == "short-let@2024-01-01"
    assert MATTERS.by_key(mechanism.key) is mechanism
    assert MATTERS.mechanism_of("no-such-matter", after) is None


def test_the_primitives_are_files_only() -> None:
    found = {type(matter.primitive) for matter in MATTERS if matter.mechanism is None}
    assert found == {Account, Pool, Checklist}
    course = MATTERS.keys["party-course@2024-01-01"].primitive
    assert isinstance(course, Pool)
    assert course.modes == {"on_site": 65, "online": None}


def test_two_rule_sets_give_their_own_due_times_to_the_same_case() -> None:
    """A3: 1/3/5/15 working days and 2 h/24 h/7 d/15 d, each as a file. The times stand in the examples."""
    names = {(matter.head.matter, example.name) for matter, example in EXAMPLES}
    assert {("shanghai-street", "help-5-working-days"), ("beijing-hotline", "general-7-days")} <= names
