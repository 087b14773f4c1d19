"""What waits at the desk: dangers before everything else, for the queue's first page and for the front page."""

from __future__ import annotations

from sanban.intake.desk.seeing import SEE_ROLES, Line, Queue, lines_of, mark_of, text_of
from sanban.intake.ports import Needs
from sanban.intake.views import desk_alarms, desk_counts, desk_queue
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.kernel.view import Next, Waiting, phrase

COUNTED_AT_MOST = 1000
NEXT = 3
"""So many of the queue stand on the front page."""


def dangers(viewer: Actor, needs: Needs, now: int, mark: str = "") -> Queue:
    """Requests that speak of a danger, newest first: with a case until somebody has looked, without one until then.

    `mark`: `next` of another page; anything else is the first.
    """
    page = desk_alarms(viewer, needs.reader, needs.desk, mark_of(mark), apart=needs.joins.apart(viewer, now))
    return Queue(lines_of(viewer, needs, page.rows, now), text_of(page.next))


def waits(needs: Needs, viewer: Actor, now: int) -> Waiting | None:
    """The desk's queue, for the front page."""
    apart = needs.joins.apart(viewer, now)
    page = desk_queue(viewer, needs.reader, needs.desk, limit=NEXT, apart=apart)
    if viewer.role not in SEE_ROLES or isinstance(page, Refused):
        return None
    total, flagged = desk_counts(viewer, needs.reader, needs.desk, COUNTED_AT_MOST + 1, apart)
    first = dangers(viewer, needs, now).lines
    known = {line.request for line in first}
    then = lines_of(viewer, needs, [row for row in page.rows if row.request not in known], now)
    return Waiting(
        title=phrase("Requests"),
        path="/requests",
        icon="inbox",
        count=min(total, COUNTED_AT_MOST),
        late=flagged,
        late_word=phrase("about a danger"),
        more=total > COUNTED_AT_MOST,
        next=tuple(_next(line, line.request in known) for line in (*first, *then)[:NEXT]),
    )


def _next(line: Line, is_danger: bool) -> Next:
    title = line.suggested.title if line.suggested else None
    return Next(f"/requests/{line.request}", line.number, title, since=line.received_at, first=is_danger)
