"""What handling does by itself when something has happened: open, dispatch, keep a precedent, step aside.

Each function answers one event with submissions and always with the same; the ledger gives them their command ids and
moves the cursor with their effect. A refusal is final: what cannot be done by itself waits for a person at the desk.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID, uuid5

import msgspec

from sanban.handling.aggregate import CaseAggregate, stream_of
from sanban.handling.directory import STREAM as DIRECTORY
from sanban.kernel.case.event import CaseClosed, CaseOpened, CaseRuled, Event
from sanban.kernel.case.state import LEAD, Case
from sanban.kernel.case.verbs.working import RESOLVED
from sanban.kernel.notice import backoff
from sanban.kernel.party import Link
from sanban.kernel.permission import Actor
from sanban.ledger.port import FAILED, Answer, Part, Reader, Stored, Submission

SYSTEM = Actor("system", "system")
DISPATCH, STAND_ASIDE = "dispatch", "stand_aside"
_OPEN_ABOUT = (
    "SELECT about.stream, about.subject FROM case_subject AS about JOIN case_view AS seen "
    "ON seen.district = about.district AND seen.stream = about.stream "
    "WHERE about.district = :district AND seen.closed_at IS NULL ORDER BY about.stream, about.subject"
)
MINUTE, HOUR = 60_000_000, 3_600_000_000
ALWAYS = -(2**63)
"""Before anything began."""
CASES = UUID("b7a0f0f5-5a0e-5d0c-8f57-3c1f4be7a1d2")
PRECEDENTS = UUID("4d1e8b36-92c7-5f0a-b65e-7a3c09d2f418")


class Arrival(msgspec.Struct, frozen=True):
    """A request that shall become a case. `received_at`: from when its age counts, microseconds UTC.

    `promised_at`: by a case that it has left; the new one keeps it. `fields`: of the matter's form, as far as known.
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
    fields: dict[str, bool | str] = {}


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
        "fields": arrival.fields,
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
    """On `case.ruled` with an area, and when joint work solved a case: who answered becomes a row of the directory."""

    def answer(event: Stored) -> Sequence[Submission]:
        settled = cases.decode(event.type, event.v, event.payload)
        case = reader.state(event.stream, at=event.recorded_at)
        mechanism = cases.mechanisms.by_key(case.mechanism) if isinstance(case, Case) else None
        if not isinstance(case, Case) or mechanism is None:
            return ()
        area, unit = _settled(case, settled)
        if not area:
            return ()
        args = {
            "id": f"p-{uuid5(PRECEDENTS, f'{case.id} {event.seq}').hex}",
            "matter": case.matter,
            "duty": mechanism.tasks[LEAD].duty,
            "area": area,
            "unit": unit,
            "cites": case.number,
        }
        return (Submission("", SYSTEM, (Part(DIRECTORY, "add", args),)),)

    return answer


def _settled(case: Case, event: Event) -> tuple[str, str]:
    """For which area which unit answers from now on; '' where the event settles it for this case alone.

    Who leads a case about a party may stand in for whoever answers else: that makes no rule.
    """
    if isinstance(event, CaseRuled):
        return event.precedent, event.task.unit
    solved = isinstance(event, CaseClosed) and event.ending == RESOLVED and not case.subjects
    if solved and case.joint and case.lead_task is not None:
        return case.grid or case.street, case.lead
    return "", ""


def stand_aside_again(reader: Reader) -> Callable[[Stored], Sequence[Submission]]:
    """On an event that brings a party or an old task into an open case: whoever may not have it stands aside."""

    def answer(event: Stored) -> Sequence[Submission]:
        case = reader.state(event.stream, at=event.recorded_at)
        stands = isinstance(case, Case) and case.subjects
        return (Submission("", SYSTEM, (Part(event.stream, STAND_ASIDE),)),) if stands else ()

    return answer


class _Failed(NamedTuple):
    """A command that could not be decided: how often, and when it is tried again."""

    submission: Submission
    attempts: int
    next_at: int


class StandsAside:
    """Open cases about a party are looked at when a link comes to hold that makes somebody stand for it.

    Each case has a command of its own for each link, which changes nothing where nobody has to: one case that cannot
    be decided hinders no other, and is tried again after a growing delay. Every hour all links are looked at, for what
    was not seen.
    """

    def __init__(self, cases: CaseAggregate) -> None:
        self._cases = cases
        self._since = self._all_again = ALWAYS
        self._failed: dict[str, _Failed] = {}

    def commands(self, reader: Reader, now: int) -> list[Submission]:
        """What follows the links that came to hold since it was asked last, and what failed and is due again."""
        everything = now >= self._all_again
        begun = self._cases.links_begun(reader, ALWAYS if everything else self._since, now)
        links = self._cases.links_now(reader)
        about = reader.query(_OPEN_ABOUT, {}) if begun else ()
        found = [
            _standing_aside(stream, link, at)
            for link, at in begun
            for stream in _about(links.stands_for((link.source,), now), about)
        ]
        self._since = now - MINUTE
        self._all_again = now + HOUR if everything else self._all_again
        due = [one.submission for one in self._failed.values() if one.next_at <= now]
        return [*due, *(one for one in found if one.command_id not in self._failed)]

    def heard(self, sent: Sequence[Submission], answers: Sequence[Answer], now: int) -> None:
        """What became of the commands: those that could not be decided wait the longer, the more often they failed."""
        for submission, answer in zip(sent, answers, strict=True):
            known = self._failed.pop(submission.command_id, None)
            if answer.refused is not None and answer.refused.reason == FAILED:
                attempts = known.attempts + 1 if known else 1
                self._failed[submission.command_id] = _Failed(submission, attempts, now + backoff(attempts))


def _about(parties: Container[str], rows: Sequence[Sequence[Any]]) -> Iterable[str]:
    """The streams about one of the parties, each once."""
    return dict.fromkeys(stream for stream, subject in rows if subject in parties)


def _standing_aside(stream: str, link: Link, at: int) -> Submission:
    key = f"aside\n{stream}\n{link.kind}\n{link.source}\n{link.target}\n{at}"
    return Submission(str(uuid5(CASES, key)), SYSTEM, (Part(stream, STAND_ASIDE),))


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
