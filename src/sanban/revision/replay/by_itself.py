"""What happens to a case by itself: which of the recorded events the system made, and whether one would come by now.

None of them is taken from the record: the timers of the replayed case fire anew, and what follows at once follows anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sanban.kernel.case.event import Event, RequesterCalledBack
from sanban.kernel.case.facts import UNRESOLVED
from sanban.kernel.case.state import Case
from sanban.kernel.case.timers import LEADS_ON
from sanban.kernel.mechanism import Mechanism
from sanban.revision.replay.standing import SYSTEM

TIMERS: Final = frozenset({"expire", "remind", "review", "expire_station", "remind_station"})
FOLLOWING: Final = frozenset({"summon", "offer_joint"})
"""Verbs that the system takes at once after another's step, besides what silence takes when a limit runs out."""


def following_steps(mechanism: Mechanism) -> frozenset[str]:
    """The steps of the mechanism that the system takes at once after another's."""
    silent = {limit.on_expiry for limit in mechanism.limits.values() if limit.on_expiry}
    return frozenset(silent | {step.name for step in mechanism.steps.values() if step.verb in FOLLOWING})


def is_anything_due(case: Case, until: int) -> bool:
    """Whether some timer of the case may be due by then; what `wanted_timers` says in full, asked at every step."""
    if case.closed_at is not None:
        return False
    for clock in case.clocks:
        if clock.stopped_at is None and clock.missed_at is None and clock.due_at is not None:
            if clock.due_at <= until:
                return True
            if clock.remind_at is not None and clock.remind_at <= until and clock.reminded_at is None:
                return True
    for task in case.tasks:
        if task.inner_due_at is not None and task.inner_missed_at is None and task.open:
            first = task.inner_due_at if task.inner_remind_at is None else task.inner_remind_at
            if first <= until:
                return True
    if case.review_at is not None and case.review_at <= until:
        return True
    return bool(case.suspensions) and any(one.review_at <= until for one in case.suspensions)


def may_lead_on(event: Event) -> bool:
    """Whether something may follow a person's step at once, by what was said at a call-back or was screened."""
    if type(event) is RequesterCalledBack:
        return event.call_back.resolved in UNRESOLVED
    return type(event) in LEADS_ON


def made_by_the_system(events_: Sequence[Event], follows: frozenset[str]) -> tuple[frozenset[int], frozenset[int]]:
    """Which of the events timers made, and which came at once after another's; all of them come anew."""
    fired, followed, led_at = set(), set(), None
    for index, event in enumerate(events_):
        if event.actor != SYSTEM.id:
            led_at = None
        elif event.step in TIMERS:
            fired.add(index)
        elif event.step in follows and led_at == event.at:
            followed.add(index)
        else:
            led_at = None
        if type(event) in LEADS_ON:
            led_at = event.at
    return frozenset(fired), frozenset(followed)
