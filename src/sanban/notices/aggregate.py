"""The stream kind `notice` as the ledger sees it, and the outbox: one row for each notice, of codes and instants.

`notice_outbox` serves the courier (what is due), the desk (what failed, whom to call) and the auditor (who was told
when, case by case). `recipient`: who got it in the end.
"""

from __future__ import annotations

from collections.abc import Sequence

from sanban.kernel.errors import Refused
from sanban.ledger.port import Column, Part, Projection, Turn
from sanban.ledger.stream_kind import StreamKind
from sanban.notices.event import Event
from sanban.notices.notice import Notice, decide, fold

KIND = "notice"


def stream_of(id: str) -> str:  # noqa: A002 -- the glossary's word
    """The stream of a notice's id."""
    return f"{KIND}:{id}"


def _rows(_stream: str, state: Notice) -> Sequence[tuple[object, ...]]:
    queued = state.queued
    return (
        (
            queued.id,
            queued.kind,
            queued.channel,
            state.reader or queued.recipient,
            queued.case,
            queued.request,
            queued.position,
            state.state,
            queued.urgent,
            queued.at,
            state.next_at,
            state.ended_at,
            state.attempts,
            state.code,
            state.by,
        ),
    )


NOTICE_OUTBOX = Projection(
    table="notice_outbox",
    version=1,
    columns=(
        Column("notice", "text"),
        Column("kind", "text"),
        Column("channel", "text"),
        Column("recipient", "text"),
        Column("case_id", "text"),
        Column("request", "text"),
        Column("position", "int"),
        Column("state", "text"),
        Column("urgent", "bool"),
        Column("queued_at", "int"),
        Column("next_at", "int"),
        Column("ended_at", "int"),
        Column("attempts", "int"),
        Column("code", "text"),
        Column("told_by", "text"),
    ),
    key=(),
    indexes=(
        ("state", "next_at", "position", "notice"),
        ("state", "queued_at", "notice"),
        ("case_id", "queued_at", "notice"),
        ("recipient", "state"),
        ("queued_at", "notice"),
    ),
    rows=_rows,
)


class NoticeAggregate(StreamKind[Event], kind=KIND, events=Event, noun="a notice"):
    """Notices. The courier asks the outbox for what is due, so they want no timers."""

    projections = (NOTICE_OUTBOX,)

    def decide(self, state: Notice | None, part: Part, turn: Turn) -> Sequence[Event] | Refused:
        return decide(state, part, turn)

    def fold(self, state: Notice | None, event: Event) -> Notice:
        return fold(state, event)
