"""What has to be told to whom when something happened: from one event to drafts of notices.

    the case as it stood after the event --> for each requester, for each unit concerned --> a draft with its text

People hear what becomes of their request; units hear what they have to do, what is about to be late, and what is. A
limit that was missed goes up the chain, one unit a day as long as it is not done. Whoever the case is about, acts for
them or belongs to them hears nothing, whatever else they are to the case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from sanban.kernel.case import event as events
from sanban.kernel.case.state import LEAD, Case, Clock, Task
from sanban.kernel.case.verbs.imposing import limit_title
from sanban.kernel.clock.limit import Length
from sanban.kernel.duty import duty_officers
from sanban.kernel.mechanism import Mechanism, Title
from sanban.kernel.notice import DAY, HOUR, KINDS, fill
from sanban.notices.addresses import readers_of
from sanban.notices.ports import Asker, Needs

NEWS = 3 * DAY
"""What was recorded longer ago is no news any more: nobody is told of it when notices are switched on."""
URGENT = 12 * HOUR
"""A unit is told at any hour of what is due so soon."""
BY_NIGHT = frozenset({"minute", "hour"})
"""Units of limits that run whether anybody is at work or not."""

NOT_SET = Title("待定", "not set yet")
OWN_TIME = Title("本级办理时限", "the station's own time")


class Draft(NamedTuple):
    """A notice before its channel is known. `after`: microseconds to wait; `clock`: what a reminder is about."""

    kind: str
    recipient: str
    text: str
    case: str = ""
    asker: Asker | None = None
    after: int = 0
    urgent: bool = False
    clock: str = ""


class Scene(NamedTuple):
    """A case after an event, with what is needed to tell of it."""

    needs: Needs
    case: Case
    mechanism: Mechanism
    at: int

    def said(self, title: Title) -> str:
        """A title in the language of notices."""
        return title.zh if self.needs.policy.language == "zh" else title.en

    def unit(self, code: str) -> str:
        """What a unit is called."""
        found = self.needs.duty().unit_at(code, self.at)
        return self.said(Title(found.title_zh, found.title_en)) if found else code

    def due(self, instant: int | None) -> str:
        """A due time as people read it."""
        return self.said(NOT_SET) if instant is None else self.needs.calendar.local_end(instant)

    def may_know(self, party: str) -> bool:
        """Whether the case is not about the party, nor about anyone it acts for or belongs to."""
        return self.case.subjects.isdisjoint(self.needs.links().stands_for((party,), self.at))

    def text(self, kind: str, values: dict[str, str]) -> str:
        """The matter's text of a kind, filled in; '' when there is none, and then nobody is told."""
        found = self.needs.texts(self.case.mechanism, f"notices.{kind}")
        common = {"number": self.case.number, "matter": self.said(self.mechanism.title)}
        return fill(self.said(found), common | values) if found else ""


def drafts_of(needs: Needs, event: Any, case: Case, at: int) -> tuple[Draft, ...]:
    """Everyone to be told of an event of a case, as the case stood after it. `at`: when it was recorded."""
    tell = _TELLS.get(type(event))
    if tell is None:
        return ()
    scene = Scene(needs, case, needs.mechanism(case), at)
    return tuple(draft for draft in tell(scene, event) if draft.text and scene.may_know(draft.recipient))


def draft_of_request(needs: Needs, kind: str, asker: Asker) -> tuple[Draft, ...]:
    """What the requester is told of a request that has no case: that it was received, or the reply."""
    found = needs.texts("", f"notices.{kind}")
    if found is None or (kind == "received" and not asker.receipt):
        return ()
    ending = needs.texts("", f"grounds.{asker.ending}")
    reply = needs.reader.open_secrets([asker.reply]).get(asker.reply, "") if asker.reply else ""
    is_zh = needs.policy.language == "zh"
    values = {"number": asker.number, "receipt": asker.receipt, "reply": reply}
    values["ending"] = (ending.zh if is_zh else ending.en) if ending else asker.ending
    return (Draft(kind, asker.person, fill(found.zh if is_zh else found.en, values), asker=asker),)


def _people(scene: Scene, kind: str, requests: Iterable[str] | None = None, **values: str) -> Iterator[Draft]:
    """A notice for each person behind the requests (None: all of the case), one a person."""
    lead = scene.case.lead_task
    wanted = [one for one in scene.case.requests if requests is None or one.id in requests]
    askers = scene.needs.askers([one.id for one in wanted])
    told: set[str] = set()
    for one in wanted:
        asker = askers.get(one.id)
        if asker is None or one.requester in told:
            continue
        told.add(one.requester)
        mine = {
            "number": asker.number,
            "unit": scene.unit(lead.unit if lead else scene.case.lead),
            "due": scene.due(one.promised_at)[:10],
        }
        yield Draft(kind, one.requester, scene.text(kind, mine | values), scene.case.id, asker)


def _tasks(scene: Scene, tasks: Iterable[Task], started: Iterable[Clock]) -> Iterator[Draft]:
    """A notice for each unit that has something to do, with the limit that ends first."""
    clocks = list(started)
    for task in tasks:
        own = [clock for clock in clocks if clock.subject == task.id and clock.due_at is not None]
        first = min(own, key=lambda clock: clock.due_at or 0, default=None)
        unit = _told_of(scene, task)
        yield _unit(scene, "task", unit, first)
        yield from _stood_in_for(scene, unit, own)


def _stood_in_for(scene: Scene, unit: str, clocks: Iterable[Clock]) -> Iterator[Draft]:
    """An emergency of a unit where nobody is on duty: whoever is, above it or at the centre, is told as well."""
    duty = scene.needs.duty()
    first = next((clock for clock in clocks if _is_emergency(scene, clock)), None)
    there = duty_officers(duty, unit, scene.at, duty.centres)
    if first is not None and unit in duty.rosters and there is not None and there.unit != unit:
        yield _unit(scene, "uncovered", there.unit, first)


def _is_emergency(scene: Scene, clock: Clock) -> bool:
    """Whether the clock ends soon and by night too; one that counts office hours waits for those who keep them."""
    limit = scene.mechanism.limits.get(clock.limit)
    is_soon = clock.due_at is not None and clock.due_at <= scene.at + URGENT
    return is_soon and limit is not None and isinstance(limit.within, Length) and limit.within.unit in BY_NIGHT


class Time(NamedTuple):
    """The time that a notice is about: its title, when it ends, whose it is, and its id, by which it is settled."""

    limit: Title
    due_at: int | None
    unit: str
    id: str = ""


def _time(scene: Scene, clock: Clock | None) -> Time:
    """That of a clock; of none, nothing is set yet."""
    if clock is None:
        return Time(NOT_SET, None, "")
    return Time(limit_title(scene.mechanism, clock.limit), clock.due_at, clock.unit, clock.id)


def _unit(scene: Scene, kind: str, unit: str, clock: Clock | None, **more: Any) -> Draft:
    """A notice for a unit about one of its clocks, or about none."""
    return _about(scene, kind, unit, _time(scene, clock), **more)


def _about(scene: Scene, kind: str, unit: str, time: Time, **more: Any) -> Draft:
    """A notice for a unit about a time. `by`: the unit it names, else whose time it is."""
    values = {
        "limit": scene.said(time.limit),
        "due": scene.due(time.due_at),
        "unit": more.pop("by", "") or scene.unit(time.unit or scene.case.lead),
    }
    urgent = time.due_at is not None and time.due_at <= scene.at + URGENT
    settled_by = time.id if kind not in ("task", "summoned") else ""
    text = scene.text(kind, {name: value for name, value in values.items() if name in KINDS[kind].names})
    return Draft(kind, unit, text, scene.case.id, urgent=more.pop("urgent", urgent), clock=settled_by, **more)


def _told_of(scene: Scene, task: Task) -> str:
    """The unit told of a task: the station it was passed down to where that can be reached, else its unit."""
    return task.station if task.station and readers_of(scene.needs, task.station, scene.at) else task.unit


def _holder(scene: Scene, clock: Clock) -> str:
    """Who is told of a clock: the owner of its task, else the unit answerable for it."""
    task = scene.case.task(clock.subject)
    return _told_of(scene, task) if task else clock.unit or scene.case.lead


def _clock(scene: Scene, clock_id: str) -> Clock | None:
    return next((clock for clock in scene.case.clocks if clock.id == clock_id), None)


def _dispatched(scene: Scene, event: events.CaseDispatched) -> Iterator[Draft]:
    yield from _people(scene, "dispatched")
    yield from _tasks(scene, event.tasks, event.started)


def _ruled(scene: Scene, event: events.CaseRuled) -> Iterator[Draft]:
    yield from _people(scene, "dispatched")
    yield from _tasks(scene, (event.task,), event.started)


def _planned(scene: Scene, event: events.TaskPlanned) -> Iterator[Draft]:
    yield from _tasks(scene, event.tasks, event.started)


def _passed_down(scene: Scene, event: events.TaskPassedDown) -> Iterator[Draft]:
    task = scene.case.task(event.task)
    if task is not None:
        yield from _tasks(scene, (task,), [clock for clock in scene.case.clocks if clock.running])


def _begun(scene: Scene, event: events.TaskFinished | events.TaskWaived) -> Iterator[Draft]:
    """Whoever waited for the task that is over: their time runs now."""
    begun = {clock.subject for clock in event.started}
    yield from _tasks(scene, (task for task in scene.case.open_tasks if task.id in begun), event.started)


def _returned(scene: Scene, event: events.TaskReturned) -> Iterator[Draft]:
    """Whoever has what a helper gave back; of an order, its next unit hears when it is dispatched."""
    if event.instead is not None:
        yield from _tasks(scene, (event.instead,), event.started)


def _attached(scene: Scene, event: events.RequestAttached) -> Iterator[Draft]:
    if scene.case.lead_task is not None:
        yield from _people(scene, "dispatched", (event.request.id,))


def _lengthened(scene: Scene, event: events.PromiseLengthened) -> Iterator[Draft]:
    yield from _people(scene, "lengthened", (event.request,), reason=_reason(scene, event))


def _reason(scene: Scene, event: events.PromiseLengthened | events.CaseClosed) -> str:
    """What was noted with the event for those who are told of it."""
    return scene.needs.reader.open_secrets([event.note]).get(event.note, "") if event.note else ""


def _messaged(scene: Scene, event: events.RequesterMessaged) -> Iterator[Draft]:
    """That there is a message, and from whom; its words stand on the requester's own page alone."""
    yield from _people(scene, "messaged", (event.request,), unit=scene.unit(event.unit))


def _stood_aside(scene: Scene, event: events.CaseStoodAside) -> Iterator[Draft]:
    if any(task.spec == LEAD for task in event.tasks):
        yield from _people(scene, "dispatched")
    yield from _tasks(scene, event.tasks, event.started)


def _closed(scene: Scene, event: events.CaseClosed) -> Iterator[Draft]:
    ground = scene.mechanism.grounds.ending.get(event.ending)
    ending = scene.said(ground.title) if ground else event.ending
    yield from _people(scene, "closed", ending=ending, reason=_reason(scene, event) if event.told else "")


def _reopened(scene: Scene, event: events.CaseReopened) -> Iterator[Draft]:
    yield from _people(scene, "reopened")
    yield from _tasks(scene, (event.task,), event.started)


def _reminded(scene: Scene, event: events.ClockReminded) -> Iterator[Draft]:
    clock = _clock(scene, event.clock)
    if clock is not None:
        yield _unit(scene, "reminded", _holder(scene, clock), clock)


def _missed(scene: Scene, event: events.ClockMissed) -> Iterator[Draft]:
    """The holder at once; the unit above it at once too, the next one after a day, and so on."""
    clock = _clock(scene, event.clock)
    if clock is None:
        return
    holder = _holder(scene, clock)
    yield _unit(scene, "missed", holder, clock, urgent=True)
    for rung, unit in enumerate(_above(scene, holder)):
        yield _unit(scene, "escalated", unit, clock, urgent=True, after=rung * DAY)


def _above(scene: Scene, holder: str) -> list[str]:
    """Who hears after the holder: the units above it in their order, and in the end the desk."""
    line = scene.needs.duty().line_of(holder, scene.at)
    return [unit for unit in dict.fromkeys((*line, scene.case.desk)) if unit != holder]


def _station_reminded(scene: Scene, event: events.StationReminded) -> Iterator[Draft]:
    task = _task(scene, event.task)
    yield _about(scene, "reminded", _told_of(scene, task), _own_time(task))


def _station_missed(scene: Scene, event: events.StationMissed) -> Iterator[Draft]:
    """The station, and the unit that answers for it while there is time left; not yet those above them."""
    task = _task(scene, event.task)
    yield _about(scene, "missed", task.station, _own_time(task), urgent=True)
    yield _about(scene, "escalated", task.unit, _own_time(task), urgent=True)


def _own_time(task: Task) -> Time:
    """The time of the station that the task was passed down to."""
    return Time(OWN_TIME, task.inner_due_at, task.station, own_time_id(task))


def own_time_id(task: Task) -> str:
    """What a station's own time is known by where a clock's id would stand; another station's is another."""
    return f"inner.{task.id}.{task.station}"


def _task(scene: Scene, task_id: str) -> Task:
    found = scene.case.task(task_id)
    assert found is not None, "an event names a task of its case"
    return found


def _summoned(scene: Scene, event: events.CaseSummoned) -> Iterator[Draft]:
    """The called unit, at any hour; where nobody of it is on duty for an emergency, whoever is."""
    own = [clock for clock in event.started if clock.limit == event.limit]
    whistle = scene.case.whistle(event.whistle)
    street = scene.unit(whistle.street) if whistle is not None else ""
    time = _time(scene, own[0] if own else None)
    yield _about(scene, "summoned", event.called, time, by=street, urgent=True)
    yield from _stood_in_for(scene, event.called, own)


def _supervised(scene: Scene, _event: events.CaseSupervised) -> Iterator[Draft]:
    for unit in scene.needs.duty().line_of(scene.case.lead, scene.at)[:2]:
        yield _unit(scene, "supervised", unit, None, urgent=True)


_TELLS: dict[type, Callable[[Scene, Any], Iterator[Draft]]] = {
    events.CaseDispatched: _dispatched,
    events.CaseRuled: _ruled,
    events.TaskPlanned: _planned,
    events.TaskPassedDown: _passed_down,
    events.TaskReturned: _returned,
    events.TaskFinished: _begun,
    events.TaskWaived: _begun,
    events.StationReminded: _station_reminded,
    events.StationMissed: _station_missed,
    events.RequestAttached: _attached,
    events.PromiseLengthened: _lengthened,
    events.RequesterMessaged: _messaged,
    events.CaseStoodAside: _stood_aside,
    events.CaseClosed: _closed,
    events.CaseReopened: _reopened,
    events.ClockReminded: _reminded,
    events.ClockMissed: _missed,
    events.CaseSummoned: _summoned,
    events.CaseSupervised: _supervised,
}

TOLD_CASE_EVENTS = frozenset(str(kind.__struct_config__.tag) for kind in _TELLS)  # type: ignore[attr-defined]  # structs
TOLD_REQUEST_EVENTS = {"request.received": "received", "request.answered": "replied"}
"""Event of a request -> kind of notice."""
