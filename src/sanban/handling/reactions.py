"""What handling does by itself when something has happened: open, dispatch, keep a precedent, step aside.

Each function answers one event with submissions and always with the same; the ledger gives them their command ids and
moves the cursor with their effect. A refusal is final: what cannot be done by itself waits for a person at the desk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID, uuid5

import msgspec

from sanban.handling.aggregate import CaseAggregate, stream_of
from sanban.handling.directory import STREAM as DIRECTORY
from sanban.handling.links import KnownLinks
from sanban.kernel.case.event import CaseOpened, CaseRuled
from sanban.kernel.case.state import LEAD, Case
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Reader, Stored, Submission

SYSTEM = Actor("system", "system")
DISPATCH = "dispatch"
_OPEN_ABOUT = (
    "SELECT DISTINCT about.stream FROM case_subject AS about JOIN case_view AS seen ON seen.district = about.district "
    "AND seen.stream = about.stream WHERE about.district = :district AND about.subject IN ({names}) "
    "AND seen.closed_at IS NULL ORDER BY about.stream"
)
CASES = UUID("b7a0f0f5-5a0e-5d0c-8f57-3c1f4be7a1d2")


class Arrival(msgspec.Struct, frozen=True):
    """A request that shall become a case. `received_at`: from when its age counts, microseconds UTC.

    `promised_at`: by a case that it has left; the new one keeps it.
    """

    request: str
    requester: str
    channel: str
    desk: str
    received_at: int
    matter: str
    grid: str = ""
    street: str = ""
    place: str = ""
    promised_at: int | None = None
    provisional: bool = False


def case_id_of(request: str) -> str:
    """The id of the case that a request opens by itself: the same however often it is asked."""
    return str(uuid5(CASES, request))


def opening(arrival: Arrival) -> Submission:
    """Opens a case for the arrival and links its request to it, both or neither."""
    case_id = case_id_of(arrival.request)
    args: dict[str, Any] = {
        "id": case_id,
        "matter": arrival.matter,
        "request": arrival.request,
        "requester": arrival.requester,
        "channel": arrival.channel,
        "desk": arrival.desk,
        "received_at": arrival.received_at,
        "grid": arrival.grid,
        "street": arrival.street,
        "place": arrival.place,
    }
    if arrival.promised_at is not None:
        args |= {"promised_at": arrival.promised_at, "provisional": arrival.provisional}
    return Submission(
        command_id="",
        actor=SYSTEM,
        parts=(Part(stream_of(case_id), "open", args), Part(f"request:{arrival.request}", "link", {"case": case_id})),
    )


def dispatch_by_itself(cases: CaseAggregate) -> Callable[[Stored], Sequence[Submission]]:
    """On `case.opened`: dispatch by the directory, where the mechanism declares it."""

    def answer(event: Stored) -> Sequence[Submission]:
        opened = cases.decode(event.type, event.v, event.payload)
        if not isinstance(opened, CaseOpened):
            return ()
        mechanism = cases.mechanisms.by_key(opened.mechanism)
        if mechanism is None or not mechanism.auto_dispatch:
            return ()
        return (Submission("", SYSTEM, (Part(event.stream, DISPATCH),)),)

    return answer


def dispatch_where_located(cases: CaseAggregate, reader: Reader) -> Callable[[Stored], Sequence[Submission]]:
    """On `case.located`: the directory is asked anew for a case that waits to be dispatched by it.

    Whoever holds the order already keeps it: a unit outside whose area the case turns out to lie returns it on that
    ground. A promised date moves in neither case.
    """

    def answer(event: Stored) -> Sequence[Submission]:
        case = reader.state(event.stream, at=event.recorded_at)
        if not isinstance(case, Case) or case.returned_by:
            return ()
        mechanism = cases.pinned(case)
        waits = mechanism.auto_dispatch and (case.state, DISPATCH) in mechanism.table
        return (Submission("", SYSTEM, (Part(event.stream, DISPATCH),)),) if waits else ()

    return answer


def keep_precedent(cases: CaseAggregate, reader: Reader) -> Callable[[Stored], Sequence[Submission]]:
    """On `case.ruled` with an area: the ruling becomes a row of the directory."""

    def answer(event: Stored) -> Sequence[Submission]:
        ruled = cases.decode(event.type, event.v, event.payload)
        case = reader.state(event.stream, at=event.recorded_at)
        if not isinstance(ruled, CaseRuled) or not ruled.precedent or not isinstance(case, Case):
            return ()
        mechanism = cases.mechanisms.by_key(case.mechanism)
        if mechanism is None:
            return ()
        spec = mechanism.tasks[LEAD]
        args = {
            "id": f"p-{case.id}-{event.seq}",
            "matter": case.matter,
            "duty": spec.duty,
            "area": ruled.precedent,
            "unit": ruled.task.unit,
            "cites": case.number,
        }
        return (Submission("", SYSTEM, (Part(DIRECTORY, "add", args),)),)

    return answer


def stand_aside(cases: CaseAggregate, reader: Reader) -> Callable[[Stored], Sequence[Submission]]:
    """On `link.recorded`: open cases about a party that the link's source now stands for are looked at, all at once."""

    def answer(event: Stored) -> Sequence[Submission]:
        known = reader.state(event.stream, at=event.recorded_at)
        if not isinstance(known, KnownLinks):
            return ()
        parties = cases.links(known).stands_for((known.every[-1].link.source,), event.recorded_at)
        names = {f"party{number}": party for number, party in enumerate(sorted(parties))}
        rows = reader.query(_OPEN_ABOUT.format(names=", ".join(f":{name}" for name in names)), names)
        return _standing_aside(stream for (stream,) in rows)

    return answer


def stand_aside_again(reader: Reader) -> Callable[[Stored], Sequence[Submission]]:
    """On an event that brings a party or an old task into an open case: whoever may not have it stands aside."""

    def answer(event: Stored) -> Sequence[Submission]:
        case = reader.state(event.stream, at=event.recorded_at)
        return _standing_aside((event.stream,)) if isinstance(case, Case) and case.subjects else ()

    return answer


def _standing_aside(streams: Iterable[str]) -> Sequence[Submission]:
    """One command for all of them; it changes nothing where nobody has to."""
    parts = tuple(Part(stream, "stand_aside") for stream in streams)
    return (Submission("", SYSTEM, parts),) if parts else ()


def recompute_provisional(reader: Reader, calendar: str) -> list[Submission]:
    """Submissions that compute provisional due times again under the calendar `name@version`, each case once."""
    rows = reader.query(
        "SELECT stream FROM case_view WHERE district = :district AND provisional = :yes AND closed_at IS NULL",
        {"yes": True},
    )
    return [
        Submission(str(uuid5(CASES, f"recompute\n{stream}\n{calendar}")), SYSTEM, (Part(stream, "recompute"),))
        for (stream,) in rows
    ]
