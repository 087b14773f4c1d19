"""The laws that hold of every case after every event, each as a check of the case before it and after it."""

from __future__ import annotations

from typing import Any

import msgspec

from kernel.case.tables import (
    DECODER,
    ENCODER,
    EVERYONE,
    SYSTEM,
    Play,
)
from sanban.kernel.case.engine import offers
from sanban.kernel.case.event import (
    CaseMigrated,
    CaseReclassified,
    ClockRecomputed,
    Event,
    ExtensionGranted,
    PromiseLengthened,
)
from sanban.kernel.case.fold import fold_all
from sanban.kernel.case.state import Case, Clock
from sanban.kernel.errors import Refused
from sanban.kernel.party import Link, links
from sanban.kernel.permission import Actor

SUBJECT = Actor("bad", "handler", "firm-x", "person:bad", "firm")
AGENT = Actor("agent", "operator", "desk", "person:agent", "desk")
MEMBER = Actor("member", "coordinator", "centre", "person:member", "centre")
LINKS = links([Link("agent_of", "person:agent", "firm-x", 0), Link("member_of", "person:member", "person:agent", 0)])


def check(before: Case | None, after: Case, event: Event, play: Play) -> None:
    check_owners(after)
    check_time(after)
    check_whistles(before, after)
    check_stored(event)
    check_kept(before, after, event)
    actor = next((one for one in EVERYONE if one.id == event.actor), SYSTEM)
    assert event.handler is False or actor.role != "system"


def check_owners(case: Case) -> None:
    """Law 1: exactly one lead; every open task has exactly one owner; at most one open task leads."""
    assert case.lead
    assert all(task.owner for task in case.open_tasks)
    leads = [task for task in case.open_tasks if task.spec == "lead"]
    assert len(leads) <= 1
    if leads and not case.next_lead:
        assert case.lead == leads[0].unit
    if case.next_lead:
        assert leads[0].unit == case.next_lead
    assert len({task.id for task in case.tasks}) == len(case.tasks)
    assert len({clock.id for clock in case.clocks}) == len(case.clocks)
    gave_back = [task.unit for task in case.tasks if task.spec != "lead" and task.state == "returned"]
    assert len(gave_back) == len(set(gave_back))
    assert len(case.returned_by) == len(set(case.returned_by)) <= 2


def check_time(case: Case) -> None:
    """Law 2: time never stands still in an open case without a reason, an approver and a date."""
    running = [clock for clock in case.clocks if clock.running]
    assert (case.closed_at is not None) == (case.state == "closed")
    if case.closed_at is not None:
        assert running == []
        assert case.suspensions == ()
        assert case.open_tasks == ()
        return
    moving = [clock for clock in running if not clock.paused and clock.limit not in ("promised", "own_contact")]
    shelved = case.state == "shelved" and case.review_at is not None
    assert moving or case.suspensions or shelved
    for suspension in case.suspensions:
        assert suspension.ground
        assert suspension.review_at > suspension.since
        assert suspension.approver not in case.handlers or suspension.approver == "boss"
        assert case.task(suspension.task) in case.open_tasks
    paused = {clock.subject for clock in running if clock.paused}
    assert paused <= {suspension.task for suspension in case.suspensions}
    assert (case.state == "shelved") == (case.review_at is not None)
    ids = {clock.id for clock in running} | {task.id for task in case.open_tasks}
    assert {one.subject for one in case.asked} <= ids


def check_whistles(before: Case | None, after: Case) -> None:
    """A whistle is called, screened once, and answered by each unit in a row of instants that are never taken back."""
    assert sum(one.outcome == "" for one in after.whistles) <= 1
    assert after.closed_at is None or not any(one.held or not one.outcome for one in after.whistles)
    for number, whistle in enumerate(after.whistles, start=1):
        assert whistle.id == f"{after.id}.w{number}"
        assert len({one.unit for one in whistle.summons}) == len(whistle.summons)
        assert whistle.outcome == "passed" or not whistle.summons
        for one in whistle.summons:
            late = one.reported_at is not None and one.due_at is not None and one.reported_at >= one.due_at
            assert not late or one.absent_at == one.due_at
            assert one.absent_at in (None, one.due_at)
            assert (one.released_at is None) == (one.how == "")
            clocks = [clock for clock in after.clocks if clock.subject == f"{whistle.id}:{one.unit}" and clock.running]
            assert bool(clocks) == (one.held and after.closed_at is None)
    for earlier, now in zip(before.whistles if before else (), after.whistles, strict=False):
        for one, two in zip(earlier.summons, now.summons, strict=False):
            kept = ("unit", "summoned_at", "reported_at", "absent_at", "released_at")
            assert all(getattr(one, name) in (None, getattr(two, name)) for name in kept)


def check_stored(event: Event) -> None:
    stored = ENCODER.encode(event)
    read = DECODER.decode(stored)
    assert read == event
    assert ENCODER.encode(read) == stored
    assert DECODER.decode(ENCODER.encode(spelled_out(event))) == event


def spelled_out(value: Any) -> Any:
    """As a program writes it that leaves no default out."""
    if isinstance(value, msgspec.Struct):
        tag = value.__struct_config__.tag
        told = {name: spelled_out(getattr(value, name)) for name in value.__struct_fields__}
        return {"type": tag, **told} if tag else told
    return [spelled_out(each) for each in value] if isinstance(value, tuple) else value


def check_co_tasks(before: Case, after: Case) -> None:
    """Another matter brings a dispatched case all the co-tasks without a condition that it asks for, each once."""
    live = [task.spec for task in after.tasks if task.open or task.state == "finished"]
    asked = {"pump"} if before.lead_task is not None and after.matter == "water" else set()
    assert asked <= set(live)
    new = [task.spec for task in after.tasks[len(before.tasks) :]]
    assert len(new) == len(set(new))
    assert "lead" not in new
    assert set(new).isdisjoint(task.spec for task in before.tasks if task.open or task.state == "finished")


def check_kept(before: Case | None, after: Case, event: Event) -> None:
    """What is true stays true: ages, promises, lateness, starts, the mechanism, the history."""
    if before is None:
        return
    if not isinstance(event, CaseReclassified | CaseMigrated):
        assert after.mechanism == before.mechanism
    if isinstance(event, CaseReclassified):
        check_co_tasks(before, after)
    kept = {one.id: one for one in after.requests}
    for request in before.requests:
        now = kept.get(request.id)
        if now is None:
            assert event.step == "split"
            continue
        assert (now.received_at, now.requester, now.repeat) == (request.received_at, request.requester, request.repeat)
        if not isinstance(event, PromiseLengthened | ClockRecomputed):
            assert now.promised_at == request.promised_at
        if isinstance(event, PromiseLengthened):
            assert (now.promised_at or 0) >= (request.promised_at or 0)
        assert request.contacted_at is None or now.contacted_at == request.contacted_at
    assert after.heard[: len(before.heard)] == before.heard, "what a requester answered is never unsaid"
    assert {one.request for one in after.heard} <= after.heard_of.keys()
    by_id = {clock.id: clock for clock in after.clocks}
    for clock in before.clocks:
        check_clock(clock, by_id[clock.id], event)
    joined = {one.requester for one in after.requests} - {one.requester for one in before.requests}
    assert all(joined.isdisjoint(LINKS.bound_to(subject, event.at)) for subject in before.subjects)
    assert after.handlers >= before.handlers
    assert after.subjects >= before.subjects
    assert after.returned_by[: len(before.returned_by)] == before.returned_by
    assert after.reopened >= before.reopened
    assert [task.id for task in after.tasks[: len(before.tasks)]] == [task.id for task in before.tasks]


def check_clock(before: Clock, after: Clock, event: Event) -> None:
    assert (after.started_at, after.limit, after.subject) == (before.started_at, before.limit, before.subject)
    assert before.missed_at is None or after.missed_at == before.missed_at
    if before.due_at is not None and event.at >= before.due_at and (before.running or before.missed_at is not None):
        assert after.due_at == before.due_at
    if len(after.lengths) != len(before.lengths):
        assert isinstance(event, ExtensionGranted)
    if before.missed_at is not None and not before.running:
        assert after.missed_at is not None


def check_outsiders(play: Play) -> None:
    """Law 7: the party complained about and its agents get nothing, always in the same words."""
    for actor in (SUBJECT, AGENT, MEMBER):
        assert offers(play.case, actor, play.situation(actor)) == ()
        for name in ("attach", "note", "accept", "close", "dance"):
            found = play.asks(name, actor)
            stranger = play.asks(name, Actor("nobody", "handler", "nowhere"))
            assert isinstance(found, Refused)
            assert found == stranger
            assert found.reason == "not_permitted"


def check_replay(play: Play) -> None:
    """The same events give the same state to the byte, stored or not."""
    stored = [DECODER.decode(ENCODER.encode(event)) for event in play.events]
    once, twice = fold_all(None, play.events), fold_all(None, stored)
    assert once == twice == play.case
    assert ENCODER.encode(once) == ENCODER.encode(twice)
