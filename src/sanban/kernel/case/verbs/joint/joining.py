"""Verbs of joint handling round a whistle: offer_joint, accept_joint, refuse_joint, change_lead, minute.

The system offers joint handling; the coordinator accepts it, or refuses it on a ground. In joint work the centre may
rule that another unit leads: the one task ends and the other begins in the same event, so that at no instant there are
two leads or none. What was agreed at a meeting stands in minutes.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from sanban.kernel.case.event import CaseMinuted, JointAccepted, JointOffered, JointRefused
from sanban.kernel.case.facts import joint_offered, running_clocks, unknown_ground
from sanban.kernel.case.situation import Effect, Situation, Verb, begun_after
from sanban.kernel.case.state import Case
from sanban.kernel.case.verbs.dispatching import RuleArgs, ruling
from sanban.kernel.case.verbs.joint.crossing import crosses_of
from sanban.kernel.case.verbs.joint.whistling import reach_fault
from sanban.kernel.case.words import GivenCode, GivenId, GivenRef
from sanban.kernel.errors import Refused


class OfferArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    cause: Literal["extension_missed", "call_back_failed"]
    note: GivenRef = ""


class AcceptArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`reach`: further grids that the problem touches."""

    reach: tuple[GivenId, ...] = ()
    note: GivenRef = ""


class RefuseArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ground: GivenCode
    note: GivenRef = ""


class MinuteArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`note`: what was agreed. `present`: the units that were there."""

    present: tuple[GivenId, ...] = ()
    note: GivenRef = ""


def offer_joint(case: Case, args: OfferArgs, situation: Situation) -> Effect | None:
    """Offered once until it is answered, and not to a case that is handled jointly already; a reopened one is anew."""
    if case.joint or joint_offered(case):
        return None
    return Effect(JointOffered, {"cause": args.cause, "tests": crosses_of(case, situation)})


def accept_joint(case: Case, args: AcceptArgs, situation: Situation) -> Effect | Refused:
    """From now on handled jointly; the tests of three-cross problems are asked again with what is known now."""
    refusal = _nothing_offered(case) or reach_fault(args.reach, situation)
    if refusal is not None:
        return refusal
    tests = crosses_of(case, situation, reach=args.reach)
    return Effect(JointAccepted, {"ground": case.offers[-1].cause, "tests": tests, "reach": args.reach})


def refuse_joint(case: Case, args: RefuseArgs, situation: Situation) -> Effect | Refused:
    """It goes on as it did, on a declared ground."""
    grounds = situation.mechanism.grounds.screening
    if args.ground not in grounds:
        return unknown_ground(args.ground, grounds)
    return _nothing_offered(case) or Effect(JointRefused, {"ground": args.ground})


def _nothing_offered(case: Case) -> Refused | None:
    if joint_offered(case):
        return None
    return Refused("nothing_offered", "joint handling is not offered, or was answered", "whistle")


def change_lead(case: Case, args: RuleArgs, situation: Situation) -> Effect | Refused:
    """The centre rules while a unit leads: its task ends with the event in which the other begins."""
    held = case.lead_task
    if held is None or not held.open:
        return Refused("unknown_task", "the lead has no open task; `rule` decides who has it", "rule")
    if held.unit == args.unit:
        return Refused("leads_already", f"{args.unit} leads already", "another unit")
    effect = ruling(case, args, situation)
    if isinstance(effect, Refused):
        return effect
    ended = tuple(clock.id for clock in running_clocks(case) if clock.subject == held.id)
    return msgspec.structs.replace(
        effect,
        fields={**effect.fields, "withdrawn": held.id},
        happenings=(*effect.happenings, *begun_after(case, held)),
        stops=tuple(dict.fromkeys((*effect.stops, *ended))),
    )


def minute(case: Case, args: MinuteArgs, situation: Situation) -> Effect | Refused:
    """What those who met agreed on."""
    unknown = [unit for unit in args.present if situation.duty.unit_at(unit, situation.now) is None]
    if unknown:
        known = next(iter(situation.duty.units), "street-01")
        return Refused("unknown_unit", f"there is no unit {', '.join(unknown)} now", f"present: [{known}]")
    return Effect(CaseMinuted, {"present": args.present})


VERBS = (
    Verb("offer_joint", OfferArgs, offer_joint),
    Verb("accept_joint", AcceptArgs, accept_joint, apart=True),
    Verb("refuse_joint", RefuseArgs, refuse_joint, apart=True, grounds="screening"),
    Verb("change_lead", RuleArgs, change_lead, frozenset({"dispatched", "accepted"}), apart=True, grounds="screening"),
    Verb("minute", MinuteArgs, minute, needs=("note",)),
)
