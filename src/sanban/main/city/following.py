"""What an order of the city and the case of its request say to each other.

    order taken, redated, urged, sent back    --> the city's times are imposed on the case, as clocks beside its own
    request linked, case reopened             --> likewise
    order replied, returned, urging heeded    --> they are lifted
    order supplemented                        --> a note on the case's file, in the requester's name; where its words
                                                  name whom they may be about, a request that waits at the desk
    requester contacted                       --> the urging of that request is heeded
    task finished                             --> every urging of the case is heeded
    case closed, request answered             --> our reply, with its honest ending
    the city takes a return                   --> a request without a case is answered and closed

The city's due time never moves a clock of ours, nor ours the city's: they run side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from uuid import UUID, uuid5

import msgspec

from sanban.handling.aggregate import CaseAggregate
from sanban.handling.aggregate import stream_of as case_stream
from sanban.handling.reactions import SYSTEM
from sanban.intake.aggregate import stream_of as request_stream
from sanban.intake.city.aggregate import stream_of
from sanban.intake.city.event import OrderSupplemented
from sanban.intake.city.order import CityOrder
from sanban.intake.city.ports import CityNeeds
from sanban.intake.city.replying import replying
from sanban.intake.desk.about import named
from sanban.intake.request import Request
from sanban.kernel.case.event import CaseClosed, RequesterContacted
from sanban.kernel.case.state import Case
from sanban.kernel.case.words import CITY_DUE, URGED
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Reader, Secret, Stored, Submission
from sanban.ledger.reading.reactions import Reaction
from sanban.ledger.reading.texts import owner_of_text

NAME = "city"
RETURNED_IDS = UUID("b1c5f0d2-7a3e-5d84-8f46-90e2a7c6d315")
SUPPLEMENT_IDS = UUID("4d83a6e1-0f27-5b9c-9c58-e17b2d60f4a9")

Answer = Sequence[Submission]
Answering = Callable[[Stored], Answer]


def city_reaction(cases: CaseAggregate, needs: CityNeeds) -> Reaction:
    """The reaction, with a cursor of its own."""
    reader = needs.desk.reader
    timed = partial(_impose, needs)
    follows: dict[str, Answering] = dict.fromkeys(
        ("order.taken", "order.redated", "order.urged", "order.heeded", "order.replied", "order.returned"), timed
    )
    follows |= {
        "order.settled": partial(_settled, needs),
        "order.sent_back": timed,
        "request.linked": timed,
        "order.supplemented": partial(_supplemented, needs),
        "requester.contacted": partial(_heeded, cases, reader),
        "task.finished": partial(_heeded, cases, reader),
        "case.reopened": partial(_reopened, needs),
        "case.closed": partial(_closed, cases, needs),
        "request.answered": partial(_answered, needs),
    }
    return Reaction(NAME, lambda event: follows[event.type](event), frozenset(follows))


def _impose(needs: CityNeeds, event: Stored) -> Answer:
    """The city's times on the request's open case, as they stand after the event."""
    known = _order_of(needs.desk.reader, event)
    if known is None:
        return ()
    order, request = known
    case = needs.desk.reader.state(case_stream(request.case)) if request.case else None
    if not isinstance(case, Case) or case.closed_at is not None or case.request(request.id) is None:
        return ()
    return (Submission("", SYSTEM, tuple(_imposing(order, case))),)


def _reopened(needs: CityNeeds, event: Stored) -> Answer:
    """A closed case had lost the city's times; what is owed again has them again."""
    reader = needs.desk.reader
    case = reader.state(event.stream)
    if not isinstance(case, Case) or case.closed_at is not None:
        return ()
    orders = (reader.state(stream_of(one.id)) for one in case.requests)
    parts = [part for order in orders if isinstance(order, CityOrder) for part in _imposing(order, case)]
    return (Submission("", SYSTEM, tuple(parts)),) if parts else ()


def _imposing(order: CityOrder, case: Case) -> Iterable[Part]:
    is_open = order.state == "open"
    wanted = {CITY_DUE: (order.due_at, order.warn_at), URGED: (order.answer_until or None, None)}
    for limit, (due_at, remind_at) in wanted.items():
        times = {"due_at": due_at, "remind_at": remind_at} if is_open and due_at is not None else {}
        yield Part(case_stream(case.id), "impose", {"limit": limit, "request": order.id, **times})


def _supplemented(needs: CityNeeds, event: Stored) -> Answer:
    reader = needs.desk.reader
    told = msgspec.json.decode(event.payload, type=OrderSupplemented)
    known = _order_of(reader, event)
    if known is None:
        return ()
    _order, request = known
    case = reader.state(case_stream(request.case)) if request.case else None
    if not isinstance(case, Case) or case.closed_at is not None:
        return ()
    words = reader.open_secrets([told.text]).get(told.text, "")
    if any(unit.code not in case.subjects for unit in named(needs.desk.duty, words, event.recorded_at)):
        return (_waiting(request, told.text, event),)
    asking = Actor(request.received.requester, "requester", party=request.received.requester)
    note = Part(case_stream(case.id), "note", {"note": told.text})
    return (Submission("", asking, (note,)),)


def _waiting(request: Request, text: str, event: Stored) -> Submission:
    """What was added as a request of the same person, for the desk to say whom it is about before it joins the case."""
    received = request.received
    args = {
        "requester": received.requester,
        "desk": received.desk,
        "channel": received.channel,
        "text": text,
        "received_at": event.recorded_at,
        "grid": request.grid,
        "street": request.street,
        "origin": request_stream(request.id),
    }
    again = str(uuid5(SUPPLEMENT_IDS, f"{event.stream} {event.seq}"))
    return Submission("", SYSTEM, (Part(request_stream(again), "receive", args),))


def _heeded(cases: CaseAggregate, reader: Reader, event: Stored) -> Answer:
    """Who was spoken with, or all whose task is finished, see that whoever was urged has moved."""
    moved = cases.decode(event.type, event.v, event.payload)
    case = reader.state(event.stream, at=event.recorded_at)
    if not isinstance(case, Case):
        return ()
    urged = {clock.subject for clock in case.clocks if clock.limit == URGED and clock.running}
    heeded = urged & {moved.request} if isinstance(moved, RequesterContacted) else urged
    return [Submission("", SYSTEM, (Part(stream_of(request), "heed"),)) for request in sorted(heeded)]


def _closed(cases: CaseAggregate, needs: CityNeeds, event: Stored) -> Answer:
    """A reply for every order among the case's requests that is still owed one."""
    closed = cases.decode(event.type, event.v, event.payload)
    case = needs.desk.reader.state(event.stream, at=event.recorded_at)
    if not isinstance(closed, CaseClosed) or not isinstance(case, Case):
        return ()
    owed = [one.id for one in case.requests if _is_owed(needs.desk.reader, one.id)]
    if not owed:
        return ()
    text = needs.desk.reader.open_secrets([closed.note]).get(closed.note, "") if closed.note else ""
    return [answer for request in owed for answer in _reply(needs, event, request, closed.ending, text)]


def _answered(needs: CityNeeds, event: Stored) -> Answer:
    """The reply that the desk gave on the spot is the reply to the city."""
    id_ = event.stream.partition(":")[2]
    request = needs.desk.reader.state(event.stream, at=event.recorded_at)
    if not isinstance(request, Request) or not _is_owed(needs.desk.reader, id_):
        return ()
    text = needs.desk.reader.open_secrets([request.answer]).get(request.answer, "")
    return _reply(needs, event, id_, request.ending, text)


def _reply(needs: CityNeeds, event: Stored, id_: str, ending: str, text: str) -> Answer:
    """A reply that is too short or names somebody else is left to the desk: the order stays open, and says why."""
    request = needs.desk.reader.state(request_stream(id_))
    if not isinstance(request, Request):
        return ()
    made = replying(needs, request, f"{event.position} {event.seq}", SYSTEM, ending, text)
    return (made,) if isinstance(made, Submission) else ()


def _settled(needs: CityNeeds, event: Stored) -> Answer:
    """A reply or return that is not taken leaves the order open; a return that is taken ends its request here."""
    reader = needs.desk.reader
    order = reader.state(event.stream, at=event.recorded_at)
    if not isinstance(order, CityOrder) or order.state != "returned" or order.sending != "taken":
        return _impose(needs, event)
    request = reader.state(request_stream(order.id))
    if not isinstance(request, Request) or request.case or request.closed_at:
        return ()
    ground = needs.terms.grounds.get(order.ground)
    text = f"已退回市级平台另行办理。{ground.zh if ground else ''}"
    ref = f"v:{uuid5(RETURNED_IDS, f'{event.stream} {event.seq}').hex}"
    stream = request_stream(order.id)
    parts = (Part(stream, "answer", {"text": ref, "ending": "explained"}), Part(stream, "close"))
    owner = owner_of_text(reader, request.received.requester, stream)
    return (Submission("", SYSTEM, parts, secrets=(Secret(ref, owner, "text", text),)),)


def _order_of(reader: Reader, event: Stored) -> tuple[CityOrder, Request] | None:
    """The order and the request of an event of either."""
    id_ = event.stream.partition(":")[2]
    order = reader.state(stream_of(id_))
    if not isinstance(order, CityOrder):
        return None
    request = reader.state(request_stream(id_))
    return (order, request) if isinstance(request, Request) else None


def _is_owed(reader: Reader, request: str) -> bool:
    order = reader.state(stream_of(request))
    return isinstance(order, CityOrder) and order.state == "open"
