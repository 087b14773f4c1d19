"""A case's joint room as one viewer sees it: who was called and is there, the plan with its gates, what was agreed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from sanban.joint.board.listing import SummonsLine, cross_titles
from sanban.joint.board.tables import stands
from sanban.joint.room.ports import Joined, Needs
from sanban.kernel.case.facts import closed_gates, running_clocks
from sanban.kernel.case.state import LEAD, Case, Task, Whistle
from sanban.kernel.case.verbs.imposing import limit_title
from sanban.kernel.mechanism import Ground, Title
from sanban.kernel.permission import Actor
from sanban.kernel.view import TimeLeft, Tone

TASK_TONES: dict[str, Tone] = {
    "dispatched": "waiting",
    "accepted": "moving",
    "finished": "done",
    "waived": "plain",
    "returned": "late",
    "withdrawn": "plain",
}


class RoomWhistle(msgspec.Struct, frozen=True):
    """One whistle with its problem ('' where the viewer may not read it) and the units it called."""

    whistle: str
    kind: Title
    street: Title
    at: int
    stands: str
    silent: bool
    ground: Title | None
    problem: str
    wanted: tuple[Title, ...]
    summons: tuple[SummonsLine, ...]


class PlanLine(msgspec.Struct, frozen=True):
    """A task of the plan: whose, how it stands, after which others (numbers of lines), at which gate, until when."""

    number: int
    title: Title
    unit: Title
    lead: bool
    state: str
    tone: Tone
    after: tuple[int, ...]
    gate: str
    gate_passed: bool
    left: TimeLeft | None


class RoomClock(msgspec.Struct, frozen=True):
    """A clock that runs: what it is called, whose it is, until when."""

    id: str
    title: Title
    unit: Title
    due_at: int
    left: TimeLeft | None


class NotedLine(msgspec.Struct, frozen=True):
    """Minutes, a ruling, a veto or a gate passed. `text` '' where there is none, or the viewer may not read it."""

    kind: str
    at: int
    unit: Title
    about: tuple[Title, ...]
    ground: Title | None
    text: str


class StepLink(msgspec.Struct, frozen=True):
    """A step that the viewer may take on the case's page."""

    name: str
    title: Title


class Room(msgspec.Struct, frozen=True):
    """The joint room of a case. `offered`: why joint handling was offered, '' = it was not; `gates`: still closed.

    `gate_titles`: what the gates of the plan are called.
    """

    case: str
    number: str
    matter: Title
    state: Title
    lead: Title
    opened_at: int
    crosses: tuple[Title, ...]
    reach: tuple[str, ...]
    offered: str
    answer: str
    whistles: tuple[RoomWhistle, ...]
    plan: tuple[PlanLine, ...]
    gates: tuple[str, ...]
    gate_titles: Mapping[str, Title]
    clocks: tuple[RoomClock, ...]
    noted: tuple[NotedLine, ...]
    steps: tuple[StepLink, ...]


def room(viewer: Actor, needs: Needs, case_id: str, now: int) -> Room | None:
    """The room; None where the case is missing for the viewer."""
    joined = needs.joined(viewer, case_id, now)
    if joined is None:
        return None
    case, mechanism = joined.case, joined.mechanism
    offer = case.offers[-1] if case.offers else None
    return Room(
        case=case.id,
        number=case.number,
        matter=mechanism.title,
        state=mechanism.states[case.state].title,
        lead=needs.unit(case.lead, now),
        opened_at=case.opened_at,
        crosses=tuple(cross_titles(mechanism, case.crosses)),
        reach=case.reach,
        offered=offer.cause if offer else "",
        answer=offer.answer if offer else "",
        whistles=tuple(_whistle(needs, joined, one, now) for one in case.whistles),
        plan=tuple(_plan(viewer, needs, joined, now)),
        gates=closed_gates(case),
        gate_titles={gate: needs.gate(gate) for gate in {*case.gates, *(task.gate for task in case.tasks)} if gate},
        clocks=tuple(_clocks(viewer, needs, joined, now)),
        noted=tuple(_noted(needs, joined, now)),
        steps=tuple(StepLink(name, title) for name, title in joined.steps),
    )


def _whistle(needs: Needs, joined: Joined, one: Whistle, now: int) -> RoomWhistle:
    grounds = joined.mechanism.grounds
    return RoomWhistle(
        whistle=one.id,
        kind=_ground(grounds.whistling.get(one.kind), one.kind),
        street=needs.unit(one.street, now),
        at=one.at,
        stands=stands(one),
        silent=one.silent,
        ground=_ground(grounds.screening.get(one.ground), one.ground) if one.ground else None,
        problem=joined.texts.get(one.note, ""),
        wanted=tuple(needs.unit(unit, now) for unit in one.wanted),
        summons=tuple(
            SummonsLine(
                called.unit,
                needs.unit(called.unit, now),
                called.summoned_at,
                called.due_at,
                needs.left(called.due_at, now) if called.due_at and not called.reported_at and called.held else None,
                called.reported_at,
                called.absent_at,
                called.released_at,
                called.how,
            )
            for called in one.summons
        ),
    )


def _ground(ground: Ground | None, code: str) -> Title:
    return ground.title if ground else Title(code, code)


def _seen(viewer: Actor, joined: Joined, task: Task) -> bool:
    """Those who see the whole case see every task; others their own and the lead's."""
    return joined.whole or task.spec == LEAD or (viewer.unit != "" and viewer.unit in (task.unit, task.station))


def _plan(viewer: Actor, needs: Needs, joined: Joined, now: int) -> Iterator[PlanLine]:
    case, mechanism = joined.case, joined.mechanism
    numbers = {task.id: number for number, task in enumerate(case.tasks, start=1)}
    for task in case.tasks:
        if not _seen(viewer, joined, task):
            continue
        due = min((due for due in _dues(case, task.id)), default=None)
        yield PlanLine(
            number=numbers[task.id],
            title=mechanism.task_title(task.spec),
            unit=needs.unit(task.unit, now),
            lead=task.spec == LEAD,
            state=task.state,
            tone=TASK_TONES[task.state],
            after=tuple(numbers[one] for one in task.after if one in numbers),
            gate=task.gate,
            gate_passed=task.gate in case.gates,
            left=needs.left(due, now) if due is not None and task.open else None,
        )


def _dues(case: Case, subject: str) -> Iterator[int]:
    return (clock.due_at for clock in running_clocks(case) if clock.subject == subject and clock.due_at is not None)


def _clocks(viewer: Actor, needs: Needs, joined: Joined, now: int) -> Iterator[RoomClock]:
    """Clocks that run, the next to run out first; of units that see a part, their own."""
    running = [clock for clock in running_clocks(joined.case) if clock.due_at is not None]
    for clock in sorted(running, key=lambda one: (one.due_at, one.id)):
        due_at = clock.due_at or 0
        if joined.whole or (viewer.unit != "" and clock.unit == viewer.unit):
            title, unit = limit_title(joined.mechanism, clock.limit), needs.unit(clock.unit, now)
            yield RoomClock(clock.id, title, unit, due_at, needs.left(due_at, now))


def _noted(needs: Needs, joined: Joined, now: int) -> Iterator[NotedLine]:
    """What was agreed and settled, the newest first."""
    for one in reversed(joined.noted):
        ground = joined.mechanism.grounds.screening.get(one.ground)
        about = tuple(needs.gate(word) if one.kind == "gate_passed" else needs.unit(word, now) for word in one.about)
        yield NotedLine(
            kind=one.kind,
            at=one.at,
            unit=needs.unit(one.unit, now),
            about=about,
            ground=_ground(ground, one.ground) if one.ground else None,
            text=joined.texts.get(one.text, ""),
        )
