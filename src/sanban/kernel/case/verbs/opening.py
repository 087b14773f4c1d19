"""Verbs about what a case is: open, attach, split, locate, reclassify, migrate."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set

import msgspec
from msgspec.structs import replace

from sanban.kernel.case.clocks import STAGE, new_clock
from sanban.kernel.case.event import (
    CaseLocated,
    CaseMigrated,
    CaseOpened,
    CaseReclassified,
    Event,
    RequestAttached,
    RequestDetached,
)
from sanban.kernel.case.facts import answering_task, case_facts, evaluated, not_released, not_screened, running_clocks
from sanban.kernel.case.form import fault_of_fields
from sanban.kernel.case.making import make_event
from sanban.kernel.case.situation import Effect, Happening, Situation, Verb, task_happening
from sanban.kernel.case.state import LEAD, Case, Clock, Request, Task
from sanban.kernel.case.verbs.dispatching import co_tasks
from sanban.kernel.case.words import GivenCode, GivenFields, GivenId, GivenRef
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Mechanism, Step
from sanban.kernel.permission import may_be_dispatched

TASK_ID = re.compile(r"t\d+")
"""How tasks are called within a case; no request may be called so, for clocks name what they are about."""


class OpenArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`promised_at`: of a request that already was promised a date elsewhere; it is never moved by opening."""

    id: GivenId
    request: GivenId
    requester: GivenId
    channel: GivenCode
    desk: GivenId
    received_at: int
    fields: GivenFields = {}
    subjects: tuple[GivenId, ...] = ()
    cleared: tuple[GivenId, ...] = ()
    grid: GivenCode = ""
    street: GivenCode = ""
    place: GivenRef = ""
    found: bool = False
    recurs: GivenCode = ""
    promised_at: int | None = None
    provisional: bool = False
    note: GivenRef = ""


class AttachArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another request about the same problem; `received_at` and `promised_at` as in `OpenArgs`.

    `subjects`: parties that it says the case is about too; `cleared`: others that its words name.
    """

    request: GivenId
    requester: GivenId
    channel: GivenCode
    received_at: int
    promised_at: int | None = None
    provisional: bool = False
    found: bool = False
    subjects: tuple[GivenId, ...] = ()
    cleared: tuple[GivenId, ...] = ()
    note: GivenRef = ""


class SplitArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    request: GivenId
    note: GivenRef = ""


class LocateArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    grid: GivenCode
    street: GivenCode
    place: GivenRef = ""
    note: GivenRef = ""


class ReclassifyArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    matter: GivenCode
    fields: GivenFields = {}
    note: GivenRef = ""


class MigrateArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: GivenCode
    note: GivenRef = ""


def opened(args: OpenArgs, situation: Situation, step: Step) -> tuple[Event, ...] | Refused:
    """The first event of a case; its desk leads, its first request's clocks and its first stage run."""
    mechanism = situation.mechanism
    refusal = fault_of_fields(mechanism, args.fields) or _request_fault(args, situation.now)
    if refusal is not None:
        return refusal
    request = _request(args, 1, situation)
    key, desk = mechanism.key, args.desk
    blank = Case(args.id, "", key, "", desk, desk, situation.now, (request,), (), args.fields, found=args.found)
    fields = {
        "id": args.id,
        "number": situation.number(),
        "mechanism": key,
        "desk": desk,
        "request": request,
        "fields": args.fields,
        "subjects": (subjects := _subjects(mechanism, args.fields, frozenset(args.subjects))),
        "cleared": tuple(party for party in args.cleared if party not in subjects),
        "grid": args.grid,
        "street": args.street,
        "place": args.place,
        "found": args.found,
        "recurs": args.recurs,
        "priority": priority_of(mechanism, blank, situation.now),
    }
    to = step.to or mechanism.start
    effect = Effect(CaseOpened, fields, (_received(request, desk),), to=to, lead=desk)
    return (make_event(blank, step, effect, situation, args.note),)


def attach(case: Case, args: AttachArgs, situation: Situation) -> Effect | Refused:
    """Another request joins: own age, own promise, own clocks of a request; no unit clock starts.

    Who asks again while the case still owes them a reply gets no second clock: the first runs on, its date stands.
    """
    read = attached_request(case, args, situation)
    if isinstance(read, Refused):
        return read
    request, received = read
    grown = replace(case, requests=(*case.requests, request))
    priority = priority_of(situation.mechanism, grown, situation.now)
    fields = {"request": request, "priority": priority, "subjects": args.subjects, "cleared": args.cleared}
    return Effect(RequestAttached, fields, () if _still_owed(case, args.requester) else (received,))


def attached_request(case: Case, args: AttachArgs, situation: Situation) -> tuple[Request, Happening] | Refused:
    """The request that joins, and its moment."""
    if case.request(args.request) is not None:
        return Refused("already_attached", "this request belongs to the case already", "attach another request")
    if (refusal := _request_fault(args, situation.now)) is not None:
        return refusal
    there = [one.requester for one in case.requests]
    if stands_for_one(case.subjects.union(args.subjects), [args.requester], situation) or stands_for_one(
        frozenset(args.subjects), there, situation
    ):
        message = "who asks is, or acts for, a party this case is about; what they ask is a case of its own"
        return Refused("requester_is_subject", message, "open a case for this request")
    repeat = 1 + sum(one.requester == args.requester for one in case.requests)
    owed = _still_owed(case, args.requester)
    if owed is not None:
        args = replace(args, promised_at=owed.promised_at, provisional=owed.provisional)
    request = _request(args, repeat, situation)
    return request, _received(request, case.lead)


def stands_for_one(parties: Set[str], asking: Iterable[str], situation: Situation) -> bool:
    """Whether somebody among those who ask is one of the parties, or stands for one."""
    return bool(parties) and not parties.isdisjoint(situation.links.stands_for(asking, situation.now))


def _still_owed(case: Case, requester: str) -> Request | None:
    """The requester's first request that waits for a reply; None when they have none here."""
    return next((one for one in case.requests if one.requester == requester and one.replied_at is None), None)


def split(case: Case, args: SplitArgs, situation: Situation) -> Effect | Refused:
    """Undo a merge: the request leaves with its age and promise; the case keeps at least one request."""
    if case.request(args.request) is None:
        return Refused("unknown_request", "this request is not part of the case", case.requests[0].id)
    if len(case.requests) == 1:
        return Refused("last_request", "the only request of a case cannot be split off", "reclassify the case instead")
    stops = tuple(clock.id for clock in running_clocks(case) if clock.subject == args.request)
    left = replace(case, requests=tuple(one for one in case.requests if one.id != args.request))
    fields = {"request": args.request, "priority": priority_of(situation.mechanism, left, situation.now)}
    return Effect(RequestDetached, fields, stops=stops)


def locate(case: Case, args: LocateArgs, situation: Situation) -> Effect | Refused:
    """Where it is, as codes; the exact place stands in the vault."""
    return Effect(CaseLocated, {"grid": args.grid, "street": args.street, "place": args.place})


def reclassify(case: Case, args: ReclassifyArgs, situation: Situation) -> Effect | Refused:
    """Another matter: unit and stage clocks go on under its limits from the SAME starts; promises do not move.

    What has happened to a task since (signed for, spoken, stood still, reworked) counts under the new limits too. Where
    the case was dispatched already, the co-units that the other matter asks for get their tasks now; tasks that are
    there stay, and may be waived. It is refused while a whistle waits or a unit it called is there, by this matter's
    kinds and times.
    """
    mechanism = situation.mechanism_of(args.matter, situation.now)
    if mechanism is None or mechanism.matter == case.matter:
        return Refused("unknown_matter", f"there is no other matter {args.matter} in force now", "noise")
    if case.state not in mechanism.states:
        return Refused("no_such_state", f"{mechanism.key} has no state {case.state}", "reclassify before dispatching")
    kept = {name: value for name, value in case.fields.items() if name in mechanism.form}
    refusal = not_screened(case) or not_released(case) or fault_of_fields(mechanism, {**kept, **args.fields})
    if refusal is not None:
        return refusal
    subjects = _subjects(mechanism, {**kept, **args.fields}, case.subjects)
    facts = replace(case_facts(case), subjects=frozenset(subjects))
    for task in case.open_tasks:
        refusal = may_be_dispatched(task.owner, facts, situation.links, situation.now)
        if refusal is not None:
            return refusal
    requests = {request.id for request in case.requests}
    stops = tuple(clock.id for clock in running_clocks(case) if clock.subject not in requests)
    so_far = [one for task in case.open_tasks for one in _so_far(case, task, situation.mechanism)]
    so_far += _asked_so_far(case)
    seen = replace(case, mechanism=mechanism.key, fields={**case.fields, **args.fields}, subjects=frozenset(subjects))
    tasks = _joining(seen, replace(situation, mechanism=mechanism))
    fields = {"mechanism": mechanism.key, "fields": args.fields, "subjects": subjects, "tasks": tuple(tasks)}
    happenings = (*so_far, *(task_happening("dispatched", task) for task in tasks))
    return Effect(CaseReclassified, fields, happenings, stops, case.state, mechanism=mechanism, seen=seen)


def _joining(case: Case, situation: Situation) -> list[Task]:
    """The co-units' tasks that a dispatched case still lacks; the first dispatch brings them by itself."""
    if case.lead_task is None:
        return []
    return co_tasks(case, case.lead, situation, first=len(case.tasks) + 1)


def migrate(case: Case, args: MigrateArgs, situation: Situation) -> Effect | Refused:
    """To another version of the same mechanism, only where that version declares it; clocks run on as they are."""
    mechanism = situation.mechanism_of(case.matter, situation.now)
    version = case.mechanism.partition("@")[2]
    declared = None if mechanism is None else mechanism.migrations.get(version)
    if mechanism is None or declared is None or mechanism.version != args.version:
        return Refused(
            "no_migration", f"no migration from {case.mechanism} to {args.version} is declared", "migrates: {from: ...}"
        )
    to = declared.states.get(case.state, case.state)
    if to not in mechanism.states:
        return Refused("no_such_state", f"{mechanism.key} has no state {to}", f"states: {{{case.state}: filed}}")
    return Effect(CaseMigrated, {"mechanism": mechanism.key}, to=to, mechanism=mechanism)


def priority_of(mechanism: Mechanism, case: Case, now: int) -> int:
    """The declared priority of the case, 0 when its mechanism declares none."""
    if mechanism.priority is None:
        return 0
    return int(evaluated(mechanism.priority, mechanism, case, now))


def _request_fault(args: OpenArgs | AttachArgs, now: int) -> Refused | None:
    if args.request == STAGE or TASK_ID.fullmatch(args.request):
        return Refused("bad_arguments", f"a request is not called {args.request}, as tasks are", "request: r-1f0c")
    if args.received_at <= now:
        return None
    return Refused("in_the_future", "a request cannot have been received after now", "received_at: an instant past")


def _subjects(mechanism: Mechanism, fields: Mapping[str, object], named: frozenset[str]) -> tuple[str, ...]:
    """The parties complained about: those named as such, and those in the form's fields that mean them."""
    by_form = [str(value) for name, value in fields.items() if mechanism.form[name].subject]
    return tuple(sorted(named.union(by_form)))


def _request(args: OpenArgs | AttachArgs, repeat: int, situation: Situation) -> Request:
    """The request with the date it is promised: carried along when it had one, else by the promise limit."""
    promised_at, provisional = args.promised_at, args.provisional
    limit = next((one for one in situation.mechanism.starting.get("received", ()) if one.promise), None)
    if promised_at is None and limit is not None:
        clock = new_clock(situation, limit, "promise", Happening("received", args.request, "", "", args.received_at))
        promised_at, provisional = clock.due_at, clock.provisional
    return Request(
        args.request,
        args.requester,
        args.channel,
        args.received_at,
        situation.now,
        promised_at,
        provisional,
        repeat=repeat,
        found=args.found,
    )


def _received(request: Request, unit: str) -> Happening:
    return Happening("received", request.id, unit, "", request.received_at)


def _never(case: Case, args: OpenArgs, situation: Situation) -> Refused:
    return Refused("already_open", "this case is open already", "attach another request to it")


def _so_far(case: Case, task: Task, mechanism: Mechanism) -> list[Happening]:
    """What has happened to an open task since it was dispatched, in order, with the spells its clocks stood still."""
    clocks = [clock for clock in running_clocks(case) if clock.subject == task.id]
    pauses = _stood_still(clocks)
    moments = [("dispatched", task.dispatched_at)]
    limits = mechanism.limits
    again = [one.started_at for one in clocks if one.limit in limits and limits[one.limit].starts == "reworked"]
    moments.extend(("reworked", at) for at in again[-1:])
    if task.accepted_at is not None:
        moments.append(("accepted", task.accepted_at))
    spoken = [one.contacted_at for one in case.requests if one.contacted_at is not None and task.spec == LEAD]
    moments.extend(("contacted", at) for at in spoken[:1] if at >= task.dispatched_at)
    return [Happening(moment, task.id, task.unit, task.spec, at, pauses) for moment, at in moments]


def _asked_so_far(case: Case) -> list[Happening]:
    """The newest supervision that the leading unit still has to answer, also where it has returned the order."""
    task = answering_task(case)
    unanswered = [one.at for one in case.supervision if one.unit == case.lead and one.answered_at is None]
    if task is None or not unanswered:
        return []
    pauses = _stood_still([clock for clock in running_clocks(case) if clock.subject == task.id])
    return [Happening("supervised", task.id, task.unit, task.spec, unanswered[-1], pauses)]


def _stood_still(clocks: list[Clock]) -> tuple[tuple[int, int | None], ...]:
    """The spells of the clock of a task that stood still most often."""
    return max((clock.pauses for clock in clocks), key=len, default=())


VERBS = (
    Verb("open", OpenArgs, _never, frozenset({"received"})),
    Verb("attach", AttachArgs, attach, frozenset({"received"}), apart=True),
    Verb("split", SplitArgs, split, apart=True),
    Verb("locate", LocateArgs, locate),
    Verb("reclassify", ReclassifyArgs, reclassify, frozenset({"dispatched", "accepted"}), apart=True),
    Verb("migrate", MigrateArgs, migrate, apart=True),
)
