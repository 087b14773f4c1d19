"""Rules that never fired: of enough cases that a rule is for, not one needed it.

    steps, tasks    a step, or a task with a condition, that the matter's own file declares
    limits          a limit with a condition, declared or inherited, that started no clock
    joint.tests     a test of three-cross problems, declared or inherited, that held for no case that was put to it
    rows            a row of the directory that another always went before, and that another would stand in for

A rule is for those cases that come to it: a test that was never asked has nothing speaking against it. Tested is
whether fewer than a declared part need the rule. One that is for dangers, or for what is meant to be rare, is not
looked at: its name or condition has a word that the thresholds list.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from sanban.kernel.case.state import LEAD
from sanban.kernel.duty.directory import ANY, Entry
from sanban.kernel.duty.table import DutyTable
from sanban.kernel.expression import Expression
from sanban.kernel.mechanism import Limit, Mechanism
from sanban.revision.change import Change
from sanban.revision.proposing.chance import at_most
from sanban.revision.proposing.finding import Tested, spoken_against
from sanban.revision.proposing.observing import Asked, Observed
from sanban.revision.proposing.thresholds import Thresholds, part
from sanban.revision.share import Share

Own = Mapping[str, frozenset[str]]
"""Mechanism key -> the parts that its own file declares, as `steps.NAME` and `tasks.NAME`."""
_WORD: Final = re.compile(r"\w+")


def unfired(seen: Observed, duty: DutyTable, own: Own, thresholds: Thresholds) -> Iterator[Tested]:
    """A test of every rule that enough cases came to."""
    for key, mechanism in sorted(seen.mechanisms.items()):
        for about, fired, cases in _rules(seen, mechanism, own.get(key, frozenset()), frozenset(thresholds.rare)):
            yield from _tested(Change("remove", mechanism.matter, about), fired, cases, thresholds)
    yield from _rows(seen, duty, thresholds)


def _tested(change: Change, fired: int, cases: Collection[str], thresholds: Thresholds) -> Iterator[Tested]:
    if len(cases) < thresholds.unused_of:
        return
    chance = at_most(fired, len(cases), part(thresholds.unused))
    if fired:
        yield Tested(chance)
    else:
        yield spoken_against(change, Share(0, len(cases)), thresholds.unused, chance, cases)


def _rules(
    seen: Observed, mechanism: Mechanism, own: Collection[str], rare: frozenset[str]
) -> Iterator[tuple[str, int, Collection[str]]]:
    """What a mechanism declares: its place in the file, how many cases it fired in, and the cases it is for."""
    key = mechanism.key
    for name, step in mechanism.steps.items():
        if f"steps.{name}" in own and step.by != {"system"} and step.verb != "open":
            yield f"steps.{name}", seen.steps[key, name], _reached(seen, key, step.source)
    for name, task in mechanism.tasks.items():
        if f"tasks.{name}" in own and name != LEAD and _is_conditional(name, task.when, rare):
            yield f"tasks.{name}", len(seen.specs[key, name]), seen.specs[key, LEAD]
    for name, limit in mechanism.limits.items():
        if _is_conditional(name, limit.when, rare):
            yield f"limits.{name}", seen.timed[key, name], _timed(seen, mechanism, limit)
    for name, test in mechanism.crosses.items():
        if _is_conditional(name, test.when, rare):
            yield f"joint.tests.{name}", seen.crossed[key, name], seen.put_to_tests[key]


def _is_conditional(name: str, when: Expression | None, rare: frozenset[str]) -> bool:
    """Whether the rule has a condition, and neither that nor its name speaks of what is rare."""
    return when is not None and rare.isdisjoint([name, *_WORD.findall(when.source)])


def _reached(seen: Observed, key: str, states: Collection[str]) -> set[str]:
    return {case for state in states for case in seen.reached[key, state]}


def _timed(seen: Observed, mechanism: Mechanism, limit: Limit) -> Collection[str]:
    """Cases in which the limit's time would begin if its condition held; none of a moment that is itself rare."""
    if limit.states:
        return _reached(seen, mechanism.key, limit.states)
    if limit.starts == "received":
        return seen.reached[mechanism.key, mechanism.start]
    return seen.specs[mechanism.key, limit.task or LEAD] if limit.starts == "dispatched" else ()


def _rows(seen: Observed, duty: DutyTable, thresholds: Thresholds) -> Iterator[Tested]:
    """A row sent nothing of what it is for, because another always goes before it, and leaves no gap behind."""
    used = {one.entry for one in seen.asked} & duty.entries.keys()
    for name, row in sorted(duty.entries.items()):
        if row.level != "district" or row.origin == "precedent" or row.valid_to is not None:
            continue
        if not any(_stands_in(duty.entries[other], row) for other in used - {name}):
            continue
        asked = [one for one in seen.asked if _is_for(row, one)]
        change = Change("row", row.matter, name, row.duty, row.area)
        yield from _tested(change, sum(one.entry == name for one in asked), {one.case for one in asked}, thresholds)


def _is_for(row: Entry, asked: Asked) -> bool:
    """Whether the row is for the duty, matter and place that was asked about, and held then."""
    is_about = row.duty == asked.duty and row.matter in (ANY, asked.matter)
    return is_about and row.area in (ANY, *asked.areas) and row.valid_from <= asked.at


def _stands_in(other: Entry, row: Entry) -> bool:
    """Whether another row answers wherever this one would."""
    return (
        other.duty == row.duty
        and other.level == row.level
        and other.matter in (ANY, row.matter)
        and other.area in (ANY, row.area)
        and other.valid_to is None
    )
