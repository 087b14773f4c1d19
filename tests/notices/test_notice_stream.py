"""A notice walks its table and never leaves it; every step is refused to those who may not take it."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.kernel.errors import Refused, SanbanError
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part
from sanban.notices.aggregate import NOTICE_OUTBOX, NoticeAggregate
from sanban.notices.notice import OPEN, STEPS, Notice

SYSTEM = Actor("courier", "system")
DESK = Actor("operator-1", "operator", "desk", unit_kind="desk")
QUEUE = {"kind": "closed", "channel": "sms", "recipient": "person:5c1e", "text": "v:" + "0" * 32}
ARGS: dict[str, dict[str, Any]] = {"delay": {"code": "no_answer", "most": 3}, "withdraw": {"ground": "erased"}}


class Moment(NamedTuple):
    """A turn without numbers and without other streams."""

    now: int
    actor: Actor

    @property
    def occurred_at(self) -> int:
        return self.now

    def number(self, kind: str) -> str:
        return kind

    def look(self, stream: str) -> Any:
        del stream


def take(state: Notice | None, step: str, now: int, actor: Actor, args: dict[str, Any]) -> Notice | Refused | None:
    """The state after a step, each event having gone through its bytes."""
    aggregate = NoticeAggregate()
    events = aggregate.decide(state, Part("notice:n1", step, args), Moment(now, actor))
    if isinstance(events, Refused):
        return events
    for event in events:
        state = aggregate.fold(state, aggregate.decode(*aggregate.encode(event)))
    return state


def queued(**more: Any) -> Notice:
    found = take(None, "queue", 1000, SYSTEM, QUEUE | more)
    assert isinstance(found, Notice)
    return found


@given(steps=st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.booleans()), max_size=30), has_channel=st.booleans())
def test_whatever_is_tried_the_table_holds(steps: list[tuple[str, bool]], has_channel: bool) -> None:
    state = queued(channel="sms" if has_channel else "")
    for number, (step, by_desk) in enumerate(steps, start=1):
        actor = DESK if by_desk else SYSTEM
        after = take(state, step, 1000 + number, actor, ARGS.get(step, {}))
        if isinstance(after, Refused):
            assert after.example
            assert actor.role not in STEPS[step].by or state.state not in STEPS[step].source
            continue
        assert isinstance(after, Notice)
        if after != state:
            assert state.state in STEPS[step].source
            assert actor.role in STEPS[step].by
        assert after.attempts <= 3
        assert (after.ended_at > 0) is (after.state not in OPEN) or after.state == "failed"
        (row,) = NOTICE_OUTBOX.rows("notice:n1", after)
        assert len(row) == len(NOTICE_OUTBOX.columns)
        state = after


def test_it_waits_longer_after_every_attempt_and_has_failed_after_the_last() -> None:
    state, waits, now = queued(), [], 1000
    while state.state == "waiting":
        after = take(state, "delay", now, SYSTEM, {"code": "no_answer", "most": 4})
        assert isinstance(after, Notice)
        waits.append((after.next_at - now) // 60_000_000)
        state, now = after, after.next_at
    assert (waits[:3], state.state, state.attempts) == ([1, 4, 16], "failed", 4)


def test_what_has_ended_needs_no_withdrawing() -> None:
    sent = take(queued(), "send", 2000, SYSTEM, {})
    assert take(sent, "withdraw", 3000, SYSTEM, {"ground": "erased"}) == sent  # type: ignore[arg-type]  # a notice


@pytest.mark.parametrize(
    ("state", "step", "actor", "args", "reason"),
    [
        (None, "queue", DESK, QUEUE, "not_permitted"),
        (None, "queue", SYSTEM, {"kind": "closed"}, "bad_arguments"),
        (None, "queue", SYSTEM, QUEUE | {"recipient": "王先生"}, "bad_arguments"),
        (None, "queue", SYSTEM, QUEUE | {"text": "您好"}, "bad_arguments"),
        (queued(), "queue", SYSTEM, QUEUE, "already_queued"),
        (None, "send", SYSTEM, {}, "unknown_notice"),
        (queued(), "send", DESK, {}, "not_permitted"),
        (queued(), "told", SYSTEM, {}, "not_permitted"),
        (queued(), "retry", DESK, {}, "notice_ended"),
        (queued(), "delay", SYSTEM, {"code": "x", "most": 99}, "bad_arguments"),
        (queued(), "burn", SYSTEM, {}, "unknown_step"),
    ],
)
def test_a_refusal_says_why_and_what_would_do(
    state: Notice | None, step: str, actor: Actor, args: dict[str, Any], reason: str
) -> None:
    found = take(state, step, 2000, actor, args)
    assert isinstance(found, Refused)
    assert (found.reason, bool(found.example)) == (reason, True)


@pytest.mark.parametrize(
    "payload", [b'{"type":"notice.lost","at":1}', b'{"type":"notice.sent","at":1,"attempt":1,"v":2}']
)
def test_what_a_newer_program_wrote_is_not_guessed_at(payload: bytes) -> None:
    with pytest.raises(SanbanError):
        NoticeAggregate().decode("notice.sent", 1, payload)
