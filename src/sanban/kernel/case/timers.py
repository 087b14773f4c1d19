"""Which timers a case wants, from its state alone: when clocks are due, to be reminded of, to be reviewed."""

from __future__ import annotations

from typing import NamedTuple

from sanban.kernel.case.state import Case


class Wanted(NamedTuple):
    """At `at` (microseconds UTC) the system takes `step` on `subject` (a clock or task id), argument `name`."""

    at: int
    step: str
    name: str
    subject: str


def wanted_timers(case: Case) -> tuple[Wanted, ...]:
    """Every timer of the case, none for a closed one."""
    if case.closed_at is not None:
        return ()
    wanted: list[Wanted] = []
    for clock in case.clocks:
        if clock.stopped_at is not None or clock.missed_at is not None or clock.due_at is None:
            continue
        wanted.append(Wanted(clock.due_at, "expire", "clock", clock.id))
        if clock.remind_at is not None and clock.reminded_at is None and clock.remind_at < clock.due_at:
            wanted.append(Wanted(clock.remind_at, "remind", "clock", clock.id))
    for task in case.open_tasks:
        if task.inner_due_at is not None and task.inner_missed_at is None:
            wanted.append(Wanted(task.inner_due_at, "expire_inner", "task", task.id))
            if task.inner_remind_at is not None:
                wanted.append(Wanted(task.inner_remind_at, "remind_inner", "task", task.id))
    if case.review_at is not None:
        wanted.append(Wanted(case.review_at, "review", "task", ""))
    wanted.extend(Wanted(one.review_at, "review", "task", one.task) for one in case.suspensions)
    return tuple(wanted)
