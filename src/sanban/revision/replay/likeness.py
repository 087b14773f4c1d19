"""What a recorded step comes to in a case that is like the recorded one: told from the record, not decided again.

Once a change has reached a case, the two go their own ways in clocks, and in what hangs on clocks alone: reminders,
supervision, time that was asked for. While they differ in nothing else but instants, a step that is declared as it was
and reads none of this is the recorded step at its new time, with the clocks that run now in place of those that ran.
An answer to supervision reads just that: it is asked first whether there is one that waits, see `unanswered`.
A replay that decides every step gives the same: that is a test.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec.structs import replace

from sanban.kernel.case import event as events
from sanban.kernel.case.clocks import clock_id, new_clock
from sanban.kernel.case.event import Event
from sanban.kernel.case.facts import evaluated
from sanban.kernel.case.situation import Happening, Situation
from sanban.kernel.case.state import Case, Clock
from sanban.kernel.case.timers import leads_on
from sanban.kernel.case.verbs.supervising import not_asked
from sanban.kernel.errors import Refused
from sanban.kernel.expression import Expression
from sanban.kernel.mechanism import Limit, Mechanism, Step

HARMLESS: Final[frozenset[type[Event]]] = frozenset(
    {
        events.ClockMissed,
        events.ClockReminded,
        events.CaseSupervised,
        events.SupervisionAnswered,
        events.ExtensionAsked,
        events.ExtensionGranted,
        events.ExtensionRefused,
    }
)
"""What changes clocks, supervision and what is asked about them; nothing else, but for who has handled the case."""
SENDING: Final[frozenset[type[Event]]] = frozenset({events.TaskReturned, events.CaseDispatched})
"""What gives an order back and sends it on: by whom and where may hang on when, so these are decided and compared."""
VERBS: Final = frozenset({"accept", "account_for", "call_back", "close", "contact", "finish", "finish_task", "verify"})
"""Verbs that read none of this, and whose events say no instant but their own; and the one that answers supervision."""
OF_CLOCKS: Final = frozenset({"extensions", "missed", "supervised", "supervision"})
"""The words of a guard that do."""

SUPERVISED: Final = "supervised"
ANSWERING: Final = "account_for"
OF_OTHERS: Final = frozenset({SUPERVISED, "dispatched"})
"""Moments that these verbs do not bring about, but for tasks that wait for others."""


def steps_alike(steps: Iterable[Step], limits: Collection[Limit]) -> frozenset[str]:
    """Those of the steps that come to the same in a case that is like the recorded one.

    None where one of them may stop what supervision has started, or start a clock by more than it reads.
    """
    supervising = all(limit.stops == "accounted" for limit in limits if limit.starts == SUPERVISED)
    if not (supervising and all(_is_timeless(limit.when) for limit in limits if limit.starts not in OF_OTHERS)):
        return frozenset()
    return frozenset(
        step.name
        for step in steps
        if step.verb in VERBS and not step.at_most and step.within is None and _is_open_alike(step)
    )


def _is_open_alike(step: Step) -> bool:
    """Whether its guard reads nothing that may differ; that of an answer to supervision is asked: see `unanswered`."""
    return _is_timeless(step.when) or (step.verb == ANSWERING and step.when is not None and not step.when.parameters)


def unanswered(now: Case, name: str, at: int, mechanism: Mechanism) -> Refused | None:
    """Why the leading unit has no supervision to answer, in the case as it is now; None where that is to be decided.

    Whoever answered may still: the case is led by the same unit in the same state. So the guard is what refuses first.
    """
    when = mechanism.steps[name].when
    if when is not None and not evaluated(when, mechanism, now, at):
        return Refused("guard_failed", name, when.source)
    return not_asked(now)


def _is_timeless(condition: Expression | None) -> bool:
    """Whether a condition reads neither clocks, nor supervision, nor a parameter that has another value later."""
    return condition is None or not (condition.parameters or OF_CLOCKS.intersection(condition.names))


def as_recorded(
    event: Event,
    at: int,
    was: Case,
    now: Case,
    timed: Mapping[str, Limit],
    mechanism: Mechanism,
    situation: Situation | None,
) -> Event | None:
    """The recorded event at its new time, in the case as it is now; None where it has to be decided.

    `timed`: the limits of another length; `situation`: where clocks start.
    """
    if was.handlers != now.handlers or _is_apart(event, now):
        return None
    stopped, started = _stopped(event, was, now, mechanism), event.started
    if situation is not None:
        if any([clock.started_at != event.at for clock in started]):  # noqa: C419 -- a list is quicker
            return None
        numbered = enumerate(started, start=len(now.clocks) + 1)
        started = tuple([_started(clock, number, at, timed, situation) for number, clock in numbered])
    if type(event) is events.RequesterCalledBack:
        return replace(event, at=at, stopped=stopped, started=started, call_back=replace(event.call_back, at=at))
    return replace(event, at=at, stopped=stopped, started=started)


def _stopped(event: Event, was: Case, now: Case, mechanism: Mechanism) -> tuple[str, ...]:
    """The running clocks that the event stops now: all where the case ends, else those of what it stopped."""
    if event.to != "" and mechanism.states[event.to].end:
        return tuple([clock.id for clock in now.clocks if clock.stopped_at is None])
    if not event.stopped:
        return ()
    ended = [(one.limit, one.subject) for one in was.clocks if one.stopped_at is None and one.id in event.stopped]
    return tuple([one.id for one in now.clocks if one.stopped_at is None and (one.limit, one.subject) in ended])


def came_alike(event: Event, answer: Sequence[Event] | Refused, alike: Collection[str]) -> bool:
    """Whether a step was decided as it was recorded, but for instants, and for clocks that run by what they read.

    `alike`: the steps of which it is enough that they happened.
    """
    if isinstance(answer, Refused) or [type(one) for one in answer] != [type(event)]:
        return False
    if event.step in alike:
        return not getattr(event, "seed", "")
    return type(event) in SENDING and _timeless(answer[0]) == _timeless(event)


def _timeless(event: Event) -> tuple[Event, list[tuple[str, str]]]:
    """What an event that sends the order on says without instants, and the limits and subjects of clocks it starts."""
    changes: dict[str, Any] = {"at": 0, "started": (), "stopped": ()}
    if type(event) is events.CaseDispatched:
        changes["tasks"] = tuple([replace(task, dispatched_at=0) for task in event.tasks])
    return replace(event, **changes), [(clock.limit, clock.subject) for clock in event.started]


def stands_alike(was: Case, now: Case) -> bool:
    """Whether the same unit may take the same steps."""
    return was.state == now.state and was.lead == now.lead and not now.subjects


def _is_apart(event: Event, now: Case) -> bool:
    """Whether it has to be decided whatever the clocks: by links of parties, by lot, for others, or by what follows."""
    if now.next_lead or leads_on(event):
        return True
    if type(event) is events.TaskFinished:
        return any([task.after for task in now.tasks])  # noqa: C419 -- a list is quicker for the few that there are
    return type(event) is events.CaseVerified and event.seed != ""


def _started(clock: Clock, number: int, at: int, timed: Mapping[str, Limit], situation: Situation) -> Clock:
    """The recorded clock, as it starts now: it is of so many in the case."""
    name = clock_id(clock.limit, clock.subject, number)
    if at == clock.started_at and clock.limit not in timed:
        return replace(clock, id=name)
    happening = Happening("", clock.subject, clock.unit, since=at, pauses=clock.pauses)
    return new_clock(situation, situation.mechanism.limits[clock.limit], name, happening)
