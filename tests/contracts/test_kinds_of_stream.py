"""Every kind of stream beside requests and cases works alike on both stores: decided, listed, proved, filled again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from contracts.ledger_homes import LedgerHome
from sanban.attachments.aggregate import AttachmentAggregate
from sanban.handling.directory import DirectoryAggregate
from sanban.handling.links import STREAM as LINKS
from sanban.handling.links import LinksAggregate
from sanban.intake.aggregate import RequestAggregate
from sanban.intake.findings.finding import FindingAggregate
from sanban.intake.findings.sweep import SweepAggregate
from sanban.intake.firms.firm import FirmAggregate
from sanban.intake.visits.visit import VisitAggregate
from sanban.kernel.errors import SanbanError
from sanban.kernel.party import NO_LINKS
from sanban.kernel.permission import Actor
from sanban.ledger.port import Aggregate, Part, Submission
from sanban.ledger.proof.verify import verify
from sanban.ledger.reading.failed import ReactionAggregate
from sanban.main.deployment.officer_events import OfficerAggregate
from sanban.notices.aggregate import NoticeAggregate
from sanban.notices.reach import ReachAggregate
from sanban.notices.webhooks.subscriber import SubscriberAggregate
from sanban.scorecard.brief.stream import BriefAggregate
from sanban.scorecard.period.stream import PeriodAggregate

NOW = 1_767_225_600_000_000
REF = "v:" + "1" * 32
SYSTEM = Actor("system", "system")
DESK = Actor("op-1", "operator", "hotline", unit_kind="desk")
CENTRE = Actor("disp-1", "dispatcher", "centre", unit_kind="centre")
HANDLER = Actor("h-1", "handler", "street-01", unit_kind="street")
WORKER = Actor("w-1", "grid_worker", "grids-01a", unit_kind="grids")

ASKING = Actor("person:1", "requester", party="person:1")

KINDS: Sequence[Aggregate] = (
    FindingAggregate(), SweepAggregate(), VisitAggregate(), AttachmentAggregate(), LinksAggregate(NO_LINKS),
    DirectoryAggregate(), NoticeAggregate(), ReachAggregate(), SubscriberAggregate(), RequestAggregate(),
    OfficerAggregate(), ReactionAggregate(), BriefAggregate(), PeriodAggregate(), FirmAggregate(),
)  # fmt: skip
RECEIVED = (
    DESK, "request:r", "receive",
    {"requester": "person:1", "desk": "hotline", "channel": "visit", "text": REF, "origin": "visit:v"},
)  # fmt: skip
OF_FIRM = (
    DESK, "request:r", "receive", {"requester": "person:1", "desk": "hotline", "channel": "firm", "text": REF},
)  # fmt: skip
COUNTED = {"since": 0, "until": NOW, "position": 9, "head": "a" * 64}
REMOVED_FILE = {"id": "f", "person": "person:1", "media": "image.jpeg", "size": 9, "parts": [REF]}

Step = tuple[Actor, str, str, dict[str, Any]]

LIVES: dict[str, tuple[Step, ...]] = {
    "finding": (
        (WORKER, "finding:f", "report", {
            "matter": "waste", "grid": "g-1", "person": "person:1", "text": REF, "fixed": True, "recheck": True,
            "recheck_days": 3,
        }),
        (Actor("c-1", "grid_leader", "grids-01a", unit_kind="grids"), "finding:f", "recheck", {"holds": True}),
    ),
    "visit": (
        (HANDLER, "visit:v", "open", {"held_at": NOW}),
        RECEIVED,
        (HANDLER, "visit:v", "note", {"request": "r"}),
        (DESK, "request:r", "route", {"route": "explain"}),
        (CENTRE, "request:r", "answer", {"text": REF, "ending": "explained"}),
        (HANDLER, "visit:v", "close", {}),
    ),
    "firm": (
        OF_FIRM,
        (ASKING, "firm:f", "decline", {"policy": "rent-support", "request": "r", "reason": "not_needed"}),
        (ASKING, "firm:f", "decline", {"policy": "hiring-support", "request": "r", "reason": "other"}),
        (ASKING, "firm:f", "reconsider", {"policy": "hiring-support", "request": "r"}),
    ),
    "attachment": (
        RECEIVED,
        (DESK, "attachment:request.r", "add", REMOVED_FILE),
        (DESK, "attachment:request.r", "remove", {"id": "f"}),
    ),
    "link": (
        (DESK, LINKS, "record", {
            "id": "l", "kind": "agent_of", "source": "person:1", "target": "firm:1", "valid_from": NOW,
        }),
        (DESK, LINKS, "end", {"id": "l", "valid_to": NOW + 1}),
    ),
    "brief": ((SYSTEM, "brief:2025-W52", "freeze", {**COUNTED, "week": "2025-W52", "counts": [["open", 3, None]],
        "figures": [["in_time", "", 7, 8, 6, 8, 30], ["requests", "", 9, None, 8, None, 0]], "words": REF}),),
    "period": (
        (SYSTEM, "period:2025-11", "draft", {**COUNTED, "period": "2025-11", "appeal_until": 2**62, "cap": 10,
            "lines": [["in_time", "street-01", 7, 9, "high", 30]]}),
        (HANDLER, "period:2025-11", "appeal", {"unit": "street-01", "figure": "in_time", "case": "c-1",
            "ground": "force_majeure", "note": REF}),
        (Actor("l-1", "leader", "centre"), "period:2025-11", "decide", {"number": 1, "upheld": True}),
    ),
    "notice": (
        (SYSTEM, "notice:n", "queue", {"kind": "closed", "channel": "sms", "recipient": "person:1", "text": REF}),
        (SYSTEM, "notice:n", "delay", {"code": "not_taken", "most": 6}),
        (SYSTEM, "notice:n", "send", {}),
    ),
}  # fmt: skip
TABLES = (
    "finding_view",
    "visit_view",
    "declined_policy",
    "request_view",
    "notice_outbox",
    "webhook_subscriber",
    "failed_reaction",
    "brief_view",
    "period_view",
)


@pytest.mark.parametrize("life", LIVES)
def test_a_kind_lives_through_its_steps_and_its_rows_come_again_from_its_events(
    ledger_home: LedgerHome, life: str
) -> None:
    writer, reader = ledger_home.open(KINDS)
    for number, (actor, stream, step, args) in enumerate(LIVES[life]):
        answer = writer.submit(Submission(f"c{number}", actor, (Part(stream, step, args),)))
        assert answer.refused is None, answer.refused
    streams = sorted({stream for _, stream, _, _ in LIVES[life]})
    states = [reader.state(stream) for stream in streams]
    rows = {table: sorted(reader.query(f"SELECT * FROM {table}")) for table in TABLES}
    assert None not in states
    assert reader.states([*streams, "notice:nobody"]) == dict(zip(streams, states, strict=True))
    assert verify(reader).is_whole
    assert ledger_home.rebuild(KINDS) == len(streams)
    _, reader = ledger_home.open(KINDS)
    assert [reader.state(stream) for stream in streams] == states
    assert {table: sorted(reader.query(f"SELECT * FROM {table}")) for table in TABLES} == rows


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
@pytest.mark.parametrize("payload", [b"{}", b"[]", b'{"type": "other.kind", "v": 1, "at": 1}'])
def test_an_event_of_another_program_is_told_and_never_guessed(kind: Aggregate, payload: bytes) -> None:
    with pytest.raises(SanbanError, match=" v1"):
        kind.decode("other.kind", 1, payload)


def test_an_event_of_a_newer_program_asks_for_an_upgrade() -> None:
    with pytest.raises(SanbanError, match="newer program"):
        ReachAggregate().decode("reach.chosen", 2, b'{"type":"reach.chosen","v":2,"at":1,"wish":"usual","by":"op"}')
