"""The stream kind `meeting` as the ledger sees it, and the table of decisions that owners' lists read."""

from __future__ import annotations

from collections.abc import Sequence

from sanban.joint.meeting.book import KIND, Book, Rules, decide, fold
from sanban.joint.meeting.event import Event
from sanban.kernel.errors import Refused
from sanban.ledger.port import Column, Part, Projection, Timer, Turn, encoded
from sanban.ledger.stream_kind import StreamKind


def _rows(_stream: str, book: Book) -> Sequence[tuple[object, ...]]:
    return [
        (
            name,
            one.decided.meeting,
            book.meetings[one.decided.meeting].called.number,
            one.decided.case,
            one.decided.unit,
            one.decided.at,
            one.due_at,
            one.done_at,
            one.reported_at,
            one.missed_at,
            one.decided.text,
            one.note,
            one.reason,
        )
        for name, one in book.decisions.items()
    ]


DECISION_VIEW = Projection(
    table="decision_view",
    version=4,
    columns=(
        Column("decision", "text"),
        Column("meeting", "text"),
        Column("number", "text"),
        Column("case_id", "text"),
        Column("unit", "text"),
        Column("decided_at", "int"),
        Column("due_at", "int"),
        Column("done_at", "int"),
        Column("reported_at", "int"),
        Column("missed_at", "int"),
        Column("text", "text"),
        Column("note", "text"),
        Column("reason", "text"),
    ),
    key=("decision",),
    indexes=(("unit", "done_at", "due_at"), ("done_at", "due_at")),
    rows=_rows,
)


class MeetingAggregate(StreamKind[Event], kind=KIND, events=Event, noun="a meeting"):
    """The book. Its timers note when a decision's time passes undone."""

    projections = (DECISION_VIEW,)

    def __init__(self, rules: Rules) -> None:
        self.rules = rules

    def decide(self, state: Book | None, part: Part, turn: Turn) -> Sequence[Event] | Refused:
        return decide(state or Book(), part, turn, self.rules)

    def fold(self, state: Book | None, event: Event) -> Book:
        return fold(state, event)

    def timers(self, state: Book) -> Sequence[Timer]:
        waiting = ((name, one) for name, one in state.decisions.items() if not one.reported_at and not one.missed_at)
        return [Timer(f"miss.{name}", one.due_at, "miss", encoded({"decision": name})) for name, one in waiting]
