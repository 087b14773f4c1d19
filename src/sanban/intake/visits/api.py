"""Visits in the API: opened, their issues noted and answered on the spot, closed; the list and one of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

import msgspec

from sanban.intake.desk.deciding import LONGEST_TEXT
from sanban.intake.desk.receiving import Said, Taken
from sanban.intake.ports import Needs
from sanban.intake.row import LIMITS
from sanban.intake.visits.noting import LONGEST_PLACE, answer_issue, close_visit, note_issue, open_visit
from sanban.intake.visits.seeing import (
    NO_VISIT,
    NOTE_ROLES,
    SEE_ROLES,
    VisitList,
    VisitView,
    own_issue,
    visit_of,
    visit_view,
    visits,
)
from sanban.intake.visits.visit import Visit
from sanban.kernel.case.words import GivenId
from sanban.kernel.errors import Refused
from sanban.kernel.view import Answered, ApiRequest, ApiRoute, Missing

Handler = Callable[[Needs, ApiRequest], Any]


class VisitsQuery(msgspec.Struct, frozen=True):
    """Which page."""

    after: Annotated[str, msgspec.Meta(max_length=200, description="`next` of the page before; empty: the first.")] = ""


class VisitBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A visit that is held now. `place`: where, for its own unit alone."""

    place: Annotated[str, msgspec.Meta(max_length=LONGEST_PLACE, examples=["居委会二楼"])] = ""
    street: Annotated[str, msgspec.Meta(max_length=96, description="Code of a street.")] = ""


class IssueBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a resident raises. Only `text` is needed."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=LIMITS["text"], examples=["小区路灯不亮已有一周"])]
    name: Annotated[str, msgspec.Meta(max_length=LIMITS["name"])] = ""
    phone: Annotated[str, msgspec.Meta(max_length=LIMITS["phone"], examples=["13800000000"])] = ""
    address: Annotated[str, msgspec.Meta(max_length=LIMITS["address"])] = ""


class IssueAnswerBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the resident was told on the spot. `request`: the issue."""

    request: GivenId
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_TEXT, examples=["已说明办理条件和窗口地址。"])]


class CloseBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing has to be said."""


def routes(needs: Needs) -> tuple[ApiRoute, ...]:
    """The operations."""
    one = "/visits/{visit_id}"

    def post(name: str, path: str, handler: Handler, body: type[msgspec.Struct], gives: type, summary: str) -> ApiRoute:
        told = f"{summary}; send an Idempotency-Key to repeat it safely"
        target = partial(handler, needs)
        return ApiRoute("POST", path, name, target, gives, request=body, roles=NOTE_ROLES, summary=told)

    return (
        ApiRoute(
            "GET",
            "/visits",
            "intake.visits",
            partial(_list, needs),
            VisitList,
            query=VisitsQuery,
            roles=SEE_ROLES,
            summary="Visits, the latest first",
        ),
        ApiRoute(
            "GET",
            one,
            "intake.visit",
            partial(_visit, needs),
            VisitView,
            roles=SEE_ROLES,
            summary="One visit with its issues, as far as the caller may know of them",
        ),
        post("intake.visit_open", "/visits", _open, VisitBody, VisitView, "A visit begins"),
        post(
            "intake.visit_issue", f"{one}/issues", _note, IssueBody, Taken, "What a resident raises becomes a request"
        ),
        post("intake.visit_answer", f"{one}/answer", _answer, IssueAnswerBody, VisitView, "A question is answered"),
        post(
            "intake.visit_close", f"{one}/close", _close, CloseBody, VisitView, "A visit whose issues are settled ends"
        ),
    )


def _list(needs: Needs, asked: ApiRequest) -> VisitList:
    return visits(needs, asked.now, asked.query.after)


def _visit(needs: Needs, asked: ApiRequest) -> Answered | Missing:
    return _seen(needs, asked, asked.path["visit_id"])


def _open(needs: Needs, asked: ApiRequest) -> Answered | Missing | Refused:
    body: VisitBody = asked.body
    opened = open_visit(needs, asked.viewer, asked.command_id, body.place.strip(), body.street, asked.now)
    return opened if isinstance(opened, Refused) else _seen(needs, asked, opened)


def _note(needs: Needs, asked: ApiRequest) -> Taken | Missing | Refused:
    visit, body = _of(needs, asked), asked.body
    if visit is None:
        return NO_VISIT
    said = Said(**{name: getattr(body, name).strip() for name in body.__struct_fields__})
    return note_issue(needs, asked.viewer, asked.command_id, visit, said, asked.now)


def _answer(needs: Needs, asked: ApiRequest) -> Answered | Missing | Refused:
    visit, body = _of(needs, asked), asked.body
    issue = own_issue(needs, asked.viewer, visit, body.request, asked.now) if visit else None
    if visit is None or issue is None:
        return NO_VISIT
    refused = answer_issue(needs, asked.viewer, asked.command_id, issue, body.text.strip(), asked.now)
    return refused or _seen(needs, asked, visit.opened.id)


def _close(needs: Needs, asked: ApiRequest) -> Answered | Missing | Refused:
    visit = _of(needs, asked)
    if visit is None:
        return NO_VISIT
    return close_visit(needs, asked.viewer, asked.command_id, visit) or _seen(needs, asked, visit.opened.id)


def _of(needs: Needs, asked: ApiRequest) -> Visit | None:
    return visit_of(needs, asked.path["visit_id"])


def _seen(needs: Needs, asked: ApiRequest, visit_id: str) -> Answered | Missing:
    visit = visit_of(needs, visit_id)
    if visit is None:
        return NO_VISIT
    seen = visit_view(needs, asked.viewer, visit, asked.now)
    return Answered(seen, seen.about)
