"""What a viewer sees of a case: deny by default, decided in the kernel and nowhere else.

`GRANTS` says for each relation what it sees before the mechanism says anything, and the most that a mechanism may give
it. A mechanism's `visible` raises or lowers within these; it can never show a requester to a co-unit, a firm or a
leader. A viewer with several relations sees the most that any of them gives. A relation that is not in the table, a
role that is not known and the parties complained about (with all who act for or belong to them) see nothing.

A requester sees their own request in full (`own`) and of a case shared with others only how it goes.
"""

from __future__ import annotations

from typing import Literal, TypeVar

import msgspec

from sanban.kernel.party import Links
from sanban.kernel.permission import Actor, CaseFacts, is_subject, relations

RequesterSight = Literal["none", "masked", "full"]
TextSight = Literal["none", "rewritten", "full"]
PlaceSight = Literal["none", "coarse", "exact"]

T = TypeVar("T", RequesterSight, TextSight, PlaceSight)

REQUESTER_STEPS: tuple[RequesterSight, ...] = ("none", "masked", "full")
TEXT_STEPS: tuple[TextSight, ...] = ("none", "rewritten", "full")
PLACE_STEPS: tuple[PlaceSight, ...] = ("none", "coarse", "exact")


class Visibility(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mechanism's `visible`: the relations that see the requester in full, and the text and place by relation."""

    requester: tuple[str, ...] = ()
    text: dict[str, TextSight] = {}
    place: dict[str, PlaceSight] = {}

    def words(self) -> frozenset[str]:
        """Every relation named, for the checker."""
        return frozenset((*self.requester, *self.text, *self.place))


class Sight(msgspec.Struct, frozen=True):
    """What may be shown: whether the case at all, how much of the requester, the text and the place, and the rest."""

    case: bool = False
    requester: RequesterSight = "none"
    text: TextSight = "none"
    place: PlaceSight = "none"
    clocks: bool = False
    history: bool = False
    own: bool = False


class Grant(msgspec.Struct, frozen=True):
    """What a relation sees undeclared, and the most that `visible` may give it."""

    sight: Sight
    most_requester: RequesterSight = "none"
    most_text: TextSight = "rewritten"
    most_place: PlaceSight = "exact"


BLIND = Sight()
UNDECLARED = Visibility()

_OUTLINE = Sight(case=True, clocks=True, history=True)
_TASK = Sight(case=True, text="rewritten", place="coarse", clocks=True)
_OVERVIEW = Sight(case=True, text="rewritten", place="coarse", clocks=True, history=True)
_WORK = Sight(case=True, requester="masked", text="full", place="exact", clocks=True, history=True)

GRANTS: dict[str, Grant] = {
    "requester": Grant(msgspec.structs.replace(_OUTLINE, place="coarse", own=True), "none", "none", "coarse"),
    "desk": Grant(msgspec.structs.replace(_WORK, requester="full"), "full", "full"),
    "lead_unit": Grant(_WORK, "full", "full"),
    "coordinator": Grant(_WORK, "full", "full"),
    "verifier": Grant(msgspec.structs.replace(_OVERVIEW, place="exact"), "full", "full"),
    "inner_unit": Grant(_TASK, "full", "full"),
    "co_unit": Grant(_TASK),
    "street": Grant(_TASK),
    "whistler": Grant(_TASK),
    "summoned_unit": Grant(_TASK),
    "auditor": Grant(msgspec.structs.replace(_OVERVIEW, requester="masked"), "masked"),
    "leader": Grant(_OVERVIEW, most_place="coarse"),
    "mechanism_owner": Grant(_OUTLINE, "none", "none", "coarse"),
}

_FIRM = Grant(_TASK, "none", "rewritten", "coarse")


def sight(viewer: Actor, facts: CaseFacts, links: Links, now: int, visible: Visibility = UNDECLARED) -> Sight:
    """What the viewer may see of the case at `now` (microseconds UTC) under the mechanism's `visible`."""
    if is_subject(viewer, facts, links, now):
        return BLIND
    seen = BLIND
    firm = viewer.role == "property_manager" or viewer.unit_kind == "firm"
    for relation in relations(viewer, facts) & GRANTS.keys():
        seen = _most(seen, _granted(relation, _FIRM if firm else GRANTS[relation], facts, visible))
    return seen


def _granted(relation: str, grant: Grant, facts: CaseFacts, visible: Visibility) -> Sight:
    """The relation's sight after the mechanism's word. A closed case shows the requester to nobody new."""
    shown: RequesterSight = "full" if relation in visible.requester and facts.open else grant.sight.requester
    return msgspec.structs.replace(
        grant.sight,
        requester=_lower(REQUESTER_STEPS, shown, grant.most_requester),
        text=_lower(TEXT_STEPS, visible.text.get(relation, grant.sight.text), grant.most_text),
        place=_lower(PLACE_STEPS, visible.place.get(relation, grant.sight.place), grant.most_place),
    )


def _most(one: Sight, other: Sight) -> Sight:
    return Sight(
        case=one.case or other.case,
        requester=_higher(REQUESTER_STEPS, one.requester, other.requester),
        text=_higher(TEXT_STEPS, one.text, other.text),
        place=_higher(PLACE_STEPS, one.place, other.place),
        clocks=one.clocks or other.clocks,
        history=one.history or other.history,
        own=one.own or other.own,
    )


def _lower(steps: tuple[T, ...], one: T, other: T) -> T:
    return steps[min(steps.index(one), steps.index(other))]


def _higher(steps: tuple[T, ...], one: T, other: T) -> T:
    return steps[max(steps.index(one), steps.index(other))]
