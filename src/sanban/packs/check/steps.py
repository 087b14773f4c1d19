"""Steps that can be taken, and only by those who may: grounds to choose from, approval and checking by others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sanban.kernel.case.verbs import VERBS
from sanban.kernel.errors import Fault
from sanban.kernel.mechanism import Mechanism, Step
from sanban.kernel.permission import NOT_HANDLER
from sanban.kernel.sight import GRANTS
from sanban.packs.check.limits import HANDLING
from sanban.packs.check.place import fault_at
from sanban.packs.reading.mechanism import Draft

UNDECLARED: Final = frozenset({"supervise", "rule", "waive", "change_lead"})
"""Verbs that take a coded reason where a file declares some, and go without where it does not."""

BY_OTHERS: Final = frozenset(
    {"grant_extension", "suspend", "shelve", "waive", "verify", "rework", "call_back", "close", "screen", "change_lead"}
)
"""Verbs of approval and of checking: never taken by those who did the work."""


def check(draft: Draft) -> Iterator[Fault]:
    """Steps without grounds, steps of approval open to handlers, and files without an opening or an ending."""
    mechanism = draft.mechanism
    if mechanism is None:
        return
    for step in mechanism.steps.values():
        yield from _grounds(draft, mechanism, step)
        yield from _others(draft, step)
        yield from _ends(draft, mechanism, step)
        yield from _unmasks(draft, step)
    verbs = {step.verb for step in mechanism.steps.values()}
    for verb in sorted({"open", "dispatch", "close"} - verbs):
        message = f"no step has the verb {verb}"
        yield fault_at(draft, ("steps",), "missing_step", message, f"{verb}: {{from: filed, by: desk}}")


def _grounds(draft: Draft, mechanism: Mechanism, step: Step) -> Iterator[Fault]:
    use = VERBS[step.verb].grounds if step.verb in VERBS else ""
    if use and step.verb not in UNDECLARED and not mechanism.grounds.of(use):
        message = f"{step.name} needs a coded reason, but there are no grounds.{use}"
        yield fault_at(
            draft, ("steps", step.name), "step_without_grounds", message, f"grounds: {{{use}: {{not_our_duty: {{}}}}}}"
        )


def _unmasks(draft: Draft, step: Step) -> Iterator[Fault]:
    """Only somebody who may ever see a requester in full unmasks one; a unit that helps and a firm never do."""
    if step.verb != "unmask":
        return
    never = {relation for relation in step.by if relation not in GRANTS or GRANTS[relation].most_requester != "full"}
    for relation in sorted(never - {NOT_HANDLER}):
        message = f"{step.name} shows a requester's name and number; {relation} never sees them"
        yield fault_at(draft, ("steps", step.name, "by"), "unmasked_for_helpers", message, "by: [lead_unit]")


def _others(draft: Draft, step: Step) -> Iterator[Fault]:
    if step.verb in BY_OTHERS and NOT_HANDLER not in step.by:
        for relation in sorted(step.by & HANDLING):
            message = f"{step.name} is taken by somebody who has not done the work; {relation} could have"
            yield fault_at(draft, ("steps", step.name, "by"), "handler_approves", message, "by: [coordinator]")


def _ends(draft: Draft, mechanism: Mechanism, step: Step) -> Iterator[Fault]:
    """Only closing ends a case: anything else would end it with its tasks and clocks open."""
    target = mechanism.states.get(step.to)
    if target is not None and target.end and step.verb != "close" and step.to not in step.source:
        message = f"{step.name} leads to the end state {step.to}, but only the verb close ends a case"
        yield fault_at(draft, ("steps", step.name, "to"), "end_without_close", message, "verb: close")
