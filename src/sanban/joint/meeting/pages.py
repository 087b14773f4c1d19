"""Pages of the coordination meeting: the list with the agenda that would be drawn now, one meeting, owners' tasks.

/meetings            every meeting, and what the next one would open with
/meetings/{id}       agenda, decisions, minutes, and what was adopted; the forms of the chair
/decisions           what meetings gave one's own unit to do; reported done there
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import msgspec

from sanban.joint.meeting.book import CHAIRS
from sanban.joint.meeting.ports import Ageing, Needs
from sanban.joint.meeting.seeing import DecisionLine, MeetingLine, MeetingView, meeting_view, meetings, tasks
from sanban.joint.meeting.steps import accept, adopt, book_of, call, decide, finish, minute, send_back
from sanban.joint.surrounding import OFFICES, day_start
from sanban.kernel.clock.limit import Length
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor, Role
from sanban.kernel.view import Missing, Next, PageAnswer, PageRequest, PageRoute, Redirected, Shown, Waiting, phrase
from sanban.packs.joint.meeting import limit_code

LIST = "/meetings"
TASKS = "/decisions"
NO_MEETING = Missing(phrase("Meeting"), "GET /api/v1/meetings gives the ids")
CHAIR_ROLES: frozenset[Role] = frozenset({"coordinator"})
OWNER_ROLES: frozenset[Role] = frozenset({"handler", "dispatcher", "coordinator"})
TASK_ROLES: frozenset[Role] = OWNER_ROLES | OFFICES
DECIDED = phrase("The decision is a task now.")
MINUTED = phrase("The minutes are written; the meeting is over.")
ADOPTED = phrase("Adopted, citing these minutes.")
ACCEPTED = phrase("Accepted: this task is done.")
SENT_BACK = phrase("Sent back: this task is open again, with a new limit.")
FINISHED = phrase("Reported done.")


class ListContext(msgspec.Struct, frozen=True):
    """`joint/meetings.html`: `undone` and `board` are what the next meeting opens with; `earlier`: the next page."""

    lines: tuple[MeetingLine, ...]
    earlier: str
    undone: int
    board: tuple[Ageing, ...]
    chairs: bool
    today: str
    fault: Refused | None = None


class MeetingContext(msgspec.Struct, frozen=True):
    """`joint/meeting.html`, with the choices of its forms; `fault` of the one that was `tried`."""

    meeting: MeetingView
    chairs: bool
    units: Mapping[str, Title] = {}
    limits: Mapping[str, Length] = {}
    paths: Mapping[str, Title] = {}
    has_files: bool = False
    typed: Mapping[str, str] = {}
    tried: str = ""
    fault: Refused | None = None


class TasksContext(msgspec.Struct, frozen=True):
    """`joint/decisions.html`: tasks that are open, and those done; `unit`: whose tasks the viewer may report done."""

    open: tuple[DecisionLine, ...]
    done: tuple[DecisionLine, ...]
    unit: str
    fault: Refused | None = None


def routes(needs: Needs) -> tuple[PageRoute, ...]:
    """The pages and the targets of their forms."""
    one = "/meetings/{meeting_id}"

    def post(step: str, act: Callable[[Needs, PageRequest, str], Refused | str | None], said: str) -> PageRoute:
        path, handler = f"{one}/{step}", partial(_chair, needs, step, act, said)
        return PageRoute("POST", path, f"joint.meeting_{step}", handler, roles=CHAIR_ROLES)

    return (
        PageRoute(
            "GET", LIST, "joint.meetings", partial(_list, needs), roles=OFFICES, menu=phrase("Meetings"),
            icon="calendar", order=36,
        ),
        PageRoute("POST", LIST, "joint.meeting_call", partial(_call, needs), roles=CHAIR_ROLES),
        PageRoute("GET", one, "joint.meeting", partial(_meeting, needs), roles=OFFICES),
        post("decide", _decide, DECIDED),
        post("minute", lambda n, a, m: minute(n, a.viewer, a.command_id, m, a.given("text")), MINUTED),
        post("accept", lambda n, a, _: accept(n, a.viewer, a.command_id, a.given("decision")), ACCEPTED),
        post("send_back", _send_back, SENT_BACK),
        post("adopt", _adopt, ADOPTED),
        PageRoute(
            "GET", TASKS, "joint.decisions", partial(_tasks, needs), roles=TASK_ROLES, menu=phrase("Meeting tasks"),
            icon="checklist", order=37,
        ),
        PageRoute(
            "POST", f"{TASKS}/{{decision_id}}/finish", "joint.decision_finish", partial(_finish, needs),
            roles=OWNER_ROLES,
        ),
    )  # fmt: skip


def waits(needs: Needs, viewer: Actor, now: int) -> Waiting | None:
    """What meetings gave the viewer's unit to do."""
    if viewer.role not in OWNER_ROLES:
        return None
    found = tasks(viewer, needs, now)
    mine = (
        [] if isinstance(found, Refused) else [one for one in found if not one.reported_at and one.unit == viewer.unit]
    )
    nexts = tuple(Next(TASKS, one.meeting_number, since=one.decided_at) for one in mine[:3])
    late = sum(one.missed for one in mine)
    return (
        Waiting(phrase("Meeting tasks"), TASKS, "checklist", len(mine), late, phrase("overdue"), next=nexts)
        if mine
        else None
    )


def _list(needs: Needs, asked: PageRequest) -> PageAnswer:
    return _listed(needs, asked)


def _listed(needs: Needs, asked: PageRequest, fault: Refused | None = None) -> Shown:
    book = book_of(needs)
    board = tuple(needs.board(asked.viewer, asked.now, needs.terms.agenda))
    today = needs.calendar.local(asked.now)[:10]
    chairs = asked.viewer.role in CHAIRS
    lines, last = meetings(book, asked.asked("before"))
    earlier = f"{LIST}?before={last}" if last else ""
    context = ListContext(lines, earlier, len(book.undone), board, chairs, today, fault)
    return Shown("joint/meetings.html", context, 422 if fault else 200)


def _call(needs: Needs, asked: PageRequest) -> PageAnswer:
    held_at = day_start(needs.calendar, asked.given("day"))
    called = (
        held_at if isinstance(held_at, Refused) else call(needs, asked.viewer, asked.command_id, held_at, asked.now)
    )
    return _listed(needs, asked, called) if isinstance(called, Refused) else Redirected(f"{LIST}/{called}")


def _meeting(needs: Needs, asked: PageRequest) -> PageAnswer:
    return _shown(needs, asked)


def _shown(needs: Needs, asked: PageRequest, tried: str = "", fault: Refused | None = None) -> PageAnswer:
    book = book_of(needs)
    meeting = book.meetings.get(asked.path["meeting_id"])
    if meeting is None:
        return NO_MEETING
    context = MeetingContext(
        meeting=meeting_view(asked.viewer, needs, book, meeting, asked.now),
        chairs=asked.viewer.role in CHAIRS,
        units=needs.units(asked.now),
        limits={limit_code(one): one for one in needs.terms.limits},
        paths=needs.paths(asked.now),
        has_files=needs.has_files,
        typed={name: asked.given(name) for name in asked.form} if fault else {},
        tried=tried,
        fault=fault,
    )
    return Shown("joint/meeting.html", context, 422 if fault else 200)


def _chair(
    needs: Needs,
    step: str,
    act: Callable[[Needs, PageRequest, str], Refused | str | None],
    said: str,
    asked: PageRequest,
) -> PageAnswer:
    meeting = asked.path["meeting_id"]
    done = act(needs, asked, meeting)
    return _shown(needs, asked, step, done) if isinstance(done, Refused) else Redirected(f"{LIST}/{meeting}", said)


def _decide(needs: Needs, asked: PageRequest, meeting: str) -> Refused | str:
    given = {name: asked.given(name) for name in ("unit", "limit", "text", "case")}
    return decide(needs, asked.viewer, asked.command_id, meeting, **given)


def _send_back(needs: Needs, asked: PageRequest, _meeting: str) -> Refused | None:
    decision, limit, text = (asked.given(name) for name in ("decision", "limit", "text"))
    return send_back(needs, asked.viewer, asked.command_id, decision, limit=limit, text=text)


def _adopt(needs: Needs, asked: PageRequest, meeting: str) -> Refused | None:
    kind = asked.given("kind")
    what = asked.given("matter" if kind == "path" else "year")
    return adopt(needs, asked.viewer, asked.command_id, meeting, kind, what)


def _tasks(needs: Needs, asked: PageRequest) -> PageAnswer:
    return _own(needs, asked)


def _own(needs: Needs, asked: PageRequest, fault: Refused | None = None) -> PageAnswer:
    found = tasks(asked.viewer, needs, asked.now)
    if isinstance(found, Refused):
        return found
    open_, done = (tuple(one for one in found if bool(one.done_at) is side) for side in (False, True))
    unit = asked.viewer.unit if asked.viewer.role in OWNER_ROLES else ""
    return Shown("joint/decisions.html", TasksContext(open_, done, unit, fault), 422 if fault else 200)


def _finish(needs: Needs, asked: PageRequest) -> PageAnswer:
    fault = finish(needs, asked.viewer, asked.command_id, asked.path["decision_id"], asked.given("text"))
    return _own(needs, asked, fault) if fault else Redirected(TASKS, FINISHED)
