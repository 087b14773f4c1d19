"""The stream kind `request` as the ledger sees it: encoding, deciding, folding and its projections.

`request_view` has one row for each request. Its indexes serve the desk's queue (by owner, oldest first), the counts,
and looking up by case, requester, receipt and the ref of another system's number.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from sanban.intake.decide import decide
from sanban.intake.event import Event
from sanban.intake.open311.tables import PUBLIC_FILING
from sanban.intake.request import Request, fold
from sanban.kernel.errors import Refused
from sanban.ledger.port import Column, Part, Projection, Turn
from sanban.ledger.stream_kind import StreamKind
from sanban.packs.desk.on_the_spot import OnTheSpot, load_on_the_spot

KIND = "request"


def stream_of(id: str) -> str:  # noqa: A002 -- the glossary's word
    """The stream of a request's id."""
    return f"{KIND}:{id}"


def _rows(_stream: str, state: Request) -> Sequence[tuple[object, ...]]:
    received, best = state.received, state.best
    return (
        (
            state.id,
            received.number,
            received.requester,
            received.channel,
            received.received_at,
            received.at,
            received.external_ref,
            state.grid,
            best.matter if best else "",
            best.confidence if best else 0,
            state.route,
            state.case,
            state.state,
            state.owner,
            received.desk,
            received.found,
            received.receipt,
            " ".join(best.reasons) if best else "",
            state.advised,
            " ".join(state.flags),
            state.place_state,
            state.left,
            received.disputes,
            state.alarms,
        ),
    )


REQUEST_VIEW = Projection(
    table="request_view",
    version=8,
    columns=(
        Column("request", "text"),
        Column("number", "text"),
        Column("requester", "text"),
        Column("channel", "text"),
        Column("received_at", "int"),
        Column("recorded_at", "int"),
        Column("external_ref", "text"),
        Column("grid", "text"),
        Column("matter", "text"),
        Column("confidence", "int"),
        Column("route", "text"),
        Column("case_id", "text"),
        Column("state", "text"),
        Column("owner", "text"),
        Column("desk", "text"),
        Column("found", "bool"),
        Column("receipt", "text"),
        Column("reasons", "text"),
        Column("advised", "text"),
        Column("flags", "text"),
        Column("place", "text"),
        Column("left_case", "text"),
        Column("disputes", "text"),
        Column("alarm", "bool"),
    ),
    key=(),
    indexes=(
        ("owner", "received_at", "request"),
        ("owner", "place", "received_at", "request"),
        ("alarm", "desk", "received_at", "request"),
        ("state", "channel"),
        ("case_id",),
        ("requester",),
        ("receipt",),
        ("external_ref",),
        ("matter", "grid", "received_at"),
    ),
    rows=_rows,
)


PromiseOf = Callable[[Any, str], tuple[int | None, bool]]
"""The state of a case's stream and a request's id -> the date it promised the request, and whether provisionally."""


def no_promise(_case: Any, _request: str) -> tuple[int | None, bool]:
    """No case has promised anything."""
    return None, False


EndingsAt = Callable[[int], Collection[str]]
"""An instant -> the endings that the matters in force then declare."""


def any_ending(_instant: int) -> Collection[str]:
    """Endings as the seven steps declare them."""
    return ("resolved", "unsolved", "explained", "statutory")


class RequestAggregate(StreamKind[Event], kind=KIND, events=Event, noun="a request"):
    """Requests. Their age is counted from `received_at` by whoever shows it, so they want no timers of their own."""

    projections = (REQUEST_VIEW, PUBLIC_FILING)

    def __init__(
        self, promise: PromiseOf = no_promise, endings: EndingsAt = any_ending, spot: OnTheSpot | None = None
    ) -> None:
        """`promise`: what a case has promised a request, which it takes along; `endings`: how a case's answer may end
        it; `spot`: how one without a case may, as shipped where nothing else is given."""
        self._promise = promise
        self._endings = endings
        self._spot = spot or load_on_the_spot()

    def decide(self, state: Request | None, part: Part, turn: Turn) -> Sequence[Event] | Refused:
        if part.step == "unlink" and state is not None:
            promised_at, provisional = self._promise(turn.look(f"case:{state.case}"), state.id)
            given = {"promised_at": promised_at, "provisional": provisional}
            part = Part(part.stream, part.step, {**part.args, **given})
        outcome = decide(state, part, turn)
        if part.step == "answer" and not isinstance(outcome, Refused):
            of_case = state is not None and bool(state.case)
            return (self._declared(part, turn) if of_case else self._on_the_spot(state, part, turn)) or outcome
        return outcome

    def _declared(self, part: Part, turn: Turn) -> Refused | None:
        """None when the answer's ending is one that is declared."""
        known = sorted(self._endings(turn.now))
        if part.args.get("ending") in known:
            return None
        return Refused("unknown_ground", f"a request ends as one of {', '.join(known)}", known[0] if known else "")

    def _on_the_spot(self, state: Request | None, part: Part, turn: Turn) -> Refused | None:
        """None when a request without a case may end so, and by this actor; the system follows what others decided."""
        found = self._spot.endings.get(part.args["ending"])
        if found is None:
            known = ", ".join(self._spot.endings)
            return Refused("needs_a_case", f"without a case a request ends as one of {known}", '{"matter": "noise"}')
        asks = state is not None and state.only_asks(answered=bool(part.args.get("entry")))
        if found.questions and not asks:
            message = "this is no question that a declared answer fits: what has to be done is a case"
            return Refused("no_question", message, '{"matter": "noise"}')
        if turn.actor.role != "system" and turn.actor.role not in found.by:
            return Refused("needs_approval", "take its route, and a dispatcher answers", '{"route": "explain"}')
        return None

    def fold(self, state: Request | None, event: Event) -> Request:
        return fold(state, event)
