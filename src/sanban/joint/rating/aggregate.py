"""The stream kind `rating` as the ledger sees it, and the table of sheets that lists and scores read."""

from __future__ import annotations

from collections.abc import Sequence

from sanban.joint.rating.event import Event
from sanban.joint.rating.sheet import KIND, Sheet, decide, fold
from sanban.kernel.clock.calendar import Calendar
from sanban.kernel.errors import Refused
from sanban.ledger.port import Column, Part, Projection, Timer, Turn
from sanban.ledger.stream_kind import StreamKind
from sanban.packs.joint.rating import RatingTerms

ENDS = {"open": "lapse", "given": "settle"}


def _rows(_stream: str, sheet: Sheet) -> Sequence[tuple[object, ...]]:
    opened, given, reviewed = sheet.opened, sheet.given, sheet.reviewed
    revised = reviewed if reviewed is not None and reviewed.outcome == "revised" else given
    return (
        (
            opened.id,
            opened.case,
            opened.number,
            opened.whistle,
            opened.unit,
            opened.street,
            sheet.state,
            opened.at,
            sheet.next_at,
            given.at if given else 0,
            given.points if given else 0,
            bool(given and given.good),
            revised.points if revised else 0,
            bool(revised and revised.good),
            reviewed.ground if reviewed else "",
            reviewed.at if reviewed else 0,
        ),
    )


RATING_VIEW = Projection(
    table="rating_view",
    version=1,
    columns=(
        Column("rating", "text"),
        Column("case_id", "text"),
        Column("number", "text"),
        Column("whistle", "text"),
        Column("unit", "text"),
        Column("street", "text"),
        Column("state", "text"),
        Column("opened_at", "int"),
        Column("next_at", "int"),
        Column("given_at", "int"),
        Column("points", "int"),
        Column("good", "bool"),
        Column("final_points", "int"),
        Column("final_good", "bool"),
        Column("excluded", "text"),
        Column("reviewed_at", "int"),
    ),
    key=(),
    indexes=(("unit", "given_at", "rating"), ("street", "state", "opened_at"), ("state", "next_at", "rating")),
    rows=_rows,
)


class RatingAggregate(StreamKind[Event], kind=KIND, events=Event, noun="a rating"):
    """Ratings. Their timers end the windows in which nobody did anything."""

    projections = (RATING_VIEW,)

    def __init__(self, terms: RatingTerms, calendar: Calendar) -> None:
        self.terms = terms
        self._calendar = calendar

    def decide(self, state: Sheet | None, part: Part, turn: Turn) -> Sequence[Event] | Refused:
        return decide(state, part, turn, self.terms, self._calendar)

    def fold(self, state: Sheet | None, event: Event) -> Sheet:
        return fold(state, event)

    def timers(self, state: Sheet) -> Sequence[Timer]:
        step = ENDS.get(state.state)
        return () if step is None else (Timer(step, state.next_at, step),)
