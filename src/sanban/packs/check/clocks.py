"""An open state has a holder and a running clock, whatever way a case came there.

Theory of operation. Which clocks *must* run in a state is found by following every step: what must run before it, less
what its verb's moments stop, plus what they start; where several steps meet, only what all of them bring must run.
Clocks with a condition, or of a task that is not always there, are not counted on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sanban.kernel.case.verbs import VERBS
from sanban.kernel.errors import Fault
from sanban.kernel.mechanism import Limit, Mechanism, Step
from sanban.packs.check.place import fault_at
from sanban.packs.reading.mechanism import Draft

ENDS_THE_TASK: Final = frozenset({"return_order", "finish", "close"})
"""Verbs after which the lead's unit clocks stand still."""

Running = frozenset[str]


def check(draft: Draft) -> Iterator[Fault]:
    """Open states that nobody holds, or in which time may stand still."""
    mechanism = draft.mechanism
    if mechanism is None or mechanism.start not in mechanism.states:
        return
    running = must_run(mechanism)
    for name, state in mechanism.states.items():
        if state.end:
            continue
        if state.holder == "nobody":
            message = f"nobody holds a case in {name}"
            yield fault_at(draft, ("states", name), "no_holder", message, f"{name}: {{holder: lead_unit}}")
        if not running.get(name, frozenset({"unreached"})):
            message = f"a case can stand in {name} without a running clock"
            example = f"{name}_stage: {{within: 3 working_days, while: {name}, counts_for: stage}}"
            yield fault_at(draft, ("states", name), "no_clock", message, example)


def must_run(mechanism: Mechanism) -> dict[str, Running]:
    """The limits that must be running in each state that can be reached."""
    certain = {
        name: limit for name, limit in mechanism.limits.items() if limit.when is None and limit.task in ("", "lead")
    }
    first = frozenset(name for name, limit in certain.items() if limit.starts == "received")
    running: dict[str, Running] = {mechanism.start: first | _stage(certain, mechanism.start)}
    changed = True
    while changed:
        changed = False
        for step in mechanism.steps.values():
            for source in step.source & running.keys():
                changed |= _flow(running, certain, step, source, mechanism)
    return running


def _flow(
    running: dict[str, Running], certain: dict[str, Limit], step: Step, source: str, mechanism: Mechanism
) -> bool:
    target = step.to or source
    if target not in mechanism.states or mechanism.states[target].end:
        return False
    after = _after(running[source], certain, step) | _stage(certain, target)
    before = running.get(target)
    running[target] = after if before is None else before & after
    return running[target] != before


def _after(before: Running, certain: dict[str, Limit], step: Step) -> Running:
    verb = VERBS.get(step.verb)
    moments = verb.moments if verb is not None else frozenset()
    ended = step.verb in ENDS_THE_TASK
    kept = {
        name
        for name in before
        if not certain[name].states
        and certain[name].stops not in moments
        and not (ended and certain[name].counts_for == "unit")
    }
    return frozenset(kept | {name for name, limit in certain.items() if limit.starts in moments and limit.starts})


def _stage(certain: dict[str, Limit], state: str) -> Running:
    return frozenset(name for name, limit in certain.items() if state in limit.states)
