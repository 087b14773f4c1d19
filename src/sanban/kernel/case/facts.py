"""What a case looks like from outside: to permission, to guards and to timers. All computed from its state alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from msgspec.structs import replace

from sanban.kernel.case.state import LEAD, OPEN_TASK, Case, Clock, Relaying, Request, Task
from sanban.kernel.errors import Refused
from sanban.kernel.expression import Declared, Expression
from sanban.kernel.mechanism import Mechanism
from sanban.kernel.permission import UNIT_ROLES, Actor, CaseFacts

GUARD_NAMES: Mapping[str, Declared] = {
    "returns": Declared("int", 0, 99),
    "reopened": Declared("int", 0, 99),
    "requests": Declared("int", 0, 100_000),
    "repeats": Declared("int", 0, 100_000),
    "extensions": Declared("int", 0, 999),
    "tasks_open": Declared("int", 0, 999),
    "reworks": Declared("int", 0, 999),
    "calls_missing": Declared("int", 0, 100_000),
    "calls_unresolved": Declared("int", 0, 100_000),
    "missed": Declared("int", 0, 9_999),
    "supervised": Declared("bool"),
    "supervision": Declared("int", 0, 9),
    "found": Declared("bool"),
    "ruled": Declared("bool"),
    "units_held": Declared("int", 0, 999),
    "gates_closed": Declared("int", 0, 999),
    "whistle_waits": Declared("bool"),
    "joint_offered": Declared("bool"),
}
"""The names that a guard may use besides the fields of the matter's form, with their ranges."""


_NOTHING: frozenset[str] = frozenset()

UNRESOLVED = frozenset({"no", "partly"})
"""Answers at a call-back that say the problem is still there."""


def supervised_rank(case: Case) -> int:
    """The highest rank of supervision that the leading unit has not answered yet; 0 for none."""
    highest = 0
    for one in case.supervision:
        if one.rank > highest and one.answered_at is None and one.unit == case.lead:
            highest = one.rank
    return highest


def calls_unresolved(case: Case) -> int:
    """How many requesters said, when asked last, that the problem is still there."""
    return sum([said_no(one) for one in case.requests])


def said_no(request: Request) -> bool:
    """Whether its requester said, when last asked, that it is not or only partly resolved."""
    return request.call_back is not None and request.call_back.resolved in UNRESOLVED


def units_held(case: Case) -> int:
    """How many summoned units have not been let go yet."""
    return sum([len(whistle.held) for whistle in case.whistles])


def closed_gates(case: Case) -> tuple[str, ...]:
    """The gates that open tasks wait at, in order."""
    return tuple(sorted({task.gate for task in case.open_tasks} - {"", *case.gates}))


def joint_offered(case: Case) -> bool:
    """Whether an offer of joint handling waits for an answer."""
    return bool(case.offers) and case.offers[-1].answer == ""


def to_call_back(case: Case, request: Request) -> bool:
    """Whether the request waits for a call-back: it has had none, and no draw has spared it."""
    return request.call_back is None and request.id not in case.spared


_VALUES: Mapping[str, Callable[[Case], int | bool]] = {
    "returns": lambda case: len(case.returned_by),
    "reopened": lambda case: case.reopened,
    "requests": lambda case: len(case.requests),
    "repeats": lambda case: max([request.repeat for request in case.requests], default=0),
    "extensions": lambda case: sum([clock.extended for clock in case.clocks]),
    "tasks_open": lambda case: len(open_co_tasks(case)),
    "reworks": lambda case: sum([task.reworked for task in case.tasks]),
    "calls_missing": lambda case: sum([to_call_back(case, one) for one in case.requests]),
    "calls_unresolved": calls_unresolved,
    "missed": lambda case: sum([clock.missed_at is not None for clock in case.clocks]),
    "supervised": lambda case: case.supervised,
    "supervision": supervised_rank,
    "found": lambda case: case.found,
    "ruled": lambda case: case.ruled,
    "units_held": units_held,
    "gates_closed": lambda case: len(closed_gates(case)),
    "whistle_waits": lambda case: any(one.outcome == "" for one in case.whistles),
    "joint_offered": joint_offered,
}


def is_upheld(case: Case, task: Task) -> bool | None:
    """Whether the return of a lead's task was right: another unit signed for it next, or was ruled to lead.

    None while nobody has. A unit that gets back what it gave away had no ground to.
    """
    after = case.tasks[case.tasks.index(task) + 1 :]
    taken = next((one for one in after if one.spec == LEAD and one.accepted_at is not None), None)
    return None if taken is None else taken.unit != task.unit


def guard_values(case: Case) -> dict[str, int | bool | str]:
    """The values of `GUARD_NAMES` and of the form's known fields for this case."""
    return {**case.fields, **{name: value(case) for name, value in _VALUES.items()}}


def evaluated(expression: Expression, mechanism: Mechanism, case: Case, now: int) -> int | bool | str:
    """The value of a mechanism's expression for this case; only the names it uses are worked out."""
    fields = case.fields
    values: dict[str, int | bool | str] = {}
    for name in expression.names:
        value_of = _VALUES.get(name)
        if value_of is not None:
            values[name] = value_of(case)
        elif name in fields:
            values[name] = fields[name]
    return expression.evaluate(values, mechanism.parameters_at(now) if expression.parameters else {})


def open_co_tasks(case: Case) -> tuple[str, ...]:
    """Ids of the mandatory tasks of co-units that are neither finished nor waived."""
    return tuple([task.id for task in case.tasks if task.open and task.mandatory and task.spec != LEAD])


def waits_for(case: Case, task: Task) -> tuple[str, ...]:
    """Ids of the open tasks that this one comes after."""
    return tuple(one for one in task.after if (other := case.task(one)) is not None and other.open)


def open_task(case: Case, task_id: str) -> Task | Refused:
    """The open task of that id, the lead's for ''."""
    task = case.task(task_id) if task_id else case.lead_task
    if task is None or not task.open:
        return Refused("unknown_task", f"the case has no open task {task_id or 'of the lead'}", "task: t1")
    return task


def not_screened(case: Case) -> Refused | None:
    """Why a case stays where it is while a whistle waits: whoever called is answered first."""
    if all(one.outcome for one in case.whistles):
        return None
    return Refused("whistle_waits", "a whistle of this case is not screened yet", "screen")


def not_released(case: Case) -> Refused | None:
    """Why a case stays what it is while units are there that a street called: it lets each go first."""
    held = sorted({unit for one in case.whistles for unit in one.held})
    return Refused("units_held", f"the street has not released {', '.join(held)}", "release") if held else None


def unknown_ground(ground: str, known: Iterable[str]) -> Refused:
    """The refusal of a coded reason that the mechanism does not declare, with those it does."""
    names = ", ".join(known)
    return Refused("unknown_ground", f"{ground} is not a ground here; there are: {names}", names.partition(",")[0])


def unmasked_for(case: Case, actor: Actor, now: int) -> frozenset[str]:
    """Ids of the requests whose requesters this account sees by name and number at `now` (microseconds UTC)."""
    return frozenset([one.request for one in case.unmasked if one.account == actor.id and one.at <= now < one.until])


def relayed_for(case: Case, actor: Actor, now: int) -> dict[str, Relaying]:
    """By request: the number through which this account speaks with its requester at `now` (microseconds UTC)."""
    return {one.request: one for one in case.relayed if one.account == actor.id and one.at <= now < one.until}


def came_again(case: Case) -> bool:
    """Whether one of its requesters asked again, or its closing did not hold; others who ask too are no repeat."""
    if case.reopened:
        return True
    for request in case.requests:  # noqa: SIM110 -- asked at every event: no generator is made
        if request.repeat > 1:
            return True
    return False


def case_facts(case: Case) -> CaseFacts:
    """What `permission` and `sight` need to know of the case."""
    lead, helping, inside = case.lead, _NOTHING, _NOTHING
    for task in case.tasks:
        if task.state in OPEN_TASK:
            if task.unit != lead:
                helping |= {task.unit}
            if task.station:
                inside |= {task.station}
    requesters = frozenset([request.requester for request in case.requests])
    is_open = case.closed_at is None
    facts = CaseFacts(lead, helping, requesters, case.subjects, case.handlers, is_open, inside, case.street)
    return replace(facts, summoned=_called(case), whistlers=_whistlers(case)) if case.whistles else facts


def _called(case: Case) -> frozenset[str]:
    return frozenset([unit for whistle in case.whistles for unit in whistle.held])


def _whistlers(case: Case) -> frozenset[str]:
    return frozenset([whistle.street for whistle in case.whistles if whistle.outcome != "refused"])


_LEADS = frozenset({"task_owner", "lead_unit"})
_HELPS = frozenset({"task_owner", "co_unit"})
_INSIDE = frozenset({"task_owner", "inner_unit"})


def held_words(task: Task, actor: Actor) -> frozenset[str]:
    """What the actor is to the task: its owner, by the unit answerable or by the station it was passed down to."""
    firm = actor.role == "property_manager"
    if not actor.unit or (firm and task.spec == LEAD) or not (firm or actor.role in UNIT_ROLES):
        return _NOTHING
    if actor.unit == task.unit:
        return _LEADS if task.spec == LEAD else _HELPS
    return _INSIDE if actor.unit == task.station else _NOTHING


def works_on(case: Case, actor: Actor) -> bool:
    """Whether the actor handled the case or is of a unit that has, or had, a task in it; the desk is of neither."""
    if actor.role == "system":
        return False
    if actor.id in case.handlers:
        return True
    unit = actor.unit
    if unit in ("", case.desk):
        return False
    return any(unit in (task.unit, task.station) for task in case.tasks)


def answering_task(case: Case) -> Task | None:
    """The newest task of the lead that the leading unit has had, returned or not: where it is asked and answers."""
    for task in reversed(case.tasks):
        if task.spec == LEAD and task.unit == case.lead:
            return task
    return None


def answer_clocks(case: Case, mechanism: Mechanism) -> tuple[str, ...]:
    """Ids of the running clocks by which the leading unit answers its supervision, whichever of its tasks has them."""
    limits = mechanism.limits
    return tuple(
        clock.id
        for clock in running_clocks(case)
        if clock.unit == case.lead and clock.limit in limits and limits[clock.limit].stops == "accounted"
    )


def running_clock(case: Case, clock_id: str) -> Clock | None:
    """The clock of that id while it has not been stopped."""
    for clock in case.clocks:
        if clock.id == clock_id and clock.stopped_at is None:
            return clock
    return None


def running_clocks(case: Case) -> tuple[Clock, ...]:
    """Every clock that has not been stopped, paused ones included."""
    return tuple([clock for clock in case.clocks if clock.stopped_at is None])
