"""What the desk reads: its queue page by page, and the counts."""

from __future__ import annotations

from typing import Any

import pytest

from sanban.intake.decide import digest
from sanban.intake.views import ALL, Mark, count_requests, desk_alarms, desk_queue, request_of_receipt
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Submission

OPERATOR = Actor("op-1", "operator", unit="hotline")
DISPATCHER = Actor("disp-1", "dispatcher", unit="centre")
SYSTEM = Actor("system", "system")
TEXT = "v:" + "0" * 32


@pytest.fixture
def filled(ledger, receive) -> Any:
    """Seven requests at the hotline, two of the same instant, one elsewhere, one linked, one closed."""
    ledger.states["case:c-1"] = None
    for number in range(7):
        said = 1_700_000_000_000_000 + (number // 2)
        submit(ledger, receive(f"r-{number}", received_at=said, channel="web" if number else "phone"))
    submit(ledger, receive("r-7", desk="street-1", receipt="ABCDE23456"))
    submit(ledger, receive("r-8"))
    submit(ledger, Part("request:r-8", "answer", {"text": TEXT, "ending": "explained"}), DISPATCHER)
    submit(ledger, Part("request:r-8", "close", {}))
    del ledger.states["case:c-1"]
    return ledger


def submit(ledger: Any, part: Part, actor: Actor = OPERATOR) -> None:
    answer = ledger.submit(Submission(f"{part.stream} {part.step}", actor, (part,)))
    assert answer.refused is None, answer.refused


def test_the_queue_is_the_desks_own_oldest_first_page_by_page(filled) -> None:
    seen, after, pages = [], None, 0
    while True:
        page = desk_queue(OPERATOR, filled, "hotline", after, limit=3)
        seen += [row.request for row in page.rows]
        pages += 1
        after = page.next
        if after is None:
            break
    assert seen == [f"r-{number}" for number in range(7)]
    assert pages == 3


def test_dangers_are_seen_newest_first_and_every_one_of_them_page_by_page(filled) -> None:
    for number in range(7):
        submit(filled, Part(f"request:r-{number}", "suggest", {"model": "m-1", "candidates": [], "flags": ["danger"]}))
    seen, after, pages = [], None, 0
    while pages == 0 or after is not None:
        page = desk_alarms(OPERATOR, filled, "hotline", after, limit=3)
        seen += [row.request for row in page.rows]
        pages, after = pages + 1, page.next
    assert seen == [f"r-{number}" for number in reversed(range(7))]
    assert pages == 3


def test_a_danger_that_is_kept_from_the_viewer_hides_no_other_of_its_case_and_is_not_counted(filled) -> None:
    filled.states["case:c-2"] = object()
    for number in range(3):
        stream = f"request:r-{number}"
        submit(filled, Part(stream, "suggest", {"model": "m-1", "candidates": [], "flags": ["danger"]}))
        submit(filled, Part(stream, "link", {"case": "c-2"}), SYSTEM)
    del filled.states["case:c-2"]
    apart = ("AND r.request <> :kept ", {"kept": "r-2"})
    told = [[(row.request, row.wave) for row in desk_alarms(OPERATOR, filled, "hotline", apart=one).rows]
            for one in (ALL, apart)]  # fmt: skip
    assert told == [[("r-2", 3)], [("r-1", 2)]]


def test_a_full_last_page_has_no_next(filled) -> None:
    page = desk_queue(OPERATOR, filled, "hotline", limit=7)
    assert (len(page.rows), page.next) == (7, None)
    assert desk_queue(OPERATOR, filled, "hotline", limit=6).next == Mark(1_700_000_000_000_002, "r-5")


def test_a_row_shows_what_the_desk_needs(filled) -> None:
    row = desk_queue(OPERATOR, filled, "hotline", limit=1).rows[0]
    assert (row.request, row.channel, row.state, row.found, row.confidence) == ("r-0", "phone", "received", False, 0)


@pytest.mark.parametrize(
    ("viewer", "allowed"),
    [
        (OPERATOR, True),
        (Actor("op-2", "operator", unit="street-1"), False),
        (Actor("l", "leader"), True),
        (SYSTEM, True),
        (Actor("h", "handler", unit="hotline"), False),
        (Actor("m", "property_manager", unit="hotline"), False),
        (Actor("r", "requester", party="person:p-1"), False),
    ],
)
def test_the_queue_is_for_the_desk_and_for_overseers(viewer, allowed, filled) -> None:
    outcome = desk_queue(viewer, filled, "hotline")
    assert isinstance(outcome, Refused) is not allowed


@pytest.mark.parametrize("limit", [0, 501])
def test_a_page_has_bounds(limit, filled) -> None:
    assert desk_queue(OPERATOR, filled, "hotline", limit=limit).reason == "bad_limit"


def test_counts_add_up(filled) -> None:
    counts = count_requests(OPERATOR, filled)
    assert counts.total == 9 == sum(counts.by_state.values()) == sum(counts.by_channel.values())
    assert counts.by_state == {"received": 8, "closed": 1}
    assert counts.by_channel == {"phone": 3, "web": 6}


def test_counts_are_for_staff(filled) -> None:
    assert count_requests(Actor("r", "requester"), filled).reason == "not_permitted"


def test_a_receipt_finds_its_request_and_no_receipt_finds_none(filled) -> None:
    assert request_of_receipt(filled, digest("ABCDE23456")) == "r-7"
    assert request_of_receipt(filled, digest("ZZZZZ77777")) is None
    assert request_of_receipt(filled, digest("")) is None
