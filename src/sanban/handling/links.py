"""The stream `party:links`: who acts for whom and who belongs to whom, recorded and ended by the desk or a coordinator.

The district's own links are a file; what is learnt at work is a ledger event and joins them at once, for permission,
sight and dispatch alike. Each link says from when and until when it holds; when it was learnt is the event's own time.
Links are only added and ended, never edited: one that was wrong is ended when it began. Nobody touches a link of a
party they are, act for or belong to, for what it would let them see.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from sanban.kernel.case.words import Code, GivenId, Id
from sanban.kernel.errors import Refused
from sanban.kernel.party import Link, LinkKind, Links, links
from sanban.kernel.permission import DESK_ROLES, Actor
from sanban.ledger.port import Part, Turn
from sanban.ledger.stream_kind import StreamKind, arguments

KIND = "party"
STREAM = f"{KIND}:links"
OFFICES = frozenset({"coordinator", "system"})

_RECORD = '{"id": "0197...", "kind": "agent_of", "source": "firm-01", "target": "op-1", "valid_from": 1767225600000000}'
_END = '{"id": "0197...", "valid_to": 1767225600000000}'


class LinkEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """What both have: when recorded (microseconds UTC), by which account, and the link's id."""

    v: int = 1
    at: int
    by: Code
    id: Id


class LinkRecorded(LinkEvent, frozen=True, tag="link.recorded"):
    """`source` is the agent, or a member, of `target`, from `valid_from` up to `valid_to`."""

    kind: LinkKind
    source: Id
    target: Id
    valid_from: int
    valid_to: int | None = None


class LinkEnded(LinkEvent, frozen=True, tag="link.ended"):
    """The link holds up to `valid_to`, and not at all when that is where it began."""

    valid_to: int


Event = LinkRecorded | LinkEnded


class RecordArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: GivenId
    kind: LinkKind
    source: GivenId
    target: GivenId
    valid_from: int
    valid_to: int | None = None


class EndArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: GivenId
    valid_to: int


class KnownLink(msgspec.Struct, frozen=True):
    """A link of the ledger, with when it was learnt and from whom."""

    id: str
    link: Link
    recorded_at: int
    by: str


class KnownLinks(msgspec.Struct, frozen=True):
    """Every link of the ledger, ended ones too, in the order of recording."""

    every: tuple[KnownLink, ...] = ()

    def find(self, link_id: str) -> KnownLink | None:
        """The link of that id."""
        return next((one for one in self.every if one.id == link_id), None)


def links_with(base: Links, known: KnownLinks) -> Links:
    """The district's links with those of its ledger."""
    return links(
        [*(link for several in base.by_target.values() for link in several), *(one.link for one in known.every)]
    )


def may_keep(actor: Actor) -> bool:
    """Whether the actor's office records and ends links."""
    return actor.role in OFFICES or (actor.role in DESK_ROLES and actor.unit_kind in ("desk", "centre"))


class LinksAggregate(StreamKind[Event], kind=KIND, events=Event, noun="a link"):
    """The one stream of links; `base` are those of the district's files."""

    def __init__(self, base: Links) -> None:
        self._base = base

    def decide(self, state: KnownLinks | None, part: Part, turn: Turn) -> Sequence[Event] | Refused:
        """Steps `record` and `end`."""
        if part.step not in ("record", "end"):
            return Refused("unknown_step", f"links have no step {part.step}", "record, end")
        if not may_keep(turn.actor):
            return Refused("not_permitted", "links are kept by the desk and the coordinators", "sign in as an operator")
        shape, example = (RecordArgs, _RECORD) if part.step == "record" else (EndArgs, _END)
        args: Any = arguments(part, shape, example)
        if isinstance(args, Refused):
            return args
        known = state or KnownLinks()
        return self._record(known, args, turn) if isinstance(args, RecordArgs) else self._end(known, args, turn)

    def fold(self, state: KnownLinks | None, event: Event) -> KnownLinks:
        known = state or KnownLinks()
        if isinstance(event, LinkRecorded):
            link = Link(event.kind, event.source, event.target, event.valid_from, event.valid_to)
            return KnownLinks((*known.every, KnownLink(event.id, link, event.at, event.by)))
        ended = [
            replace(one, link=replace(one.link, valid_to=event.valid_to)) if one.id == event.id else one
            for one in known.every
        ]
        return KnownLinks(tuple(ended))

    def _record(self, known: KnownLinks, args: RecordArgs, turn: Turn) -> Sequence[Event] | Refused:
        if known.find(args.id) is not None:
            return Refused("already_recorded", "a link of this id is recorded", "use a new id for a new link")
        if args.source == args.target:
            return Refused("bad_link", "a party does not act for itself", _RECORD)
        if args.valid_to is not None and args.valid_to <= args.valid_from:
            return Refused("bad_link", "a link ends after it begins", _RECORD)
        if self._touches(known, turn, args.source, args.target):
            return _OWN_LINK
        same = (args.kind, args.source, args.target)
        if any(_stands(one.link, same, args.valid_from) for one in known.every):
            return Refused("already_linked", "this link is recorded and has not ended by then", "end it first")
        return (LinkRecorded(at=turn.now, by=turn.actor.id, **msgspec.structs.asdict(args)),)

    def _end(self, known: KnownLinks, args: EndArgs, turn: Turn) -> Sequence[Event] | Refused:
        found = known.find(args.id)
        if found is None:
            return Refused("unknown_link", "there is no such link; those of the district's files end there", _END)
        link = found.link
        if self._touches(known, turn, link.source, link.target):
            return _OWN_LINK
        if args.valid_to < link.valid_from:
            return Refused("bad_link", "a link does not end before it begins; ended there, it never held", _END)
        if link.valid_to is not None and args.valid_to >= link.valid_to:
            return Refused("already_ended", "the link ends earlier already", "record it anew from a later day")
        return (LinkEnded(at=turn.now, by=turn.actor.id, id=args.id, valid_to=args.valid_to),)

    def _touches(self, known: KnownLinks, turn: Turn, *parties: str) -> bool:
        """Whether the link is about a party that the actor is, acts for or belongs to now."""
        actor = turn.actor
        own = [party for party in (actor.id, actor.unit, actor.party) if party]
        return not links_with(self._base, known).stands_for(own, turn.now).isdisjoint(parties)


_OWN_LINK = Refused(
    "own_link", "nobody records or ends a link of a party they are, act for or belong to", "ask a colleague"
)


def _stands(link: Link, same: tuple[str, str, str], instant: int) -> bool:
    return (link.kind, link.source, link.target) == same and (link.valid_to is None or link.valid_to > instant)
