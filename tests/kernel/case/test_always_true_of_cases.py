"""What is true of every case after every event, whoever acted, in whatever order, at whatever time.

A case is driven by drawn moves. Most are chosen from what the engine offers someone, with good arguments; some are
steps at random by anyone, and the system's timers fire when they are due. After each event the laws are checked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given, note, settings
from hypothesis import strategies as st

from kernel.case.calendars import CN2025, CN2026
from kernel.case.laws import LINKS, check, check_outsiders, check_replay
from kernel.case.tables import (
    COORDINATOR,
    DISPATCHER,
    EVERYONE,
    FIREMAN,
    HANDLER_A,
    HANDLER_B,
    HANDLER_C,
    LEADER,
    OPERATOR,
    OPERATOR2,
    SYSTEM,
    TEXT,
    VERIFIER,
    WATERMAN,
    Play,
)
from sanban.kernel.case.engine import offers
from sanban.kernel.case.fold import fold_all
from sanban.kernel.case.timers import wanted_timers
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor

DAY = 86_400_000_000
LAWS = settings(max_examples=40, deadline=None)
PERMISSION_REASONS = frozenset({"not_permitted", "own_work", "too_often", "window_over", "guard_failed", "wrong_state"})

Draw = Callable[[st.SearchStrategy[Any]], Any]


def good_arguments(play: Play, name: str, draw: Draw) -> dict[str, Any]:
    """Arguments that fit a step, drawn from what the case holds."""
    make = ARGUMENTS.get(play.mechanism.steps[name].verb)
    return {} if make is None else make(play, name, draw)


def some_request(play: Play, draw: Draw) -> str:
    return str(draw(st.sampled_from([one.id for one in play.case.requests])))


def a_helping_task(play: Play, draw: Draw, *others: str) -> str:
    return str(
        draw(st.sampled_from([*others, *(one.id for one in play.case.open_tasks if one.spec != "lead")] or ["t1"]))
    )


def some_clock(play: Play, draw: Draw) -> str:
    return str(draw(st.sampled_from([one.id for one in play.case.clocks if one.running] or ["none"])))


def held_units(play: Play) -> list[str]:
    return [unit for whistle in play.case.whistles for unit in whistle.held]


def wished(play: Play, kind: str) -> str:
    return next((one.subject for one in play.case.asked if one.kind == kind), "none" if kind == "extension" else "")


def later(play: Play, draw: Draw) -> int:
    return play.now + int(draw(st.integers(1, 25))) * DAY


def another_request(play: Play, name: str, draw: Draw) -> dict[str, Any]:
    number = len(play.case.requests) + len(play.case.detached) + 1
    requester = draw(st.sampled_from(["person:one", f"person:{number}", f"person:{number}", "person:agent"]))
    received_at = play.now - draw(st.integers(0, 2 * DAY))
    return {"request": f"r{number}", "requester": requester, "channel": "app", "received_at": received_at}


def a_call_back(play: Play, name: str, draw: Draw) -> dict[str, Any]:
    request = next((one.id for one in play.case.requests if one.call_back is None), "r1")
    return {"request": request, "reached": True, "resolved": draw(st.sampled_from(["yes", "yes", "no", "partly"]))}


def another_matter(play: Play, name: str, draw: Draw) -> dict[str, Any]:
    matter = draw(st.sampled_from(["parking", "noise", "water"]))
    return {"matter": matter, "fields": {"plates": 3} if matter == "parking" else {}}


GATES = ("", "permit")
ARGUMENTS: dict[str, Callable[[Play, str, Draw], dict[str, Any]]] = {
    "attach": another_request,
    "split": lambda play, _, draw: {"request": some_request(play, draw)},
    "locate": lambda play, _, draw: {"grid": "g-a1", "street": "s-a"},
    "reclassify": another_matter,
    "migrate": lambda play, _, draw: {"version": "2025-06-01"},
    "dispatch": lambda play, _, draw: {"unit": draw(st.sampled_from(["", "street-a", "street-b", "street-c"]))},
    "accept": lambda play, _, draw: {"task": a_helping_task(play, draw, "")},
    "return_order": lambda play, _, draw: {"ground": "not_our_duty"},
    "return_task": lambda play, _, draw: {"task": a_helping_task(play, draw), "ground": "not_our_duty"},
    "rule": lambda play, _, draw: {"unit": draw(st.sampled_from(["street-a", "street-b"])), "precedent": "s-a"},
    "pass_down": lambda play, _, draw: {"task": a_helping_task(play, draw, ""), "station": "team-a1"},
    "plan": lambda play, _, draw: {"tasks": [
        {"key": "a", "unit": "dept-water", "mandatory": draw(st.booleans()), "gate": draw(st.sampled_from(GATES))},
    ]},
    "waive": lambda play, _, draw: {"task": a_helping_task(play, draw), "ground": "no_need"},
    "contact": lambda play, _, draw: {"request": some_request(play, draw)},
    "finish_task": lambda play, _, draw: {"task": a_helping_task(play, draw)},
    "ask_extension": lambda play, _, draw: {"clock": some_clock(play, draw), "ground": "complex"},
    "grant_extension": lambda play, _, draw: {"clock": wished(play, "extension")},
    "refuse_extension": lambda play, _, draw: {"clock": wished(play, "extension")},
    "ask_suspension": lambda play, _, draw: {
        "ground": "weather", "review_at": later(play, draw), "task": a_helping_task(play, draw, ""),
    },
    "suspend": lambda play, _, draw: {"task": wished(play, "suspension")},
    "resume": lambda play, _, draw: {"task": next((one.task for one in play.case.suspensions), "")},
    "shelve": lambda play, _, draw: {"ground": "no_means", "review_at": later(play, draw)},
    "whistle": lambda play, _, draw: {
        "kind": draw(st.sampled_from(["emergency", "hard_problem"])), "note": TEXT, "street": "street-a",
        "wanted": draw(st.sampled_from([["dept-fire"], ["dept-water", "dept-fire"], ["street-b", "dept-water"]])),
    },
    "screen": lambda play, _, draw: {"ground": draw(st.sampled_from(["", "", "not_hard"]))},
    "summon": lambda play, _, draw: {"called": draw(st.sampled_from(["dept-fire", "street-c"]))},
    "release": lambda play, _, draw: {"called": draw(st.sampled_from([*held_units(play), "dept-fire"]))},
    "veto": lambda play, _, draw: {"note": TEXT},
    "refuse_joint": lambda play, _, draw: {"ground": "not_hard"},
    "offer_joint": lambda play, _, draw: {"cause": "call_back_failed"},
    "change_lead": lambda play, _, draw: {"unit": draw(st.sampled_from(["street-a", "street-b", "dept-water"]))},
    "pass_gate": lambda play, _, draw: {"gate": next((one.gate for one in play.case.tasks if one.gate), "permit")},
    "minute": lambda play, _, draw: {"note": TEXT, "present": held_units(play)},
    "call_back": a_call_back,
    "close": lambda play, name, draw: {"ending": "resolved" if name == "close" else "unsolved"},
    "rework": lambda play, _, draw: {
        "tasks": [draw(st.sampled_from([one.id for one in play.case.tasks if one.state == "finished"] or ["t1"]))],
    },
    "reopen": lambda play, _, draw: {"unit": draw(st.sampled_from(["", "street-b"]))},
    "lengthen_promise": lambda play, _, draw: {
        "request": some_request(play, draw), "promised_at": later(play, draw) + 60 * DAY, "note": TEXT,
    },
    "note": lambda play, _, draw: {"note": TEXT},
}  # fmt: skip


def advance(play: Play, draw: Draw) -> None:
    """Time passes: not at all, a little, much, or to just before, at, or just after a timer."""
    kind = draw(st.sampled_from("=..~!!"))
    if kind == ".":
        play.now += draw(st.integers(1, 4)) * 3_600_000_000
    elif kind == "~":
        play.now += draw(st.integers(1, 20)) * DAY
    elif kind == "!":
        due = sorted(wanted.at for wanted in wanted_timers(play.case))
        if due:
            play.now = max(play.now, due[0] + draw(st.sampled_from([-1, 0, 1])))


def a_move(play: Play, draw: Draw) -> tuple[str, Actor, dict[str, Any]]:
    kind = draw(st.sampled_from("oooooooottr"))
    due = wanted_timers(play.case, play.now)
    if kind == "t" and due:
        wanted = draw(st.sampled_from(due))
        return wanted.step, SYSTEM, {wanted.name: wanted.subject}
    if kind == "r":
        name, actor = draw(st.sampled_from(sorted(play.mechanism.steps))), draw(st.sampled_from(EVERYONE))
        return name, actor, good_arguments(play, name, draw)
    actor = draw(st.sampled_from(draw(st.sampled_from([LIKELY[play.case.state], LIKELY[play.case.state], EVERYONE]))))
    offered = [step.name for step in offers(play.case, actor, play.situation(actor))] or ["note"]
    onward = [name for name in offered if name in ONWARD] or offered
    name = draw(st.sampled_from(draw(st.sampled_from([onward, offered]))))
    return name, actor, good_arguments(play, name, draw)


WORKERS = (HANDLER_A, HANDLER_B, HANDLER_C, FIREMAN, WATERMAN)
LIKELY: dict[str, tuple[Actor, ...]] = {
    "filed": (DISPATCHER, OPERATOR),
    "dispatched": WORKERS,
    "handling": (*WORKERS, HANDLER_A, COORDINATOR, LEADER, DISPATCHER),
    "reassigning": (DISPATCHER,),
    "ruling": (COORDINATOR, DISPATCHER),
    "finished": (VERIFIER, OPERATOR),
    "calling_back": (OPERATOR2, DISPATCHER),
    "shelved": (LEADER, COORDINATOR),
    "joint": (COORDINATOR, COORDINATOR, LEADER, *WORKERS),
    "closed": (OPERATOR, OPERATOR2),
}
ONWARD = frozenset({
    "dispatch", "accept", "return_order", "return_again", "rule", "finish", "verify", "call_back", "close",
    "close_unsolved", "reopen", "rework", "shelve", "finish_task", "return_task", "waive", "ask_suspension", "suspend",
    "ask_extension", "grant_extension", "whistle", "screen", "report_in", "release", "veto", "change_lead",
})  # fmt: skip


def begin(draw: Draw) -> Play:
    play = Play(links=LINKS)
    fields = draw(st.sampled_from([{}, {"fire_risk": True}, {"fire_risk": True, "loudness": "loud"}]))
    start = draw(st.sampled_from(["2025-04-25 10:00", "2025-09-26 17:29", "2025-12-20 10:00"]))
    return play.open(start, fields=fields, subjects=("firm-x",), found=draw(st.booleans()))


@LAWS
@given(st.data())
def test_the_laws_hold_after_every_event(data: st.DataObject) -> None:
    play = begin(data.draw)
    check(None, play.case, play.last, play)
    for _ in range(data.draw(st.integers(5, 30))):
        advance(play, data.draw)
        if play.now > CN2025.known_end and data.draw(st.booleans()):
            play.calendar = CN2026
            run(play, "recompute", SYSTEM, {})
        if data.draw(st.booleans()):
            run(play, "advise", SYSTEM, {"model": "m", "share": data.draw(st.integers(0, 10_000))})
        run(play, *a_move(play, data.draw))
    check_replay(play)


def run(play: Play, name: str, actor: Actor, args: dict[str, Any]) -> None:
    before, known = play.case, len(play.events)
    found = play.asks(name, actor, **args)
    again = play.asks(name, actor, **args)
    assert found == again
    if isinstance(found, Refused):
        check_refusal(play, name, actor, args, found)
        return
    assert before == play.case
    play.take(name, actor, **args)
    note(f"{name} by {actor.id}: {play.case.state}")
    middle = before
    for event in play.events[known:]:
        after = fold_all(middle, [event])
        assert after is not None
        check(middle, after, event, play)
        middle = after
    for whistle in play.case.whistles:
        assert (whistle.outcome == "passed") == (set(whistle.wanted) <= {one.unit for one in whistle.summons})
    check_outsiders(play)


def check_refusal(play: Play, name: str, actor: Actor, args: dict[str, Any], refused: Refused) -> None:
    """What is offered is not refused for want of permission, count, window or guard; and the other way round."""
    assert refused.message
    offered = {step.name for step in offers(play.case, actor, play.situation(actor))}
    if refused.reason in PERMISSION_REASONS and "task" not in args and "clock" not in args:
        assert name not in offered


@LAWS
@given(st.data())
def test_whatever_is_not_offered_is_refused_and_whatever_is_offered_is_not_for_want_of_permission(
    data: st.DataObject,
) -> None:
    play = begin(data.draw)
    for _ in range(data.draw(st.integers(0, 15))):
        advance(play, data.draw)
        name, actor, args = a_move(play, data.draw)
        if not isinstance(play.asks(name, actor, **args), Refused):
            play.take(name, actor, **args)
    for actor in data.draw(st.lists(st.sampled_from(EVERYONE), min_size=3, max_size=3, unique_by=lambda one: one.id)):
        offered = {step.name for step in offers(play.case, actor, play.situation(actor))}
        for name in play.mechanism.steps:
            found = play.asks(name, actor, **good_arguments(play, name, data.draw))
            if not isinstance(found, Refused):
                assert name in offered


UNITS = {"street-a": HANDLER_A, "street-b": HANDLER_B}


@LAWS
@given(st.data())
def test_a_unit_that_shirks_never_gets_a_later_due_time_or_a_clean_record_by_itself(data: st.DataObject) -> None:
    """Whatever one unit does alone, its clock runs from dispatch, and ends done, returned once in time, or late."""
    play = Play().dispatched()
    due = play.clock("resolve").due_at
    assert due is not None
    for _ in range(data.draw(st.integers(1, 12))):
        advance(play, data.draw)
        offered = offers(play.case, HANDLER_A, play.situation(HANDLER_A))
        if offered:
            name = data.draw(st.sampled_from([step.name for step in offered]))
            args = good_arguments(play, name, data.draw)
            found = play.asks(name, HANDLER_A, **args)
            if not isinstance(found, Refused):
                play.take(name, HANDLER_A, **args)
    lead = [clock for clock in play.case.clocks if clock.limit == "resolve" and clock.subject == "t1"]
    assert [clock.due_at for clock in lead] == [due]
    assert play.case.requests[0].promised_at == due


@LAWS
@given(st.data())
def test_one_way_leads_from_wherever_a_case_stands_to_its_closing(data: st.DataObject) -> None:
    """No case is ever stuck: people who do their duty bring it home from any state that others left it in."""
    play = begin(data.draw)
    for _ in range(data.draw(st.integers(0, 20))):
        advance(play, data.draw)
        name, actor, args = a_move(play, data.draw)
        if not isinstance(play.asks(name, actor, **args), Refused):
            play.take(name, actor, **args)
    for _ in range(60):
        if play.case.state == "closed":
            break
        if not settles_whistles(play):
            bring_on(play)
    assert play.case.state == "closed"


FRESH = Actor("disp9", "dispatcher", "desk", "", "desk")
"""Someone of the desk who has not touched the case."""


def settles_whistles(play: Play) -> bool:
    """Whether something of a whistle was to be done, and is: screening it, or letting a unit go."""
    held = [(one.street, unit) for one in play.case.whistles for unit in one.held]
    if play.case.whistles and not play.case.whistles[-1].outcome:
        play.take("screen", COORDINATOR)
    elif held:
        street, unit = held[0]
        play.take("release", next(one for one in EVERYONE if one.unit == street), called=unit)
    else:
        return False
    return True


def bring_on(play: Play) -> None:
    case, free = play.case, [one for one in ("street-a", "street-b", "street-c") if one not in play.case.returned_by]
    state, open_helping = case.state, [task for task in case.open_tasks if task.spec != "lead"]
    lead = case.lead_task
    owner = next((one for one in EVERYONE if lead and one.unit == lead.unit and one.role == "handler"), OPERATOR)
    if state in ("filed", "reassigning"):
        play.take("dispatch", FRESH, unit=free[0])
    elif state == "dispatched":
        play.take(*(("take_up", LEADER) if owner.id in case.handled_before else ("accept", owner)))
    elif state == "ruling":
        play.take("rule", COORDINATOR, unit="street-a")
    elif state == "joint":
        play.take("joint_over", COORDINATOR)
    elif state == "shelved":
        play.take("unshelve", LEADER)
    elif state == "handling" and open_helping:
        office = COORDINATOR if case.lead == FRESH.unit else FRESH
        play.take("waive", office, task=open_helping[0].id, ground="no_need")
    elif state == "handling":
        play.take("finish", owner)
    elif state == "finished":
        play.take("verify", VERIFIER)
    elif any(one.call_back is None for one in case.requests):
        missing = next(one.id for one in case.requests if one.call_back is None)
        play.take("call_back", FRESH, request=missing, reached=True, resolved="yes")
    else:
        said = {one.call_back.resolved for one in case.requests if one.call_back is not None}
        unresolved = bool(said & {"no", "partly"})
        name, ending = ("close_unsolved", "unsolved") if unresolved else ("close", "resolved")
        play.take(name, FRESH, ending=ending)
