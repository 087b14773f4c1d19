"""The example that a refusal of wrong arguments shows is one that the step takes, whatever ships, whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import get_args

import msgspec
import pytest
from msgspec.structs import replace

import read_once
from sanban.kernel.case.engine import decide
from sanban.kernel.case.fold import fold_all
from sanban.kernel.case.situation import Command, Situation
from sanban.kernel.case.state import Case, Summons, Task, Whistle
from sanban.kernel.case.verbs import VERBS
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Mechanism, Step, compile_mechanism
from sanban.kernel.permission import Actor, Role
from sanban.packs.matter import Matter

MATTERS = read_once.matters()
DISTRICT = read_once.district()
DUTY = DISTRICT.duty
CALENDAR = read_once.calendar()
NOW = 1_767_600_000_000_000
GRID = next(iter(DUTY.grids.versions))
ILL_FORMED: tuple[dict[str, object], ...] = ({"nonsense": 1}, {"nonsense": 1, "task": "t2"})
HERE = {kind: [code for code, versions in DUTY.units.items() if versions[-1].kind == kind] for kind in
        ("desk", "centre", "street", "department", "station")}  # fmt: skip
(LEAD, CALLING, *_), (HELPER, CALLED, *_) = HERE["street"], HERE["department"]
ACTORS = tuple(
    Actor(f"{role}-{unit}", role, unit, f"person:{role}", DUTY.units[unit][-1].kind)
    for unit in (HERE["desk"][0], HERE["centre"][0], LEAD, HELPER, CALLED, CALLING)
    for role in get_args(Role)
)
FAULTY = ("bad_", "missing_", "unknown_", "over_cap", "in_the_future", "review_past", "not_longer", "not_under")
"""Reasons that find fault with what was sent, not with when or by whom."""


def every_version() -> Iterator[Matter]:
    for versions in MATTERS.versions.values():
        yield from (one for one in versions if one.mechanism is not None and not one.base)


VERSIONS = tuple(every_version())
TO_DO_AGAIN = frozenset({"rework", "veto"})


def situation(mechanism: Mechanism, actor: Actor) -> Situation:
    found, matters = MATTERS.mechanism_of, MATTERS.versions
    return Situation(mechanism, actor, NOW, CALENDAR, DUTY, DISTRICT.links, lambda: "N-1", found, matters)


def refused(case: Case | None, step: str, mechanism: Mechanism) -> Iterator[tuple[Actor, dict[str, object]]]:
    """Everyone whose wrong arguments are refused as such, not themselves, and the example that they are shown."""
    known = VERBS[mechanism.steps[step].verb].args.__struct_fields__
    for actor, args in product(ACTORS, ILL_FORMED if "task" in known else ILL_FORMED[:1]):
        answer = decide(case, Command(step, args), situation(mechanism, actor))
        if isinstance(answer, Refused) and answer.reason == "bad_arguments":
            yield actor, msgspec.json.decode(answer.example, type=dict[str, object])


def opened(mechanism: Mechanism) -> Case:
    """A case opened with the very example that a wrong opening shows."""
    name = next(step.name for step in mechanism.steps.values() if step.verb == "open")
    actor, example = next(refused(None, name, mechanism))
    events = decide(None, Command(name, example), situation(mechanism, actor))
    assert not isinstance(events, Refused), events
    case = fold_all(None, events)
    assert case is not None
    return case


def at_work(case: Case, step: Step) -> Case:
    """The case where the step is one of its own: led by a street, with a department that helps and waits at a gate."""
    over = step.verb in TO_DO_AGAIN
    lead = Task("t1", "lead", LEAD, NOW, state="finished" if over else "accepted", accepted_at=NOW)
    tasks = (lead, Task("t2", "co", HELPER, NOW, gate="permit"))
    summons = (Summons(CALLED, NOW),)
    whistle = Whistle("w1", "emergency", CALLING, (CALLED,), "", "", NOW, outcome="passed", summons=summons)
    return replace(case, state=min(step.source), lead=LEAD, tasks=tasks, whistles=(whistle,), grid=GRID)


def free(mechanism: Mechanism) -> Mechanism:
    """The same steps without guards, windows and counts: what is asked here is the form of what is sent."""
    steps = {name: replace(step, when=None, at_most=0, within=None) for name, step in mechanism.steps.items()}
    return compile_mechanism(replace(mechanism, steps=steps))


@pytest.mark.parametrize("matter", VERSIONS, ids=lambda one: f"{one.head.matter}@{one.head.version}")
def test_the_example_for_wrong_arguments_is_taken_by_the_step(matter: Matter) -> None:
    assert matter.mechanism is not None
    mechanism = free(matter.mechanism)
    case = opened(mechanism)
    for step in mechanism.steps.values():
        if step.verb == "open":
            continue
        stands, asked = at_work(case, step), 0
        for actor, example in refused(stands, step.name, mechanism):
            asked += 1
            answer = decide(stands, Command(step.name, example), situation(mechanism, actor))
            reason = answer.reason if isinstance(answer, Refused) else ""
            assert not reason.startswith(FAULTY), (step.name, actor.id, example, answer)
            assert reason != "not_permitted" or VERBS[step.verb].owned == "co", (step.name, actor.id, example, answer)
        assert asked or step.by <= {"system"}, step.name
