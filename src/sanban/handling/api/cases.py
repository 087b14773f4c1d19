"""Handling's part of the API: cases, their events, their steps, and where the ledger stands.

Answers carry the same views that pages show, so a program sees no more than its account would on a page. Instants are
microseconds UTC. A case that may not be seen is missing, exactly like one that is not there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

import msgspec
from msgspec.structs import replace

from sanban.handling.aggregate import stream_of
from sanban.handling.joining import ABOUT, JOINING, REQUEST, TOLD, verb_of
from sanban.handling.needs import Needs
from sanban.handling.pages.case import CASE_ROLES
from sanban.handling.pages.forms import LONGEST_NOTE, note_fault, submission
from sanban.handling.pages.lists import LIST_ROLES
from sanban.handling.relaying import note_of
from sanban.handling.views.case import case_page
from sanban.handling.views.keyset import mark_of
from sanban.handling.views.lines import CaseView, Opened
from sanban.handling.views.lists import CaseRow, Filters, case_list
from sanban.handling.views.naming import Names
from sanban.handling.views.proof import CaseCounts, LedgerHead, count_cases, ledger_head
from sanban.handling.views.timeline import EventLine
from sanban.kernel.case.verbs import VERBS
from sanban.kernel.case.verbs.fitting import fitting
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.view import ApiRequest, ApiRoute, Missing, phrase

CodeText = Annotated[str, msgspec.Meta(max_length=96, pattern=r"^[A-Za-z0-9_.:\-]*$(?!\n)", examples=["short-let"])]
YesNo = Annotated[
    str,
    msgspec.Meta(pattern=r"^(yes|no)?$(?!\n)", description="`yes`: open cases, `no`: closed ones.", examples=["yes"]),
]

SHOWN_AT_MOST = 20
"""So many codes stand as examples of what a list can be asked for."""
ILL_FORMED = frozenset({"bad_arguments", "missing_argument"})
NOTE = "The lamp post by the gate was mended."
NO_CASE = Missing(phrase("Case"), "GET /api/v1/cases gives the ids")


class CasesQuery(msgspec.Struct, frozen=True):
    """Filters and paging of the list of cases."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=200, description="At most so many items.", examples=[50])] = 50
    after: Annotated[str, msgspec.Meta(max_length=200, description="`next` of the page before; empty: the first.")] = ""
    in_state: CodeText = ""
    matter: CodeText = ""
    unit: CodeText = ""
    open: YesNo = ""


class CasesAnswer(msgspec.Struct, frozen=True):
    """One page of cases, newest first; `next` is empty on the last."""

    items: tuple[CaseRow, ...]
    next: str = ""


class AtQuery(msgspec.Struct, frozen=True):
    """As known at an instant."""

    at: Annotated[int, msgspec.Meta(ge=0, le=2**53, description="Microseconds UTC; 0: now.")] = 0


class OfferedStep(msgspec.Struct, frozen=True):
    """A step that this account may take now."""

    step: str
    verb: str
    title: Title
    needs: tuple[str, ...] = ()


class CaseAnswer(msgspec.Struct, frozen=True):
    """A case and the steps offered; none when it is asked for as known at an earlier instant."""

    case: CaseView
    steps: tuple[OfferedStep, ...] = ()


class EventsAnswer(msgspec.Struct, frozen=True):
    """The events of a case, oldest first."""

    items: tuple[EventLine, ...]


class StepBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A step's arguments. `note` is text; it goes to the vault and never into an event."""

    args: dict[str, Any] = {}
    note: Annotated[str, msgspec.Meta(max_length=LONGEST_NOTE)] = ""


class StepAnswer(msgspec.Struct, frozen=True):
    """What became of a step. `seq`: of the case's stream; `repeated`: this key was used before."""

    case_id: str
    seq: int
    position: int
    repeated: bool


class StatusAnswer(msgspec.Struct, frozen=True):
    """Where the ledger stands and what is in it; `requests`: all of them, with and without a case."""

    requests: int
    cases: CaseCounts
    head: LedgerHead | None


def routes(needs: Needs, count_requests: Callable[[], int] | None = None) -> tuple[ApiRoute, ...]:
    """The operations. Without `count_requests`, status counts the requests that are part of cases."""
    return (
        ApiRoute(
            "GET",
            "/cases",
            "handling.cases",
            partial(_cases, needs),
            CasesAnswer,
            query=CasesQuery,
            roles=LIST_ROLES,
            summary="Cases, newest first",
        ),
        ApiRoute(
            "GET",
            "/cases/{case_id}",
            "handling.case",
            partial(_case, needs),
            CaseAnswer,
            query=AtQuery,
            roles=CASE_ROLES,
            summary="One case, also as known at an instant",
        ),
        ApiRoute(
            "GET",
            "/cases/{case_id}/events",
            "handling.events",
            partial(_events, needs),
            EventsAnswer,
            roles=CASE_ROLES,
            summary="The events of a case",
        ),
        ApiRoute(
            "POST",
            "/cases/{case_id}/steps/{step}",
            "handling.step",
            partial(_step, needs),
            StepAnswer,
            request=StepBody,
            roles=CASE_ROLES,
            summary="Take a step; send an Idempotency-Key to repeat it safely",
        ),
        ApiRoute(
            "GET",
            "/status",
            "handling.status",
            partial(_status, needs, count_requests),
            StatusAnswer,
            roles=LIST_ROLES,
            summary="Where the ledger stands",
        ),
    )


def _cases(needs: Needs, asked: ApiRequest) -> CasesAnswer | Refused:
    query: CasesQuery = asked.query
    mark = mark_of(query.after)
    if query.after and (mark is None or mark.back):
        return Refused("bad_cursor", "`after` is the `next` of the page before", "after~1767225600000000~c-17")
    filters = Filters(query.in_state, query.matter, query.unit, query.open)
    page = case_list(asked.viewer, needs.reader, needs.cases, filters, now=asked.now, after=mark, limit=query.limit)
    if isinstance(page, Refused):
        return page
    return (None if page.rows else _unknown(needs, filters, asked.now)) or CasesAnswer(page.rows, page.next)


def _unknown(needs: Needs, filters: Filters, now: int) -> Refused | None:
    """Why nothing can ever stand in such a list: no state, matter or unit is called so. Asked only of an empty list,
    since cases of older versions may stand where none does now."""
    matters = needs.matters(now)
    known = {
        "state": sorted({name for one in matters for name in one.states}),
        "matter": sorted(one.matter for one in matters),
        "unit": sorted(Names(needs.cases, now).units),
    }
    for kind, codes in known.items():
        given = getattr(filters, kind)
        if given and given not in codes:
            shown = ", ".join(codes[:SHOWN_AT_MOST])
            return Refused(f"unknown_{kind}", f"there is no {kind} {given!r}", shown)
    return None


def _case(needs: Needs, asked: ApiRequest) -> CaseAnswer | Missing:
    query: AtQuery = asked.query
    opened = case_page(asked.viewer, needs, asked.path["case_id"], now=asked.now, at=query.at or None)
    if opened is None:
        return NO_CASE
    return CaseAnswer(opened.view, tuple(OfferedStep(one.name, one.verb, one.title, one.needs) for one in opened.steps))


def _events(needs: Needs, asked: ApiRequest) -> EventsAnswer | Missing | Refused:
    opened = case_page(asked.viewer, needs, asked.path["case_id"], now=asked.now)
    if opened is None:
        return NO_CASE
    if not opened.view.sight.history:
        return Refused("not_permitted", "the history is for the unit that leads and the centre", "GET /cases/{id}")
    return EventsAnswer(opened.view.events)


def _step(needs: Needs, asked: ApiRequest) -> StepAnswer | Missing | Refused:
    """The same command that the page's form makes; a ref into the vault is never taken from outside.

    A step that joins or splits off a request takes the request's id alone; the rest is the request's own to say, and
    whom it is about the desk's, which is asked of each unit that its words name.
    """
    opened = case_page(asked.viewer, needs, asked.path["case_id"], now=asked.now)
    if opened is None:
        return NO_CASE
    body: StepBody = asked.body
    if any(isinstance(value, str) and value.startswith("v:") for value in body.args.values()):
        return Refused("bad_arguments", "texts are sent as `note`, not as refs", '{"args": {}, "note": "..."}')
    step, note = asked.path["step"], body.note.strip()
    fault = note_fault(needs, opened, step, note)
    if fault is not None:
        return fault
    fault = _joining_fault(needs, opened, step, body.args)
    if fault is not None:
        return fault
    note = note_of(needs, opened, step, body.args, note)
    answer = needs.ledger.submit(submission(needs, asked.viewer, opened.case, step, body.args, note, asked.command_id))
    if answer.refused is not None:
        return _shown(needs, asked, opened, answer.refused)
    seq = answer.streams.get(stream_of(opened.case.id), 0)
    return StepAnswer(opened.case.id, seq, answer.position, answer.repeated)


def _shown(needs: Needs, asked: ApiRequest, opened: Opened, refused: Refused) -> Refused:
    """The refusal of arguments with a body that would be taken: texts beside them, and of who joins the request alone.

    Other refusals are as they were, so that who may not take the step is shown nothing of the case.
    """
    step = opened.mechanism.table.get((opened.case.state, asked.path["step"]))
    if refused.reason not in ILL_FORMED or step is None:
        return refused
    args = fitting(opened.case, VERBS[step.verb], step, needs.situation(opened.case, asked.viewer, asked.now))
    note = NOTE if args.pop("note", "") else ""
    if step.verb in JOINING:
        args = {name: value for name, value in args.items() if name == REQUEST}
    return replace(refused, example=msgspec.json.encode(StepBody(args, note)).decode())


def _joining_fault(needs: Needs, opened: Opened, step: str, args: dict[str, Any]) -> Refused | None:
    if verb_of(opened.mechanism, step) not in JOINING:
        return None
    if not ABOUT.isdisjoint(args):
        return TOLD
    joining = args.get("request")
    return needs.unsaid(joining, opened.case.subjects) if isinstance(joining, str) else None


def _status(needs: Needs, count_requests: Callable[[], int] | None, asked: ApiRequest) -> StatusAnswer:
    counts = count_cases(needs.reader, asked.now)
    requests = count_requests() if count_requests else counts.linked
    return StatusAnswer(requests, counts, ledger_head(needs.reader))
