"""Many requests become one case in one action of an officer: the earliest opens it, or it is there, and all join it.

Nothing is merged away: each request keeps its own age, its promised date, its reply and its call-back, and can be split
off again. Every request joins by a command of its own, named by the form and the request, so that a form sent twice
acts once, and one that cannot join stays at the desk and stops none of the others: so does one whose words name whom it
may be about, until the desk has said so.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from sanban.intake.desk.about import asked_of
from sanban.intake.desk.deciding import Filled, command_of, open_case
from sanban.intake.desk.joining import NO_SUCH_CASE, STILL_OPEN
from sanban.intake.desk.receiving import request_of
from sanban.intake.desk.seeing import may_see
from sanban.intake.ports import Needs, Wish
from sanban.intake.request import Request
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor

TOGETHER = 1_000
"""So many requests at most join in one action (limit of this product); the rest wait for the next."""

NOTHING_WAITS = Refused("nothing_waits", "none of these requests waits at the desk any more", "look at the case")
FORM_FIRST = Refused(
    "form_first", "a case of this matter opens with its form filled in", "open one request's case first, then gather"
)


class Gathered(msgspec.Struct, frozen=True):
    """The case, and how many of the requests stand in it now."""

    case: str
    number: str
    joined: int
    left: int


def gather(
    needs: Needs, viewer: Actor, command_id: str, requests: Sequence[str], matter: str, case: str, now: int
) -> Gathered | Refused:
    """All of them become one case of the matter: the one named (by number or id), or a new one."""
    known = [one for one in (request_of(needs, each) for each in dict.fromkeys(requests[:TOGETHER])) if one is not None]
    waiting = _waiting(viewer, needs, known, now)
    if not waiting:
        return _together(needs, viewer, known, case, now)
    asks = asked_of(needs, waiting)
    if not case:
        first = next((one for one in waiting if not asks[one.id]), waiting[0])
        opened = _opened(needs, viewer, command_id, first, matter, now)
        if isinstance(opened, Refused):
            return opened
        case, waiting = opened, [one for one in waiting if one is not first]
    line = needs.joins.find(viewer, case, now)
    if line is None:
        return NO_SUCH_CASE
    if line.way != "attach":
        return Refused(STILL_OPEN.reason, "this case is closed; gather into an open one", STILL_OPEN.example)
    about = {*needs.joins.subjects(line.id)}
    joining = [
        msgspec.structs.replace(
            needs.joins.joining(line.id, "attach", one.id), command_id=command_of(command_id, one.id), actor=viewer
        )
        for one in waiting
        if asks[one.id].keys() <= about
    ]
    answers = needs.ledger.submit_many(joining)
    left = len(waiting) - sum(answer.refused is None for answer in answers)
    after = needs.joins.find(viewer, line.id, now) or line
    return Gathered(line.id, line.number, after.requests, left)


def _waiting(viewer: Actor, needs: Needs, known: Sequence[Request], now: int) -> list[Request]:
    """Those that have no case and no answer yet and are the viewer's business, earliest first."""
    mine = [one for one in known if one.owner and may_see(viewer, needs, one, now)]
    return sorted(mine, key=lambda one: (one.received.received_at, one.id))


def _together(needs: Needs, viewer: Actor, known: Sequence[Request], case: str, now: int) -> Gathered | Refused:
    """They are one case already, the one named where one is: the same answer as when they became it."""
    cases = {one.case for one in known}
    line = needs.joins.find(viewer, cases.pop(), now) if len(cases) == 1 and "" not in cases else None
    if line is None or case not in ("", line.id, line.number):
        return NOTHING_WAITS
    return Gathered(line.id, line.number, line.requests, 0)


def _opened(needs: Needs, viewer: Actor, command_id: str, first: Request, matter: str, now: int) -> str | Refused:
    """The id of the case that the earliest request opens."""
    mechanism = next((one for one in needs.matters(now) if one.matter == matter), None)
    if mechanism is None:
        return Refused("unknown_matter", "choose a matter that is in force", "noise")
    if any(field.required for field in mechanism.form.values()):
        return FORM_FIRST
    wish = Wish(command_id, matter, first.received.grid, first.received.street)
    refused = open_case(needs, viewer, command_id, first, wish, Filled(), now)
    if refused is not None:
        return refused
    opened = request_of(needs, first.id)
    return opened.case if opened is not None else ""
