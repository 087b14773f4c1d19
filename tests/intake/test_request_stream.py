"""Properties of a request's stream over any walk of steps, and of what is stored."""

from __future__ import annotations

import string
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.intake.aggregate import REQUEST_VIEW, RequestAggregate, stream_of
from sanban.intake.event import (
    BasisPoints,
    Block,
    Candidate,
    Earlier,
    Event,
    Flag,
    PlaceCandidate,
    RequestClosed,
    RequestReceived,
)
from sanban.intake.request import Request, fold
from sanban.kernel.case.words import Code, Id, TextRef
from sanban.kernel.errors import Refused, SanbanError
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part

TEXT = "v:" + "0" * 32
DISPATCHER = Actor("disp-1", "dispatcher", unit="centre")
CASES = {"case:c-1": object(), "case:c-2": object()}
RECEIVE = Part("request:r-1", "receive", {"requester": "p", "desk": "hotline", "channel": "web", "text": TEXT})

codes = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=6)
candidates = st.lists(st.tuples(codes, st.integers(0, 10_000)), min_size=1, max_size=3).map(
    lambda pairs: [{"matter": m, "confidence": c} for m, c in sorted(pairs, key=lambda pair: -pair[1])]
)
steps = st.one_of(
    st.just(("receive", RECEIVE.args)),
    st.builds(lambda c, auto: ("suggest", {"model": "m", "candidates": c, "auto": auto}), candidates, st.booleans()),
    st.builds(
        lambda route, auto: ("route", {"route": route, "auto": auto}),
        st.sampled_from(["accept", "emergency", "statutory", "explain", "police_clue"]), st.booleans(),
    ),
    st.builds(lambda step, case: (step, {"case": case}), st.sampled_from(["link", "unlink"]),
              st.sampled_from(["c-1", "c-2", "c-3"])),
    st.just(("answer", {"text": TEXT, "ending": "explained"})),
    st.just(("close", {})),
)  # fmt: skip


def walk(turn: Any, taken: list[tuple[str, dict[str, Any]]]) -> tuple[list[Event], list[Request]]:
    """Every event and every state on the way; refused steps leave no trace."""
    aggregate, state = RequestAggregate(), None
    events: list[Event] = []
    states: list[Request] = []
    for step, args in (("receive", RECEIVE.args), *taken):
        outcome = aggregate.decide(state, Part("request:r-1", step, args), turn(actor=DISPATCHER, states=CASES))
        for event in () if isinstance(outcome, Refused) else outcome:
            state = aggregate.fold(state, event)
            events.append(event)
            states.append(state)
    return events, states


@given(taken=st.lists(steps, max_size=12))
def test_an_open_request_without_a_case_is_owned_by_its_desk_and_no_other_is(turn, taken) -> None:
    for state in walk(turn, taken)[1]:
        assert state.owner == ("" if state.case or state.closed_at else "hotline")
        assert (state.state == "closed") == bool(state.closed_at)
        assert not state.closed_at or state.ending, "nothing is closed without a reply"


@given(taken=st.lists(steps, max_size=12))
def test_its_age_never_changes(turn, taken) -> None:
    states = walk(turn, taken)[1]
    assert {state.received.received_at for state in states} == {states[0].received.received_at}


@given(taken=st.lists(steps, max_size=12))
def test_what_is_stored_reads_back_and_folds_to_the_same_state(turn, taken) -> None:
    aggregate = RequestAggregate()
    events, states = walk(turn, taken)
    again = None
    for event in events:
        stored = aggregate.encode(event)
        assert aggregate.decode(*stored) == event
        assert aggregate.encode(aggregate.decode(*stored)) == stored
        again = fold(again, aggregate.decode(*stored))
    assert again == states[-1]


@given(taken=st.lists(steps, max_size=12))
def test_every_state_has_one_row_of_the_declared_types(turn, taken) -> None:
    types = {"text": str, "int": int, "bool": bool}
    for state in walk(turn, taken)[1]:
        (row,) = REQUEST_VIEW.rows("request:r-1", state)
        assert [type(value) for value in row] == [types[column.type] for column in REQUEST_VIEW.columns]


def test_every_index_is_over_columns_of_the_view() -> None:
    names = {column.name for column in REQUEST_VIEW.columns}
    assert len(names) == len(REQUEST_VIEW.columns)
    assert all(set(index) <= names for index in REQUEST_VIEW.indexes)


def test_every_field_of_every_event_is_a_code_a_number_an_id_or_a_reference() -> None:
    allowed = {int, bool, int | None, tuple[Candidate, ...], tuple[TextRef, ...]}
    allowed |= {tuple[Flag, ...], tuple[Code, ...], tuple[Block, ...], tuple[Earlier, ...], tuple[Id, ...]}
    allowed |= {tuple[PlaceCandidate, ...]}
    for event in get_args(Event):
        for field in msgspec.structs.fields(event):
            marks = getattr(field.type, "__metadata__", ())
            patterned = any(mark.pattern or (mark.extra or {}).get("word") for mark in marks)
            literal = all(isinstance(value, str) for value in get_args(field.type)) and get_args(field.type)
            assert field.type in allowed or patterned or literal, f"{event.__name__}.{field.name} could hold free text"
    assert {field.type for field in msgspec.structs.fields(Candidate)} >= {Code}
    assert {field.type for field in msgspec.structs.fields(PlaceCandidate)} >= {Code}
    assert [field.type for field in msgspec.structs.fields(Earlier)] == [Id, BasisPoints, tuple[Code, ...]]
    assert msgspec.structs.fields(RequestReceived)[2].type is Id


@pytest.mark.parametrize(
    ("type_", "v", "payload"),
    [
        ("request.vanished", 1, b'{"type":"request.vanished","at":1}'),
        ("request.closed", 1, b'{"type":"request.closed"}'),
        ("request.closed", 2, b'{"type":"request.closed","at":1,"v":2}'),
    ],
)
def test_an_event_that_this_program_does_not_know_is_named(type_, v, payload) -> None:
    with pytest.raises(SanbanError, match=type_):
        RequestAggregate().decode(type_, v, payload)


def test_a_type_stands_in_its_own_column_and_in_the_payload() -> None:
    assert RequestAggregate().encode(RequestClosed(at=5)) == ("request.closed", 1, b'{"type":"request.closed","at":5}')


def test_requests_want_no_timers_and_have_their_own_kind_of_stream(turn) -> None:
    aggregate = RequestAggregate()
    assert list(aggregate.timers(walk(turn, [])[1][0])) == []
    assert stream_of("r-1").startswith(f"{aggregate.kind}:")
