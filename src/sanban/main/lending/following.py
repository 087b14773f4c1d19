"""How a request stands in its case, in the words of `intake.public.ports`: handling's reading, the kernel's sight.

What a requester sees is decided by `kernel.sight` for the relation `requester`: without it there is no standing at
all, without clocks no date, without history no line. Of a case shared with others a requester is told of the work and
of their own request, never of another's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sanban.handling.aggregate import CaseAggregate, stream_of
from sanban.handling.views.naming import Names, ground_title
from sanban.handling.views.timeline import Told as CaseTold
from sanban.handling.views.timeline import told
from sanban.handling.views.timing import explained, until
from sanban.intake.public.ports import Promise, Stage, Standing, Told, self_of
from sanban.intake.request import Request
from sanban.kernel.case import event as events
from sanban.kernel.case.facts import case_facts
from sanban.kernel.case.state import LEAD, Case
from sanban.kernel.case.state import Request as CaseRequest
from sanban.kernel.clock.due import due, due_fixed
from sanban.kernel.clock.explain import Line, explain, explain_fixed
from sanban.kernel.clock.limit import FixedDate, Length
from sanban.kernel.mechanism import Limit, Mechanism, Title
from sanban.kernel.sight import sight
from sanban.ledger.port import Part, Reader

DAY = 86_400_000_000
STAGES: dict[str, Stage] = {"desk": "desk", "coordinator": "desk", "lead_unit": "handling", "verifier": "checking"}


class Following:
    """Answers `intake.public.ports.FollowsCases` from handling's cases."""

    def __init__(self, cases: CaseAggregate, reader: Reader) -> None:
        self._cases = cases
        self._reader = reader

    def promise(self, matter: str, now: int) -> Promise | None:
        mechanism = self._cases.mechanisms.mechanism_of(matter, now)
        limit = None if mechanism is None else _promise_of(mechanism)
        if mechanism is None or limit is None:
            return None
        calendar = self._cases.calendar
        if isinstance(limit.within, FixedDate):
            found, lines = due_fixed(calendar, limit.within), explain_fixed(calendar, limit.within)
        else:
            found = due(calendar, (limit.within,), now, ends=limit.ends)
            lines = explain(calendar, (limit.within,), now, ends=limit.ends)
        assert found.at is not None, "a clock without pauses has a due time"
        return Promise(found.at, until(calendar, found.at), lines, found.provisional, _contact_within(mechanism))

    def standing(self, request: Request, now: int) -> Standing | None:
        history = told(self._cases, self._reader.events(stream_of(request.case)))
        case = history[-1].case if history else None
        own = case.request(request.id) if case else None
        if case is None or own is None:
            return None
        mechanism = self._cases.pinned(case)
        seen = sight(self_of(request), case_facts(case), self._cases.links_now(self._reader), now, mechanism.visible)
        if not seen.case:
            return None
        names, closed = Names(self._cases, now), case.closed_at is not None
        telling = _Telling(self._cases, self._reader, mechanism, names, own)
        reply = telling.reply(request, own)
        lines = sorted((*reply, *telling.lines(history)), key=lambda line: line.at)
        received = Told("received", request.received.at, unit=names.unit(request.received.desk))
        return Standing(
            number=request.received.number,
            received_at=request.received.received_at,
            stage=_stage(mechanism, case),
            matter=mechanism.title,
            holder=None if closed else names.unit(case.lead),
            promise=self._promised(case, own, mechanism) if seen.clocks else None,
            late=own.replied_at is None and own.promised_at is not None and own.promised_at <= now,
            ending=ground_title(mechanism, case.ending) if closed else None,
            closed_at=case.closed_at or 0,
            others=len({one.requester for one in case.requests} - {own.requester}),
            history=(received, *lines) if seen.history else (),
            dispute_until=self._dispute_until(mechanism, case),
            asks=not closed and _rested(case, own, now) and _takes(mechanism, case, "attach", "system"),
            adds=not closed and _takes(mechanism, case, "note", "requester"),
        )

    def noting(self, case: str, text: str) -> Part:
        return Part(stream_of(case), "note", {"note": text})

    def _promised(self, case: Case, own: CaseRequest, mechanism: Mechanism) -> Promise | None:
        """The date told, and why; a repeat's is that of the first request it repeats."""
        if own.promised_at is None:
            return None
        mine = [one.id for one in case.requests if one.requester == own.requester]
        limit = _promise_of(mechanism)
        clock = next((one for one in case.clocks if limit and one.limit == limit.name and one.subject in mine), None)
        lines: Sequence[Line] = explained(self._cases.calendar, limit, clock) if clock else ()
        day = until(self._cases.calendar, own.promised_at)
        return Promise(own.promised_at, day, tuple(lines), own.provisional, _contact_within(mechanism))

    def _dispute_until(self, mechanism: Mechanism, case: Case) -> int:
        """Until when the desk may reopen the case; 0 when it may not."""
        if case.closed_at is None:
            return 0
        windows = [step.within for step in mechanism.steps_from(case.state) if step.verb == "reopen"]
        ends = [
            2**62 if within is None else due(self._cases.calendar, (within,), case.closed_at).at or 0
            for within in windows
        ]
        return max(ends, default=0)


class _Telling:
    """Turns a case's events into what one of its requesters is told."""

    def __init__(
        self, cases: CaseAggregate, reader: Reader, mechanism: Mechanism, names: Names, own: CaseRequest
    ) -> None:
        self._cases = cases
        self._reader = reader
        self._mechanism = mechanism
        self._names = names
        self._request = own.id
        self._requester = own.requester

    def lines(self, history: Sequence[CaseTold]) -> Iterator[Told]:
        before: Case | None = None
        for one in history:
            yield from self._line(one, before)
            before = one.case

    def reply(self, request: Request, own: CaseRequest) -> Iterator[Told]:
        """What the requester was answered in words of their own."""
        if request.answer:
            ending = ground_title(self._mechanism, request.ending)
            yield Told("answered", own.replied_at or 0, ending=ending, text=self._words(request.answer))

    def _words(self, ref: str) -> str:
        return self._reader.open_secrets([ref]).get(ref, "") if ref else ""

    def _line(self, one: CaseTold, before: Case | None) -> Iterator[Told]:
        event, at = one.event, one.stored.recorded_at
        about = self._of_own(event, at) or self._of_work(event, at, before)
        if about is not None:
            yield about

    def _of_own(self, event: events.Event, at: int) -> Told | None:
        """What concerns the requester's own requests."""
        match event:
            case events.RequesterContacted() if event.request == self._request:
                return Told("contacted", at, unit=self._names.unit(event.unit))
            case events.RequesterCalledBack() if event.request == self._request:
                return Told("called_back", at)
            case events.RequestAttached() if event.request.requester == self._requester and event.request.repeat > 1:
                return Told("asked_again", at)
            case events.CaseNoted() if event.actor == self._requester:
                return Told("added", at)
            case events.RequesterMessaged() if event.request == self._request:
                return Told("messaged", at, unit=self._names.unit(event.unit), text=self._words(event.note))
            case events.RequesterUnmasked() if event.unmasking.request == self._request:
                ground = ground_title(self._mechanism, event.unmasking.ground)
                day = until(self._cases.calendar, event.unmasking.until)
                return Told("unmasked", at, unit=self._names.unit(event.unit), ground=ground, day=day)
            case events.PromiseLengthened() if event.request == self._request:
                return Told("date_moved", at, day=until(self._cases.calendar, event.promised_at))
            case events.ClockMissed() if f".{self._request}." in event.clock:
                return Told("date_missed", at) if self._is_promise(event.clock) else None
        return None

    def _of_work(self, event: events.Event, at: int, before: Case | None) -> Told | None:
        """What happened to the problem itself; tasks of co-units are theirs, the lead's are told."""
        match event:
            case events.CaseOpened():
                return Told("filed", at, unit=self._names.unit(event.desk))
            case events.CaseDispatched() if event.tasks:
                return Told("passed", at, unit=self._names.unit(event.tasks[0].unit))
            case events.CaseStoodAside() if event.tasks[0].spec == LEAD:
                return Told("passed", at, unit=self._names.unit(event.tasks[0].unit))
            case events.CaseRuled():
                return Told("ruled", at, unit=self._names.unit(event.task.unit))
            case events.CaseReopened():
                return Told("reopened", at, unit=self._names.unit(event.task.unit))
            case events.CaseClosed():
                ending = ground_title(self._mechanism, event.ending)
                return Told("closed", at, ending=ending, text=self._words(event.note) if event.told else "")
            case events.CaseVerified():
                return Told("checked", at)
            case events.CaseShelved():
                return Told("shelved", at, day=until(self._cases.calendar, event.review_at))
            case events.TaskReworked() | events.CaseVetoed():
                return Told("sent_back", at)
        return self._of_lead(event, at, before)

    def _of_lead(self, event: events.Event, at: int, before: Case | None) -> Told | None:
        if before is None or not isinstance(event, events.TaskAccepted | events.TaskReturned | events.TaskFinished):
            return None
        task = before.task(event.task)
        if task is None or task.spec != LEAD:
            return None
        unit = self._names.unit(task.unit)
        if isinstance(event, events.TaskAccepted):
            return Told("taken_on", at, unit=unit)
        return Told("given_back" if isinstance(event, events.TaskReturned) else "reported_done", at, unit=unit)

    def _is_promise(self, clock: str) -> bool:
        limit = _promise_of(self._mechanism)
        return limit is not None and clock.startswith(f"{limit.name}.")


def _promise_of(mechanism: Mechanism) -> Limit | None:
    return next((limit for limit in mechanism.limits.values() if limit.promise), None)


def _contact_within(mechanism: Mechanism) -> Title | None:
    """Within what the unit speaks with the requester, once it has the case."""
    for limit in mechanism.limits.values():
        if limit.stops == "contacted" and isinstance(limit.within, Length):
            return Title(limit.within.zh, limit.within.en)
    return None


def _stage(mechanism: Mechanism, case: Case) -> Stage:
    if case.closed_at is not None:
        return "closed"
    if case.review_at is not None:
        return "shelved"
    state = mechanism.states[case.state]
    lead = case.lead_task
    if state.holder == "lead_unit" and lead is not None and lead.state == "dispatched":
        return "passed"
    if state.holder == "desk" and lead is not None and lead.state == "finished":
        return "checking"
    return STAGES.get(state.holder, "desk")


def _takes(mechanism: Mechanism, case: Case, verb: str, relation: str) -> bool:
    return any(step.verb == verb and relation in step.by for step in mechanism.steps_from(case.state))


def _rested(case: Case, own: CaseRequest, now: int) -> bool:
    """Asked again at most once a day: more often says nothing new, and would raise the priority each time."""
    newest = max(one.attached_at for one in case.requests if one.requester == own.requester)
    return newest <= now - DAY
