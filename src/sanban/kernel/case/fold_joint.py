"""How the events of joint handling change a case: whistles, who was called and came, offers, gates.

The part of `fold` that knows whistles; as there, no calendar, no mechanism and no decision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from msgspec.structs import replace

from sanban.kernel.case import event as events
from sanban.kernel.case.state import Case, Clock, JointOffer, Summons, Whistle

Changes = dict[str, Any]


def with_due_times(case: Case, changed: Iterable[Clock]) -> Changes:
    """The summonses whose clocks were computed anew show their new due times."""
    due = {clock.id: clock.due_at for clock in changed}
    if not any(one.clock in due for whistle in case.whistles for one in whistle.summons):
        return {}
    return {
        "whistles": tuple(
            replace(
                whistle, summons=tuple(replace(one, due_at=due.get(one.clock, one.due_at)) for one in whistle.summons)
            )
            for whistle in case.whistles
        )
    }


def _with_whistle(case: Case, whistle_id: str, **changes: Any) -> Changes:
    return {"whistles": tuple(replace(one, **changes) if one.id == whistle_id else one for one in case.whistles)}


def _with_summons(case: Case, whistle_id: str, unit: str, change: Callable[[Summons], Summons]) -> Changes:
    whistle = next(one for one in case.whistles if one.id == whistle_id)
    changed = tuple(change(one) if one.unit == unit else one for one in whistle.summons)
    return _with_whistle(case, whistle_id, summons=changed)


def _whistled(case: Case, event: events.CaseWhistled) -> Changes:
    whistle = Whistle(event.whistle, event.kind, event.street, event.wanted, event.note, event.actor, event.at)
    return {"whistles": (*case.whistles, replace(whistle, tests=event.tests, reach=event.reach))}


def _crossed(case: Case, tests: tuple[str, ...], reach: tuple[str, ...]) -> Changes:
    """What was found to cross borders stays known."""
    return {
        "crosses": tuple(dict.fromkeys((*case.crosses, *tests))),
        "reach": tuple(dict.fromkeys((*case.reach, *reach))),
    }


def _screened(case: Case, event: events.CaseScreened) -> Changes:
    """What the whistle says that the problem crosses holds when it passes; a refused one says nothing of the case."""
    screened = _with_whistle(
        case,
        event.whistle,
        outcome=event.outcome,
        screened_at=event.at,
        ground=event.ground,
        silent=event.silent,
    )
    whistle = next(one for one in case.whistles if one.id == event.whistle)
    return screened | _crossed(case, whistle.tests, whistle.reach) if event.outcome == "passed" else screened


def _summoned(case: Case, event: events.CaseSummoned) -> Changes:
    whistle = next(one for one in case.whistles if one.id == event.whistle)
    clock = next((one for one in event.started if one.limit == event.limit), None)
    called = Summons(event.called, event.at)
    if clock is not None:
        called = replace(called, clock=clock.id, due_at=clock.due_at)
    return _with_whistle(case, event.whistle, summons=(*whistle.summons, called))


def _reported_in(case: Case, event: events.CaseReportedIn) -> Changes:
    return _with_summons(
        case, event.whistle, event.called, lambda one: replace(_waited_for(one, event.at), reported_at=event.at)
    )


def _waited_for(one: Summons, at: int) -> Summons:
    """Who is not there yet at or after the due time was absent, whether the timer has said so yet or not."""
    if one.reported_at is not None or one.absent_at is not None or one.due_at is None or at < one.due_at:
        return one
    return replace(one, absent_at=one.due_at)


def _marked_absent(case: Case, event: events.CaseMarkedAbsent) -> Changes:
    return _with_summons(case, event.whistle, event.called, lambda one: replace(one, absent_at=one.due_at))


def _released(case: Case, event: events.CaseReleased) -> Changes:
    def change(one: Summons) -> Summons:
        return replace(_waited_for(one, event.at), released_at=event.at, how=event.how)

    return _with_summons(case, event.whistle, event.called, change)


def _offered(case: Case, event: events.JointOffered) -> Changes:
    return {"offers": (*case.offers, JointOffer(event.cause, event.at)), **_crossed(case, event.tests, ())}


def _accepted(case: Case, event: events.JointAccepted) -> Changes:
    return {**_answered(case, "accepted", event.ground), **_crossed(case, event.tests, event.reach)}


def _refused(case: Case, event: events.JointRefused) -> Changes:
    return _answered(case, "refused", event.ground)


def _answered(case: Case, answer: str, ground: str) -> Changes:
    return {"offers": (*case.offers[:-1], replace(case.offers[-1], answer=answer, ground=ground))}


def _gate_passed(case: Case, event: events.GatePassed) -> Changes:
    return {"gates": (*case.gates, event.gate)}


def _no_change(_case: Case, _event: events.CaseMinuted) -> Changes:
    return {}


JOINT_CHANGES: dict[type, Callable[[Case, Any], Changes]] = {
    events.CaseWhistled: _whistled,
    events.CaseScreened: _screened,
    events.CaseSummoned: _summoned,
    events.CaseReportedIn: _reported_in,
    events.CaseMarkedAbsent: _marked_absent,
    events.CaseReleased: _released,
    events.JointOffered: _offered,
    events.JointAccepted: _accepted,
    events.JointRefused: _refused,
    events.GatePassed: _gate_passed,
    events.CaseMinuted: _no_change,
}
"""As `fold` has for all other events; a veto reworks tasks and stands there."""
