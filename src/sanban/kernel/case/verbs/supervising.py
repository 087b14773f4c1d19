"""Verbs of higher attention: supervise, account_for.

The levels of a mechanism are its `grounds.supervising`, the lowest first; limits from `supervised` until `accounted`
say how fast the unit answers each. A limit whose `on_expiry` names a step of `supervise` is a declared trigger.
"""

from __future__ import annotations

import msgspec

from sanban.kernel.case.event import CaseSupervised, SupervisionAnswered
from sanban.kernel.case.facts import answer_clocks, answering_task, supervised_rank
from sanban.kernel.case.situation import Effect, Situation, Verb, task_happening
from sanban.kernel.case.state import Case, Supervision
from sanban.kernel.case.words import GivenCode, GivenRef
from sanban.kernel.errors import Refused


class SuperviseArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`level` '' is the lowest that is higher than what goes on; `task`: whose limit ran out, when one did."""

    level: GivenCode = ""
    task: GivenCode = ""
    note: GivenRef = ""


class AccountForArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`note`: what the unit does about it, and until when."""

    note: GivenRef = ""


def supervise(case: Case, args: SuperviseArgs, situation: Situation) -> Effect | Refused:
    """Higher attention to the unit that leads, from now on; a level not higher than an unanswered one adds nothing."""
    levels = tuple(situation.mechanism.grounds.supervising)
    if args.level and not levels:
        return Refused("unknown_ground", "this mechanism declares no levels of supervision", "leave the level out")
    if args.level and args.level not in levels:
        return Refused("unknown_ground", f"{args.level} is no level here; there are: {', '.join(levels)}", levels[0])
    now = supervised_rank(case)
    rank = levels.index(args.level) + 1 if args.level else min(now + 1, len(levels))
    if levels and rank <= now:
        return Refused("already_supervised", f"{levels[now - 1]} goes on and is not answered yet", "a higher level")
    level = levels[rank - 1] if levels else ""
    one = Supervision(level, rank, case.lead, situation.actor.unit, situation.now)
    seen = msgspec.structs.replace(case, supervised=True, supervision=(*case.supervision, one))
    task = answering_task(case)
    happenings = (task_happening("supervised", task),) if task is not None else ()
    return Effect(CaseSupervised, {"level": level, "rank": rank}, happenings, seen=seen)


def account_for(case: Case, args: AccountForArgs, situation: Situation) -> Effect | Refused:
    """The leading unit answers with a text, its work done or not; its limits of supervision stop."""
    refusal = not_asked(case)
    if refusal is not None:
        return refusal
    task = answering_task(case)
    happenings = (task_happening("accounted", task),) if task is not None else ()
    return Effect(SupervisionAnswered, {}, happenings, answer_clocks(case, situation.mechanism))


def not_asked(case: Case) -> Refused | None:
    """Why there is nothing that the leading unit could answer."""
    if any([one.unit == case.lead and one.answered_at is None for one in case.supervision]):  # noqa: C419 -- few
        return None
    return Refused("nothing_asked", "no supervision of this unit waits for an answer", "note")


VERBS = (
    Verb("supervise", SuperviseArgs, supervise, frozenset({"supervised"}), grounds="supervising"),
    Verb("account_for", AccountForArgs, account_for, frozenset({"accounted"}), handles=True, needs=("note",)),
)
