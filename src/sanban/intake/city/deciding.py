"""What a step does to a city order: pure, from state, arguments, turn and the agreed times to events or a refusal.

The platform's steps are the system's: what the city says is taken as it says it. The desk alone returns an order, on a
declared ground and within the declared time, and answers again what the city has sent back. What comes twice, late or
about a message that is settled changes nothing, and that is no refusal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

import msgspec

from sanban.intake.city import event as events
from sanban.intake.city.event import Event
from sanban.intake.city.order import CityOrder, OrderState
from sanban.intake.request import Request
from sanban.intake.views import works_for
from sanban.kernel.case.words import GivenCode, GivenId, GivenRef
from sanban.kernel.clock.calendar import Calendar
from sanban.kernel.clock.due import due
from sanban.kernel.clock.limit import Length
from sanban.kernel.errors import Refused
from sanban.kernel.notice import backoff
from sanban.kernel.permission import DESK_ROLES
from sanban.ledger.port import Part, Turn
from sanban.ledger.stream_kind import arguments, row_of
from sanban.packs.desk.city import CityTerms

ORDERS_DESK = frozenset(DESK_ROLES)
_SYSTEM = frozenset({"system"})
_EVERY: frozenset[OrderState] = frozenset({"open", "replied", "returned"})
_OPEN: frozenset[OrderState] = frozenset({"open"})
_SENT: frozenset[OrderState] = frozenset({"replied", "returned"})

Outcome = Sequence[Event] | Refused


class CityTimes:
    """The agreed times at work: microseconds UTC from microseconds UTC."""

    def __init__(self, terms: CityTerms, calendar: Calendar) -> None:
        self.terms = terms
        self._calendar = calendar

    def return_until(self, now: int) -> int:
        """Until when an order that is taken now may be returned."""
        return self._after(self.terms.returning, now)

    def rework_until(self, now: int) -> int:
        """Until when something sent back now is done, where the city names no time."""
        return self._after(self.terms.rework, now)

    def answer_until(self, now: int) -> int:
        """Until when an urging that comes now is answered."""
        return now + self.terms.urging

    def warn_at(self, due_at: int | None, now: int) -> int | None:
        """When to warn of a due time of the city; None when that has no use any more."""
        warned = None if due_at is None else due_at - self.terms.warning
        return warned if warned is not None and warned > now else None

    def _after(self, length: Length, now: int) -> int:
        at = due(self._calendar, (length,), now).at
        assert at is not None, "a limit without pauses has an end"
        return at


class _Args(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Take(_Args, frozen=True):
    number: GivenRef
    desk: GivenCode
    sent_at: int
    due_at: int | None = None
    outside: bool = False


class Redate(_Args, frozen=True):
    due_at: int


class Supplement(_Args, frozen=True):
    text: GivenRef


class Urge(_Args, frozen=True):
    urged_at: int
    text: GivenRef = ""


class Reply(_Args, frozen=True):
    text: GivenRef
    ending: GivenCode


class Return(_Args, frozen=True):
    ground: GivenCode
    text: GivenRef = ""


class About(_Args, frozen=True):
    """`message`: the number of our message."""

    message: GivenId


class Delay(About, frozen=True):
    code: GivenCode


class Settle(About, frozen=True):
    outcome: Literal["taken", "refused"]
    code: GivenCode = ""
    text: GivenRef = ""


class SendBack(_Args, frozen=True):
    """`due_at`: None where the city names no time."""

    text: GivenRef
    due_at: int | None = None


class Plain(_Args, frozen=True):
    pass


class Step(msgspec.Struct, frozen=True):
    """A row of the table: arguments, decision, roles, the states it has an effect in, an example."""

    shape: type[_Args]
    decision: Callable[[CityOrder, Any, Turn, CityTimes], Outcome]
    by: frozenset[str]
    source: frozenset[OrderState] = _EVERY
    example: str = "{}"


def decide(state: CityOrder | None, part: Part, turn: Turn, times: CityTimes) -> Outcome:
    """The events of one step, or why not."""
    if part.step == "take":
        return _take(state, part, turn, times)
    found = row_of(STEPS, part, turn, noun="a city order", first="take")
    if isinstance(found, Refused):
        return found
    step, args = found
    if state is None:
        return Refused("unknown_order", "the city has given no such order", "sanban city take FILE")
    if turn.actor.role != "system" and not works_for(turn.actor, state.taken.desk):
        return Refused("not_permitted", "an order is answered by the desk that has it", "sign in at that desk")
    if state.state not in step.source:
        here = " or ".join(sorted(step.source))
        return Refused("order_not_there", f"the order is {state.state}, not {here}", f"an order that is {here}")
    return step.decision(state, args, turn, times)


def _take(state: CityOrder | None, part: Part, turn: Turn, times: CityTimes) -> Outcome:
    args = arguments(part, Take, '{"number": "v:0197...", "desk": "hotline", "sent_at": 1767225600000000}')
    if isinstance(args, Refused):
        return args
    if turn.actor.role != "system":
        return Refused("not_permitted", "orders are taken from the city's platform", "sanban city take")
    if state is not None:
        return Refused("already_taken", "the ledger holds this order", "a number of its own for a new order")
    taken = events.OrderTaken(
        at=turn.now,
        id=part.stream.partition(":")[2],
        return_until=times.return_until(turn.now),
        warn_at=times.warn_at(args.due_at, turn.now),
        **msgspec.structs.asdict(args),
    )
    return (taken,)


def _redate(state: CityOrder, args: Redate, turn: Turn, times: CityTimes) -> Outcome:
    if args.due_at == state.due_at:
        return ()
    return (events.OrderRedated(at=turn.now, due_at=args.due_at, warn_at=times.warn_at(args.due_at, turn.now)),)


def _supplement(state: CityOrder, args: Supplement, turn: Turn, _times: CityTimes) -> Outcome:
    return (events.OrderSupplemented(at=turn.now, text=args.text, late=state.state != "open"),)


def _urge(_state: CityOrder, args: Urge, turn: Turn, times: CityTimes) -> Outcome:
    until = times.answer_until(turn.now)
    return (events.OrderUrged(at=turn.now, urged_at=args.urged_at, answer_until=until, text=args.text),)


def _heed(state: CityOrder, _args: Plain, turn: Turn, _times: CityTimes) -> Outcome:
    return (events.OrderHeeded(at=turn.now),) if state.answer_until else ()


def _reply(_state: CityOrder, args: Reply, turn: Turn, _times: CityTimes) -> Outcome:
    return (events.OrderReplied(at=turn.now, text=args.text, ending=args.ending, by=turn.actor.id),)


def _return(state: CityOrder, args: Return, turn: Turn, times: CityTimes) -> Outcome:
    grounds = times.terms.grounds
    if args.ground not in grounds:
        known = ", ".join(grounds)
        return Refused("unknown_ground", f"an order is returned on one of: {known}", next(iter(grounds), ""))
    if turn.now >= state.taken.return_until:
        return Refused("return_too_late", "the time in which an order may be returned is over", "handle it here")
    request = turn.look(f"request:{state.id}")
    if isinstance(request, Request) and request.closed_at:
        return Refused(
            "closed", "the request is answered; the city gets the reply", "an order that is not answered yet"
        )
    return (events.OrderReturned(at=turn.now, ground=args.ground, by=turn.actor.id, text=args.text),)


def _hand(state: CityOrder, args: About, turn: Turn, _times: CityTimes) -> Outcome:
    return (events.OrderHanded(at=turn.now),) if _on_its_way(state, args) else ()


def _delay(state: CityOrder, args: Delay, turn: Turn, times: CityTimes) -> Outcome:
    if not _on_its_way(state, args):
        return ()
    attempt = state.attempts + 1
    next_at = None if attempt >= times.terms.attempts else turn.now + backoff(attempt)
    return (events.OrderDelayed(at=turn.now, attempt=attempt, code=args.code, next_at=next_at),)


def _retry(state: CityOrder, _args: Plain, turn: Turn, _times: CityTimes) -> Outcome:
    return (events.OrderRetried(at=turn.now, by=turn.actor.id),) if state.sending == "failed" else ()


def _settle(state: CityOrder, args: Settle, turn: Turn, _times: CityTimes) -> Outcome:
    """The first word on a message counts; another, or one on an earlier message, comes too late."""
    if args.message != state.message or state.sending not in ("waiting", "handed", "failed"):
        return ()
    return (events.OrderSettled(at=turn.now, outcome=args.outcome, code=args.code, text=args.text),)


def _send_back(_state: CityOrder, args: SendBack, turn: Turn, times: CityTimes) -> Outcome:
    due_at = times.rework_until(turn.now) if args.due_at is None else args.due_at
    warn_at = times.warn_at(due_at, turn.now)
    return (events.OrderSentBack(at=turn.now, text=args.text, due_at=due_at, warn_at=warn_at),)


def _look(state: CityOrder, _args: Plain, turn: Turn, _times: CityTimes) -> Outcome:
    return (events.OrderLooked(at=turn.now, by=turn.actor.id),) if state.late_words else ()


def _warn(state: CityOrder, _args: Plain, turn: Turn, _times: CityTimes) -> Outcome:
    is_near = state.warn_at is not None and turn.now >= state.warn_at
    return (events.OrderWarned(at=turn.now),) if is_near and not state.warned else ()


def _miss(state: CityOrder, _args: Plain, turn: Turn, _times: CityTimes) -> Outcome:
    is_over = state.due_at is not None and turn.now >= state.due_at
    return (events.OrderMissed(at=turn.now),) if is_over and not state.missed else ()


def _on_its_way(state: CityOrder, args: About) -> bool:
    return args.message == state.message and state.sending == "waiting"


_REPLY = '{"text": "v:0197...", "ending": "resolved"}'

STEPS: Mapping[str, Step] = MappingProxyType(
    {
        "redate": Step(Redate, _redate, _SYSTEM, example='{"due_at": 1767225600000000}'),
        "supplement": Step(Supplement, _supplement, _SYSTEM, example='{"text": "v:0197..."}'),
        "urge": Step(Urge, _urge, _SYSTEM, example='{"urged_at": 1767225600000000}'),
        "heed": Step(Plain, _heed, _SYSTEM),
        "reply": Step(Reply, _reply, _SYSTEM | ORDERS_DESK, _OPEN, _REPLY),
        "return": Step(Return, _return, ORDERS_DESK, _OPEN, '{"ground": "other_district"}'),
        "hand": Step(About, _hand, _SYSTEM, example='{"message": "0197-1"}'),
        "delay": Step(Delay, _delay, _SYSTEM, example='{"message": "0197-1", "code": "unreachable"}'),
        "retry": Step(Plain, _retry, ORDERS_DESK, _SENT),
        "settle": Step(Settle, _settle, _SYSTEM, example='{"message": "0197-1", "outcome": "taken"}'),
        "send_back": Step(SendBack, _send_back, _SYSTEM, frozenset({"replied"}), '{"text": "v:0197..."}'),
        "look": Step(Plain, _look, ORDERS_DESK),
        "warn": Step(Plain, _warn, _SYSTEM, _EVERY),
        "miss": Step(Plain, _miss, _SYSTEM, _EVERY),
    }
)
"""Every step of an order that exists; `take` makes it."""
