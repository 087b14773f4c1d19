"""Limits that can be kept and measured: a start, an end, a unit, an approver who is somebody else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, get_args

from sanban.kernel.clock.limit import FixedDate
from sanban.kernel.errors import Fault
from sanban.kernel.mechanism import WHISTLE_MOMENTS, Limit, Mechanism, Moment
from sanban.packs.check.place import fault_at, unknown
from sanban.packs.reading.mechanism import Draft

MOMENTS: Final[frozenset[str]] = frozenset(get_args(Moment))
LEAD: Final = "lead"
HANDLING: Final = frozenset(
    {
        "lead_unit",
        "co_unit",
        "inner_unit",
        "task_owner",
        "street",
        "whistler",
        "summoned_unit",
        "handler",
        "grid_worker",
        "grid_leader",
        "requester",
        "subject",
    }
)
"""Relations of those who do the work, or asked for it: they approve and check nothing of it."""


def check(draft: Draft) -> Iterator[Fault]:
    """Everything about limits, and tasks that have none."""
    mechanism = draft.mechanism
    if mechanism is None:
        return
    for limit in mechanism.limits.values():
        yield from _span(draft, limit)
        yield from _expiry(draft, mechanism, limit)
        yield from _kinds(draft, mechanism, limit)
        yield from _extension(draft, limit)
    yield from _tasks(draft, mechanism)


def _span(draft: Draft, limit: Limit) -> Iterator[Fault]:
    """From a moment until a moment, or while in states; not both, not neither."""
    place = ("limits", limit.name)
    for key, moment in (("from", limit.starts), ("until", limit.stops)):
        if moment and moment not in MOMENTS:
            yield unknown(draft, (*place, key), "moment", moment, MOMENTS)
    if bool(limit.starts) == bool(limit.states):
        message = f"{limit.name} counts from a moment, or while a case stands in states: one of the two"
        yield fault_at(draft, place, "limit_without_start", message, "from: dispatched, until: finished")
    if bool(limit.starts) != bool(limit.stops):
        message = (
            f"{limit.name} has no moment at which it stops" if limit.starts else f"{limit.name} stops by its states"
        )
        yield fault_at(draft, place, "limit_without_end", message, "from: dispatched, until: finished")
    if (limit.counts_for == "stage") != bool(limit.states):
        message = f"{limit.name}: a limit while in states counts for the stage, and only such a one does"
        yield fault_at(draft, (*place, "counts_for"), "wrong_account", message, "counts_for: stage")
    if limit.promise and (limit.counts_for, limit.starts) != ("requester", "received"):
        message = f"{limit.name} is promised to a requester, so it counts for the requester from received"
        yield fault_at(draft, (*place, "promise"), "wrong_promise", message, "from: received, counts_for: requester")


def _kinds(draft: Draft, mechanism: Mechanism, limit: Limit) -> Iterator[Fault]:
    """Only limits of whistles are for kinds of them, and only for declared ones."""
    if limit.kinds and limit.starts not in WHISTLE_MOMENTS:
        message = f"{limit.name} does not count from a moment of a whistle, so it is for no kind of them"
        yield fault_at(draft, ("limits", limit.name, "kinds"), "kinds_without_whistle", message, "from: summoned")
    for kind in sorted(limit.kinds - mechanism.grounds.whistling.keys()):
        yield unknown(draft, ("limits", limit.name, "kinds"), "ground", kind, mechanism.grounds.whistling)


def _expiry(draft: Draft, mechanism: Mechanism, limit: Limit) -> Iterator[Fault]:
    if not limit.on_expiry:
        return
    place = ("limits", limit.name, "on_expiry")
    step = mechanism.steps.get(limit.on_expiry)
    if step is None:
        yield unknown(draft, place, "step", limit.on_expiry, mechanism.steps)
    elif "system" not in step.by:
        message = f"{step.name} is taken by the system when {limit.name} runs out, but the system may not take it"
        yield fault_at(draft, place, "silent_step_not_by_system", message, f"{step.name}: {{by: system}}")


def _extension(draft: Draft, limit: Limit) -> Iterator[Fault]:
    extend = limit.extend
    if extend is None:
        return
    place = ("limits", limit.name, "extend")
    if isinstance(limit.within, FixedDate):
        yield fault_at(draft, place, "fixed_date_extended", "nothing lengthens a fixed date", "within: 15 working_days")
    elif limit.within.unit != extend.by.unit:
        message = f"{limit.name} is in {limit.within.unit}s, its extension in {extend.by.unit}s"
        yield fault_at(draft, (*place, "by"), "units_differ", message, f"by: {extend.by.count} {limit.within.unit}s")
    for approver in sorted(HANDLING & set(extend.approvers)):
        message = f"{approver} could be the handler, who does not approve"
        yield fault_at(draft, (*place, "approvers"), "approver_is_handler", message, "approvers: [coordinator]")


def _tasks(draft: Draft, mechanism: Mechanism) -> Iterator[Fault]:
    if LEAD not in mechanism.tasks:
        message = "a case has a task of its lead"
        yield fault_at(draft, ("tasks",), "no_lead_task", message, "tasks: {lead: {duty: street}}")
    for limit in mechanism.limits.values():
        if limit.task and limit.task not in mechanism.tasks:
            yield unknown(draft, ("limits", limit.name, "task"), "task", limit.task, mechanism.tasks)
    unit_limits = [
        limit for limit in mechanism.limits.values() if limit.counts_for == "unit" and limit.stops == "finished"
    ]
    for name in mechanism.tasks:
        if not any(limit.task in ("", name) for limit in unit_limits):
            message = f"the task {name} has no limit until it is finished"
            span = "from: dispatched, until: finished, counts_for: unit"
            example = f"{name}_done: {{within: 5 working_days, {span}, task: {name}}}"
            yield fault_at(draft, ("tasks", name), "task_without_limit", message, example)
