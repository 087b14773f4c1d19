"""Registered words: every verb, relation, need and task that a file names must exist."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sanban.kernel.case.verbs import SYSTEM_VERBS, VERBS
from sanban.kernel.errors import Fault
from sanban.kernel.mechanism import Mechanism, Step
from sanban.kernel.permission import RELATIONS
from sanban.kernel.sight import GRANTS
from sanban.packs.check.place import fault_at, unknown
from sanban.packs.reading.mechanism import Draft

TASK_OWNER: Final = "task_owner"
STEP_RELATIONS: Final = RELATIONS | {TASK_OWNER}
"""Who a step's `by` may name."""


def check(draft: Draft) -> Iterator[Fault]:
    """Words that are not registered, each with the one that was perhaps meant."""
    mechanism = draft.mechanism
    if mechanism is None:
        return
    for step in mechanism.steps.values():
        yield from _of_step(draft, step)
    yield from _of_approvers(draft, mechanism)
    yield from _of_visible(draft, mechanism)


def _of_step(draft: Draft, step: Step) -> Iterator[Fault]:
    place = ("steps", step.name)
    for relation in sorted(step.by - STEP_RELATIONS):
        yield unknown(draft, (*place, "by"), "relation", relation, STEP_RELATIONS)
    verb = VERBS.get(step.verb)
    if verb is None and step.verb in SYSTEM_VERBS:
        message = f"{step.verb} is the system's own and is always there; it is not declared"
        yield fault_at(draft, (*place, "verb"), "system_verb", message, "verb: accept")
    elif verb is None:
        yield unknown(draft, (*place, "verb"), "verb", step.verb, VERBS)
    else:
        for need in step.needs:
            if need not in verb.args.__struct_fields__:
                yield unknown(draft, (*place, "needs"), "need", need, verb.args.__struct_fields__)


def _of_approvers(draft: Draft, mechanism: Mechanism) -> Iterator[Fault]:
    for limit in mechanism.limits.values():
        for relation in limit.extend.approvers if limit.extend is not None else ():
            if relation not in RELATIONS:
                yield unknown(draft, ("limits", limit.name, "extend", "approvers"), "relation", relation, RELATIONS)


def _of_visible(draft: Draft, mechanism: Mechanism) -> Iterator[Fault]:
    for relation in sorted(mechanism.visible.words() - GRANTS.keys()):
        path = next((key for key in ("text", "place") if relation in getattr(mechanism.visible, key)), "requester")
        yield unknown(draft, ("visible", path), "relation", relation, GRANTS)
