"""Coordination meetings in the API: meetings with the agenda that would be drawn now, decisions, minutes, adoptions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated

import msgspec

from sanban.joint.meeting.event import AdoptedKind
from sanban.joint.meeting.pages import CHAIR_ROLES, NO_MEETING, OWNER_ROLES, TASK_ROLES
from sanban.joint.meeting.ports import Needs
from sanban.joint.meeting.seeing import (
    AgendaLine,
    DecisionLine,
    MeetingLine,
    MeetingView,
    meeting_view,
    meetings,
    tasks,
)
from sanban.joint.meeting.steps import accept, adopt, book_of, call, decide, finish, minute, send_back
from sanban.joint.shapes import Day, Limit, Name, Text, Unit
from sanban.joint.surrounding import OFFICES, day_start
from sanban.kernel.errors import Refused
from sanban.kernel.view import ApiRequest, ApiRoute, Missing


class CallBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """On which day the meeting is held."""

    day: Day


class DecideBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A decision: whose task, one of the declared limits, what is to be done; `case` of the agenda, or none."""

    unit: Unit
    limit: Limit
    text: Text
    case: Annotated[str, msgspec.Meta(max_length=96)] = ""


class TextBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The minutes."""

    text: Text


class NoteBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was done."""

    text: Text


class AcceptBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which decision, of this meeting or of one before it."""

    decision: Name


class SendBackBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which decision's report is sent back, why, and one of the declared limits for it to be done in."""

    decision: Name
    limit: Limit
    text: Text


class AdoptBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A path by its matter, or a yearly list by its year."""

    kind: AdoptedKind
    what: Annotated[str, msgspec.Meta(min_length=1, max_length=96, examples=["2026"])]


class MeetingsQuery(msgspec.Struct, frozen=True):
    """Which page."""

    before: Annotated[str, msgspec.Meta(max_length=96, description="`next` of the page before; empty: the first.")] = ""


class MeetingsAnswer(msgspec.Struct, frozen=True):
    """Meetings, the newest first; `undone` decisions and the cases of `agenda` are what the next one opens with.

    `next`: the `before` of the next page, '' where there is none.
    """

    items: tuple[MeetingLine, ...]
    next: str
    undone: tuple[str, ...]
    agenda: tuple[AgendaLine, ...]


class DecisionsAnswer(msgspec.Struct, frozen=True):
    """Decisions, undone ones first."""

    items: tuple[DecisionLine, ...]


Act = Callable[[Needs, ApiRequest, str], Refused | str | None]


def routes(needs: Needs) -> tuple[ApiRoute, ...]:
    """The operations."""
    one = "/meetings/{meeting_id}"

    def post(step: str, act: Act, body: type[msgspec.Struct], summary: str) -> ApiRoute:
        return ApiRoute(
            "POST", f"{one}/{step}", f"joint.meeting_{step}", partial(_done, needs, act), MeetingView, request=body,
            roles=CHAIR_ROLES, summary=summary,
        )  # fmt: skip

    return (
        ApiRoute(
            "GET", "/meetings", "joint.meetings", partial(_list, needs), MeetingsAnswer, query=MeetingsQuery,
            roles=OFFICES, summary="Coordination meetings, and the agenda that would be drawn now",
        ),
        ApiRoute(
            "POST", "/meetings", "joint.meeting_call", partial(_call, needs), MeetingView, request=CallBody,
            roles=CHAIR_ROLES, summary="Call a meeting; it opens with what is undone and with the oldest cases",
        ),
        ApiRoute(
            "GET", one, "joint.meeting", partial(_view_of, needs), MeetingView, roles=OFFICES,
            summary="A meeting: its agenda, decisions, minutes, and what it adopted",
        ),
        post("decide", _decide, DecideBody, "Write down a decision: a task with owner and limit"),
        post("minute", _minute, TextBody, "Write the minutes, which end the meeting"),
        post("accept", _accept, AcceptBody, "Accept what a decision's owner reported done"),
        post("send_back", _send_back, SendBackBody, "Send back what a decision's owner reported, with a new limit"),
        post("adopt", _adopt, AdoptBody, "Adopt a path or a yearly list, citing the minutes"),
        ApiRoute(
            "GET", "/decisions", "joint.decisions", partial(_tasks, needs), DecisionsAnswer, roles=TASK_ROLES,
            summary="What meetings gave one's own unit to do; all of it for an office",
        ),
        ApiRoute(
            "POST", "/decisions/{decision_id}/finish", "joint.decision_finish", partial(_finish, needs),
            DecisionsAnswer, request=NoteBody, roles=OWNER_ROLES, summary="Report a decision done: its owner",
        ),
    )  # fmt: skip


def _list(needs: Needs, asked: ApiRequest) -> MeetingsAnswer:
    book = book_of(needs)
    board = needs.board(asked.viewer, asked.now, needs.terms.agenda)
    agenda = tuple(AgendaLine(one.case, one.number, one.matter, one.since) for one in board)
    return MeetingsAnswer(*meetings(book, asked.query.before), book.undone, agenda)


def _call(needs: Needs, asked: ApiRequest) -> MeetingView | Missing | Refused:
    held_at = day_start(needs.calendar, asked.body.day)
    called = (
        held_at if isinstance(held_at, Refused) else call(needs, asked.viewer, asked.command_id, held_at, asked.now)
    )
    return called if isinstance(called, Refused) else _view(needs, asked, called)


def _view_of(needs: Needs, asked: ApiRequest) -> MeetingView | Missing:
    return _view(needs, asked, asked.path["meeting_id"])


def _done(needs: Needs, act: Act, asked: ApiRequest) -> MeetingView | Missing | Refused:
    meeting = asked.path["meeting_id"]
    done = act(needs, asked, meeting)
    return done if isinstance(done, Refused) else _view(needs, asked, meeting)


def _view(needs: Needs, asked: ApiRequest, meeting: str) -> MeetingView | Missing:
    book = book_of(needs)
    found = book.meetings.get(meeting)
    return NO_MEETING if found is None else meeting_view(asked.viewer, needs, book, found, asked.now)


def _decide(needs: Needs, asked: ApiRequest, meeting: str) -> Refused | str:
    body: DecideBody = asked.body
    given = {"unit": body.unit, "limit": body.limit, "text": body.text, "case": body.case}
    return decide(needs, asked.viewer, asked.command_id, meeting, **given)


def _minute(needs: Needs, asked: ApiRequest, meeting: str) -> Refused | None:
    return minute(needs, asked.viewer, asked.command_id, meeting, asked.body.text)


def _accept(needs: Needs, asked: ApiRequest, _meeting: str) -> Refused | None:
    return accept(needs, asked.viewer, asked.command_id, asked.body.decision)


def _send_back(needs: Needs, asked: ApiRequest, _meeting: str) -> Refused | None:
    body: SendBackBody = asked.body
    return send_back(needs, asked.viewer, asked.command_id, body.decision, limit=body.limit, text=body.text)


def _adopt(needs: Needs, asked: ApiRequest, meeting: str) -> Refused | None:
    return adopt(needs, asked.viewer, asked.command_id, meeting, asked.body.kind, asked.body.what)


def _tasks(needs: Needs, asked: ApiRequest) -> DecisionsAnswer | Refused:
    found = tasks(asked.viewer, needs, asked.now)
    return found if isinstance(found, Refused) else DecisionsAnswer(found)


def _finish(needs: Needs, asked: ApiRequest) -> DecisionsAnswer | Refused:
    done = finish(needs, asked.viewer, asked.command_id, asked.path["decision_id"], asked.body.text)
    return done or _tasks(needs, asked)
