"""Verbs about time: extension, suspension, shelving, the promised date; and the system's own: expire, remind, ..."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from sanban.kernel.case.clocks import Inner, inner_due, timed_anew
from sanban.kernel.case.event import (
    CaseShelved,
    CaseUnshelved,
    ClockMissed,
    ClockRecomputed,
    ClockReminded,
    ClockResumed,
    ClockSuspended,
    ExtensionAsked,
    ExtensionGranted,
    ExtensionRefused,
    PromiseLengthened,
    SuspensionAsked,
)
from sanban.kernel.case.facts import (
    case_facts,
    not_screened,
    open_task,
    running_clock,
    running_clocks,
    unknown_ground,
    works_on,
)
from sanban.kernel.case.situation import Effect, NoArgs, Situation, Verb
from sanban.kernel.case.state import Asked, Case, Clock, Suspension, Task
from sanban.kernel.case.words import GivenCode, GivenId, GivenRef
from sanban.kernel.clock.due import Due, due, recompute_needed
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Ground, Limit
from sanban.kernel.permission import relations


class AskExtensionArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    clock: GivenId
    ground: GivenCode
    note: GivenRef = ""


class ClockArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    clock: GivenId
    note: GivenRef = ""


class AskSuspensionArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`task` '' means the lead's; `review_at`: when it ends at the latest."""

    ground: GivenCode
    review_at: int
    task: GivenCode = ""
    note: GivenRef = ""


class SuspendArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    task: GivenCode = ""
    note: GivenRef = ""


class ShelveArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ground: GivenCode
    review_at: int
    note: GivenRef = ""


class LengthenArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`note`: the notice to the requester; without one the date does not move."""

    request: GivenId
    promised_at: int
    note: GivenRef


def ask_extension(case: Case, args: AskExtensionArgs, situation: Situation) -> Effect | Refused:
    """Before the due time, on a declared ground. Asking stops no clock; silence refuses."""
    clock = _running(case, args.clock)
    if isinstance(clock, Refused):
        return clock
    limit = situation.mechanism.limits.get(clock.limit)
    if limit is None or limit.extend is None:
        return Refused("not_extendable", f"{clock.limit} cannot be extended", "a limit with extend")
    if args.ground not in situation.mechanism.grounds.extending:
        return unknown_ground(args.ground, situation.mechanism.grounds.extending)
    if clock.extended >= limit.extend.times:
        return Refused("too_often", f"{clock.limit} may be extended {limit.extend.times} time(s)", "supervise")
    if _is_over(clock, situation.now):
        return Refused("too_late", "an extension is asked for before the due time; late stays late", "finish")
    if clock.fixed is not None:
        return Refused("not_extendable", "nothing extends a fixed date", "a limit with extend")
    if not isinstance(_asked(case, "extension", clock.id), Refused):
        return Refused("already_asked", "an extension of this clock is asked for already", "wait for the answer")
    asked = Asked("extension", clock.id, situation.actor.id, situation.actor.unit, situation.now, args.ground)
    return Effect(ExtensionAsked, {"asked": asked})


def grant_extension(case: Case, args: ClockArgs, situation: Situation) -> Effect | Refused:
    """By the approver of this turn, who is neither the asker nor a handler, and before the due time."""
    clock, asked = _running(case, args.clock), _asked(case, "extension", args.clock)
    if isinstance(clock, Refused) or isinstance(asked, Refused):
        return clock if isinstance(clock, Refused) else _nothing_asked()
    limit = situation.mechanism.limits[clock.limit]
    if limit.extend is None:
        return Refused("not_extendable", f"{clock.limit} cannot be extended", "a limit with extend")
    approver = limit.extend.approvers[min(clock.extended, len(limit.extend.approvers) - 1)]
    refusal = _not_approver(case, asked, situation, approver)
    if refusal is not None:
        return refusal
    if _is_over(clock, situation.now):
        return Refused("too_late", "the due time is past: silence has refused the extension", "finish")
    longer = replace(clock, lengths=(*clock.lengths, limit.extend.by), extended=clock.extended + 1, reminded_at=None)
    return Effect(ExtensionGranted, {"clock": timed_anew(situation, limit, longer)})


def refuse_extension(case: Case, args: ClockArgs, situation: Situation) -> Effect | Refused:
    """The clock runs on as it did."""
    asked = _asked(case, "extension", args.clock)
    if isinstance(asked, Refused):
        return asked
    return _not_approver(case, asked, situation, "") or Effect(ExtensionRefused, {"clock": args.clock})


def ask_suspension(case: Case, args: AskSuspensionArgs, situation: Situation) -> Effect | Refused:
    """A wish to stop a task's unit clocks, with a declared reason and a review date within its cap."""
    task = open_task(case, args.task)
    if isinstance(task, Refused):
        return task
    grounds = situation.mechanism.grounds.suspending
    if args.ground not in grounds:
        return unknown_ground(args.ground, grounds)
    refusal = _review_fault(args.review_at, grounds[args.ground], situation)
    if refusal is not None:
        return refusal
    if any(one.task == task.id for one in case.suspensions):
        return Refused("already_suspended", "the clocks of this task stand still already", "resume")
    if not isinstance(_asked(case, "suspension", task.id), Refused):
        return Refused("already_asked", "a suspension of this task is asked for already", "wait for the answer")
    if not _unit_clocks(case, task, situation):
        return _nothing_to_stop()
    asked = Asked(
        "suspension", task.id, situation.actor.id, situation.actor.unit, situation.now, args.ground, args.review_at
    )
    return Effect(SuspensionAsked, {"asked": asked})


def suspend(case: Case, args: SuspendArgs, situation: Situation) -> Effect | Refused:
    """Approve it: the unit clocks of the task stop; the request's age and promise never do."""
    task = open_task(case, args.task)
    if isinstance(task, Refused):
        return task
    asked = _asked(case, "suspension", task.id)
    if isinstance(asked, Refused):
        return asked
    refusal = _not_approver(case, asked, situation, "")
    if refusal is not None:
        return refusal
    review_at = asked.review_at or situation.now
    if review_at <= situation.now:
        return Refused("too_late", "the review date asked for is past", "ask_suspension with a later one")
    suspension = Suspension(task.id, asked.ground, situation.actor.id, situation.now, review_at)
    clocks = tuple(
        timed_anew(situation, limit, replace(clock, pauses=(*clock.pauses, (situation.now, None))))
        for clock, limit in _unit_clocks(case, task, situation)
    )
    if not clocks:
        return _nothing_to_stop()
    return Effect(ClockSuspended, {"suspension": suspension, "clocks": clocks})


def resume(case: Case, args: SuspendArgs, situation: Situation) -> Effect | Refused:
    """The clocks of the task run again; the spell does not count."""
    task = open_task(case, args.task)
    if isinstance(task, Refused):
        return task
    if not any(one.task == task.id for one in case.suspensions):
        return Refused("not_suspended", "no clock of this task stands still", "ask_suspension")
    return Effect(ClockResumed, _resumed(case, task, situation))


def shelve(case: Case, args: ShelveArgs, situation: Situation) -> Effect | Refused:
    """Into the problem bank with a reason and a review date; it counts as unsolved and its promise runs on."""
    waits = not_screened(case)
    if waits is not None:
        return waits
    grounds = situation.mechanism.grounds.shelving
    if args.ground not in grounds:
        return unknown_ground(args.ground, grounds)
    refusal = _review_fault(args.review_at, grounds[args.ground], situation)
    if refusal is not None:
        return refusal
    return Effect(CaseShelved, {"ground": args.ground, "review_at": args.review_at})


def unshelve(case: Case, args: SuspendArgs, situation: Situation) -> Effect | Refused:
    """Out of the problem bank."""
    return Effect(CaseUnshelved, {})


def lengthen_promise(case: Case, args: LengthenArgs, situation: Situation) -> Effect | Refused:
    """Only longer, only by the dispatcher, only with a notice."""
    request = case.request(args.request)
    if request is None:
        return Refused("unknown_request", "this request is not part of the case", case.requests[0].id)
    if request.promised_at is not None and args.promised_at <= request.promised_at:
        return Refused("not_longer", "a promised date is only ever lengthened by this step", "a later instant")
    return Effect(PromiseLengthened, {"request": args.request, "promised_at": args.promised_at})


def expire(case: Case, args: ClockArgs, situation: Situation) -> Effect | Refused | None:
    """A clock has run out: it is late from now on, for ever; what was asked about it is refused by silence."""
    clock = running_clock(case, args.clock)
    if clock is None or clock.missed_at is not None or not _is_over(clock, situation.now):
        return None
    return Effect(ClockMissed, {"clock": clock.id})


def remind(case: Case, args: ClockArgs, situation: Situation) -> Effect | Refused | None:
    """The reminder before the due time, once."""
    clock = running_clock(case, args.clock)
    if clock is None or clock.reminded_at is not None or clock.remind_at is None or situation.now < clock.remind_at:
        return None
    return Effect(ClockReminded, {"clock": clock.id})


def review(case: Case, args: SuspendArgs, situation: Situation) -> Effect | Refused | None:
    """The review date has come: a suspension's clocks run again; a shelved case (no task) is worked again."""
    if not args.task:
        return _reviewed(case, situation)
    task = case.task(args.task)
    suspension = next((one for one in case.suspensions if one.task == args.task), None)
    if task is None or suspension is None or situation.now < suspension.review_at:
        return None
    return Effect(ClockResumed, _resumed(case, task, situation))


def _reviewed(case: Case, situation: Situation) -> Effect | None:
    back = next((one.to for one in situation.mechanism.steps_from(case.state) if one.verb == "unshelve"), None)
    if back is None or case.review_at is None or situation.now < case.review_at:
        return None
    return Effect(CaseUnshelved, {}, to=back)


def recompute(case: Case, args: NoArgs, situation: Situation) -> Effect | Refused | None:
    """A newer calendar is in force: provisional due times to come that it settles are computed anew, by this event."""
    clocks = tuple(
        timed_anew(situation, situation.mechanism.limits.get(clock.limit), clock)
        for clock in running_clocks(case)
        if not _is_over(clock, situation.now)
        and recompute_needed(Due(clock.due_at, clock.provisional, clock.calendar), situation.calendar)
    )
    return Effect(ClockRecomputed, {"clocks": clocks}) if clocks else None


def _resumed(case: Case, task: Task, situation: Situation) -> dict[str, object]:
    """What resuming says: the task's clocks without the spell, and by when its station has to be done then."""
    clocks = tuple(
        timed_anew(
            situation,
            situation.mechanism.limits.get(clock.limit),
            replace(clock, pauses=(*clock.pauses[:-1], (clock.pauses[-1][0], situation.now))),
        )
        for clock in running_clocks(case)
        if clock.subject == task.id and clock.paused
    )
    inner = inner_due(situation, task.id, clocks) if task.station else Inner()
    return {"task": task.id, "clocks": clocks, "inner_due_at": inner.due_at, "inner_remind_at": inner.remind_at}


def _unit_clocks(case: Case, task: Task, situation: Situation) -> list[tuple[Clock, Limit | None]]:
    return [
        (clock, situation.mechanism.limits.get(clock.limit))
        for clock in running_clocks(case)
        if clock.subject == task.id and clock.fixed is None and not _is_over(clock, situation.now)
    ]


def _nothing_to_stop() -> Refused:
    return Refused("too_late", "no clock of this task can be stopped: late stays late", "finish")


def _is_over(clock: Clock, now: int) -> bool:
    return clock.due_at is not None and now >= clock.due_at


def _running(case: Case, clock_id: str) -> Clock | Refused:
    return running_clock(case, clock_id) or Refused(
        "unknown_clock", f"no clock {clock_id} runs in this case", "clock: resolve.t1.3"
    )


def _asked(case: Case, kind: str, subject: str) -> Asked | Refused:
    return next((one for one in case.asked if one.kind == kind and one.subject == subject), _nothing_asked())


def _nothing_asked() -> Refused:
    return Refused("nothing_asked", "nobody has asked for this", "ask_extension, ask_suspension")


def _not_approver(case: Case, asked: Asked, situation: Situation, approver: str) -> Refused | None:
    """The approver is not the asker, has not handled the case, and has the declared relation of this turn.

    Of a unit that works on the case nobody approves but its head.
    """
    actor = situation.actor
    if actor.id == asked.by or actor.id in case.handlers or (actor.role != "leader" and works_on(case, actor)):
        return Refused("own_work", "who asks or handles does not approve", "another officer")
    if approver and approver not in relations(actor, case_facts(case)):
        return Refused("not_permitted", f"this time the approver is the {approver}", f"sign in as {approver}")
    return None


def _review_fault(review_at: int, ground: Ground, situation: Situation) -> Refused | None:
    if review_at <= situation.now:
        return Refused("review_past", "a review date lies ahead", "review_at: an instant to come")
    if ground.cap is not None:
        latest = due(situation.calendar, (ground.cap,), situation.now).at
        if latest is not None and review_at > latest:
            return Refused("over_cap", f"{ground.code} lasts {ground.cap.en} at most", "an earlier review date")
    return None


VERBS = (
    Verb(
        "ask_extension",
        AskExtensionArgs,
        ask_extension,
        frozenset({"asked"}),
        owned="any",
        handles=True,
        grounds="extending",
    ),
    Verb("grant_extension", ClockArgs, grant_extension, frozenset({"answered"})),
    Verb("refuse_extension", ClockArgs, refuse_extension, frozenset({"answered"})),
    Verb(
        "ask_suspension",
        AskSuspensionArgs,
        ask_suspension,
        frozenset({"asked"}),
        owned="any",
        handles=True,
        grounds="suspending",
    ),
    Verb("suspend", SuspendArgs, suspend, frozenset({"answered"})),
    Verb("resume", SuspendArgs, resume, owned="any"),
    Verb("shelve", ShelveArgs, shelve, apart=True, grounds="shelving"),
    Verb("unshelve", SuspendArgs, unshelve),
    Verb("lengthen_promise", LengthenArgs, lengthen_promise, apart=True, needs=("note",)),
)

SYSTEM_VERBS = (
    Verb("expire", ClockArgs, expire),
    Verb("remind", ClockArgs, remind),
    Verb("review", SuspendArgs, review),
    Verb("recompute", NoArgs, recompute),
)
