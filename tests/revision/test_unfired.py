"""Rules that never fired: proposed where enough cases came to them and none needed them, and never for being rare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import read_once
from sanban.kernel.case.event import CaseDispatched
from sanban.kernel.case.state import LEAD
from sanban.kernel.duty.table import DutyTable, duty_table
from sanban.kernel.errors import SanbanError
from sanban.main.house import House
from sanban.main.revision.proposing import EVER, changed_files, diff_of, thresholds_of
from sanban.main.revision.replaying import recorded_rules, replaying
from sanban.packs.change.revise import own_parts, without_inherited, without_row
from sanban.packs.desk.revision import load_revision_terms
from sanban.packs.district.loading import shipped_district
from sanban.packs.loading import load_matters
from sanban.revision.change import Change
from sanban.revision.proposing.finding import Finding
from sanban.revision.proposing.observing import Asked, Observed, observed
from sanban.revision.proposing.thresholds import Thresholds
from sanban.revision.proposing.unfired import unfired
from sanban.revision.replay.playing import recorded_case
from sanban.revision.replay.running import cases_of
from sanban.revision.share import Share

TERMS = Thresholds(**load_revision_terms(shipped_district()))
MATTERS = read_once.matters()
DISTRICT = read_once.district()
SPARE = msgspec.structs.replace(DISTRICT.duty.entries["d-water"], id="d-zz-spare")
DUTY = duty_table(
    "with a spare row",
    DISTRICT.units,
    [grid for versions in DISTRICT.duty.grids.versions.values() for grid in versions],
    [*DISTRICT.duty.entries.values(), SPARE],
)
NOW = 1_780_362_000_000_000


def named(count: int) -> list[str]:
    return [f"c{number}" for number in range(count)]


def key_of(matter: str) -> str:
    found = MATTERS.versions[matter][-1].mechanism
    assert found is not None
    return found.key


def seen_of(matter: str, cases: int) -> Observed:
    """So many cases of a matter, which came to every rule and needed none of those with a condition."""
    seen, key = Observed(), key_of(matter)
    mechanism = MATTERS.versions[matter][-1].mechanism
    assert mechanism is not None
    seen.mechanisms[key] = mechanism
    seen.specs[key, LEAD] = named(cases)
    seen.put_to_tests[key] = named(cases)
    for state in mechanism.states:
        seen.reached[key, state] = named(cases)
    seen.asked = [Asked(case, matter, "water", (), NOW, "d-water") for case in named(cases)]
    return seen


def told_of(seen: Observed, terms: Thresholds, duty: DutyTable = DUTY) -> dict[str, Finding]:
    """What never fired, by its place."""
    own = {key: own_parts(MATTERS.keys[key].path) for key in seen.mechanisms}
    found = (one.finding for one in unfired(seen, duty, own, terms))
    return {one.change.about: one for one in found if one is not None}


RULES: dict[str, Callable[[Observed, int], None]] = {
    "tasks.measuring": lambda seen, fired: seen.specs[key_of("noise"), "measuring"].extend(named(fired)),
    "limits.resolve": lambda seen, fired: seen.timed.update({(key_of("noise"), "resolve"): fired}),
    "joint.tests.cross_level": lambda seen, fired: seen.crossed.update({(key_of("noise"), "cross_level"): fired}),
    "d-zz-spare": lambda seen, fired: seen.asked.extend([Asked("c0", "noise", "water", (), NOW, "d-zz-spare")] * fired),
}
"""A rule of each kind -> how it fires in so many cases."""


@pytest.mark.parametrize("about", RULES)
@given(cases=st.integers(0, 200), fired=st.integers(0, 3))
def test_a_rule_is_proposed_where_enough_cases_came_to_it_and_none_needed_it(
    about: str, cases: int, fired: int
) -> None:
    seen, fired = seen_of("noise", cases), min(fired, cases)
    RULES[about](seen, fired)
    told = told_of(seen, msgspec.structs.replace(TERMS, rare=()))
    assert (about in told) == (cases >= TERMS.unused_of and not fired)
    if about in told:
        assert told[about].share == Share(0, cases)


@pytest.mark.parametrize(
    ("matter", "rare", "others"),
    [
        ("parking", "tasks.fire_lane", "tasks.towing"),
        ("pollution", "limits.on_the_spot", "tasks.dust"),
        ("noise", "limits.resolve", "joint.tests.cross_area"),
        ("gas-supply", "limits.dispatch_danger", "joint.tests.cross_level"),
    ],
)
def test_a_rule_for_dangers_or_for_what_is_meant_to_be_rare_is_not_proposed(
    matter: str, rare: str, others: str
) -> None:
    seen = seen_of(matter, 1_000)
    assert {rare, others} <= told_of(seen, msgspec.structs.replace(TERMS, rare=())).keys()
    told = told_of(seen, TERMS).keys()
    assert (rare in told, others in told) == (False, True)


def test_a_test_that_no_case_was_put_to_has_nothing_speaking_against_it() -> None:
    seen = seen_of("noise", 1_000)
    seen.put_to_tests.clear()
    assert not any(about.startswith("joint.tests.") for about in told_of(seen, TERMS))


def test_a_row_for_an_area_is_not_spoken_against_by_what_was_asked_elsewhere() -> None:
    there = msgspec.structs.replace(SPARE, id="d-water-there", area="street-02")
    duty = duty_table("", DISTRICT.units, entries=[*DUTY.entries.values(), there])

    def ended(area: str) -> bool:
        seen = Observed()
        seen.asked = [Asked(case, "noise", "water", (None, area), NOW, "d-water") for case in named(200)]
        return there.id in told_of(seen, TERMS, duty)

    assert (ended("street-01"), ended("street-02")) == (False, True)


def test_a_row_that_no_row_in_use_stands_in_for_is_never_ended() -> None:
    seen = seen_of("noise", 1_000)
    seen.asked = [Asked(case, "noise", "power", (), NOW, "d-power") for case in named(1_000)]
    seen.asked += [Asked(case, "noise", "street", ("street-01",), NOW, "d-street-01") for case in named(1_000)]
    assert not [one.change for one in told_of(seen, TERMS).values() if one.change.kind == "row"]


def test_what_fired_once_in_the_record_is_not_proposed_and_its_cases_are_those_that_it_is_for(worked: House) -> None:
    """Every part that any case at all came to is looked at, and held against the cases one by one."""
    asked = replaying(worked, recorded_rules(worked), (0, EVER), "kept")
    cases = list(cases_of(asked))
    seen, terms = observed(cases, asked.rules), msgspec.structs.replace(thresholds_of(worked), unused_of=1, rare=())
    own = {key: own_parts(worked.matters.keys[key].path) for key in seen.mechanisms}
    found = [one.finding for one in unfired(seen, asked.rules.duty, own, terms) if one.finding is not None]
    fired: set[tuple[str, str]] = set()
    for case, events in zip(map(recorded_case, cases), cases, strict=True):
        fired |= {(case.matter, f"steps.{event.step}") for event in events}
        fired |= {(case.matter, f"tasks.{task.spec}") for task in case.tasks}
        fired |= {(case.matter, f"limits.{clock.limit}") for clock in case.clocks}
        fired |= {(case.matter, f"joint.tests.{test}") for test in case.crosses}
        fired |= {("*", event.cites) for event in events if isinstance(event, CaseDispatched)}
    told = {(one.change.matter, one.change.about) for one in found}
    assert {about.partition(".")[0] for _, about in told} >= {"tasks", "limits"}
    assert not told & fired
    opened = Counter(recorded_case(events).matter for events in cases)
    assert all(0 < one.share.of <= opened[one.change.matter] for one in found if one.change.kind == "remove")


@pytest.mark.parametrize(
    ("about", "gained", "lost"),
    [
        ("limits.site_visit", 0, 1),
        ("limits.supervised", 1, 0),
        ("joint.tests.cross_level", 1, 0),
    ],
)
def test_a_rule_is_left_out_where_it_stands_and_named_where_it_is_inherited(
    worked: House, about: str, gained: int, lost: int
) -> None:
    change = Change("remove", "noise", about)
    lines = diff_of(worked, change).splitlines()[2:]
    assert [sum(line.startswith(sign) for line in lines) for sign in "+-"] == [gained, lost]
    with changed_files(worked, change) as folder:
        mechanism = load_matters((folder,)).mechanism_of("noise", 2**60)
    assert mechanism is not None
    assert about.rpartition(".")[2] not in {*mechanism.limits, *mechanism.crosses}


def test_what_is_inherited_joins_what_a_file_leaves_out_already() -> None:
    text = "extends: base\nremove: [limits.a,\n  limits.b]\nsteps: {}\n"
    assert without_inherited(text, "limits.c") == text.replace("limits.b]", "limits.b, limits.c]")
    with pytest.raises(SanbanError, match="cannot be left out"):
        without_inherited("steps: {}\n", "limits.c")


def test_a_row_ends_on_its_day_once_and_was_never_there_without_one() -> None:
    rows = "rows:\n  - {id: a, duty: b, unit: c}\n  - {id: a-b, duty: b, unit: c}\n"
    ended = without_row(rows, "a", "2027-01-01", "centre no. 9")
    assert "  - {id: a, duty: b, unit: c, valid_to: 2027-01-01}  # centre no. 9\n" in ended
    assert without_row(ended, "a", "2027-01-01", "centre no. 9") == ended
    assert without_row(rows, "a-b", "") == rows.partition("  - {id: a-b")[0]
    with pytest.raises(SanbanError, match="line of its own"):
        without_row(rows, "c", "")
