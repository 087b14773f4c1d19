"""How far a change of rules reaches into a recorded case: what lies before that is the record itself.

Most changes leave a mechanism as it was but for some lengths and steps. While the replayed case differs from the
recorded one in nothing but the times of clocks whose limits have another length, a step that is declared as it was,
reads no such time and is taken at its recorded time comes to what it came to: its event is the record's own, with those
clocks timed anew. The engine decides the first step of which that cannot be said, and all that come after another
outcome. A replay that decides every step gives the same: that is a test.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from msgspec.structs import replace

from sanban.kernel.case.clocks import new_clock
from sanban.kernel.case.event import CaseOpened, Event
from sanban.kernel.case.situation import Happening, Situation
from sanban.kernel.case.state import Clock
from sanban.kernel.clock.limit import Length
from sanban.kernel.expression import Expression
from sanban.kernel.mechanism import Limit, Mechanism, Title, Triage
from sanban.revision.replay.standing import SYSTEM

TIMELESS: Final = frozenset({"accept", "account_for", "close", "contact", "dispatch", "finish", "locate", "move", "note"})
"""Verbs that read no time of a clock, and no step but their own."""
OF_TIME: Final = "missed"
"""The one word of a guard that does."""
_TITLE, _LENGTH = Title("", ""), Length(1, "day")


class Reach(NamedTuple):
    """What a change leaves alone. `steps`: those that it does not reach; `timed`: the limits of another length.

    `opens`: whether a case is opened as it was.
    """

    mechanism: str
    steps: frozenset[str]
    timed: Mapping[str, Limit]
    opens: bool

    def spares(self, event: Event, at: int) -> bool:
        """Whether the step, taken now, comes to what it came to, as long as everything before it did."""
        return at == event.at and event.step in self.steps and event.actor != SYSTEM.id

    def opened(self, event: CaseOpened, situation: Situation) -> Event:
        """The case as it is opened now."""
        return replace(self.timed_anew(event, situation), mechanism=self.mechanism)

    def timed_anew(self, event: Event, situation: Situation) -> Event:
        """The recorded event, with the clocks that it started under their limits of now."""
        if self.timed.keys().isdisjoint([clock.limit for clock in event.started]):
            return event
        return replace(event, started=tuple([self._timed(clock, situation) for clock in event.started]))

    def _timed(self, clock: Clock, situation: Situation) -> Clock:
        limit = self.timed.get(clock.limit)
        if limit is None:
            return clock
        since = Happening("", clock.subject, clock.unit, since=clock.started_at, pauses=clock.pauses)
        return new_clock(situation, limit, clock.id, since)


def reach_of(then: Mechanism, under: Mechanism) -> Reach | None:
    """How far the change from one mechanism to the other reaches; None where more differs than lengths and steps."""
    if _frame(then) != _frame(under) or any(OF_TIME in one.names for one in _conditions(then)):
        return None
    alike = [step for name, step in then.steps.items() if step == under.steps.get(name)]
    steps = frozenset(
        step.name
        for step in alike
        if step.verb in TIMELESS and not (step.when is not None and OF_TIME in step.when.names)
    )
    timed = {name: limit for name, limit in under.limits.items() if limit != then.limits[name]}
    opening = [step for step in (*then.steps.values(), *under.steps.values()) if step.verb == "open"]
    opens = all(step in alike for step in opening) and not any(limit.promise for limit in timed.values())
    return Reach(under.key, steps, timed, opens)


def _frame(mechanism: Mechanism) -> tuple[Mechanism, list[Limit]]:
    """The mechanism without what a version is called, its steps, and the lengths of its limits."""
    limits = [
        replace(limit, title=_TITLE, within=_LENGTH, remind=None, inner=None) for limit in mechanism.limits.values()
    ]
    bare = replace(
        mechanism, version="", valid_from=0, title=_TITLE, origin="illustrative", source="", triage=Triage(), steps={},
        limits={}, migrations={}, table={}, starting={}, stopping={}, stages={},
    )  # fmt: skip
    return bare, limits


def _conditions(mechanism: Mechanism) -> Iterator[Expression]:
    """What decides whether a clock starts, a task is needed, and how urgent a case is."""
    parts = (*mechanism.limits.values(), *mechanism.tasks.values())
    yield from (part.when for part in parts if part.when is not None)
    if mechanism.priority is not None:
        yield mechanism.priority
