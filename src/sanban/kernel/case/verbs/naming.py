"""Verbs about whom a case is about: name_subject, clear_subject.

A firm is often recognised late: the words name it without saying so, or somebody goes and looks. From the instant it is
named the case is kept from it and from all who are bound to it, and what they had to do goes to others (`stand_aside`).
That a case is not about a party is said by somebody apart from the work and from the party, with how it is known.
"""

from __future__ import annotations

import msgspec

from sanban.kernel.case.event import SubjectCleared, SubjectNamed
from sanban.kernel.case.situation import Effect, Situation, Verb
from sanban.kernel.case.state import Case
from sanban.kernel.case.verbs.opening import stands_for_one
from sanban.kernel.case.words import GivenCode, GivenId, GivenRef
from sanban.kernel.errors import Refused

OWN_PARTY = Refused(
    "own_party", "nobody says of a party they are, act for or belong to that it is not meant", "ask a colleague"
)


class PartyArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`ground`: how it is known."""

    party: GivenId
    ground: GivenCode
    note: GivenRef = ""


def name_subject(case: Case, args: PartyArgs, situation: Situation) -> Effect | Refused:
    """The case is about this party as well."""
    if args.party in case.subjects:
        return Refused("already_subject", "the case is about this party already", "another party")
    if (refusal := _fault(args, situation)) is not None:
        return refusal
    if stands_for_one(frozenset({args.party}), [one.requester for one in case.requests], situation):
        message = "somebody who asks is, or acts for, this party; what they ask is a case of its own"
        return Refused("requester_is_subject", message, "split their request off first")
    return Effect(SubjectNamed, {"party": args.party, "ground": args.ground})


def clear_subject(case: Case, args: PartyArgs, situation: Situation) -> Effect | Refused:
    """The case is not about this party. One that the matter's form names is taken out by another answer there."""
    if args.party in case.cleared:
        return Refused("already_cleared", "it is said already that the case is not about this party", "another party")
    if (refusal := _fault(args, situation)) is not None:
        return refusal
    if any(field.subject and case.fields.get(field.name) == args.party for field in situation.mechanism.form.values()):
        return Refused("named_by_form", "the matter's form names this party", "reclassify with the right party")
    actor = situation.actor
    if stands_for_one(frozenset({args.party}), filter(None, (actor.id, actor.unit, actor.party)), situation):
        return OWN_PARTY
    return Effect(SubjectCleared, {"party": args.party, "ground": args.ground})


def _fault(args: PartyArgs, situation: Situation) -> Refused | None:
    """What is wrong with a ground or a party that nobody knows: no unit, and in no link."""
    grounds, links = situation.mechanism.grounds.naming, situation.links
    if args.ground not in grounds:
        known = ", ".join(grounds)
        return Refused("unknown_ground", f"{args.ground} is not a ground here; there are: {known}", known)
    if not any(args.party in known for known in (situation.duty.units, links.by_source, links.by_target)):
        return Refused("unknown_party", f"the district knows no party {args.party}", next(iter(situation.duty.units)))
    return None


VERBS = (
    Verb("name_subject", PartyArgs, name_subject, grounds="naming"),
    Verb("clear_subject", PartyArgs, clear_subject, apart=True, grounds="naming"),
)
