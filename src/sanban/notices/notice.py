"""A notice folded from its events, and what a step does to it: pure.

    queue --> waiting --> sent
                 |  ^---- delay, again after a while
                 |------> failed --> retry: waiting again
                 |                   told: the desk did it by phone
                 `------> withdrawn
    queue without a channel --> unreachable --> told

Only the system queues, sends and withdraws; the desk retries and says that it has told somebody itself. What has ended
already needs no withdrawing, and that is no refusal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec.structs import replace

from sanban.kernel.case.words import GivenCode, GivenId, GivenRef
from sanban.kernel.errors import Refused
from sanban.kernel.notice import backoff
from sanban.kernel.permission import DESK_ROLES
from sanban.ledger.port import Part, Turn
from sanban.ledger.stream_kind import arguments, row_of
from sanban.notices.event import (
    Event,
    NoticeDelayed,
    NoticeFailed,
    NoticeQueued,
    NoticeRetried,
    NoticeSent,
    NoticeTold,
    NoticeWithdrawn,
)

State = Literal["waiting", "sent", "failed", "unreachable", "withdrawn", "told"]
OPEN: frozenset[State] = frozenset({"waiting", "failed", "unreachable"})
MOST_ATTEMPTS = 20
LONGEST_DELAY = 31 * 86_400_000_000

_DESK = DESK_ROLES | {"coordinator"}
_SYSTEM = frozenset({"system"})
_QUEUE = '{"kind": "closed", "channel": "sms", "recipient": "person:5c1e"}'


class Notice(msgspec.Struct, frozen=True):
    """One notice. `attempts` since it was queued or retried; `code`: why the last one failed; `by`: who told.

    `reader`: with whom of the unit it ended in place of the recipient.
    """

    queued: NoticeQueued
    state: State
    next_at: int
    attempts: int = 0
    code: str = ""
    ended_at: int = 0
    by: str = ""
    reader: str = ""


class _Args(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Queue(_Args, frozen=True):
    """`after`: microseconds from now before which it is not sent."""

    kind: GivenCode
    channel: GivenCode
    recipient: GivenId
    text: GivenRef = ""
    address: GivenRef = ""
    case: GivenCode = ""
    request: GivenCode = ""
    position: int = 0
    after: Annotated[int, msgspec.Meta(ge=0, le=LONGEST_DELAY)] = 0
    urgent: bool = False
    clock: GivenCode = ""


class Send(_Args, frozen=True):
    reader: GivenId = ""


class Delay(_Args, frozen=True):
    """`most`: after so many attempts it has failed; 0 = at once."""

    code: GivenCode
    most: Annotated[int, msgspec.Meta(ge=0, le=MOST_ATTEMPTS)]


class Withdraw(_Args, frozen=True):
    ground: GivenCode
    reader: GivenId = ""


class Plain(_Args, frozen=True):
    pass


class Step(msgspec.Struct, frozen=True):
    """A row of the table: arguments, decision, the states it starts from, the roles that take it, an example."""

    shape: type[_Args]
    decision: Callable[[Notice, Any, Turn], Event]
    source: frozenset[State]
    by: frozenset[str]
    example: str = "{}"


def decide(state: Notice | None, part: Part, turn: Turn) -> Sequence[Event] | Refused:
    """The events of one step, or why not."""
    if part.step == "queue":
        return _queue(state, part, turn)
    found = row_of(STEPS, part, turn, noun="a notice", first="queue")
    if isinstance(found, Refused):
        return found
    step, args = found
    if state is None:
        return Refused("unknown_notice", "there is no such notice", "GET /api/v1/notices gives the ids")
    if part.step == "withdraw" and state.state not in step.source:
        return ()
    if state.state not in step.source:
        return Refused(
            "notice_ended", f"the notice is {state.state}", f"one that is {' or '.join(sorted(step.source))}"
        )
    return (step.decision(state, args, turn),)


def _queue(state: Notice | None, part: Part, turn: Turn) -> Sequence[Event] | Refused:
    if turn.actor.role not in _SYSTEM:
        return Refused("not_permitted", "notices follow from what happens", "take the step that they tell of")
    if state is not None:
        return Refused("already_queued", "this notice was queued before", "a new id for a new notice")
    args = arguments(part, Queue, '{"kind": "closed", "channel": "sms", "recipient": "person:5c1e"}')
    if isinstance(args, Refused):
        return args
    given = msgspec.structs.asdict(args)
    after = given.pop("after")
    return (NoticeQueued(at=turn.now, id=part.stream.partition(":")[2], next_at=turn.now + after, **given),)


def _delay(state: Notice, args: Delay, turn: Turn) -> Event:
    attempt = state.attempts + 1
    if attempt >= args.most:
        return NoticeFailed(at=turn.now, attempt=attempt, code=args.code)
    return NoticeDelayed(at=turn.now, attempt=attempt, code=args.code, next_at=turn.now + backoff(attempt))


_WAITING: frozenset[State] = frozenset({"waiting"})

STEPS: dict[str, Step] = {
    "send": Step(
        Send,
        lambda state, args, turn: NoticeSent(at=turn.now, attempt=state.attempts + 1, reader=args.reader),
        _WAITING,
        _SYSTEM,
    ),
    "delay": Step(Delay, _delay, _WAITING, _SYSTEM, '{"code": "no_answer", "most": 6}'),
    "withdraw": Step(
        Withdraw,
        lambda _state, args, turn: NoticeWithdrawn(at=turn.now, ground=args.ground, reader=args.reader),
        OPEN,
        _SYSTEM,
        '{"ground": "erased"}',
    ),
    "retry": Step(
        Plain, lambda _state, _args, turn: NoticeRetried(at=turn.now, by=turn.actor.id), frozenset({"failed"}), _DESK
    ),
    "told": Step(
        Plain,
        lambda _state, _args, turn: NoticeTold(at=turn.now, by=turn.actor.id),
        frozenset({"failed", "unreachable"}),
        _DESK,
    ),
}
"""Every step of a notice that exists; `queue` makes it."""


def fold(state: Notice | None, event: Event) -> Notice:
    """The state after an event. Total over what `decide` writes: the first event is `notice.queued`."""
    if isinstance(event, NoticeQueued):
        return Notice(event, "waiting" if event.channel else "unreachable", event.next_at)
    assert state is not None, f"a notice begins with notice.queued, not with {type(event).__name__}"
    match event:
        case NoticeSent():
            return replace(state, state="sent", attempts=event.attempt, code="", ended_at=event.at, reader=event.reader)
        case NoticeDelayed():
            return replace(state, next_at=event.next_at, attempts=event.attempt, code=event.code)
        case NoticeFailed():
            return replace(state, state="failed", attempts=event.attempt, code=event.code, ended_at=event.at)
        case NoticeWithdrawn():
            return replace(state, state="withdrawn", code=event.ground, ended_at=event.at, reader=event.reader)
        case NoticeRetried():
            return replace(state, state="waiting", attempts=0, next_at=event.at, ended_at=0)
        case NoticeTold():
            return replace(state, state="told", by=event.by, ended_at=event.at)
