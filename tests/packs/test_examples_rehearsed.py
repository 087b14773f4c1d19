"""An example that does not hold says where, what is, and what it said instead."""

from __future__ import annotations

from pathlib import Path

import pytest

import read_once
from sanban.kernel.errors import Fault, FaultsFound
from sanban.packs.examples import load_examples
from sanban.packs.loading import ZONE
from sanban.packs.rehearsal import rehearse

MATTERS = read_once.matters()
CALENDAR = read_once.calendar()
OPENING = """\
title: {zh: 例, en: Example}
given: {duty: {street: street-01}, place: {street: street-01}}
when:
  - {at: 2025-04-28 09:00, step: open, by: desk}
  - {at: 2025-04-28 09:30, step: dispatch, by: dispatcher}
"""


def played(folder: Path, text: str, matter: str = "seven-steps") -> list[Fault]:
    """The faults of an example of a shipped matter."""
    (folder / "cases").mkdir()
    (folder / "cases" / "example.yaml").write_text(text, encoding="utf-8")
    (example,) = load_examples(folder, ZONE)
    return list(rehearse(example, MATTERS.versions[matter], MATTERS, CALENDAR, ZONE))


STORIES: dict[str, tuple[str, list[tuple[int, str]]]] = {
    "holds": ("then: {state: dispatched, lead: street-01, tasks: {lead: dispatched}, missed: []}", []),
    "wrong-state": ("then: {state: closed}", [(6, "other_outcome")]),
    "wrong-time": ("then:\n  due: {sign_for: 2025-04-28 16:00}", [(7, "other_outcome")]),
    "no-such-clock": ("then:\n  due: {visit: 2025-04-28 16:00}", [(7, "other_outcome")]),
    "wrong-promise": ("then:\n  promised: 2025-05-01 24:00", [(7, "other_outcome")]),
    "unknown-expectation": ("then:\n  stat: closed", [(7, "unknown_expectation")]),
    "refused-though-not-said": (
        "  - {at: 2025-04-28 10:00, step: finish, by: lead_unit}\nthen: {state: dispatched}",
        [(6, "other_answer")],
    ),
    "not-refused-though-said": (
        "  - {at: 2025-04-28 10:00, step: accept, by: street, refused: wrong_state}\nthen: {state: handling}",
        [(6, "other_answer")],
    ),
    "unknown-person": ("  - {at: 2025-04-28 10:00, step: accept, by: fire}\nthen: {}", [(1, "cannot_be_played")]),
    "unknown-role": (
        "  - {at: 2025-04-28 10:00, step: accept, by: boss@street-01}\nthen: {}",
        [(1, "cannot_be_played")],
    ),
}


@pytest.mark.parametrize("name", STORIES)
def test_an_example_is_judged_line_by_line(tmp_path: Path, name: str) -> None:
    rest, expected = STORIES[name]
    faults = played(tmp_path, OPENING + rest + "\n")
    assert [(fault.line, fault.code) for fault in faults] == expected


def test_a_unit_of_unknown_kind_cannot_be_played(tmp_path: Path) -> None:
    text = OPENING.replace("given: {", "given: {units: {x: castle}, ") + "then: {}\n"
    assert [fault.code for fault in played(tmp_path, text)] == ["cannot_be_played"]


def test_an_example_before_every_version_is_told_so(tmp_path: Path) -> None:
    text = OPENING.replace("2025", "2019") + "then: {}\n"
    assert [fault.code for fault in played(tmp_path, text)] == ["no_version"]


def test_an_example_without_a_case_expects_nothing_of_one(tmp_path: Path) -> None:
    text = (
        "title: {zh: 例, en: E}\nwhen: [{at: 2025-04-28 09:00, step: accept, by: lead_unit, refused: unknown_case}]\n"
    )
    assert [fault.code for fault in played(tmp_path, text + "then: {state: closed}\n")] == ["no_case"]


PRIMITIVES = [
    ("book-swap", "step: issue, args: {amount: 3}", "then: {balance: 3}", []),
    ("book-swap", "step: issue, args: {amount: 3}", "then: {balance: 4}", ["other_outcome"]),
    ("book-swap", "step: issue, args: {amount: many}", "then: {balance: 0}", ["other_answer"]),
    ("book-swap", "step: spend", "then: {coupons: 0}", ["other_answer", "unknown_expectation"]),
    ("party-course", "step: book, args: {mode: online}", "then: {taken: {online: 1}}", []),
    ("exam-site", "step: declare, refused: not_ready", "then: {ready: no}", []),
]


@pytest.mark.parametrize(("matter", "row", "then", "codes"), PRIMITIVES)
def test_accounts_pools_and_checklists_are_played_too(
    tmp_path: Path, matter: str, row: str, then: str, codes: list[str]
) -> None:
    text = f"title: {{zh: 例, en: E}}\nwhen: [{{at: 2025-04-28 09:00, by: somebody, {row}}}]\n{then}\n"
    assert [fault.code for fault in played(tmp_path, text, matter)] == codes


def test_a_malformed_example_is_refused_with_every_fault_at_its_line(tmp_path: Path) -> None:
    text = """\
title: {zh: 例}
given: {unit: {a: street}}
when:
  - {at: tomorrow, step: open, by: desk}
  - {at: 2025-04-28 09:00, by: desk}
"""
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "bad.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(FaultsFound) as raised:
        load_examples(tmp_path, ZONE)
    found = [(fault.line, fault.code) for fault in raised.value.faults]
    assert found == [(1, "missing_key"), (1, "missing_key"), (2, "unknown_key"), (4, "not_a_time"), (5, "missing_key")]
