"""What follows a finding, where intake and handling meet: its case, a sweep of its grid, and the share found first.

    finding.reported (not fixed), finding.rechecked (does not hold)   --> a request from the patrol, and its case
    case.opened, request.attached                                     --> a sweep, when enough like requests came lately

Each follows by events, so it happens once. A finding whose case cannot be opened by itself, or whose words name whom it
may be about, lies at the desk as a request, like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID, uuid5

from sanban.handling.aggregate import CaseAggregate
from sanban.handling.reactions import SYSTEM, Arrival, case_id_of, opening
from sanban.handling.views.lists import about_viewer
from sanban.intake.aggregate import stream_of as request_stream
from sanban.intake.desk.about import named
from sanban.intake.findings import sweep
from sanban.intake.findings.finding import Finding
from sanban.intake.findings.finding import stream_of as finding_stream
from sanban.intake.findings.listing import FirstCase
from sanban.kernel.case.state import Case
from sanban.kernel.duty.place import Place
from sanban.kernel.mechanism import Mechanism
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Reader, Secret, Stored, Submission

DAY = 86_400_000_000
IDS = UUID("0c9d7b12-58e4-5f0a-b7a1-6e2f3d4c5b6a")
PATROL, SWEEP = "patrol", "sweep"

_LIKE = (
    "SELECT COALESCE(SUM((SELECT COUNT(*) FROM request_view r WHERE r.district = c.district "
    "AND r.case_id = c.case_id AND r.recorded_at > :since AND r.recorded_at <= :until AND r.channel <> 'sweep')), 0) "
    "FROM case_view c WHERE c.district = :district AND c.grid = :grid AND c.matter = :matter "
    "AND (c.closed_at IS NULL OR c.closed_at > :since)"
)
"""Case by case, so that no plan goes through all requests: one that was closed before has none that came since."""
_FIRST = (
    "FROM (SELECT c.case_id, c.number, c.opened_at, MIN(CASE WHEN r.found THEN r.received_at END) AS found_at, "
    "MIN(CASE WHEN r.found THEN NULL ELSE r.received_at END) AS asked_at FROM case_view c JOIN request_view r "
    "ON r.district = c.district AND r.case_id = c.case_id WHERE c.district = :district AND c.opened_at >= :since "
    "AND c.opened_at < :until{without}GROUP BY c.case_id, c.number, c.opened_at) AS seen"
)
_IS_FIRST = "CASE WHEN found_at IS NOT NULL AND (asked_at IS NULL OR found_at <= asked_at) THEN 1 ELSE 0 END"

Answering = Callable[[Stored], Sequence[Submission]]


def follow_findings(cases: CaseAggregate, reader: Reader, desk: str) -> dict[str, Answering]:
    """Event type -> what follows it."""
    opening_found, calling = open_found(cases, reader, desk), call_for_sweep(cases, reader, desk)
    return {
        "finding.reported": opening_found,
        "finding.rechecked": opening_found,
        "case.opened": calling,
        "request.attached": calling,
    }


def request_of_finding(finding: str) -> str:
    """The id of the request that a finding becomes."""
    return str(uuid5(IDS, finding_stream(finding)))


def open_found(cases: CaseAggregate, reader: Reader, desk: str) -> Answering:
    """The request and the case of a finding that is confirmed."""

    def answer(event: Stored) -> Sequence[Submission]:
        known = reader.state(event.stream, at=event.recorded_at)
        if not isinstance(known, Finding) or known.state not in ("confirmed", "not_fixed"):
            return ()
        told = known.reported
        request = request_of_finding(told.id)
        street = cases.duty(None).grids.street_of(Place(told.grid, None), told.at) or ""
        args = {
            "requester": told.person,
            "desk": desk,
            "channel": PATROL,
            "text": told.text,
            "received_at": told.found_at,
            "grid": told.grid,
            "found": True,
            "matter": told.matter,
            "origin": event.stream,
        }
        received = Submission("", SYSTEM, (Part(request_stream(request), "receive", args),))
        words = reader.open_secrets([told.text]).get(told.text, "") if told.text else ""
        if named(cases.duty(None), words, event.recorded_at):
            return (received,)
        arrival = Arrival(request, told.person, PATROL, desk, told.found_at, told.matter, told.grid, street)
        return (received, _found(opening(arrival)))

    return answer


def _found(opened: Submission) -> Submission:
    first, *rest = opened.parts
    return Submission("", opened.actor, (Part(first.stream, first.step, first.args | {"found": True}), *rest))


def call_for_sweep(cases: CaseAggregate, reader: Reader, desk: str) -> Answering:
    """One sweep of a grid, when as many like requests as declared came from it within the declared days."""

    def answer(event: Stored) -> Sequence[Submission]:
        case = reader.state(event.stream, at=event.recorded_at)
        declared = cases.mechanisms.mechanism_of(sweep.MATTER, event.recorded_at)
        if not isinstance(case, Case) or declared is None or not case.grid:
            return ()
        mechanism = cases.mechanisms.by_key(case.mechanism)
        if mechanism is None or not _is_asked_for(mechanism):
            return ()
        numbers = declared.parameters_at(event.recorded_at)
        wanted, days = numbers.get("sweep_requests", 0), numbers.get("sweep_days", 0)
        if not wanted or not days or _swept(reader, case, event.recorded_at, days):
            return ()
        window = {"since": event.recorded_at - days * DAY, "until": event.recorded_at}
        like = int(reader.query(_LIKE, {"matter": case.matter, "grid": case.grid, **window})[0][0])
        return (_sweep(cases, case, desk, event, (like, days)),) if like >= wanted else ()

    return answer


def _swept(reader: Reader, case: Case, at: int, days: int) -> bool:
    """Whether a sweep of its grid for its matter was called for within the days before: it would be refused again."""
    known = reader.state(sweep.stream_of(case.matter, case.grid), at=at)
    return isinstance(known, sweep.Sweep) and at < known.last.at + days * DAY


def _sweep(cases: CaseAggregate, case: Case, desk: str, event: Stored, seen: tuple[int, int]) -> Submission:
    """Calls for the sweep and opens it as a case, all or nothing: a second one in the window is refused as a whole."""
    like, days = seen
    request = str(uuid5(IDS, f"sweep {event.stream} {event.seq}"))
    who, ref = f"person:{uuid5(IDS, f'sweep person {request}')}", f"v:{uuid5(IDS, f'sweep text {request}').hex}"
    called = {"matter": case.matter, "grid": case.grid, "case": case_id_of(request), "requests": like, "days": days}
    args = {
        "requester": who,
        "desk": desk,
        "channel": SWEEP,
        "text": ref,
        "received_at": event.recorded_at,
        "grid": case.grid,
        "found": True,
        "matter": sweep.MATTER,
        "origin": sweep.stream_of(case.matter, case.grid),
    }
    arrival = Arrival(request, who, SWEEP, desk, event.recorded_at, sweep.MATTER, case.grid, case.street)
    opened = _found(opening(arrival))
    parts = (
        Part(sweep.stream_of(case.matter, case.grid), "open", called),
        Part(request_stream(request), "receive", args),
        *opened.parts,
    )
    text = f"网格{case.grid}：{days}天内{like}件“{cases.pinned(case).title.zh}”，请全面排查。"
    return Submission("", SYSTEM, parts, secrets=(Secret(ref, who, "text", text),))


def _is_asked_for(mechanism: Mechanism) -> bool:
    """Whether people ask for it and are asked back: what a sweep can spare them, and what found first is counted of."""
    return any(step.verb == "call_back" for step in mechanism.steps.values())


class FoundFirstCounts:
    """Answers `intake.findings.listing.CountsFirst` from both tables."""

    def __init__(self, cases: CaseAggregate, reader: Reader, matters: Callable[[int], Sequence[Mechanism]]) -> None:
        self._cases = cases
        self._reader = reader
        self._matters = matters

    def found_first(
        self, viewer: Actor, now: int, since: int, until: int, offset: int, limit: int
    ) -> tuple[int, int, tuple[FirstCase, ...]]:
        apart = [one.matter for one in self._matters(until - 1) if not _is_asked_for(one)]
        names = {f"apart{number}": matter for number, matter in enumerate(apart)}
        about, selves = about_viewer(viewer, self._reader, self._cases, now, "c")
        without = f" AND c.matter NOT IN ({', '.join(f':{name}' for name in names)}) " if names else " "
        given, of_span = {"since": since, "until": until, **names, **selves}, _FIRST.format(without=without + about)
        counted = f"SELECT COUNT(*), COALESCE(SUM({_IS_FIRST}), 0) {of_span}"
        ((cases, found),) = self._reader.query(counted, given)
        listing = (
            f"SELECT case_id, number, opened_at, {_IS_FIRST} AS first {of_span} "
            "ORDER BY first DESC, opened_at, case_id LIMIT :limit OFFSET :offset"
        )
        rows = self._reader.query(listing, given | {"limit": limit, "offset": offset})
        listed = tuple(FirstCase(str(case), str(no), int(at), bool(first)) for case, no, at, first in rows)
        return int(found), int(cases), listed
