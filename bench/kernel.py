"""Transitions, whole decisions and due times in memory, next to two libraries of state machines.

    python bench/kernel.py [--quick] [--runs N] [--gate]

Three workloads, each with what it does and does not do:

- `bare transitions`: the mechanism's own table is asked for (state, step) and answers with the next state. No
  permission, no guard, no event, no clock. `transitions` and `python-statemachine` take the very same steps with no
  guard and no callback declared either; they do keep the state in an object and run their own machinery.
- `decide and fold`: the whole engine. Permission, arguments, guard, verb, clocks started and stopped, one event, and
  the new state. A case is opened, dispatched, signed for, contacted, finished, verified, called back and closed.
  One figure counts each decide+fold pair once. `without clocks` is the same life under a mechanism that declares no
  limits. The yardstick is `transitions` taking the same steps bare: it decides much less.
  As in service, due times are kept: eight lives, as many commands as a batch of 64, share their instant.
- `due times`: `due` over a year of starts, fifteen working days and four office hours in turn. Due times in days are
  kept by the midnight they count from; those in hours are not.

Figures are medians of the runs, ratios medians of the ratios of neighbours. One JSON object a line.

With `--gate` it ends with 1 where fewer than 300,000 bare transitions, 60,000 pairs of decide and fold with clocks, or
200,000 due times are done in a second.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from statemachine import State as LibraryState
from statemachine import StateMachine
from transitions import Machine

from parts.gate import Gate, add_gate

sys.path.pop(0)  # in this folder `kernel` would be this file
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from kernel.case.calendars import CN2025, at
from kernel.case.mechanisms import NOISE, seven_steps
from kernel.case.tables import DISPATCHER, HANDLER_A, OPERATOR2, VERIFIER, Play
from sanban.kernel.case.engine import decide
from sanban.kernel.case.fold import fold
from sanban.kernel.case.situation import Command, Situation
from sanban.kernel.case.state import Case
from sanban.kernel.clock.calendar import HOUR
from sanban.kernel.clock.due import due
from sanban.kernel.clock.limit import Length
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Mechanism
from sanban.kernel.permission import Actor

GOALS = {"bare transitions": 300_000, "decide and fold, whole life": 60_000, "due times": 200_000}
AT_ONCE = 8
"""Lives that share an instant."""
ROUND = ("dispatch", "accept", "finish", "verify", "close", "reopen")
PATH = (
    ("filed", "dispatch", "dispatched"), ("dispatched", "accept", "handling"), ("handling", "finish", "finished"),
    ("finished", "verify", "calling_back"), ("calling_back", "close", "closed"), ("closed", "reopen", "dispatched"),
)  # fmt: skip
LIFE: tuple[tuple[str, Actor, dict[str, Any]], ...] = (
    ("dispatch", DISPATCHER, {}),
    ("accept", HANDLER_A, {}),
    ("contact", HANDLER_A, {"request": "r1"}),
    ("finish", HANDLER_A, {}),
    ("verify", VERIFIER, {}),
    ("call_back", OPERATOR2, {"request": "r1", "reached": True, "contacted": True, "resolved": "yes"}),
    ("close", OPERATOR2, {"ending": "resolved"}),
)
OPENING = {
    "id": "c1", "request": "r1", "requester": "person:one", "channel": "phone", "desk": "desk", "received_at": 0,
    "street": "s-a",
}  # fmt: skip


class LibraryCase(StateMachine):
    """The same path declared for python-statemachine."""

    filed = LibraryState(initial=True)
    dispatched = LibraryState()
    handling = LibraryState()
    finished = LibraryState()
    calling_back = LibraryState()
    closed = LibraryState()
    dispatch = filed.to(dispatched)
    accept = dispatched.to(handling)
    finish = handling.to(finished)
    verify = finished.to(calling_back)
    close = calling_back.to(closed)
    reopen = closed.to(dispatched)


class Model:
    """What `transitions` hangs its triggers on."""

    trigger: Callable[[str], bool]


def own_table(rounds: int) -> int:
    """Steps taken by the mechanism's table."""
    table = NOISE.table
    state = table["filed", "dispatch"].to
    for _ in range(rounds):
        for name in ("accept", "finish", "verify", "close", "reopen"):
            state = table[state, name].to or state
    return rounds * 5


def library_transitions(rounds: int) -> int:
    """The same steps by `transitions`."""
    model = Model()
    names = [name for name, *_ in ((one[0],) for one in PATH)]
    Machine(
        model=model,
        states=names,
        initial="filed",
        transitions=[{"trigger": step, "source": source, "dest": dest} for source, step, dest in PATH],
        auto_transitions=False,
    )
    model.trigger("dispatch")
    for _ in range(rounds):
        for name in ROUND[1:]:
            model.trigger(name)
    return rounds * 5


def library_statemachine(rounds: int) -> int:
    """The same steps by `python-statemachine`."""
    machine = LibraryCase()
    machine.send("dispatch")
    for _ in range(rounds):
        for name in ROUND[1:]:
            machine.send(name)
    return rounds * 5


def whole_lives(mechanism: Mechanism) -> Callable[[int], int]:
    """Cases from opening to closing through the whole engine."""
    play = Play(mechanism)
    play.now = at("2025-04-25 10:00")

    def asked() -> list[tuple[Command, Situation]]:
        opening = Command("open", OPENING | {"received_at": play.now})
        steps = [(Command(name, args), play.situation(actor)) for name, actor, args in LIFE]
        return [(opening, play.situation(OPERATOR2)), *steps]

    def run(lives: int) -> int:
        steps = asked()
        for number in range(lives):
            if number % AT_ONCE == 0:
                play.now += 1000
                steps = asked()
            case: Case | None = None
            for command, situation in steps:
                found = decide(case, command, situation)
                if isinstance(found, Refused):
                    raise SystemExit(f"{command.step}: {found.message}")
                for event in found:
                    case = fold(case, event)
        return lives * len(steps)

    return run


def due_times(count: int) -> int:
    """Due times of two limits over a year of starts."""
    lengths = ((Length(15, "working_day"),), (Length(4, "office_hour"),))
    start = at("2025-01-02 09:00")
    for number in range(count // 2):
        instant = start + number % 8000 * HOUR
        due(CN2025, lengths[0], instant)
        due(CN2025, lengths[1], instant)
    return count // 2 * 2


def speed(work: Callable[[int], int], size: int) -> float:
    """Items a second, once."""
    began = time.perf_counter()
    return work(size) / (time.perf_counter() - began)


def compare(workload: str, work: Callable[[int], int], size: int, other: Any, runs: int) -> float:
    """Prints the median of the runs, which it gives, and the median ratio to a yardstick run in turn."""
    yardstick, other_work, other_size = other
    pairs = [(speed(work, size), speed(other_work, other_size) if other_work else 0.0) for _ in range(runs)]
    figure = median(own for own, _ in pairs)
    line = {
        "bench": "kernel",
        "workload": workload,
        "figure": round(figure),
        "unit": "per second",
        "yardstick": yardstick,
        "ratio": round(median(own / base for own, base in pairs), 2) if other_work else None,
    }
    print(json.dumps(line, ensure_ascii=False), flush=True)
    return figure


def main() -> int:
    """Runs every workload; 1 where a goal is missed that is held to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a twentieth of the work")
    parser.add_argument("--runs", type=int, default=5, help="runs of each workload; figures are medians")
    add_gate(parser)
    chosen = parser.parse_args()
    gate = Gate(holds=chosen.gate)
    part = 20 if chosen.quick else 1
    transitions = ("transitions 0.9", library_transitions, 10_000 // part)
    done = {"bare transitions": compare("bare transitions", own_table, 400_000 // part, transitions, chosen.runs)}
    machine = ("python-statemachine 3", library_statemachine, 2_000 // part)
    compare("bare transitions", own_table, 400_000 // part, machine, chosen.runs)
    whole = "decide and fold, whole life"
    done[whole] = compare(whole, whole_lives(NOISE), 20_000 // part, transitions, chosen.runs)
    bare = whole_lives(seven_steps(limits={}, priority=None))
    compare("decide and fold, without clocks", bare, 20_000 // part, transitions, chosen.runs)
    done["due times"] = compare("due times", due_times, 1_000_000 // part, ("none", None, 0), chosen.runs)
    for workload, goal in GOALS.items():
        gate.least(f"{workload}, per second", done[workload], goal)
    return gate.ended()


if __name__ == "__main__":
    sys.exit(main())
