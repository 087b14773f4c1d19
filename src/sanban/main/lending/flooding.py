"""A wave that is declared: the next like request joins the case of the first instead of opening another.

A mechanism declares `flood_attach_from` (so many earlier like requests) and `flood_minutes` (within so long). Like are
requests about the same matter in the same grid, said within that time and recorded before; only one that would open its
case by itself joins one by itself. The case is that of the first of them, worked out from the request when both are
followed in one pass. A danger counts and joins dangers alone, whose case has their clocks. Where the case is closed,
the request cannot join and waits for a person.
"""

from __future__ import annotations

from sanban.handling.aggregate import CaseAggregate, stream_of
from sanban.handling.joining import parts_of, step_for
from sanban.handling.reactions import SYSTEM, Arrival, case_id_of
from sanban.intake.event import DANGER
from sanban.intake.request import Request
from sanban.kernel.case.state import Case
from sanban.kernel.mechanism import Mechanism
from sanban.ledger.port import Reader, Submission

MINUTE = 60_000_000

_EARLIER = (
    "SELECT request, case_id FROM request_view WHERE district = :district AND matter = :matter AND grid = :grid "
    "AND received_at > :since AND received_at < :until AND (recorded_at, number) < (:recorded_at, :number) "
    "AND flags LIKE :flag ORDER BY recorded_at, number LIMIT :wanted"
)


def joining_wave(cases: CaseAggregate, reader: Reader, request: Request, arrival: Arrival) -> Submission | None:
    """The request joins the case of its wave; None where the matter declares no wave or too few came before."""
    mechanism = cases.mechanisms.mechanism_of(arrival.matter, arrival.received_at)
    case_id = "" if mechanism is None else _umbrella(mechanism, reader, request, arrival)
    if mechanism is None or not case_id:
        return None
    found = reader.state(stream_of(case_id))
    pinned, state = (cases.pinned(found), found.state) if isinstance(found, Case) else (mechanism, mechanism.start)
    step = step_for(pinned, "attach", state)
    return Submission("", SYSTEM, parts_of(stream_of(case_id), pinned, step, {"request": arrival.request}))


def _umbrella(mechanism: Mechanism, reader: Reader, request: Request, arrival: Arrival) -> str:
    """The id of the case that the first like request has or will have; '' where there is no wave."""
    declared = mechanism.parameters_at(arrival.received_at)
    wanted, minutes = declared.get("flood_attach_from", 0), declared.get("flood_minutes", 0)
    if not (wanted and minutes and arrival.grid):
        return ""
    said, window = request.received.received_at, minutes * MINUTE
    given = {
        "matter": arrival.matter,
        "grid": arrival.grid,
        "since": said - window,
        "until": said + window,
        "recorded_at": request.received.at,
        "number": request.received.number,
        "flag": f"%{DANGER}%" if request.in_danger else "%",
        "wanted": wanted,
    }
    earlier = reader.query(_EARLIER, given)
    if len(earlier) < wanted:
        return ""
    first, case = earlier[0]
    return str(case) or case_id_of(str(first))
