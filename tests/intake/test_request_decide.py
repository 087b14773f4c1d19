"""What may be done to a request, by whom, and why not."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.intake.aggregate import RequestAggregate
from sanban.intake.decide import EARLIEST, STEPS, decide, digest
from sanban.intake.event import Candidate, RequestLinked, RequestReceived, RequestRouted, RequestUnlinked
from sanban.intake.request import Request, fold
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part

TEXT = "v:" + "0" * 32
OPERATOR = Actor("op-1", "operator", unit="hotline")
SYSTEM = Actor("system", "system")
SUGGESTION = {"model": "words-1", "candidates": [{"matter": "noise", "confidence": 9100, "reasons": ["k:1"]}]}
PLACES = {
    "model": "gazetteer-1",
    "source": "address",
    "exact": TEXT,
    "candidates": [
        {"kind": "house", "confidence": 9300, "grid": "01-001", "street": "street-01", "reasons": ["g:1f2e"]},
        {"kind": "street", "confidence": 3500, "street": "street-02"},
    ],
}
CLUE = {"route": "police_clue", "officer": "o-1", "ground": "threats", "evidence": [TEXT]}
CASES = {"case:c-1": object(), "case:c-2": object()}


def part(step: str, **args: Any) -> Part:
    return Part("request:r-1", step, args)


def after(*steps: Part, turn: Any, receive: Any) -> Request:
    """The state after receiving and these steps."""
    state = None
    for each in (receive(), *steps):
        events = decide(state, each, turn(states=CASES))
        assert not isinstance(events, Refused), events
        for event in events:
            state = fold(state, event)
    assert state is not None
    return state


ROUTED = part("route", route="accept")
LINKED = part("link", case="c-1")
ANSWERED = part("answer", text=TEXT, ending="resolved")
CLOSED = part("close")


def test_receiving_keeps_when_it_was_said_and_when_it_was_recorded(turn, receive) -> None:
    now = turn()
    (event,) = decide(None, receive(received_at=EARLIEST, receipt="ABCDE23456"), now)
    assert event == RequestReceived(
        at=now.now, id="r-1", number="request-000001", requester="person:p-1", desk="hotline", channel="phone",
        received_at=EARLIEST, text=TEXT, receipt=hashlib.sha256(b"ABCDE23456").hexdigest(),
    )  # fmt: skip


def test_without_a_time_it_was_said_when_it_occurred(turn, receive) -> None:
    now = turn()
    now.occurred_at = now.now - 5
    assert decide(None, receive(), now)[0].received_at == now.now - 5


def test_no_receipt_is_no_digest() -> None:
    assert digest("") == ""


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"received_at": EARLIEST - 1}, "too_long_ago"),
        ({"received_at": 1 << 60}, "in_the_future"),
        ({"text": ""}, "bad_arguments"),
        ({"text": "有人说的话"}, "bad_arguments"),
        ({"desk": ""}, "bad_arguments"),
        ({"channel": "打电话"}, "bad_arguments"),
        ({"channel": "13800000000"}, "personal_code"),
        ({"grid": "13800000000"}, "personal_code"),
        ({"receipt": "short"}, "bad_arguments"),
        ({"received_at": "yesterday"}, "bad_arguments"),
        ({"external_ref": "SH-2026-000123"}, "bad_arguments"),
        ({"channel_said": "某甲"}, "bad_arguments"),
        ({"phone": "13800000000"}, "bad_arguments"),
        ({"unheard_of": 1}, "bad_arguments"),
        ({"request": "free text"}, "bad_id"),
        ({"request": ""}, "bad_id"),
    ],
)
def test_receiving_is_refused_with_a_reason_and_an_example(changes, reason, turn, receive) -> None:
    now = turn()
    refused = decide(None, receive(**changes), now)
    assert isinstance(refused, Refused)
    assert refused.reason == reason
    assert refused.example
    assert not now.given, "a refused request takes no number"


def test_a_request_is_received_once(turn, receive) -> None:
    state = after(turn=turn, receive=receive)
    assert decide(state, receive(), turn()).reason == "already_received"


@pytest.mark.parametrize(
    ("party", "proxy", "allowed"),
    [("", "", True), ("person:p-1", "", True), ("person:p-2", "person:p-2", True), ("person:p-2", "", False)],
)
def test_a_requester_files_for_themselves_or_as_a_named_proxy(party, proxy, allowed, turn, receive) -> None:
    outcome = decide(None, receive(proxy=proxy), turn(actor=Actor("a", "requester", party=party)))
    assert isinstance(outcome, Refused) is not allowed


@pytest.mark.parametrize(
    ("role", "step", "allowed"),
    [
        ("operator", LINKED, True),
        ("dispatcher", LINKED, True),
        ("system", LINKED, True),
        ("handler", LINKED, False),
        ("handler", ANSWERED, True),
        ("requester", ANSWERED, False),
        ("property_manager", ANSWERED, False),
        ("auditor", ROUTED, False),
        ("leader", ROUTED, False),
        ("grid_worker", ROUTED, False),
    ],
)
def test_steps_are_for_declared_roles(role, step, allowed, turn, receive) -> None:
    state = after(turn=turn, receive=receive)
    outcome = decide(state, step, turn(actor=Actor("x", role, unit="hotline"), states=CASES))
    assert isinstance(outcome, Refused) is not allowed
    if not allowed:
        assert outcome.reason == "not_permitted"


@pytest.mark.parametrize(
    ("before", "step", "reason"),
    [
        ((), part("jump"), "unknown_step"),
        ((), part("route", route="ignore"), "bad_arguments"),
        ((), part("route", route="police_clue"), "officer_missing"),
        ((), part("route", route="accept", auto=True), "needs_a_person"),
        ((part("suggest", **SUGGESTION),), part("route", route="accept", auto=True), "needs_a_person"),
        ((part("suggest", **SUGGESTION, auto=True),), part("route", route="explain", auto=True), "needs_a_person"),
        ((), part("suggest", model="words-1", candidates=[]), "bad_arguments"),
        ((), part("suggest", model="m", candidates=[{"matter": "a", "confidence": 10001}]), "bad_arguments"),
        ((), part("suggest", model="m", candidates=[{"matter": "a", "confidence": 1, "reasons": ["噪音"]}]),
         "bad_arguments"),
        ((), part("suggest", model="m", candidates=[{"matter": m, "confidence": c} for m, c in (("a", 1), ("b", 2))]),
         "bad_arguments"),
        ((), part("link", case="c-9"), "unknown_case"),
        ((part("route", route="statutory"),), LINKED, "not_accepted"),
        ((LINKED,), part("link", case="c-2"), "already_linked"),
        ((LINKED,), part("route", route="explain"), "already_linked"),
        ((), part("unlink", case="c-1"), "not_linked"),
        ((LINKED,), part("unlink", case="c-2"), "not_linked"),
        ((), CLOSED, "not_answered"),
        ((), part("answer", text="", ending="resolved"), "bad_arguments"),
        ((ANSWERED, CLOSED), CLOSED, "closed"),
        ((ANSWERED, CLOSED), ROUTED, "closed"),
    ],
)  # fmt: skip
def test_steps_are_refused_with_a_reason_and_an_example(before, step, reason, turn, receive) -> None:
    state = after(*before, turn=turn, receive=receive)
    refused = decide(state, step, turn(states=CASES))
    assert isinstance(refused, Refused)
    assert (refused.reason, bool(refused.example)) == (reason, True)


@pytest.mark.parametrize("step", sorted(set(STEPS) - {"receive"}))
def test_no_step_works_on_a_request_that_nobody_made(step, turn) -> None:
    examples = {"suggest": SUGGESTION, "suggest_place": PLACES, "place": {"source": "unknown"},
                "route": {"route": "accept"}, "answer": {"text": TEXT, "ending": "resolved"},
                "compare": {"model": "near-1"}, "divide": {"parts": ["r-2"]},
                "supplement": {"text": TEXT}, "view": {"way": "phone"}}  # fmt: skip
    args = examples.get(step, {} if step in {"close", "reopen", "heed"} else {"case": "c-1"})
    assert decide(None, part(step, **args), turn(states=CASES)).reason == "unknown_request"


def test_a_threshold_routes_in_the_name_of_the_model(turn, receive) -> None:
    state = after(part("suggest", **SUGGESTION, auto=True), turn=turn, receive=receive)
    now = turn(actor=SYSTEM)
    (event,) = decide(state, part("route", route="accept", auto=True), now)
    assert event == RequestRouted(at=now.now, route="accept", by="words-1", auto=True)


def test_a_clue_to_the_police_keeps_its_officer_its_ground_and_its_evidence(turn, receive) -> None:
    state = after(turn=turn, receive=receive)
    (event,) = decide(state, part("route", **CLUE), turn())
    assert (event.officer, event.ground, event.by, event.evidence) == ("o-1", "threats", "op-1", (TEXT,))
    assert fold(state, event).clue == event
    explained = part("route", route="explain")
    assert fold(fold(state, event), decide(state, explained, turn())[0]).clue == event


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"officer": ""}, "officer_missing"),
        ({"ground": ""}, "officer_missing"),
        ({"ground": "dislike"}, "unknown_ground"),
        ({"evidence": []}, "evidence_missing"),
        ({"evidence": ["a recording"]}, "bad_arguments"),
        ({"evidence": [TEXT] * 21}, "bad_arguments"),
    ],
)
def test_a_clue_without_officer_ground_or_evidence_is_refused_with_an_example(changed, reason, turn, receive) -> None:
    refused = decide(after(turn=turn, receive=receive), part("route", **(CLUE | changed)), turn())
    assert (refused.reason, bool(refused.example)) == (reason, True)


def test_an_answer_ends_a_request_only_as_the_matters_in_force_declare(turn, receive) -> None:
    aggregate = RequestAggregate(endings=lambda instant: {"resolved"} if instant else set())
    state = after(part("link", case="c-1"), turn=turn, receive=receive)
    (event,) = aggregate.decide(state, part("answer", text=TEXT, ending="resolved"), turn())
    assert event.ending == "resolved"
    refused = aggregate.decide(state, part("answer", text=TEXT, ending="vanished"), turn())
    assert (refused.reason, refused.example) == ("unknown_ground", "resolved")
    assert aggregate.decide(state, part("answer", text=TEXT), turn()).reason == "bad_arguments"


ASKED = {"model": "words-1", "candidates": [], "flags": ["question"]}
OF_NOISE = {"model": "words-1", "candidates": [{"matter": "noise", "confidence": 9000}]}
MORE_THAN_ASKED = [ASKED | {"flags": ["question", flag]} for flag in ("danger", "several")] + [
    ASKED | {"route": "emergency"}
]
STAFF = [Actor(f"{role}-1", role, "unit") for role in ("operator", "dispatcher", "coordinator", "handler", "verifier")]


@given(
    actor=st.sampled_from(STAFF),
    advice=st.sampled_from([ASKED, OF_NOISE, OF_NOISE | {"flags": ["question"]}, *MORE_THAN_ASKED]),
    ending=st.sampled_from(["informed", "explained", "statutory", "resolved", "unsolved", "adopted"]),
    entry=st.sampled_from(["", "water-bill"]),
)
def test_without_a_case_nobody_but_a_dispatcher_ends_more_than_a_question(
    actor: Actor, advice: dict[str, Any], ending: str, entry: str, turn, receive
) -> None:
    state = after(part("suggest", **advice), turn=turn, receive=receive)
    answer = part("answer", text=TEXT, ending=ending, entry=entry)
    taken = not isinstance(RequestAggregate().decide(state, answer, turn(actor=actor)), Refused)
    question = "question" in advice.get("flags", ()) and (advice is ASKED or bool(entry))
    asks = question and advice not in MORE_THAN_ASKED
    by_dispatcher = actor.role in {"dispatcher", "coordinator"}
    expected = {
        "informed": asks and actor.role != "verifier",
        "explained": by_dispatcher,
        "statutory": by_dispatcher,
    }
    assert taken is expected.get(ending, False)


def test_linking_may_accept_the_request_on_the_way(turn, receive) -> None:
    explained = after(part("route", route="explain"), turn=turn, receive=receive)
    events = decide(explained, part("link", case="c-1", accept=True), turn(states=CASES))
    assert [type(event) for event in events] == [RequestRouted, RequestLinked]
    urgent = after(part("route", route="emergency"), turn=turn, receive=receive)
    (only,) = decide(urgent, part("link", case="c-1", accept=True), turn(states=CASES))
    assert isinstance(only, RequestLinked)


def test_a_request_that_leaves_a_case_takes_its_promised_date_along_and_callers_do_not_say_it(turn, receive) -> None:
    aggregate = RequestAggregate(promise=lambda case, request: (case["promised"], True) if request == "r-1" else None)
    state = after(LINKED, turn=turn, receive=receive)
    now = turn(states={"case:c-1": {"promised": 7}})
    (event,) = aggregate.decide(state, part("unlink", case="c-1", promised_at=99, provisional=False), now)
    left = fold(state, event)
    assert (left.case, left.promised_at, left.provisional) == ("", 7, True)
    again = fold(fold(left, RequestLinked(at=1, case="c-2")), RequestUnlinked(at=2, case="c-2"))
    assert again.promised_at == 7


def test_the_same_suggestion_again_says_nothing_new(turn, receive) -> None:
    state = after(part("suggest", **SUGGESTION), turn=turn, receive=receive)
    assert state.best == Candidate("noise", 9100, ("k:1",))
    assert decide(state, part("suggest", **SUGGESTION), turn()) == ()


def test_the_desk_owns_a_request_until_it_has_a_case(turn, receive) -> None:
    walk = [((), "received", "hotline"), ((ROUTED,), "routed", "hotline"), ((ROUTED, LINKED), "linked", "")]
    for steps, state, owner in walk:
        found = after(*steps, turn=turn, receive=receive)
        assert (found.state, found.owner) == (state, owner)


def test_undoing_a_link_opens_the_request_again_for_its_desk(turn, receive) -> None:
    closed = after(LINKED, ANSWERED, CLOSED, turn=turn, receive=receive)
    assert (closed.state, closed.owner) == ("closed", "")
    (event,) = decide(closed, part("unlink", case="c-1"), turn())
    opened = fold(closed, event)
    assert (opened.state, opened.owner, opened.case, opened.ending) == ("received", "hotline", "", "")


READ = part("suggest_place", **PLACES)
SURE = part("suggest_place", **PLACES, auto=True)
PINNED = part("place", source="hand", grid="02-001", point=TEXT)
UNKNOWN = part("place", source="unknown")
WHERE = [
    ({}, (), ("unknown", "", "")),
    ({"street": "street-07"}, (), ("street", "", "street-07")),
    ({}, (READ,), ("suggested", "", "")),
    ({}, (SURE,), ("known", "01-001", "street-01")),
    ({"grid": "07-001"}, (SURE,), ("known", "07-001", "")),
    ({}, (SURE, PINNED), ("known", "02-001", "")),
    ({}, (SURE, PINNED, UNKNOWN), ("unknown", "", "")),
    ({"grid": "07-001"}, (UNKNOWN,), ("unknown", "", "")),
    ({}, (part("place", source="suggestion", street="street-02"),), ("street", "", "street-02")),
]


@pytest.mark.parametrize(("told", "steps", "known"), WHERE)
def test_where_it_is_is_what_the_desk_says_else_what_was_told_else_what_was_read(
    told, steps, known, turn, receive
) -> None:
    state = None
    for each in (receive(**told), *steps):
        for event in decide(state, each, turn(states=CASES)):
            state = fold(state, event)
    assert (state.place_state, state.grid, state.street) == known


PHONE = "13800000000"
WRONG_PLACES = [
    ("suggest_place", PLACES | {"candidates": PLACES["candidates"][::-1]}, "bad_arguments"),
    ("suggest_place", PLACES | {"candidates": []}, "bad_arguments"),
    ("suggest_place", PLACES | {"candidates": [{"kind": "house", "confidence": 1, "grid": PHONE}]}, "personal_code"),
    ("place", {"source": "hand"}, "bad_arguments"),
    ("place", {"source": "unknown", "grid": "01-001"}, "bad_arguments"),
    ("place", {"source": "hand", "grid": PHONE}, "personal_code"),
    ("place", {"source": "guess", "grid": "01-001"}, "bad_arguments"),
]  # fmt: skip


@pytest.mark.parametrize(("step", "args", "reason"), WRONG_PLACES)
def test_a_place_is_named_by_codes_and_said_whole(step, args, reason, turn, receive) -> None:
    state = after(turn=turn, receive=receive)
    assert decide(state, part(step, **args), turn()).reason == reason


def test_a_request_of_a_case_is_not_placed_but_its_case_located(turn, receive) -> None:
    state = after(LINKED, turn=turn, receive=receive)
    assert decide(state, PINNED, turn()).reason == "already_linked"


def test_the_same_places_again_say_nothing_new_and_requesters_place_nothing(turn, receive) -> None:
    state = after(READ, turn=turn, receive=receive)
    assert decide(state, READ, turn()) == ()
    requester = Actor("r", "requester", party="person:p-1")
    assert decide(state, PINNED, turn(actor=requester)).reason == "not_permitted"
