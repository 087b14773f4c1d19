"""What a step does to a request: pure, from state, arguments and turn to events or a refusal.

    receive --> suggest, suggest_place, place --> route --> link --> answer --> close
                supplement, view, heed      unlink opens it again and gives it back to the desk
                compare, divide

Each step has a struct of arguments, which is the whole check of their shape; `STEPS` pairs it with its decision.
Machines advise: a route taken without a person must rest on a suggestion that reached its declared threshold, and only
towards handling (`accept`, `emergency`), never away from it, and never over a route that was taken before.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Annotated, Literal

import msgspec

from sanban.intake.arguments import Args, SomeCode, SomeRef
from sanban.intake.event import (
    AdvisedRoute,
    BasisPoints,
    Block,
    Candidate,
    Earlier,
    Event,
    Flag,
    RequestAnswered,
    RequestClosed,
    RequestCompared,
    RequestDivided,
    RequestHeeded,
    RequestLinked,
    RequestReceived,
    RequestReopened,
    RequestRouted,
    RequestSuggested,
    RequestSupplemented,
    RequestUnlinked,
    RequestViewed,
    Route,
)
from sanban.intake.identity.numbers import looks_personal
from sanban.intake.place.steps import PLACE, SUGGEST_PLACE, PlaceAt, SuggestPlace, place, suggest_place
from sanban.intake.request import Request, fold
from sanban.kernel.case.words import GivenCode, GivenId, GivenRef
from sanban.kernel.errors import Refused
from sanban.kernel.permission import DESK_ROLES, UNIT_ROLES, Actor
from sanban.ledger.port import Part, Turn
from sanban.ledger.stream_kind import row_of

CLUE_GROUNDS = ("malicious_repeats", "made_up_facts", "threats")
"""What a clue to the police may rest on. Source: 国办函〔2025〕66号 (malicious disturbance)."""

EVIDENCE_AT_MOST = 20

EARLIEST = 631_152_000_000_000
"""1990-01-01T00:00Z: a request from before is a typing error (limit of this product)."""

MOST_ADDED = 20
"""So often a requester may add to what they said (limit of this product)."""

_AFTER_CLOSING = frozenset({"unlink", "view", "reopen"})
_TOLD_AFTER_CLOSING = frozenset({"supplement"})
"""What others tell of a request that is closed: the desk sees it; requesters themselves dispute or file anew."""
_TOWARDS_HANDLING = frozenset({"accept", "emergency"})

_DESK = DESK_ROLES | {"coordinator", "system"}
_LOOKERS = DESK_ROLES | {"coordinator"}
_REPLIERS = _DESK | {"handler", "verifier"}
_RECORDERS = UNIT_ROLES | {"requester", "verifier", "system"}

_SIGN_IN = "sign in as an operator"
_ID = r"[A-Za-z0-9_.\-]{1,64}"
_TIME = "2026-01-05 09:30:00"
_RECEIVE = '{"requester": "person:5c1e", "desk": "hotline", "channel": "phone", "text": "v:0197..."}'
_SUGGEST = '{"model": "words-1", "candidates": [{"matter": "noise", "confidence": 8200, "reasons": ["k:1f2e"]}]}'
_CLUE = '{"route": "police_clue", "officer": "op-7", "ground": "malicious_repeats", "evidence": ["v:0197..."]}'
_COMPARE = '{"model": "duplicates-declared:0a1b2c", "alike": [{"request": "0197...", "share": 4200}]}'
_DIVIDE = '{"parts": ["0197..."]}'
_ROUTE = '{"route": "accept"}'
_LINK = '{"case": "0197..."}'
_UNLINK = '{"case": "0197..."}'
_SUPPLEMENT = '{"text": "v:0197..."}'
_VIEW = '{"way": "receipt"}'
_ANSWER = '{"text": "v:0197...", "ending": "resolved"}'

Receipt = Annotated[str, msgspec.Meta(pattern=r"^([A-Z2-7]{10})?$(?!\n)")]

Outcome = Sequence[Event] | Refused


class Receive(Args, frozen=True):
    """`received_at` (microseconds UTC): None = when it occurred. `receipt`: ten characters of base32, or ''."""

    requester: GivenId
    desk: SomeCode
    channel: SomeCode
    text: SomeRef
    received_at: int | None = None
    title: GivenRef = ""
    name: GivenRef = ""
    phone: GivenRef = ""
    address: GivenRef = ""
    point: GivenRef = ""
    grid: GivenCode = ""
    external_ref: GivenRef = ""
    channel_said: GivenRef = ""
    proxy: GivenCode = ""
    found: bool = False
    receipt: Receipt = ""
    street: GivenCode = ""
    disputes: GivenCode = ""
    origin: GivenCode = ""
    email: GivenRef = ""
    firm: GivenRef = ""
    matter: GivenCode = ""
    public: bool = False


class GivenCandidate(Args, frozen=True):
    """A `Candidate` as it is given, its texts held to their shapes."""

    matter: GivenCode
    confidence: BasisPoints
    reasons: tuple[GivenCode, ...] = ()


class GivenBlock(Args, frozen=True):
    """A `Block` as it is given."""

    start: Annotated[int, msgspec.Meta(ge=0, le=100_000)]
    end: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    matter: GivenCode
    confidence: BasisPoints


class Suggest(Args, frozen=True):
    """`candidates`: most confident first; there may be none where a route or a flag is suggested."""

    model: SomeCode
    candidates: Annotated[tuple[GivenCandidate, ...], msgspec.Meta(max_length=10)]
    auto: bool = False
    route: AdvisedRoute = ""
    flags: Annotated[tuple[Flag, ...], msgspec.Meta(max_length=8)] = ()
    grounds: Annotated[tuple[SomeCode, ...], msgspec.Meta(max_length=16)] = ()
    blocks: Annotated[tuple[GivenBlock, ...], msgspec.Meta(max_length=16)] = ()


class GivenEarlier(Args, frozen=True):
    """An `Earlier` as it is given."""

    request: GivenId
    share: BasisPoints
    reasons: tuple[GivenCode, ...] = ()


class Compare(Args, frozen=True):
    """`alike`: likeliest first."""

    model: SomeCode
    alike: Annotated[tuple[GivenEarlier, ...], msgspec.Meta(max_length=10)] = ()


class Divide(Args, frozen=True):
    """`parts`: requests that say they were made of this one; `blocks`: their words, where the desk said so itself."""

    parts: Annotated[tuple[GivenId, ...], msgspec.Meta(min_length=1, max_length=16)]
    blocks: Annotated[tuple[GivenBlock, ...], msgspec.Meta(max_length=16)] = ()


class RouteTo(Args, frozen=True):
    """`auto`: the threshold acts, not the actor."""

    route: Route
    auto: bool = False
    officer: GivenCode = ""
    ground: GivenCode = ""
    evidence: Annotated[tuple[SomeRef, ...], msgspec.Meta(max_length=EVIDENCE_AT_MOST)] = ()


class Supplement(Args, frozen=True):
    """`text`: what the requester said later."""

    text: SomeRef


class View(Args, frozen=True):
    """`way`: what the request was found by."""

    way: Literal["receipt", "phone"]


class ToCase(Args, frozen=True):
    """`case`: the case's id; its stream is `case:<id>`. `accept`: route it towards handling if it is not yet;
    the system does so only with what nobody has routed."""

    case: GivenId
    accept: bool = False


class OutOfCase(Args, frozen=True):
    """`promised_at`, `provisional`: what the case had promised; the ledger reads it there, callers leave it out."""

    case: GivenId
    promised_at: int | None = None
    provisional: bool = False


class AnswerWith(Args, frozen=True):
    """`entry`: the declared answer that fits what was asked, '' for none."""

    text: SomeRef
    ending: SomeCode
    entry: GivenCode = ""


class Close(Args, frozen=True):
    pass


class Step(msgspec.Struct, frozen=True):
    """A row of the table: arguments, decision, valid arguments as an example, and the roles that may take it."""

    shape: type[Args]
    decision: Callable[..., Outcome]
    example: str
    by: frozenset[str]


def digest(receipt: str) -> str:
    """How a receipt stands in the ledger: its SHA-256; '' for none."""
    return hashlib.sha256(receipt.encode()).hexdigest() if receipt else ""


def decide(state: Request | None, part: Part, turn: Turn) -> Outcome:
    """The events of one step, or why not."""
    found = row_of(STEPS, part, turn, noun="a request", sign_in=_SIGN_IN)
    if isinstance(found, Refused):
        return found
    step, args = found
    if part.step == "receive":
        return _receive(state, args, turn, part.stream.partition(":")[2])
    if state is None:
        return Refused("unknown_request", "there is no such request", "receive it first")
    told_on = part.step in _TOLD_AFTER_CLOSING and turn.actor.role == "system"
    if state.closed_at and part.step not in _AFTER_CLOSING and not told_on:
        return Refused("closed", "the request is closed", "file a new request")
    return step.decision(state, args, turn)


def _receive(state: Request | None, args: Receive, turn: Turn, id: str) -> Outcome:  # noqa: A002 -- the glossary's word
    received_at = turn.occurred_at if args.received_at is None else args.received_at
    refused = _unreceivable(state, args, turn, received_at, id)
    if refused:
        return refused
    taken = {name: getattr(args, name) for name in args.__struct_fields__ if name not in {"received_at", "receipt"}}
    receipt = digest(args.receipt)
    number = turn.number("request")
    return (RequestReceived(at=turn.now, id=id, number=number, received_at=received_at, receipt=receipt, **taken),)


def _unreceivable(
    state: Request | None,
    args: Receive,
    turn: Turn,
    received_at: int,
    id: str,  # noqa: A002 -- the glossary's word
) -> Refused | None:
    if not re.fullmatch(_ID, id):
        return Refused("bad_id", "the stream of a request is named by an id", "request:0197c3e2-7b1d")
    if state is not None:
        return Refused("already_received", "this request was received before", "use a new id for a new request")
    if received_at > turn.now:
        return Refused("in_the_future", "a request cannot be received before it was said", _TIME)
    if received_at < EARLIEST:
        return Refused("too_long_ago", "a request from before 1990 is a typing error", _TIME)
    if looks_personal(args.channel) or looks_personal(args.grid):
        return Refused("personal_code", "a channel and a grid are named by their codes", '"channel": "phone"')
    if not _speaks_for(turn.actor, args):
        return Refused("not_permitted", "requesters file for themselves, or as a named proxy", '"proxy": "person:5c1e"')
    return None


def _speaks_for(actor: Actor, args: Receive) -> bool:
    """Staff and the system may record anybody; a requester only themselves or, named as proxy, another."""
    return actor.role != "requester" or actor.party in {"", args.requester, args.proxy}


def _suggest(state: Request, args: Suggest, turn: Turn) -> Outcome:
    order = [candidate.confidence for candidate in args.candidates]
    if order != sorted(order, reverse=True):
        return Refused("bad_arguments", "suggest: candidates stand most confident first", _SUGGEST)
    if not (args.candidates or args.route or args.flags) or (args.auto and not args.candidates):
        return Refused("bad_arguments", "suggest: says a matter, a route or a flag; a matter acts", _SUGGEST)
    event = RequestSuggested(
        at=turn.now,
        model=args.model,
        candidates=tuple(Candidate(one.matter, one.confidence, one.reasons) for one in args.candidates),
        auto=args.auto,
        route=args.route,
        flags=args.flags,
        grounds=args.grounds,
        blocks=_blocks(args.blocks),
    )
    return () if fold(state, event) == state else (event,)


def _blocks(given: tuple[GivenBlock, ...]) -> tuple[Block, ...]:
    return tuple(Block(one.start, one.end, one.matter, one.confidence) for one in given)


def _compare(_state: Request, args: Compare, turn: Turn) -> Outcome:
    alike = tuple(Earlier(one.request, one.share, one.reasons) for one in args.alike)
    return (RequestCompared(at=turn.now, model=args.model, alike=alike),)


def _divide(state: Request, args: Divide, turn: Turn) -> Outcome:
    if state.parts or state.received.origin.startswith("request:"):
        return Refused("already_divided", "a request is divided once, and none that was made of another", _DIVIDE)
    for part in args.parts:
        made = turn.look(f"request:{part}")
        if not isinstance(made, Request) or made.received.origin != f"request:{state.id}":
            return Refused("unknown_request", "a part is a request that was made of this one", _DIVIDE)
    ends = (0, *(one.end for one in args.blocks))
    if not all(end <= one.start < one.end for end, one in zip(ends, args.blocks, strict=False)):
        return Refused("bad_arguments", "divide: pieces stand in the order of the text and share no sign", _DIVIDE)
    return (RequestDivided(at=turn.now, parts=args.parts, blocks=_blocks(args.blocks)),)


def _route(state: Request, args: RouteTo, turn: Turn) -> Outcome:
    if state.case and args.route not in _TOWARDS_HANDLING:
        return Refused("already_linked", "the request is part of a case; undo the link first", _UNLINK)
    if args.auto:
        return _route_by_threshold(state, args, turn)
    if args.route == "police_clue" and (refused := _incomplete_clue(args)) is not None:
        return refused
    given = msgspec.structs.asdict(args)
    return (RequestRouted(at=turn.now, by=turn.actor.id, **given), *_looked_at(state, turn))


def _incomplete_clue(args: RouteTo) -> Refused | None:
    if not (args.officer and args.ground):
        return Refused("officer_missing", "a clue to the police names its officer and its ground", _CLUE)
    if args.ground not in CLUE_GROUNDS:
        return Refused("unknown_ground", f"a clue rests on one of {', '.join(CLUE_GROUNDS)}", CLUE_GROUNDS[0])
    return None if args.evidence else Refused("evidence_missing", "a clue to the police lists its evidence", _CLUE)


def _route_by_threshold(state: Request, args: RouteTo, turn: Turn) -> Outcome:
    if not state.auto or args.route not in _TOWARDS_HANDLING:
        message = "without a person, only a suggestion that reached its declared threshold may route, towards handling"
        return Refused("needs_a_person", message, '{"route": "accept", "auto": false}')
    if state.route:
        return () if state.route in _TOWARDS_HANDLING else _not_accepted(state)
    return (RequestRouted(at=turn.now, route=args.route, by=state.model, auto=True),)


def _heed(state: Request, _args: Close, turn: Turn) -> Outcome:
    return _looked_at(state, turn)


def _looked_at(state: Request, turn: Turn) -> tuple[Event, ...]:
    """Whoever of the desk decides on a danger has looked at it; no machine ever has."""
    by_desk = turn.actor.role in _LOOKERS
    return (RequestHeeded(at=turn.now, by=turn.actor.id),) if by_desk and state.in_danger and not state.heeded else ()


def _supplement(state: Request, args: Supplement, turn: Turn) -> Outcome:
    if turn.actor.role == "requester" and turn.actor.party != state.received.requester:
        return Refused("not_permitted", "requesters add to what they themselves said", "give your own receipt")
    if len(state.added) >= MOST_ADDED:
        return Refused("added_too_often", f"a request is added to at most {MOST_ADDED} times", "call the hotline")
    return (RequestSupplemented(at=turn.now, text=args.text),)


def _view(_state: Request, args: View, turn: Turn) -> Outcome:
    return (RequestViewed(at=turn.now, by=turn.actor.id, way=args.way),)


def _link(state: Request, args: ToCase, turn: Turn) -> Outcome:
    if state.case:
        return Refused("already_linked", "the request is part of a case; undo that link first", _UNLINK)
    accepts = args.accept and not (state.route and turn.actor.role == "system")
    if not accepts and state.route not in _TOWARDS_HANDLING | {""}:
        return _not_accepted(state)
    if turn.look(f"case:{args.case}") is None:
        return Refused("unknown_case", "there is no such case", _LINK)
    linked = RequestLinked(at=turn.now, case=args.case)
    if not accepts or state.route in _TOWARDS_HANDLING:
        return (linked, *_looked_at(state, turn))
    return (RequestRouted(at=turn.now, route="accept", by=turn.actor.id), linked, *_looked_at(state, turn))


def _not_accepted(state: Request) -> Refused:
    return Refused("not_accepted", f"the request was routed to {state.route}", '{"route": "accept"}')


def _unlink(state: Request, args: OutOfCase, turn: Turn) -> Outcome:
    if state.case != args.case:
        return Refused("not_linked", "the request is not part of that case", _UNLINK)
    unlinked = RequestUnlinked(at=turn.now, case=args.case, promised_at=args.promised_at, provisional=args.provisional)
    return (unlinked,)


def _answer(state: Request, args: AnswerWith, turn: Turn) -> Outcome:
    if state.case and turn.actor.role not in _DESK:
        return Refused("already_linked", "the request is answered with its case", _UNLINK)
    return (RequestAnswered(at=turn.now, text=args.text, ending=args.ending, entry=args.entry),)


def _close(state: Request, _args: Close, turn: Turn) -> Outcome:
    with_its_case = state.case and turn.actor.role == "system"
    if not state.ending and not with_its_case:
        return Refused("not_answered", "a request is closed after its requester got a reply", _ANSWER)
    return (RequestClosed(at=turn.now),)


def _reopen(state: Request, _args: Close, turn: Turn) -> Outcome:
    if not state.case or turn.actor.role != "system":
        return Refused("not_permitted", "a request is opened again with its case", "reopen the case")
    return (RequestReopened(at=turn.now),) if state.closed_at else ()


STEPS: dict[str, Step] = {
    "receive": Step(Receive, _receive, _RECEIVE, _RECORDERS),
    "suggest": Step(Suggest, _suggest, _SUGGEST, _DESK | _RECORDERS),
    "compare": Step(Compare, _compare, _COMPARE, _DESK),
    "divide": Step(Divide, _divide, _DIVIDE, _DESK),
    "suggest_place": Step(SuggestPlace, suggest_place, SUGGEST_PLACE, _DESK | _RECORDERS),
    "place": Step(PlaceAt, place, PLACE, _DESK),
    "route": Step(RouteTo, _route, _ROUTE, _DESK),
    "heed": Step(Close, _heed, "{}", _LOOKERS),
    "supplement": Step(Supplement, _supplement, _SUPPLEMENT, _DESK | {"requester"}),
    "view": Step(View, _view, _VIEW, _DESK),
    "link": Step(ToCase, _link, _LINK, _DESK),
    "unlink": Step(OutOfCase, _unlink, _UNLINK, _DESK),
    "answer": Step(AnswerWith, _answer, _ANSWER, _REPLIERS),
    "close": Step(Close, _close, "{}", _REPLIERS),
    "reopen": Step(Close, _reopen, "{}", _REPLIERS),
}
"""Every step of a request. Units that handle may reply and close; merging (link, unlink) is the desk's alone.

Whoever records a request may record what a machine suggests for it: that is advice, with its model's version.
"""
