"""From a recorded event back to the command that made it: the step and its arguments, as they would be given today.

Events carry all that their commands said, in codes, ids and instants; what the engine worked out besides (due times,
the directory's choice, who leads) is left out, because working it out anew is what a replay is for. Tasks and clocks
are called by the ids of the case that is being replayed: under another rule a case may have other tasks and clocks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import msgspec

from sanban.kernel.case import event as events
from sanban.kernel.case.event import Event
from sanban.kernel.case.situation import Command
from sanban.kernel.case.state import LEAD, Case, Clock, Request, Task, matter_of
from sanban.kernel.case.verbs import SYSTEM_VERBS, VERBS
from sanban.kernel.mechanism import Mechanism

Args = dict[str, Any]


class Recall(msgspec.Struct, frozen=True, gc=False):
    """The case as it was recorded before the event, as it is replayed so far, and the mechanism it was decided by.

    `answers`: by matter, what its form is taken to have been answered where the record has no answer.
    """

    was: Case
    now: Case
    mechanism: Mechanism
    answers: Callable[[str], Mapping[str, object]] = lambda _matter: {}

    def task(self, recorded: str) -> str:
        """What a recorded task is called now: the lead's needs no name, others go by their spec and their turn."""
        before = self.was.task(recorded)
        if before is None or before.spec == LEAD:
            return ""
        return _same_turn(self.was.tasks, before, self.now.tasks)

    def clock(self, recorded: str) -> str:
        """The clock that runs now for the limit and subject of a recorded one; its own id where none does."""
        clock = next((one for one in self.was.clocks if one.id == recorded), None)
        if clock is None:
            return recorded
        found = counterpart(self.was, self.now, clock)
        return recorded if found is None else found.id

    def unit(self, event: Event) -> str:
        """For whom the person acts now: the unit that has what their unit had then, the task named or the lead."""
        if not event.unit:
            return ""
        named = getattr(event, "task", "")
        before = self.was.task(named) if named and isinstance(named, str) else None
        before = before or self.was.lead_task
        if event.unit == self.was.lead and (before is None or before.spec == LEAD):
            return self.now.lead
        if before is None or event.unit not in (before.unit, before.station):
            return event.unit
        after = self._counterpart_of(before)
        if after is None:
            return event.unit
        return after.unit if event.unit == before.unit else after.station or after.unit

    def has_moved(self, task: Task) -> bool:
        """Whether another unit has the task now."""
        after = self._counterpart_of(task)
        return after is not None and after.unit != task.unit

    def _counterpart_of(self, task: Task) -> Task | None:
        return self.now.lead_task if task.spec == LEAD else self.now.task(self.task(task.id))


def counterpart(was: Case, now: Case, clock: Clock) -> Clock | None:
    """The newest clock of the replayed case for the same limit and subject as one of the recorded case."""
    limit, subject = clock.limit, clock.subject
    task = was.task(subject)
    if task is not None:
        same = now.lead_task if task.spec == LEAD else now.task(_same_turn(was.tasks, task, now.tasks))
        if same is None:
            return None
        subject = same.id
    for one in reversed(now.clocks):
        if one.limit == limit and one.subject == subject:
            return one
    return None


def command_of(event: Event, recall: Recall) -> Command:
    """The command that the event answers. An event that says all by its fields needs no entry in the table."""
    named = _ARGUMENTS.get(type(event))
    args = _plain(event, recall.mechanism) if named is None else named(event, recall)
    if event.note:
        args["note"] = event.note
    return Command(event.step, args)


def opening_of(event: events.CaseOpened, mechanism: Mechanism, assumed: Mapping[str, object]) -> Command:
    """The command that opened a recorded case. `assumed`: answers of the form, for those that it does not have."""
    args = {
        **_joining(event.request, event, mechanism),
        "id": event.id,
        "desk": event.desk,
        "fields": {**assumed, **event.fields},
        "subjects": event.subjects,
        "cleared": event.cleared,
        "grid": event.grid,
        "street": event.street,
        "place": event.place,
        "recurs": event.recurs,
        "note": event.note,
    }
    return Command(event.step, args)


def _plain(event: Event, mechanism: Mechanism) -> Args:
    """The fields of the event that its step takes as arguments."""
    step = mechanism.steps.get(event.step)
    verb = SYSTEM_VERBS.get(event.step) if step is None else VERBS.get(step.verb)
    taken = () if verb is None else _taken(type(event), verb.args)
    return {name: getattr(event, name) for name in taken}


@cache
def _taken(event: type[Event], args: type[msgspec.Struct]) -> tuple[str, ...]:
    """The names that an event has of its own and that a command may give; a note is given apart."""
    own = set(event.__struct_fields__) - set(events.CaseEvent.__struct_fields__)
    return tuple(sorted(own & set(args.__struct_fields__)))


def _joining(request: Request, event: Event, mechanism: Mechanism) -> Args:
    """A request's own arguments; its promise only where it was not ours to compute."""
    args: Args = {
        "request": request.id,
        "requester": request.requester,
        "channel": request.channel,
        "received_at": request.received_at,
        "found": request.found,
    }
    if request.promised_at is None or not _is_carried(request, event, mechanism):
        return args
    return {**args, "promised_at": request.promised_at, "provisional": request.provisional}


def _is_carried(request: Request, event: Event, mechanism: Mechanism) -> bool:
    """Whether the date was promised elsewhere: no clock that started here leads to it, though one would."""
    limit = next((one for one in mechanism.starting.get("received", ()) if one.promise), None)
    if limit is None:
        return True
    started = [one for one in event.started if one.limit == limit.name and one.subject == request.id]
    return any(one.due_at != request.promised_at for one in started)


def _same_turn(before: tuple[Task, ...], task: Task, after: tuple[Task, ...]) -> str:
    """The id of the task with the same spec and the same turn among those of its spec; its own where there is none."""
    turn = [one.id for one in before if one.spec == task.spec].index(task.id)
    same = [one.id for one in after if one.spec == task.spec]
    return same[turn] if turn < len(same) else task.id


def _attached(event: events.RequestAttached, recall: Recall) -> Args:
    said = {"subjects": event.subjects, "cleared": event.cleared}
    return {**_joining(event.request, event, recall.mechanism), **said}


def _dispatched(event: events.CaseDispatched, _recall: Recall) -> Args:
    """What the directory chose it may choose anew; what a person chose stays chosen."""
    return {} if event.cites else {"unit": event.tasks[0].unit}


def _ruled(event: events.CaseRuled, _recall: Recall) -> Args:
    return {"unit": event.task.unit, "ground": event.ground, "precedent": event.precedent}


def _of_task(event: Any, recall: Recall) -> Args:
    return {"task": recall.task(event.task)}


def _finished(event: events.TaskFinished, recall: Recall) -> Args:
    task = recall.task(event.task)
    return {"task": task} if task else {}


def _returned(event: events.TaskReturned, recall: Recall) -> Args:
    task = recall.task(event.task)
    return {"task": task, "ground": event.ground} if task else {"ground": event.ground}


def _waived(event: events.TaskWaived, recall: Recall) -> Args:
    return {"task": recall.task(event.task), "ground": event.ground}


def _passed_down(event: events.TaskPassedDown, recall: Recall) -> Args:
    """The station, while the unit is the same; another unit finds its own by the directory."""
    task = recall.was.task(event.task)
    moved = task is not None and recall.has_moved(task)
    return {"task": recall.task(event.task), "station": "" if moved else event.station}


def _planned(event: events.TaskPlanned, recall: Recall) -> Args:
    """The plan; a wait for the lead, which old plans could have, is left out: the lead reports done last."""
    keys = {task.id: f"k-{task.id}" for task in event.tasks}
    tasks = [
        {
            "key": keys[task.id],
            "unit": task.unit,
            "spec": task.spec,
            "mandatory": task.mandatory,
            "gate": task.gate,
            "after": [named for one in task.after if (named := keys.get(one) or recall.task(one))],
        }
        for task in event.tasks
    ]
    return {"tasks": tasks}


def _reworked(event: events.TaskReworked | events.CaseVetoed, recall: Recall) -> Args:
    lead = recall.now.lead_task
    names = [recall.task(one) or ("" if lead is None else lead.id) for one in event.tasks]
    return {"tasks": [name for name in names if name]}


def _vetoed(event: events.CaseVetoed, recall: Recall) -> Args:
    return {"whistle": event.whistle, **_reworked(event, recall)}


def _called_back(event: events.RequesterCalledBack, _recall: Recall) -> Args:
    said = event.call_back
    heard = {name: getattr(said, name) for name in ("reached", "contacted", "resolved", "satisfied")}
    return {"request": event.request, **heard}


def _reopened(event: events.CaseReopened, recall: Recall) -> Args:
    before = recall.was.lead_task
    unit = "" if before is not None and before.unit == event.task.unit else event.task.unit
    if event.request is None:
        return {"unit": unit}
    said = {"subjects": event.subjects, "cleared": event.cleared}
    return {"unit": unit, "request": {**_joining(event.request, event, recall.mechanism), **said}}


def _reclassified(event: events.CaseReclassified, recall: Recall) -> Args:
    matter, known = matter_of(event.mechanism), recall.now.fields
    assumed = {name: value for name, value in recall.answers(matter).items() if name not in known}
    return {"matter": matter, "fields": {**assumed, **event.fields}}


def _migrated(event: events.CaseMigrated, _recall: Recall) -> Args:
    return {"version": event.mechanism.partition("@")[2]}


def _of_clock(event: events.ExtensionGranted | events.ExtensionRefused, recall: Recall) -> Args:
    return {"clock": recall.clock(event.clock if isinstance(event.clock, str) else event.clock.id)}


def _extension_asked(event: events.ExtensionAsked, recall: Recall) -> Args:
    return {"clock": recall.clock(event.asked.subject), "ground": event.asked.ground}


def _suspension_asked(event: events.SuspensionAsked, recall: Recall) -> Args:
    asked = event.asked
    return {"task": recall.task(asked.subject), "ground": asked.ground, "review_at": asked.review_at}


def _suspended(event: events.ClockSuspended, recall: Recall) -> Args:
    return {"task": recall.task(event.suspension.task)}


def _imposed(event: events.ClockImposed, recall: Recall) -> Args:
    """What stands in `clocks` was set or moved; what was lifted stands in `stopped`."""
    if event.clocks:
        clock = event.clocks[-1]
        due = {"due_at": clock.due_at, "remind_at": clock.remind_at}
        return {"limit": clock.limit, "request": clock.subject, **due}
    lifted = next(one for one in recall.was.clocks if one.id in event.stopped)
    return {"limit": lifted.limit, "request": lifted.subject}


def _unmasked(event: events.RequesterUnmasked, _recall: Recall) -> Args:
    return {"request": event.unmasking.request, "ground": event.unmasking.ground}


def _relayed(event: events.RequesterRelayed, _recall: Recall) -> Args:
    return {"request": event.relaying.request}


def _advised(event: events.CaseAdvised, _recall: Recall) -> Args:
    risk = event.risk
    return {"model": risk.model, "share": risk.share, "reasons": risk.reasons}


_ARGUMENTS: Mapping[type, Callable[[Any, Recall], Args]] = {
    events.RequestAttached: _attached,
    events.CaseDispatched: _dispatched,
    events.CaseRuled: _ruled,
    events.TaskAccepted: _of_task,
    events.TaskReturned: _returned,
    events.TaskPassedDown: _passed_down,
    events.TaskPlanned: _planned,
    events.TaskFinished: _finished,
    events.TaskWaived: _waived,
    events.TaskReworked: _reworked,
    events.CaseVetoed: _vetoed,
    events.TaskReworded: _of_task,
    events.RequesterCalledBack: _called_back,
    events.RequesterUnmasked: _unmasked,
    events.RequesterRelayed: _relayed,
    events.CaseReopened: _reopened,
    events.CaseReclassified: _reclassified,
    events.CaseMigrated: _migrated,
    events.ExtensionAsked: _extension_asked,
    events.ExtensionGranted: _of_clock,
    events.ExtensionRefused: _of_clock,
    events.SuspensionAsked: _suspension_asked,
    events.ClockSuspended: _suspended,
    events.ClockResumed: _of_task,
    events.ClockImposed: _imposed,
    events.CaseAdvised: _advised,
}
"""Events whose commands say something else than their fields do."""
