"""Score: no readiness without every mandatory item of every round, rounds in order, fixes seen by another person."""

from __future__ import annotations

from math import sqrt
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.kernel.errors import Refused, SanbanError
from sanban.kernel.score import (
    Check,
    Checklist,
    ChecklistItem,
    Declare,
    Fix,
    Missing,
    Recheck,
    Result,
    ScoreChecked,
    ScoreCommand,
    ScoreEvent,
    ScoreFixed,
    ScoreReadied,
    ScoreRechecked,
    Sheet,
    Spot,
    decide,
    fold,
    interval,
    missing,
    share,
    spots,
)

EXAM_SITE = Checklist(
    "exam_site",
    (
        ChecklistItem("gate"),
        ChecklistItem("hand_held", 2),
        ChecklistItem("jamming_cover"),
        ChecklistItem("standby_room"),
        ChecklistItem("special_room"),
        ChecklistItem("signpost", mandatory=False),
    ),
    rounds=2,
)
SMALL = Checklist("small", (ChecklistItem("gate"), ChecklistItem("signpost", mandatory=False)), rounds=2)


def run(spec: Checklist, sheet: Sheet, command: ScoreCommand) -> Sheet:
    """The sheet after a command; a refusal changes nothing."""
    events = decide(spec, sheet, command)
    for event in [] if isinstance(events, Refused) else events:
        sheet = fold(sheet, event)
    return sheet


def after(spec: Checklist, *commands: ScoreCommand) -> Sheet:
    sheet = Sheet()
    for command in commands:
        sheet = run(spec, sheet, command)
    return sheet


def passes(spec: Checklist, round_no: int, but: Spot | None = None) -> list[ScoreCommand]:
    return [Check(s.round, s.item, s.number, "pass", "i1") for s in spots(spec, round_no) if s != but]


def refused(found: list[ScoreEvent] | Refused) -> Refused:
    assert isinstance(found, Refused)
    assert found.example
    return found


def test_checklist_is_filled_from_a_matter_file() -> None:
    declared = {
        "kind": "checklist",
        "id": "small",
        "rounds": 2,
        "items": [{"code": "gate"}, {"code": "signpost", "mandatory": False}],
    }
    assert msgspec.convert(declared, Checklist) == SMALL


def test_site_is_ready_when_every_mandatory_item_of_both_rounds_passed() -> None:
    sheet = after(EXAM_SITE, *passes(EXAM_SITE, 1), *passes(EXAM_SITE, 2))
    assert missing(EXAM_SITE, sheet) == []
    assert decide(EXAM_SITE, sheet, Declare("d1")) == [ScoreReadied("d1")]
    ready = run(EXAM_SITE, sheet, Declare("d1"))
    assert ready.ready
    assert refused(decide(EXAM_SITE, ready, Declare("d1"))).reason == "already_ready"
    assert refused(decide(EXAM_SITE, ready, Check(2, "signpost", 1, "fail", "i1"))).reason == "already_ready"


@pytest.mark.parametrize("gap", spots(EXAM_SITE, 2), ids=str)
def test_one_missing_item_blocks_readiness_and_is_named(gap: Spot) -> None:
    sheet = after(EXAM_SITE, *passes(EXAM_SITE, 1), *passes(EXAM_SITE, 2, gap))
    answer = refused(decide(EXAM_SITE, sheet, Declare("d1")))
    assert answer.reason == "not_ready"
    assert answer.message == f"round 2 {gap.item} {gap.number}: not checked"


def test_refusal_of_readiness_names_every_missing_item_and_how_it_stands() -> None:
    sheet = after(
        EXAM_SITE,
        Check(1, "gate", 1, "fail", "i1"),
        Check(1, "hand_held", 1, "pass", "i1"),
        Check(1, "hand_held", 2, "fail", "i1"),
        Fix(1, "hand_held", 2, "f1"),
        Check(1, "jamming_cover", 1, "pass", "i1"),
        Check(1, "standby_room", 1, "pass", "i1"),
    )
    message = refused(decide(EXAM_SITE, sheet, Declare("d1"))).message
    assert message.startswith(
        "round 1 gate 1: failed, not fixed; round 1 hand_held 2: fixed, not re-checked; "
        "round 1 special_room 1: not checked; round 2 gate 1: not checked"
    )
    assert len(message.split("; ")) == 9
    assert missing(EXAM_SITE, sheet, 1)[0] == Missing(Spot(1, "gate", 1), "failed")


def test_round_two_starts_only_after_the_fixes_of_round_one_were_re_checked() -> None:
    second = Check(2, "gate", 1, "pass", "i1")
    story: list[tuple[ScoreCommand, bool]] = [
        (Check(1, "gate", 1, "fail", "i1"), False),
        (Fix(1, "gate", 1, "f1"), False),
        (Recheck(1, "gate", 1, "fail", "i1"), False),
        (Fix(1, "gate", 1, "f1"), False),
        (Recheck(1, "gate", 1, "pass", "i2"), True),
    ]
    sheet = Sheet()
    assert refused(decide(SMALL, sheet, second)).reason == "round_not_open"
    for command, opens in story:
        sheet = run(SMALL, sheet, command)
        assert isinstance(decide(SMALL, sheet, second), list) == opens
    assert run(SMALL, run(SMALL, sheet, second), Declare("d1")).ready


def test_finding_on_an_item_that_is_not_mandatory_blocks_nothing() -> None:
    sheet = after(SMALL, Check(1, "gate", 1, "pass", "i1"), Check(1, "signpost", 1, "fail", "i1"))
    assert run(SMALL, run(SMALL, sheet, Check(2, "gate", 1, "pass", "i1")), Declare("d1")).ready


FAILED = after(SMALL, Check(1, "gate", 1, "fail", "i1"))
FIXED = run(SMALL, FAILED, Fix(1, "gate", 1, "f1"))
PASSED = after(SMALL, Check(1, "gate", 1, "pass", "i1"))

STEPS: list[tuple[Sheet, ScoreCommand, ScoreEvent]] = [
    (Sheet(), Check(1, "gate", 1, "pass", "i1"), ScoreChecked(1, "gate", 1, "pass", "i1")),
    (FAILED, Fix(1, "gate", 1, "i1"), ScoreFixed(1, "gate", 1, "i1")),
    (FIXED, Recheck(1, "gate", 1, "pass", "i1"), ScoreRechecked(1, "gate", 1, "pass", "i1")),
]


@pytest.mark.parametrize(("sheet", "command", "event"), STEPS)
def test_command_makes_its_event(sheet: Sheet, command: ScoreCommand, event: ScoreEvent) -> None:
    assert decide(SMALL, sheet, command) == [event]


REFUSALS: list[tuple[Sheet, ScoreCommand, str]] = [
    (PASSED, Check(1, "gate", 1, "pass", "i2"), "already_checked"),
    (FAILED, Check(1, "gate", 1, "pass", "i2"), "already_checked"),
    (Sheet(), Fix(1, "gate", 1, "f1"), "no_finding"),
    (PASSED, Fix(1, "gate", 1, "f1"), "no_finding"),
    (FIXED, Fix(1, "gate", 1, "f1"), "no_finding"),
    (Sheet(), Recheck(1, "gate", 1, "pass", "i1"), "not_fixed"),
    (FAILED, Recheck(1, "gate", 1, "pass", "i1"), "not_fixed"),
    (FIXED, Recheck(1, "gate", 1, "pass", "f1"), "same_person"),
    (Sheet(), Check(1, "piano", 1, "pass", "i1"), "unknown_spot"),
    (Sheet(), Check(1, "gate", 2, "pass", "i1"), "unknown_spot"),
    (Sheet(), Check(3, "gate", 1, "pass", "i1"), "unknown_spot"),
    (Sheet(), Check(0, "gate", 1, "pass", "i1"), "unknown_spot"),
]


@pytest.mark.parametrize(("sheet", "command", "reason"), REFUSALS)
def test_command_out_of_place_is_refused_with_an_example(sheet: Sheet, command: ScoreCommand, reason: str) -> None:
    assert refused(decide(SMALL, sheet, command)).reason == reason


@pytest.mark.parametrize(
    ("items", "rounds"),
    [
        ((), 1),
        ((ChecklistItem("a"), ChecklistItem("a")), 1),
        ((ChecklistItem("a", 0),), 1),
        ((ChecklistItem("a"),), 0),
    ],
    ids=["no item", "a code twice", "none needed", "no round"],
)
def test_checklist_that_makes_no_sense_is_refused(items: tuple[ChecklistItem, ...], rounds: int) -> None:
    with pytest.raises(SanbanError, match="rounds: 2, items"):
        Checklist("x", items, rounds)


PAIR = Checklist("pair", (ChecklistItem("a"), ChecklistItem("b", 2), ChecklistItem("c", mandatory=False)), rounds=2)
ROUNDS, ITEMS, NUMBERS = st.integers(1, 2), st.sampled_from("abc"), st.integers(1, 2)
RESULTS, PEOPLE = st.sampled_from(get_args(Result)), st.sampled_from(["i1", "i2"])
COMMANDS: st.SearchStrategy[ScoreCommand] = st.one_of(
    st.builds(Check, ROUNDS, ITEMS, NUMBERS, RESULTS, PEOPLE),
    st.builds(Fix, ROUNDS, ITEMS, NUMBERS, PEOPLE),
    st.builds(Recheck, ROUNDS, ITEMS, NUMBERS, RESULTS, PEOPLE),
    st.builds(Declare, PEOPLE),
)
GOOD_START = st.sampled_from([[], passes(PAIR, 1), [*passes(PAIR, 1), *passes(PAIR, 2)]])


@given(GOOD_START, st.data())
def test_no_history_leads_to_readiness_past_a_missing_item(start: list[ScoreCommand], data: st.DataObject) -> None:
    kept = data.draw(st.lists(st.sampled_from(start), unique=True)) if start else []
    history = [*kept, *data.draw(st.lists(COMMANDS, max_size=20)), Declare("d1")]
    sheet = Sheet()
    for command in history:
        events = decide(PAIR, sheet, command)
        for event in [] if isinstance(events, Refused) else events:
            assert msgspec.json.decode(msgspec.json.encode(event), type=ScoreEvent) == event
            sheet = fold(sheet, event)
        second_begun = any(key.startswith("2/") for key in sheet.marks)
        assert not (second_begun and missing(PAIR, sheet, 1)), "round 2 never precedes the fixes of round 1"
    assert sheet.ready == (not missing(PAIR, sheet)), "asked last, readiness is granted exactly when nothing is missing"
    assert msgspec.json.decode(msgspec.json.encode(sheet), type=Sheet) == sheet


def test_seven_of_eight_may_well_be_half_or_nearly_all_and_nothing_is_no_share() -> None:
    assert (share(7, 8), interval(7, 8)) == (8750, (5291, 9776))
    assert (share(0, 0), interval(0, 0)) == (None, None)
    assert (share(2, 3), share(1, 3)) == (6667, 3333)


@given(st.integers(1, 10**7).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_an_interval_holds_its_share_and_is_the_formulas_own(counts: tuple[int, int]) -> None:
    good, of = counts
    found, part = interval(good, of), share(good, of)
    assert found is not None
    assert part is not None
    assert 0 <= found[0] <= part <= found[1] <= 10_000
    z2, p = 3.841459, good / of
    middle, spread = p + z2 / (2 * of), sqrt(z2 * (p * (1 - p) / of + z2 / (4 * of * of)))
    for told, side in zip(found, (-1, 1), strict=True):
        assert abs(told - 10_000 * (middle + side * spread) / (1 + z2 / of)) < 0.51
