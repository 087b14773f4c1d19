"""What things are called: matters, states, limits and units in both languages; a code where there is no title."""

from __future__ import annotations

from collections.abc import Collection

from sanban.handling.aggregate import CaseAggregate
from sanban.kernel.case.state import Case
from sanban.kernel.case.verbs.imposing import limit_title
from sanban.kernel.mechanism import Limit, Mechanism, State, Title
from sanban.kernel.view import Tone

TASK_TONES: dict[str, Tone] = {
    "dispatched": "waiting",
    "accepted": "moving",
    "finished": "done",
    "waived": "plain",
    "returned": "late",
    "withdrawn": "plain",
}


def plain(code: str) -> Title:
    """A code standing for itself."""
    return Title(code, code)


class Names:
    """Titles at one instant (microseconds UTC), each looked up once."""

    def __init__(self, cases: CaseAggregate, now: int) -> None:
        self._cases = cases
        self._now = now
        self._duty = cases.duty(None)
        self._mechanisms: dict[str, Mechanism | None] = {}
        self._units: dict[str, Title] = {}

    @property
    def units(self) -> Collection[str]:
        """The codes of all units that there ever were."""
        return self._duty.units

    def unit(self, code: str) -> Title:
        """A unit's title; the empty code has an empty one."""
        if code not in self._units:
            found = self._duty.unit_at(code, self._now) if code else None
            self._units[code] = Title(found.title_zh, found.title_en) if found else plain(code)
        return self._units[code]

    def mechanism(self, matter: str) -> Mechanism | None:
        """The version in force now, for lists that do not know which version a case is pinned to."""
        if matter not in self._mechanisms:
            self._mechanisms[matter] = self._cases.mechanisms.mechanism_of(matter, self._now)
        return self._mechanisms[matter]

    def matter(self, matter: str) -> Title:
        mechanism = self.mechanism(matter)
        return mechanism.title if mechanism else plain(matter)

    def state(self, matter: str, state: str) -> Title:
        found = self.state_of(matter, state)
        return found.title if found else plain(state)

    def state_of(self, matter: str, state: str) -> State | None:
        """The declared state; None when the version in force has none of that name."""
        mechanism = self.mechanism(matter)
        return mechanism.states.get(state) if mechanism else None

    def limit(self, matter: str, limit: str) -> Title:
        """What a limit is called; `limit` '' is none."""
        mechanism = self.mechanism(matter)
        return limit_title(mechanism, limit) if mechanism else plain(limit)

    def limit_of(self, matter: str, limit: str) -> Limit | None:
        """The declared limit; None when the version in force has none of that name."""
        mechanism = self.mechanism(matter)
        return mechanism.limits.get(limit) if mechanism else None


def task_title(mechanism: Mechanism, spec: str) -> Title:
    """A task's title; tasks of a plan may have a spec of their own."""
    return mechanism.task_title(spec)


def ground_title(mechanism: Mechanism, code: str) -> Title:
    """The title of a coded reason, whatever it is a reason for."""
    every = mechanism.grounds
    groups = (getattr(every, use).get(code) for use in every.__struct_fields__)
    return next((found.title for found in groups if found is not None), plain(code))


def tone_of(state: State | None, *, late: bool, stopped: bool) -> Tone:
    """How a state looks: done, late and stopped come first, then who holds it."""
    if state is not None and state.end:
        return "done"
    if late:
        return "late"
    if stopped:
        return "stopped"
    return "waiting" if state is None or state.holder in ("desk", "coordinator", "verifier") else "moving"


def is_late(case: Case) -> bool:
    """Whether a limit has been missed; it stays so for ever."""
    return any(clock.missed_at is not None for clock in case.clocks)
