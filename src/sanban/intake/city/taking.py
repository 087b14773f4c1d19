"""Taking what the city gives: each message one command, the same however often it comes.

    order        a request like any other, and its order, both or neither; known by the city's number
    order again  the same row: nothing; another due time: told by an event; other words under the number: rejected
    supplement   further words of the same request, also after it was closed
    urging       counted, and the unit has a time to answer in
    sent back    the reply is wanted otherwise, or something is to be done again
    outcome      the city's word on a message of ours

A message is known by its order and by all that it says, its own number and its time included. What cannot be taken is
rejected with its reason, and costs no other message; an order whose point lies outside the district is taken without
the point and says so, for the desk to return it. The city's clock may be ahead of ours by as much as was agreed:
what it says within that was said now.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from types import MappingProxyType
from uuid import UUID, uuid5

import msgspec

from sanban.intake.aggregate import stream_of as request_stream
from sanban.intake.city.aggregate import stream_of
from sanban.intake.city.messages import CityAway, Delivery, Incoming, Rejected
from sanban.intake.city.order import CityOrder
from sanban.intake.city.ports import CityNeeds
from sanban.intake.decide import EARLIEST
from sanban.intake.desk.deciding import owner_of
from sanban.intake.desk.receiving import Said, id_of_number, reading, request_of
from sanban.intake.identity.numbers import looks_personal
from sanban.intake.place.border import REASON as OUTSIDE
from sanban.intake.row import PROBLEMS
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Secret, Submission

CITY = Actor("city", "system")
CHANNEL = "hotline"
MESSAGES = UUID("3d0f6c5e-8b1a-5c47-9a53-1e6f2b7d8c94")
LONGEST = 20_000

BAD_NUMBER = PROBLEMS["bad_number"]
EMPTY = PROBLEMS["empty_text"]
UNKNOWN = Refused("unknown_order", "no order of this number was taken", "the order first, then what belongs to it")
NO_TIME = Refused("no_time", "an urging or supplement has a time or a number of its own", "2026-01-05 09:30:00")
FUTURE = Refused("in_the_future", "the time lies in the future", "2026-01-05 09:30:00")
TOO_LONG_AGO = PROBLEMS["too_long_ago"]
TOO_LONG = Refused("text_too_long", f"at most {LONGEST:,} characters", "a few sentences")
REUSED = Refused("number_reused", "the ledger holds other words under this number", "a number of its own, or 补充")


class Taken(msgspec.Struct, frozen=True):
    """What became of messages: `read` = `taken` + `repeated` + `rejected`."""

    read: int = 0
    taken: int = 0
    repeated: int = 0
    rejected: int = 0
    reasons: dict[str, int] = {}
    away: bool = False

    def and_(self, other: Taken) -> Taken:
        """Both together."""
        reasons = {
            reason: self.reasons.get(reason, 0) + other.reasons.get(reason, 0)
            for reason in sorted(self.reasons.keys() | other.reasons.keys())
        }
        return Taken(
            self.read + other.read,
            self.taken + other.taken,
            self.repeated + other.repeated,
            self.rejected + other.rejected,
            reasons,
            self.away or other.away,
        )


def collect(needs: CityNeeds, now: int) -> Taken:
    """Takes everything that waits at the platform and settles it. `away`: the platform could not be reached."""
    found = Taken()
    if needs.platform is None:
        return found
    try:
        for delivery in needs.platform.collect():
            counted, rejected = take(needs, delivery, now)
            needs.platform.settle(delivery, rejected)
            found = found.and_(counted)
    except CityAway:
        return found.and_(Taken(away=True))
    return found


def take(needs: CityNeeds, delivery: Delivery, now: int) -> tuple[Taken, tuple[Rejected, ...]]:
    """Takes a delivery: the counts, and what was rejected."""
    if delivery.problem is not None:
        return Taken(1, rejected=1, reasons={delivery.problem.reason: 1}), (Rejected(0, delivery.problem),)
    rejected: list[Rejected] = []
    found = Taken()
    for message in delivery.messages:
        outcome = _outcome(needs, message, now)
        if isinstance(outcome, Refused):
            rejected.append(Rejected(message.place, outcome))
            found = found.and_(Taken(1, rejected=1, reasons={outcome.reason: 1}))
        else:
            found = found.and_(Taken(1, taken=outcome, repeated=not outcome))
    return found, tuple(rejected)


def order_id(needs: CityNeeds, number: str) -> str:
    """The id of the order, and request, of a number: the one that a file of requests gives it too."""
    return id_of_number(needs.desk, number)


def is_number(number: str) -> bool:
    """Whether it can be an order's: a plain one that is nobody's phone, identity or name."""
    return bool(number) and len(number) <= 64 and not set(number) & set(" \t\n") and not looks_personal(number)


Outcome = bool | Refused
"""Taken now, there already, or why not."""


def _outcome(needs: CityNeeds, message: Incoming, now: int) -> Outcome:
    problem = message.problem or _problem(message, now + needs.terms.skew)
    if problem is not None:
        return problem
    if message.kind == "order":
        return _order(needs, message, now)
    order = order_id(needs, message.number)
    known = needs.desk.reader.state(stream_of(order))
    if not isinstance(known, CityOrder):
        return UNKNOWN
    submission = _TAKES[message.kind](needs, message, known, now)
    return submission if isinstance(submission, Refused) else _submitted(needs, submission)


def _problem(message: Incoming, latest: int) -> Refused | None:
    said_at = message.said_at
    found = {
        BAD_NUMBER: not is_number(message.number),
        EMPTY: message.kind in ("order", "supplement", "sent_back") and not message.text,
        TOO_LONG: len(message.text) > LONGEST,
        NO_TIME: message.kind in ("urging", "supplement") and said_at is None and not message.message,
        FUTURE: said_at is not None and said_at > latest,
        TOO_LONG_AGO: said_at is not None and said_at < EARLIEST,
    }
    return next((problem for problem, holds in found.items() if holds), None)


def _order(needs: CityNeeds, message: Incoming, now: int) -> Outcome:
    own_id = _command(needs, message)
    said = Said(
        external_no=message.number,
        channel=message.channel or CHANNEL,
        **{name: getattr(message, name) for name in ("text", "title", "name", "phone", "address", "lon", "lat")},
    )
    read = reading(needs.desk, CITY, own_id, said, now)
    outside = isinstance(read, Refused) and read.reason == OUTSIDE
    if outside:
        read = reading(needs.desk, CITY, own_id, msgspec.structs.replace(said, lon="", lat=""), now)
    if isinstance(read, Refused):
        return read
    received, *suggested = read.parts
    order = received.stream.partition(":")[2]
    said_at = now if message.said_at is None else message.said_at
    given = received.args | {"received_at": min(said_at, now), "receipt": "", "origin": stream_of(order)}
    take_args = _take_args(needs, message, str(given["external_ref"]), said_at, outside=outside)
    taking = Part(stream_of(order), "take", take_args)
    parts = (Part(received.stream, "receive", given), *suggested, taking)
    answer = needs.desk.ledger.submit(msgspec.structs.replace(read, parts=parts))
    if answer.refused is None:
        return not answer.repeated
    if answer.refused.reason == "command_reused":
        return False
    if answer.refused.reason != "already_received":
        return answer.refused
    return _known(needs, message, order, own_id, outside=outside)


def _known(needs: CityNeeds, message: Incoming, order: str, own_id: str, *, outside: bool) -> Outcome:
    """An order, or a request, that is there under this number: another due time is told, other words are rejected."""
    request = request_of(needs.desk, order)
    assert request is not None, "a request that was received before stands in the ledger"
    refs = [request.received.text, request.received.external_ref]
    if needs.desk.reader.open_secrets(refs).get(request.received.text) != message.text:
        return REUSED
    known = needs.desk.reader.state(stream_of(order))
    if not isinstance(known, CityOrder):
        said_at = request.received.received_at if message.said_at is None else message.said_at
        args = _take_args(needs, message, request.received.external_ref, said_at, outside=outside)
        return _submitted(needs, Submission(own_id, CITY, (Part(stream_of(order), "take", args),)))
    if message.due_at is None or message.due_at == known.due_at:
        return False
    redating = Part(stream_of(order), "redate", {"due_at": message.due_at})
    return _submitted(needs, Submission(own_id, CITY, (redating,)))


def _take_args(needs: CityNeeds, message: Incoming, number: str, sent_at: int, *, outside: bool) -> dict[str, object]:
    """`number`: its ref; `outside`: the point told lies in no grid."""
    args = {"number": number, "desk": needs.desk.desk, "sent_at": sent_at, "due_at": message.due_at}
    return args | ({"outside": True} if outside else {})


def _supplemented(needs: CityNeeds, message: Incoming, order: CityOrder, _now: int) -> Submission:
    own_id, secret = _secret(needs, message, order)
    text = {"text": secret.ref}
    parts = (Part(stream_of(order.id), "supplement", text), Part(request_stream(order.id), "supplement", text))
    return Submission(own_id, CITY, parts, secrets=(secret,))


def _urged(needs: CityNeeds, message: Incoming, order: CityOrder, now: int) -> Submission:
    own_id, secret = _secret(needs, message, order)
    args: dict[str, object] = {"urged_at": now if message.said_at is None else min(message.said_at, now)}
    if not message.text:
        return Submission(own_id, CITY, (Part(stream_of(order.id), "urge", args),))
    urging = Part(stream_of(order.id), "urge", args | {"text": secret.ref})
    return Submission(own_id, CITY, (urging,), secrets=(secret,))


def _sent_back(needs: CityNeeds, message: Incoming, order: CityOrder, _now: int) -> Submission:
    own_id, secret = _secret(needs, message, order)
    args = {"text": secret.ref, "due_at": message.due_at}
    return Submission(own_id, CITY, (Part(stream_of(order.id), "send_back", args),), secrets=(secret,))


def _settled(needs: CityNeeds, message: Incoming, order: CityOrder, _now: int) -> Submission:
    """Without a number of ours, the city means our last message."""
    own_id, secret = _secret(needs, message, order)
    args = {"message": message.message or order.message, "outcome": message.outcome}
    if not message.text:
        return Submission(own_id, CITY, (Part(stream_of(order.id), "settle", args),))
    settling = Part(stream_of(order.id), "settle", args | {"text": secret.ref})
    return Submission(own_id, CITY, (settling,), secrets=(secret,))


Takes = Callable[[CityNeeds, Incoming, CityOrder, int], Submission]
_TAKES: Mapping[str, Takes] = MappingProxyType(
    {"supplement": _supplemented, "urging": _urged, "sent_back": _sent_back, "outcome": _settled}
)


def _secret(needs: CityNeeds, message: Incoming, order: CityOrder) -> tuple[str, Secret]:
    """The command's id and the message's words, under the key of the person who asked."""
    own_id = _command(needs, message)
    request = request_of(needs.desk, order.id)
    assert request is not None, "an order has its request"
    ref = f"v:{uuid5(MESSAGES, f'ref {own_id}').hex}"
    return own_id, Secret(ref, owner_of(needs.desk, request), "text", message.text)


def _submitted(needs: CityNeeds, submission: Submission) -> Outcome:
    answer = needs.desk.ledger.submit(submission)
    if answer.refused is not None and answer.refused.reason != "command_reused":
        return answer.refused
    return answer.refused is None and not answer.repeated


def _command(needs: CityNeeds, message: Incoming) -> str:
    """The id of a message: a keyed digest of all that it says, so that nobody can test guesses against it."""
    content = msgspec.json.encode(msgspec.structs.replace(message, place=0))
    return str(uuid5(MESSAGES, hmac.digest(needs.desk.party_key, content, "sha256").hex()))
