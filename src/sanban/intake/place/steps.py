"""The steps that say where a request is: a machine's suggestion, and what the desk says of it.

A suggestion is advice and is kept with the version of the gazetteer it rests on. What a person says stands over it, and
over what was told; said again, it takes the place of what was said before. A request that is part of a case is not
placed any more: its case is located.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

from sanban.intake.arguments import Args, SomeCode, SomeRef
from sanban.intake.event import (
    BasisPoints,
    Event,
    PlaceCandidate,
    PlaceKind,
    RequestPlaced,
    RequestPlaceSuggested,
)
from sanban.intake.identity.numbers import looks_personal
from sanban.intake.request import Request, fold
from sanban.kernel.case.words import GivenCode, GivenRef
from sanban.kernel.errors import Refused
from sanban.ledger.port import Turn

SUGGEST_PLACE = (
    '{"model": "gazetteer-1f2e", "source": "address", "exact": "v:0197...", '
    '"candidates": [{"kind": "house", "confidence": 9300, "grid": "01-001", "reasons": ["g:1f2e"]}]}'
)
PLACE = '{"source": "hand", "grid": "01-001", "point": "v:0197..."}'
PERSONAL = Refused("personal_code", "a grid and a street are named by their codes", '"grid": "01-001"')


class GivenSpot(Args, frozen=True):
    """A `PlaceCandidate` as it is given."""

    kind: PlaceKind
    confidence: BasisPoints
    grid: GivenCode = ""
    street: GivenCode = ""
    reasons: tuple[SomeCode, ...] = ()


class SuggestPlace(Args, frozen=True):
    """`candidates`: most confident first; `exact`: their points and words in the vault, in the same order."""

    model: SomeCode
    source: Literal["address", "text"]
    candidates: Annotated[tuple[GivenSpot, ...], msgspec.Meta(min_length=1, max_length=10)]
    exact: SomeRef
    auto: bool = False


class PlaceAt(Args, frozen=True):
    """`unknown` says that nobody knows; anything else has a grid or a street."""

    source: Literal["suggestion", "hand", "unknown"]
    grid: GivenCode = ""
    street: GivenCode = ""
    point: GivenRef = ""


def suggest_place(state: Request, args: SuggestPlace, turn: Turn) -> Sequence[Event] | Refused:
    """The places that words may mean."""
    order = [candidate.confidence for candidate in args.candidates]
    if order != sorted(order, reverse=True):
        return Refused("bad_arguments", "suggest_place: candidates stand most confident first", SUGGEST_PLACE)
    if any(looks_personal(one.grid) or looks_personal(one.street) for one in args.candidates):
        return PERSONAL
    spots = tuple(PlaceCandidate(**msgspec.structs.asdict(one)) for one in args.candidates)
    given = msgspec.structs.asdict(args) | {"candidates": spots}
    event = RequestPlaceSuggested(at=turn.now, **given)
    return () if fold(state, event) == state else (event,)


def place(state: Request, args: PlaceAt, turn: Turn) -> Sequence[Event] | Refused:
    """Where the desk says it is."""
    if state.case:
        return Refused("already_linked", "the request is part of a case; locate the case", '{"grid": "01-001"}')
    if looks_personal(args.grid) or looks_personal(args.street):
        return PERSONAL
    if (args.source == "unknown") == bool(args.grid or args.street):
        return Refused("bad_arguments", "place: a place has a grid or a street, an unknown one neither", PLACE)
    return (RequestPlaced(at=turn.now, by=turn.actor.id, **msgspec.structs.asdict(args)),)
