"""The table of a mechanism: its look-ups, its key, the parameters of a day."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kernel.case.calendars import at
from kernel.case.mechanisms import LIMITS, NOISE, STEPS, seven_steps
from sanban.kernel.mechanism import HELP, Mechanism, compile_mechanism


def test_every_step_stands_in_the_table_under_each_of_its_states() -> None:
    assert {(state, one.name) for one in STEPS for state in one.source} == set(NOISE.table)
    assert all(NOISE.table[state, one.name] is one for one in STEPS for state in one.source)


def test_limits_are_found_by_the_moments_and_states_they_name() -> None:
    assert [limit.name for limit in NOISE.starting["dispatched"]] == [
        "sign_for", "first_contact", "resolve", "fire_check", "season",
    ]  # fmt: skip
    assert NOISE.stopping["contacted"] == {"first_contact", "own_contact"}
    assert [limit.name for limit in NOISE.stages["filed"]] == ["dispatching"]
    assert {limit.name for limits in NOISE.starting.values() for limit in limits} | {
        limit.name for limits in NOISE.stages.values() for limit in limits
    } == {limit.name for limit in LIMITS}


def test_compiling_again_changes_nothing_and_a_mechanism_without_rows_compiles() -> None:
    assert compile_mechanism(NOISE) == NOISE
    bare = seven_steps(steps={}, limits={})
    assert (bare.table, bare.starting, bare.stopping, bare.stages) == ({}, {}, {}, {})


def test_a_mechanism_is_known_by_its_matter_and_version() -> None:
    assert NOISE.key == "noise@2025-01-01"
    assert seven_steps("waste", "2026-02-01").key == "waste@2026-02-01"


def test_a_task_that_a_plan_adds_is_called_another_units_help() -> None:
    assert NOISE.task_title("co") == HELP
    for name, spec in NOISE.tasks.items():
        assert NOISE.task_title(name) == spec.title


def test_steps_from_a_state_come_in_the_order_of_the_file() -> None:
    assert [one.name for one in NOISE.steps_from("closed")] == ["reopen", "name_subject", "clear_subject", "note"]
    assert NOISE.steps_from("nowhere") == ()


def test_a_parameter_has_the_value_in_force_and_none_before_its_first() -> None:
    assert NOISE.parameters_at(at("2024-12-31")) == {}
    assert NOISE.parameters_at(at("2025-01-01")) == {"urgent": 1}
    assert NOISE.parameters_at(at("2026-01-01") - 1) == {"urgent": 1}
    assert NOISE.parameters_at(at("2026-01-01")) == {"urgent": 2}


@given(st.lists(st.integers(0, 100), min_size=1, unique=True), st.integers(-5, 110))
def test_the_latest_value_that_has_begun_is_in_force(starts: list[int], instant: int) -> None:
    dated = tuple((start, start * 10) for start in starts)
    mechanism: Mechanism = seven_steps(parameters={"p": dated})
    begun = [start for start in starts if start <= instant]
    assert mechanism.parameters_at(instant) == ({"p": max(begun) * 10} if begun else {})
