"""The shape of the graph: a case can come to every state, and from every state to an end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sanban.kernel.errors import Fault
from sanban.kernel.mechanism import Mechanism
from sanban.packs.check.place import fault_at, unknown
from sanban.packs.reading.mechanism import Draft

Edges = dict[str, set[str]]


def check(draft: Draft) -> Iterator[Fault]:
    """Unknown states, states nobody comes to, and open states with no way to an end."""
    mechanism = draft.mechanism
    if mechanism is None:
        return
    states = mechanism.states
    if not any(state.end for state in states.values()):
        yield fault_at(draft, ("states",), "no_end", "no state is an end", "closed: {end: yes}")
    if not mechanism.start:
        return  # that it is missing is said where the file is read
    if mechanism.start not in states:
        yield unknown(draft, ("start",), "state", mechanism.start, states)
        return
    yield from _unknown_states(draft, mechanism)
    forward = edges(mechanism)
    reached = reachable(forward, [mechanism.start])
    leaving = reachable(_turned(forward), [name for name, state in states.items() if state.end])
    for name in states:
        if name not in reached:
            message = f"no step leads to {name}"
            yield fault_at(draft, ("states", name), "unreachable_state", message, f"a step with to: {name}")
        elif leaving and name not in leaving:
            message = f"no way leads from {name} to an end"
            yield fault_at(
                draft, ("states", name), "no_way_out", message, f"close: {{from: {name}, to: closed, by: desk}}"
            )


def edges(mechanism: Mechanism) -> Edges:
    """The states each state's steps lead to; states that do not exist are left out."""
    found: Edges = {name: set() for name in mechanism.states}
    for step in mechanism.steps.values():
        for source in step.source & mechanism.states.keys():
            if step.to in mechanism.states:
                found[source].add(step.to)
    return found


def reachable(edges_: Edges, starts: Iterable[str]) -> set[str]:
    """Every state that can be come to from the starts, themselves included."""
    found: set[str] = set()
    waiting = list(starts)
    while waiting:
        state = waiting.pop()
        if state not in found:
            found.add(state)
            waiting.extend(edges_.get(state, ()))
    return found


def _turned(edges_: Edges) -> Edges:
    turned: Edges = {name: set() for name in edges_}
    for source, targets in edges_.items():
        for target in targets:
            turned[target].add(source)
    return turned


def _unknown_states(draft: Draft, mechanism: Mechanism) -> Iterator[Fault]:
    for step in mechanism.steps.values():
        for state in sorted(step.source - mechanism.states.keys()):
            yield unknown(draft, ("steps", step.name, "from"), "state", state, mechanism.states)
        if step.to and step.to not in mechanism.states and step.verb != "open":
            yield unknown(draft, ("steps", step.name, "to"), "state", step.to, mechanism.states)
    for limit in mechanism.limits.values():
        for state in sorted(limit.states - mechanism.states.keys()):
            yield unknown(draft, ("limits", limit.name, "while"), "state", state, mechanism.states)
    for migration in mechanism.migrations.values():
        for state in sorted(set(migration.states.values()) - mechanism.states.keys()):
            yield unknown(draft, ("migrations", migration.source, "states"), "state", state, mechanism.states)
