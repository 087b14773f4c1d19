"""The state of a case, folded from its events: requests, tasks and clocks as plain tuples of frozen values.

No value refers back to one that holds it, so the collector of cycles need not look at them (`gc=False`).
Everything a page, a timer or a guard wants to know stands here; nothing here is computed from the outside world.
Instants are microseconds UTC. A `TextRef` names a row of the vault; the text itself never comes near the kernel.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import msgspec
from msgspec.structs import replace

from sanban.kernel.case.words import Code, Fields, Id, TextRef
from sanban.kernel.clock.limit import FixedDate, Length

LEAD = "lead"
"""The spec of the one task that answers for the case."""


@lru_cache(4096)
def matter_of(mechanism: str) -> str:
    """The matter of a mechanism's key; kept, because every row of a case names it."""
    return mechanism.partition("@")[0]


TaskState = Literal["dispatched", "accepted", "finished", "waived", "returned", "withdrawn"]
OPEN_TASK = frozenset({"dispatched", "accepted"})


class CallBack(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What a requester said when asked. `satisfied` 1 (not at all) to 5, 0 = not asked."""

    at: int
    by: Code
    reached: bool
    contacted: bool
    resolved: Literal["yes", "partly", "no", "unknown"]
    satisfied: int = 0


class Heard(msgspec.Struct, frozen=True, gc=False):
    """One call-back as it was, whatever came after: of which `request`, and of which unit's lead (`unit`).

    `anew`: how often requesters of the case had been asked anew before it.
    """

    request: Id
    unit: Code
    anew: int
    said: CallBack


class Request(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One request attached to the case. Its age runs from `received_at`, unbroken by anything.

    `promised_at` is what the requester was told; only a dispatcher lengthens it, with a notice. `repeat`: the how
    manieth of the same requester in this case, from 1. `doubts`: its requester has not accepted an outcome of this
    case, or is asked anew; no draw spares them.
    """

    id: Id
    requester: Id
    channel: Code
    received_at: int
    attached_at: int
    promised_at: int | None = None
    provisional: bool = False
    contacted_at: int | None = None
    replied_at: int | None = None
    repeat: int = 1
    found: bool = False
    call_back: CallBack | None = None
    doubts: bool = False


class Task(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What one unit has to do. Exactly one task at a time has the spec `lead`. `after`: tasks it waits for.

    `text`: what a unit that helps reads of it, '' while nobody has written that down. `sent_by`: the unit of whoever
    dispatched it, '' when the directory did by itself. `inner_due_at`: by when the station has to be done, before the
    unit's own limit ends; `inner_remind_at`: until it was reminded; `inner_missed_at`: when it missed that. `late`: the
    stations that missed theirs, and when first; it only grows, whoever has the task now.
    `gate`: what has to be passed before it can be finished, '' for nothing.
    """

    id: Id
    spec: Code
    unit: Code
    dispatched_at: int
    state: TaskState = "dispatched"
    station: Code = ""
    accepted_at: int | None = None
    silent: bool = False
    ended_at: int | None = None
    mandatory: bool = True
    ruled: bool = False
    reworked: int = 0
    after: tuple[Id, ...] = ()
    text: TextRef = ""
    sent_by: Code = ""
    inner_due_at: int | None = None
    inner_remind_at: int | None = None
    inner_missed_at: int | None = None
    late: tuple[tuple[Code, int], ...] = ()
    gate: Code = ""

    @property
    def open(self) -> bool:
        return self.state in OPEN_TASK

    @property
    def owner(self) -> str:
        """Who has to act: the station it was passed down to, else the unit. The unit stays answerable."""
        return self.station or self.unit


class Clock(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One running or stopped limit. `due_at` None while an open pause stops it (see `pauses`).

    `missed_at` is set once and never cleared: a late case stays late for ever. `first_due_at`: when it would have run
    out had nobody granted more time; None while nobody has. `stood`: its pauses that nobody granted, in which the work
    lay finished until it was found wanting.
    """

    id: Id
    limit: Code
    subject: Code
    unit: Code
    started_at: int
    lengths: tuple[Length, ...]
    due_at: int | None
    provisional: bool = False
    fixed: FixedDate | None = None
    calendar: Code = ""
    remind_at: int | None = None
    reminded_at: int | None = None
    pauses: tuple[tuple[int, int | None], ...] = ()
    stopped_at: int | None = None
    missed_at: int | None = None
    extended: int = 0
    first_due_at: int | None = None
    stood: tuple[tuple[int, int], ...] = ()

    @property
    def running(self) -> bool:
        return self.stopped_at is None

    @property
    def over_at(self) -> int | None:
        """When its time as first set is over: no sooner than it started, where a fixed date lies before that."""
        due_at, started_at = self.due_at if self.first_due_at is None else self.first_due_at, self.started_at
        return started_at if due_at is not None and due_at < started_at else due_at

    def ended(self, at: int) -> Clock:
        """The clock stopped at `at`: one that is over by then is missed, and its pause ends with it."""
        due_at, missed_at, pauses = self.due_at, self.missed_at, self.pauses
        if due_at is not None and at >= due_at and missed_at is None:
            missed_at = due_at
        if pauses and self.paused:
            pauses = (*pauses[:-1], (pauses[-1][0], at))
        return replace(self, stopped_at=at, missed_at=missed_at, pauses=pauses)

    @property
    def imposed(self) -> bool:
        """Whether somebody outside set its time: no length of ours leads to it."""
        return self.fixed is None and not self.lengths

    @property
    def paused(self) -> bool:
        return bool(self.pauses) and self.pauses[-1][1] is None


class Asked(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A pending wish of a handler: an extension of a clock, or a suspension of a task's clocks."""

    kind: Literal["extension", "suspension"]
    subject: Code
    by: Code
    unit: Code
    at: int
    ground: Code
    review_at: int | None = None


class Suspension(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """An approved stop of one task's unit clocks, with its reason, approver and review date."""

    task: Id
    ground: Code
    approver: Code
    since: int
    review_at: int


class Relaying(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One account speaks with one request's requester through `number`, from `at` up to `until`."""

    request: Id
    account: Code
    number: TextRef
    at: int
    until: int


class Unmasking(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One account sees one request's requester by name and number, on a ground, from `at` up to `until`."""

    request: Id
    account: Code
    unit: Code
    ground: Code
    at: int
    until: int


class Supervision(msgspec.Struct, frozen=True, gc=False):
    """Higher attention to the unit that led then. `rank`: of its level, from 1; `answered_at`: when that unit answered.

    `by`: the unit of whoever asked for it, '' for an office and for a declared trigger.
    """

    level: Code
    rank: int
    unit: Code
    by: Code
    at: int
    answered_at: int | None = None


class Risk(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """How likely the case is to miss its due time, as a model said: advice. `share` in basis points."""

    model: Code
    share: int
    reasons: tuple[Code, ...] = ()


class Summons(msgspec.Struct, frozen=True, gc=False):
    """One unit called by one whistle. `due_at`: by when it reports in; `absent_at`: since when it is late, for ever.

    `clock`: the one that says so, '' where the mechanism sets none. `how` it was let go: by the street, or by time.
    """

    unit: Code
    summoned_at: int
    clock: Id = ""
    due_at: int | None = None
    reported_at: int | None = None
    absent_at: int | None = None
    released_at: int | None = None
    how: Literal["", "released", "timed_out"] = ""

    @property
    def held(self) -> bool:
        return self.released_at is None


class Whistle(msgspec.Struct, frozen=True, gc=False):
    """A street's call for other units to a problem that it cannot solve alone. `note`: the problem, in its words.

    `kind` is a coded reason of the mechanism. `outcome`: '' until it is screened; `silent`: time passed it. `tests` and
    `reach`: what makes it a three-cross problem, and the further grids, of the case once it passes.
    """

    id: Id
    kind: Code
    street: Code
    wanted: tuple[Code, ...]
    note: TextRef
    by: Code
    at: int
    outcome: Literal["", "passed", "refused"] = ""
    screened_at: int | None = None
    ground: Code = ""
    silent: bool = False
    summons: tuple[Summons, ...] = ()
    tests: tuple[Code, ...] = ()
    reach: tuple[Code, ...] = ()

    def of(self, unit: str) -> Summons | None:
        """The summons of a unit, None when it was not called."""
        return next((one for one in self.summons if one.unit == unit), None)

    @property
    def held(self) -> tuple[Code, ...]:
        """The units that the street has not let go yet."""
        return tuple(one.unit for one in self.summons if one.held)


class JointOffer(msgspec.Struct, frozen=True, gc=False):
    """Joint handling offered by the system, because of a `cause`; `answer` '' until the coordinator gives one, at
    `answered_at`.
    """

    cause: Literal["extension_missed", "call_back_failed"]
    at: int
    answer: Literal["", "accepted", "refused"] = ""
    ground: Code = ""
    answered_at: int | None = None


class Case(msgspec.Struct, frozen=True, gc=False):
    """A problem being worked. `lead` is the one answerable unit at this instant.

    `handlers`: accounts that worked on it (they may not verify, call back or approve). `handled_before`: those of
    them who did so before it was last reopened; they do not take it up again. `taken`: how often each
    `step@unit` was taken. `returned_by`: units that gave it back.
    `repeats_against`: the units whose closing did not hold, in turn. `cleared`: parties it is not about, as was said.
    `crosses`: the declared tests that made it a three-cross problem; `reach`: further grids that it touches. `gates`:
    those passed. `failed_calls`: rounds of call-backs in which somebody said that it is not resolved.
    `spared`: requests of a flood that are answered by notice and not called back. `heard`: every call-back of its
    requests; `asked_anew`: when a rework or reopening made their answers void for the closing, in turn.
    `words_at`: when its requesters last said more or asked again, or somebody outside last urged it; 0 for never.
    `detached`: requests that were split off; `left`: those of them that had been called back, as they stood then.
    """

    id: Id
    number: Code
    mechanism: Code
    state: Code
    lead: Code
    desk: Code
    opened_at: int
    requests: tuple[Request, ...] = ()
    clocks: tuple[Clock, ...] = ()
    fields: Fields = {}
    subjects: frozenset[str] = frozenset()
    cleared: frozenset[str] = frozenset()
    taken: dict[str, int] = {}
    grid: Code = ""
    street: Code = ""
    place: TextRef = ""
    priority: int = 0
    recurs: Code = ""
    found: bool = False
    # what an opened case does not have yet
    tasks: tuple[Task, ...] = ()
    handlers: frozenset[str] = frozenset()
    handled_before: frozenset[str] = frozenset()
    next_lead: Code = ""
    returned_by: tuple[Code, ...] = ()
    ruled: bool = False
    asked: tuple[Asked, ...] = ()
    suspensions: tuple[Suspension, ...] = ()
    review_at: int | None = None
    supervised: bool = False
    supervision: tuple[Supervision, ...] = ()
    ending: Code = ""
    closed_at: int | None = None
    closed_by_unit: Code = ""
    reopened: int = 0
    reopened_at: int | None = None
    repeats_against: tuple[Code, ...] = ()
    first_finished_at: int | None = None
    detached: tuple[Id, ...] = ()
    spared: tuple[Id, ...] = ()
    unmasked: tuple[Unmasking, ...] = ()
    relayed: tuple[Relaying, ...] = ()
    risk: Risk | None = None
    whistles: tuple[Whistle, ...] = ()
    offers: tuple[JointOffer, ...] = ()
    crosses: tuple[Code, ...] = ()
    reach: tuple[Code, ...] = ()
    gates: tuple[Code, ...] = ()
    failed_calls: int = 0
    heard: tuple[Heard, ...] = ()
    asked_anew: tuple[int, ...] = ()
    words_at: int = 0
    left: tuple[Request, ...] = ()

    @property
    def matter(self) -> str:
        return matter_of(self.mechanism)

    def task(self, task_id: str) -> Task | None:
        """The task of that id, None when there is none."""
        for task in self.tasks:
            if task.id == task_id:
                return task
        return None

    def request(self, request_id: str) -> Request | None:
        """The attached request of that id, None when there is none."""
        for request in self.requests:
            if request.id == request_id:
                return request
        return None

    @property
    def heard_of(self) -> dict[Id, Request]:
        """By id, every request whose requester answered or may yet: those that left after an answer are among them."""
        return {one.id: one for one in (*self.left, *self.requests)}

    def whistle(self, whistle_id: str) -> Whistle | None:
        """The whistle of that id, the newest for ''; None when there is none."""
        if not whistle_id:
            return self.whistles[-1] if self.whistles else None
        return next((one for one in self.whistles if one.id == whistle_id), None)

    @property
    def joint(self) -> bool:
        """Whether it is, or since it was last reopened was, handled jointly."""
        return self.joint_since is not None

    @property
    def joint_since(self) -> int | None:
        """When a whistle passed first, or an offer was accepted, since the case was last reopened; None for neither."""
        passed = [one.screened_at for one in self.whistles if one.outcome == "passed"]
        accepted = [one.answered_at for one in self.offers if one.answer == "accepted"]
        begun = self.reopened_at or self.opened_at
        return min([at for at in (*passed, *accepted) if at is not None and at >= begun], default=None)

    def times_taken(self, step: str, unit: str | None = None) -> int:
        """How often the step was taken, by this unit or, None, by anybody."""
        if unit is not None:
            return self.taken.get(f"{step}@{unit}", 0)
        return sum([times for key, times in self.taken.items() if key.partition("@")[0] == step])

    @property
    def lead_task(self) -> Task | None:
        """The newest task of the lead; None before the first dispatch."""
        for task in reversed(self.tasks):
            if task.spec == LEAD:
                return task
        return None

    @property
    def open_tasks(self) -> tuple[Task, ...]:
        return tuple([task for task in self.tasks if task.state in OPEN_TASK])
