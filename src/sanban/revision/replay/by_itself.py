"""What happens to a case by itself: which of the recorded events the system made, and whether one would come by now.

None of them is taken from the record: the timers of the replayed case fire anew, and what follows at once follows anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sanban.kernel.case.event import Event
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
