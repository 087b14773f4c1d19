"""A mechanism: the declared way of handling one matter, as a table.

Theory of operation. A mechanism is a set of states, and steps that lead between them. A step names a registered verb
(what happens), who may take it, under which guard, with which arguments. Limits are clocks that start and stop at
moments (`received`, `dispatched`, `accepted`, ...) or run while a case stands in certain states. Nothing here acts:
`kernel.case.engine` interprets the table, `packs` reads it from a file and checks it, the diagram is drawn from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from sanban.kernel.clock.limit import FixedDate, Length
from sanban.kernel.expression import Expression
from sanban.kernel.sight import Visibility

FieldKind = Literal["integer", "yes_no", "choice", "text", "place", "party"]
Holder = Literal["desk", "lead_unit", "coordinator", "verifier", "nobody"]
Phase = Literal["proactive", "responsive", "joint"]
CountsFor = Literal["unit", "requester", "stage"]
Moment = Literal[
    "received", "dispatched", "accepted", "contacted", "finished", "reworked", "asked", "answered", "called_back",
    "replied", "supervised", "accounted", "whistled", "screened", "summoned", "reported_in", "released",
]  # fmt: skip
Origin = Literal["official", "local", "illustrative"]

REQUEST_MOMENTS = frozenset({"received", "contacted", "called_back", "replied"})
"""Moments whose subject is a request. `contacted` counts for the lead's task as well; others are of a task."""

WHISTLE_MOMENTS = frozenset({"whistled", "screened", "summoned", "reported_in", "released"})
"""Moments of a whistle (until it is screened) and of a unit that it calls; their limits may be of some kinds only."""


class Title(msgspec.Struct, frozen=True):
    """What people read, in both languages."""

    zh: str
    en: str


class Field(msgspec.Struct, frozen=True):
    """One field of a matter's form. `subject`: a party named here is the complained-about party.

    `choices`: what each code is called, in the order of the file.
    """

    name: str
    kind: FieldKind
    title: Title
    required: bool = False
    subject: bool = False
    choices: Mapping[str, Title] = {}
    low: int = 0
    high: int = 1_000_000


class State(msgspec.Struct, frozen=True):
    """A state a case can stand in. `end`: closed; its steps, if any, reopen it."""

    name: str
    title: Title
    holder: Holder
    phase: Phase = "responsive"
    end: bool = False


class Step(msgspec.Struct, frozen=True):
    """A declared transition. `to` '' keeps the state; `within` bounds it from the case's closing.

    `by`: relations to the case, any of which suffices. `at_most` counts per `per` ('case' or 'unit').
    """

    name: str
    verb: str
    title: Title
    source: frozenset[str]
    to: str
    by: frozenset[str]
    when: Expression | None = None
    needs: tuple[str, ...] = ()
    at_most: int = 0
    per: Literal["case", "unit"] = "case"
    within: Length | None = None


class Extend(msgspec.Struct, frozen=True):
    """How a limit may be lengthened: each time by `by`, at most `times`, by the approver of that turn."""

    by: Length
    times: int
    approvers: tuple[str, ...]


class Limit(msgspec.Struct, frozen=True):
    """A declared limit: a length (or a fixed date) with its unit, the moment it counts from and the one it stops at.

    `states`: a stage limit runs while the case stands in one of them. `task`: the task spec it belongs to, '' = every
    task. `promise`: its due time is what the requester is told. `on_expiry`: the step that silence takes. `inner`: so
    much earlier ends the time of a station that a unit passes its task down to. `kinds`: the whistles it is for.
    """

    name: str
    title: Title
    within: Length | FixedDate
    counts_for: CountsFor
    starts: str = ""
    stops: str = ""
    states: frozenset[str] = frozenset()
    task: str = ""
    promise: bool = False
    ends: Literal["midnight", "office_close"] = "midnight"
    extend: Extend | None = None
    remind: Length | None = None
    inner: Length | None = None
    on_expiry: str = ""
    when: Expression | None = None
    kinds: frozenset[str] = frozenset()


class TaskSpec(msgspec.Struct, frozen=True):
    """A task a case of this matter has: the duty word that finds its unit, and when it is needed."""

    name: str
    duty: str
    title: Title
    when: Expression | None = None
    mandatory: bool = True


class Ground(msgspec.Struct, frozen=True):
    """A coded reason: for returning an order, suspending or unmasking (with a cap in time), shelving, extending, ...

    A level of supervision is one too.
    """

    code: str
    title: Title
    cap: Length | None = None


class CrossTest(msgspec.Struct, frozen=True):
    """A declared test of three-cross problems; its expression is over counts of what is in the case."""

    name: str
    title: Title
    when: Expression


class Triage(msgspec.Struct, frozen=True):
    """Declared words that speak for a matter, with weights; `auto_at` in basis points, 0 = always a person."""

    words: tuple[tuple[str, int], ...] = ()
    auto_at: int = 0


class CallBacks(msgspec.Struct, frozen=True):
    """In a flood not everybody is called back: from so many requests on, `share` per cent of them, `least` at least.

    The others are answered by notice.
    """

    sample_from: int
    share: int
    least: int


class Migration(msgspec.Struct, frozen=True):
    """Open cases of `source` version may move here; `states` maps their states to ours."""

    source: str
    states: Mapping[str, str]


class Grounds(msgspec.Struct, frozen=True):
    """Every coded reason of a mechanism, by use and code. `supervising`: its levels, the lowest first.

    `naming`: how it is known whether a case is about a party; `whistling`: the kinds of whistles; `screening`: why one,
    or the offer of joint handling, is refused.
    """

    returning: Mapping[str, Ground] = {}
    suspending: Mapping[str, Ground] = {}
    shelving: Mapping[str, Ground] = {}
    extending: Mapping[str, Ground] = {}
    ending: Mapping[str, Ground] = {}
    unmasking: Mapping[str, Ground] = {}
    naming: Mapping[str, Ground] = {}
    supervising: Mapping[str, Ground] = {}
    whistling: Mapping[str, Ground] = {}
    screening: Mapping[str, Ground] = {}

    def of(self, use: str) -> Mapping[str, Ground]:
        """The reasons of a use; none for ''."""
        return getattr(self, use) if use else {}


HELP = Title("协办", "Co-unit")


class Mechanism(msgspec.Struct, frozen=True):
    """The compiled table of one version of one matter's mechanism. Build it with `compile_mechanism`.

    `public`: anybody may see that such requests exist, roughly where, and what became of them.
    """

    matter: str
    version: str
    valid_from: int
    title: Title
    origin: Origin
    source: str
    start: str
    form: Mapping[str, Field]
    states: Mapping[str, State]
    steps: Mapping[str, Step]
    limits: Mapping[str, Limit]
    tasks: Mapping[str, TaskSpec]
    grounds: Grounds
    visible: Visibility
    triage: Triage = Triage()
    priority: Expression | None = None
    call_backs: CallBacks | None = None
    auto_dispatch: bool = False
    public: bool = False
    parameters: Mapping[str, tuple[tuple[int, int], ...]] = {}
    migrations: Mapping[str, Migration] = {}
    crosses: Mapping[str, CrossTest] = {}
    # compiled look-ups
    table: Mapping[tuple[str, str], Step] = {}
    starting: Mapping[str, tuple[Limit, ...]] = {}
    meant: Mapping[tuple[str, str], tuple[Limit, ...]] = {}
    stopping: Mapping[str, frozenset[str]] = {}
    stages: Mapping[str, tuple[Limit, ...]] = {}

    @property
    def key(self) -> str:
        """`matter@version`, as events carry it."""
        return f"{self.matter}@{self.version}"

    def parameters_at(self, instant: int) -> dict[str, int]:
        """The dated parameters in force at an instant, flat. A parameter without a value yet is absent."""
        flat: dict[str, int] = {}
        for name, dated in self.parameters.items():
            for valid_from, value in dated:
                if valid_from <= instant:
                    flat[name] = value
        return flat

    def task_title(self, spec: str) -> Title:
        """What a task is called; one that a plan adds to those of the file is another unit's help."""
        return self.tasks[spec].title if spec in self.tasks else HELP

    def started_by(self, moment: str, spec: str) -> tuple[Limit, ...]:
        """The limits that a moment starts for a request (''), a task of this spec, or a whistle of this kind."""
        limits = self.starting.get(moment)
        if not limits:
            return ()
        found = self.meant.get((moment, spec))
        return limits_meant(limits, moment, spec) if found is None else found

    def steps_from(self, state: str) -> tuple[Step, ...]:
        """Steps declared out of (or within) a state, in file order."""
        return tuple(step for step in self.steps.values() if state in step.source)


def limits_meant(limits: tuple[Limit, ...], moment: str, spec: str) -> tuple[Limit, ...]:
    """Those of the limits that a moment starts which are for its whistle, its request or its task."""
    if moment in WHISTLE_MOMENTS:
        return tuple([one for one in limits if not one.kinds or spec in one.kinds])
    if moment in REQUEST_MOMENTS:
        if spec == "":
            return tuple([one for one in limits if one.counts_for == "requester"])
        limits = tuple([one for one in limits if one.counts_for != "requester"])
    return tuple([one for one in limits if one.task in ("", spec) or one.counts_for == "requester"])


def compile_mechanism(mechanism: Mechanism) -> Mechanism:
    """The same mechanism with its look-up tables filled and its dated parameters in order."""
    starting: dict[str, tuple[Limit, ...]] = {}
    stages: dict[str, tuple[Limit, ...]] = {}
    stopping: dict[str, frozenset[str]] = {}
    for limit in mechanism.limits.values():
        if limit.starts:
            starting[limit.starts] = (*starting.get(limit.starts, ()), limit)
        if limit.stops:
            stopping[limit.stops] = stopping.get(limit.stops, frozenset()) | {limit.name}
        for state in limit.states:
            stages[state] = (*stages.get(state, ()), limit)
    table = {(state, step.name): step for step in mechanism.steps.values() for state in step.source}
    return msgspec.structs.replace(
        mechanism,
        parameters={name: tuple(sorted(dated)) for name, dated in mechanism.parameters.items()},
        table=table,
        starting=starting,
        meant={
            (moment, spec): limits_meant(limits, moment, spec)
            for moment, limits in starting.items()
            for spec in ("", *mechanism.tasks)
        },
        stopping=stopping,
        stages=stages,
    )
