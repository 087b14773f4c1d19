"""The stream kind `notice` as the ledger sees it, and the outbox: one row for each notice, of codes and instants.

`notice_outbox` serves the courier (what is due), the desk (what failed, whom to call) and the auditor (who was told
when, case by case).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from sanban.kernel.errors import Refused, SanbanError
from sanban.ledger.port import Column, Part, Projection, Timer, Turn
from sanban.notices.event import Event
from sanban.notices.notice import Notice, decide, fold

KIND = "notice"

_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


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
            queued.recipient,
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


class NoticeAggregate:
    """Notices. The courier asks the outbox for what is due, so they want no timers."""

    kind = KIND
    projections = (NOTICE_OUTBOX,)

    def encode(self, event: Event) -> tuple[str, int, bytes]:
        """(type, v, payload): the bytes that are stored and hashed."""
        return str(type(event).__struct_config__.tag), event.v, _ENCODER.encode(event)

    def decode(self, type: str, v: int, payload: bytes) -> Event:  # noqa: A002 -- the column's own name
        """The event; raises `SanbanError` for one that this program does not know."""
        try:
            event = _DECODER.decode(payload)
        except msgspec.ValidationError as error:
            raise SanbanError(f"{type} v{v} is not an event of a notice: {error}", "notice.queued v1") from error
        if event.v > 1:
            raise SanbanError(f"{type} v{v} was written by a newer program", "upgrade this installation")
        return event

    def decide(self, state: Notice | None, part: Part, turn: Turn) -> Sequence[Event] | Refused:
        return decide(state, part, turn)

    def fold(self, state: Notice | None, event: Event) -> Notice:
        return fold(state, event)

    def timers(self, _state: Notice) -> Sequence[Timer]:
        return ()
