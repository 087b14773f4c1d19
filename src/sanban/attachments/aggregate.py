"""The stream kind `attachment`: the files of one request, case, meeting or finding, and what may be added to them.

A stream is named after what the files belong to: `attachment:case.<id>`, `attachment:request.<id>`. So the number of
files is bounded by the stream's own state, however many are sent at the same moment. Whoever the case is about may
neither add nor remove, in the same words as anybody who may not. What has no stream of its own, a meeting, is found as
the house says, for who may add to it alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any

import msgspec

from sanban.attachments.event import AttachmentAdded, AttachmentRemoved, Event
from sanban.kernel.case.facts import case_facts
from sanban.kernel.case.state import Case
from sanban.kernel.case.words import GivenId, GivenRef
from sanban.kernel.errors import Refused
from sanban.kernel.party import NO_LINKS, Links
from sanban.kernel.permission import DESK_ROLES, UNIT_ROLES, is_subject
from sanban.ledger.port import Part, Turn
from sanban.ledger.stream_kind import StreamKind, arguments

KIND = "attachment"
MOST = 20
"""So many files at most belong to one of these (limit of this product)."""

ADDERS = UNIT_ROLES | {"verifier", "requester", "property_manager", "system"}
REMOVERS = DESK_ROLES | {"coordinator"}

NOT_ELSEWHERE: Mapping[str, Any] = MappingProxyType({})
NOT_PERMITTED = Refused("not_permitted", "files are added by those who work on it", "sign in as one of its unit")


def stream_of(kind: str, id: str) -> str:  # noqa: A002 -- the glossary's word
    """The stream of the files of a request, case, meeting or finding."""
    return f"{KIND}:{kind}.{id}"


class Attachments(msgspec.Struct, frozen=True):
    """Files in the order they came; removed ones keep their place among `removed`."""

    added: tuple[AttachmentAdded, ...] = ()
    removed: frozenset[str] = frozenset()

    @property
    def shown(self) -> tuple[AttachmentAdded, ...]:
        """Those that were not removed."""
        return tuple(one for one in self.added if one.id not in self.removed)

    def find(self, attachment_id: str) -> AttachmentAdded | None:
        """The file of that id, if it is still shown."""
        return next((one for one in self.shown if one.id == attachment_id), None)


class Add(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: GivenId
    person: GivenId
    media: Annotated[str, msgspec.Meta(pattern=r"^[a-z]+\.[a-z0-9]+$(?!\n)")]
    size: Annotated[int, msgspec.Meta(ge=1, le=64 * 1024 * 1024)]
    parts: Annotated[tuple[GivenRef, ...], msgspec.Meta(min_length=1, max_length=64)]
    name: GivenRef = ""


class Remove(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: GivenId


Find = Callable[[Turn, str], object | None]
"""A turn and an id -> what the files belong to, as far as the actor may add to it."""


class AttachmentAggregate(StreamKind[Event], kind=KIND, events=Event, noun="attachments"):
    """Attachments. `links`: who acts for whom as a command sees it; nobody adds to a case about themselves.

    `found`: by kind, where it is not the state of a stream of that name.
    """

    def __init__(
        self, links: Callable[[Turn], Links] = lambda _turn: NO_LINKS, found: Mapping[str, Find] = NOT_ELSEWHERE
    ) -> None:
        self._links = links
        self._found = found

    def decide(self, state: Attachments | None, part: Part, turn: Turn) -> Sequence[Event] | Refused:
        """Add or remove one file."""
        shape: Any = {"add": Add, "remove": Remove}.get(part.step)
        if shape is None:
            return Refused("unknown_step", f"attachments have no step {part.step!r}", "add or remove")
        if turn.actor.role not in (ADDERS if part.step == "add" else REMOVERS):
            return NOT_PERMITTED
        args = arguments(part, shape, "id, person, media, size, parts")
        if isinstance(args, Refused):
            return args
        owner = self._owner(part.stream.partition(":")[2], turn)
        if owner is None or self._is_about(owner, turn):
            return NOT_PERMITTED
        have = state or Attachments()
        return _added(have, args, turn) if part.step == "add" else _removed(have, args, turn)

    def fold(self, state: Attachments | None, event: Event) -> Attachments:
        have = state or Attachments()
        if isinstance(event, AttachmentAdded):
            return Attachments((*have.added, event), have.removed)
        return Attachments(have.added, have.removed | {event.id})

    def _owner(self, named: str, turn: Turn) -> object | None:
        kind, _, id_ = named.partition(".")
        find = self._found.get(kind)
        return turn.look(f"{kind}:{id_}") if find is None else find(turn, id_)

    def _is_about(self, owner: object, turn: Turn) -> bool:
        return isinstance(owner, Case) and is_subject(turn.actor, case_facts(owner), self._links(turn), turn.now)


def _added(have: Attachments, args: Add, turn: Turn) -> Sequence[Event] | Refused:
    if any(one.id == args.id for one in have.added):
        return ()
    if len(have.shown) >= MOST:
        return Refused("too_many_files", f"at most {MOST} files belong together", "remove one first")
    actor = turn.actor
    return (AttachmentAdded(at=turn.now, by=actor.id, unit=actor.unit, **msgspec.structs.asdict(args)),)


def _removed(have: Attachments, args: Remove, turn: Turn) -> Sequence[Event] | Refused:
    if have.find(args.id) is None:
        return Refused("unknown_file", "there is no such file", "one of the list")
    return (AttachmentRemoved(at=turn.now, by=turn.actor.id, unit=turn.actor.unit, id=args.id),)
