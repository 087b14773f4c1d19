"""How long a disputed case lay with whom, from its state alone; a case may be disputed again once that is settled.

A dispute begins with the dispatch that was returned first and is settled when a unit signs for the order, or is ruled
to. Until then the case lies with each unit from its dispatch to its return, and from there with whoever looks for the
next one, while the unit that returned it leads on. A unit that gave the order away and has it in the end lost the
dispute: all of that time counts against it. Where a unit has it that never gave it away, the dispatcher erred.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sanban.kernel.case.state import LEAD, Case, Task


class Spell(NamedTuple):
    """A time that the case lay with a unit. `held`: it had the order; else it led on until the next was found.

    `until`: None while it still does. Instants are microseconds UTC.
    """

    unit: str
    held: bool
    since: int
    until: int | None


class Dispute(NamedTuple):
    """Its spells in order. `settled_at`: None while it lasts; `lost_by`: '' for no unit, or none yet."""

    spells: tuple[Spell, ...]
    settled_at: int | None = None
    lost_by: str = ""

    @property
    def began_at(self) -> int:
        return self.spells[0].since

    def waited(self, now: int) -> int:
        """How long the case waited for it to be settled, microseconds; so far, while it lasts."""
        return (now if self.settled_at is None else self.settled_at) - self.began_at


def disputes_in(case: Case) -> Iterator[Dispute]:
    """The disputes over the case, in order: each begins with a return after the one before was settled."""
    leads = [task for task in case.tasks if task.spec == LEAD]
    while leads:
        if leads[0].state == "returned":
            lasted = 1 + next((at for at, task in enumerate(leads) if task.accepted_at is not None), len(leads) - 1)
            yield _dispute(leads[:lasted], case.closed_at)
            leads = leads[lasted:]
        else:
            leads = leads[1:]


def _dispute(leads: Sequence[Task], closed_at: int | None) -> Dispute:
    spells: list[Spell] = []
    for task, following in zip(leads, (*leads[1:], None), strict=True):
        until = task.ended_at if task.accepted_at is None else task.accepted_at
        spells.append(Spell(task.unit, held=True, since=task.dispatched_at, until=until))
        if task.accepted_at is not None:
            gave_back = {one.unit for one in leads if one.state == "returned"}
            return Dispute(tuple(spells), task.accepted_at, task.unit if task.unit in gave_back else "")
        if task.ended_at is not None:
            found_at = closed_at if following is None else following.dispatched_at
            spells.append(Spell(task.unit, held=False, since=task.ended_at, until=found_at))
    return Dispute(tuple(spells), closed_at)
