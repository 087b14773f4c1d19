"""How far a change of rules reaches into a recorded case: up to there the case is the recorded one.

Most changes leave a mechanism as it was but for some lengths and steps. While the replayed case differs from the
recorded one in nothing but the times of clocks whose limits have another length, a step that is declared as it was,
reads no such time and is taken at its recorded time comes to what it came to. So the replayed case is the recorded one
with those clocks timed anew, up to the first step or timer of which that cannot be said; from there on the engine
decides. A replay that decides every step gives the same: that is a test.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from msgspec.structs import replace

from sanban.kernel.case.clocks import new_clock
from sanban.kernel.case.event import Event
from sanban.kernel.case.situation import Happening, Situation
from sanban.kernel.case.state import Case, Clock
from sanban.kernel.clock.limit import Length
from sanban.kernel.expression import Expression
from sanban.kernel.mechanism import Limit, Mechanism, Title, Triage
from sanban.revision.replay.likeness import steps_alike

TIMELESS: Final = frozenset(
    {
        "accept", "account_for", "call_back", "close", "contact", "dispatch", "finish", "finish_task", "locate", "note",
        "return_order", "return_task", "verify",
    }
)  # fmt: skip
"""Verbs that read of a clock's times at most whether it is over by now, and no step but their own."""
OF_FINISHING: Final = frozenset({"finish_task"})
"""Those that also read where the lead's finishing leads."""
OF_TIME: Final = "missed"
"""The one word of a guard that does."""
_TITLE, _LENGTH = Title("", ""), Length(1, "day")


class Reach(NamedTuple):
    """What a change leaves alone. `steps`: those that it does not reach; `timed`: the limits of another length.

    `alike`: those of the steps that come to the same also once it has reached a case, while that is like the recorded.
    """

    mechanism: str
    steps: frozenset[str]
    timed: Mapping[str, Limit]
    alike: frozenset[str]

    def times(self, event: Event) -> bool:
        """Whether the event started a clock under a limit of another length."""
        return not self.timed.keys().isdisjoint([clock.limit for clock in event.started])

    def timed_anew(self, event: Event, situation: Situation) -> dict[str, Clock]:
        """The clocks that the event started under limits of another length, as they are now, by their ids."""
        return {
            clock.id: new_clock(
                situation,
                self.timed[clock.limit],
                clock.id,
                Happening("", clock.subject, clock.unit, since=clock.started_at, pauses=clock.pauses),
            )
            for clock in event.started
            if clock.limit in self.timed
        }

    def replayed(self, was: Case, clocks: Mapping[str, Clock]) -> Case:
        """The case that was as it is now, with these clocks in place of its own."""
        anew = [_stopped_as(clock, clocks[clock.id]) if clock.id in clocks else clock for clock in was.clocks]
        return replace(was, mechanism=self.mechanism, clocks=tuple(anew))


def _stopped_as(was: Clock, now: Clock) -> Clock:
    """The clock as it is now, stopped when it was."""
    at, due_at = was.stopped_at, now.due_at
    if at is None:
        return now
    return replace(now, stopped_at=at, missed_at=due_at if due_at is not None and at >= due_at else None)


def reach_of(then: Mechanism, under: Mechanism) -> Reach | None:
    """How far the change from one mechanism to the other reaches.

    None: from the beginning, because more differs than lengths and steps, or a case is opened otherwise.
    """
    if _frame(then) != _frame(under) or any(OF_TIME in one.names for one in _conditions(then)):
        return None
    same = [step for name, step in then.steps.items() if step == under.steps.get(name)]
    finishing = [step for step in under.steps.values() if step.verb == "finish"]
    verbs = TIMELESS if all(step in same for step in finishing) else TIMELESS - OF_FINISHING
    steps = frozenset(
        step.name for step in same if step.verb in verbs and not (step.when is not None and OF_TIME in step.when.names)
    )
    timed = {name: limit for name, limit in under.limits.items() if limit != then.limits[name]}
    opening = [step for step in (*then.steps.values(), *under.steps.values()) if step.verb == "open"]
    if not all(step in same for step in opening) or any(limit.promise for limit in timed.values()):
        return None
    alike = steps_alike([under.steps[name] for name in steps], under.limits.values())
    return Reach(under.key, steps, timed, alike)


def _frame(mechanism: Mechanism) -> tuple[Mechanism, list[Limit]]:
    """The mechanism without what a version is called, its steps, and the lengths of its limits."""
    limits = [
        replace(limit, title=_TITLE, within=_LENGTH, remind=None, inner=None) for limit in mechanism.limits.values()
    ]
    bare = replace(
        mechanism, version="", valid_from=0, title=_TITLE, origin="illustrative", source="", triage=Triage(), steps={},
        limits={}, migrations={}, table={}, starting={}, meant={}, stopping={}, stages={},
    )  # fmt: skip
    return bare, limits


def _conditions(mechanism: Mechanism) -> Iterator[Expression]:
    """What decides whether a clock starts, a task is needed, and how urgent a case is."""
    yield from (limit.when for limit in mechanism.limits.values() if limit.when is not None)
    yield from (task.when for task in mechanism.tasks.values() if task.when is not None)
    if mechanism.priority is not None:
        yield mechanism.priority
