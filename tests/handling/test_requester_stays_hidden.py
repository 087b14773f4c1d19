"""Invariant 7: the party complained about, its agents, firms, units that help and leaders never see who complained.

Random cases are walked through random steps; then every page and every API answer for these viewers is searched for
every string that identifies any requester and for every raw text. The search is shown to work: the desk's pages do
hold them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handling.small_district import AGENT, DAY, HOUR, SUBJECT, District, actor
from sanban.handling import api
from sanban.handling.aggregate import stream_of
from sanban.handling.pages import case as case_pages
from sanban.handling.pages import links as links_page
from sanban.handling.pages import lists
from sanban.kernel.permission import Actor
from sanban.kernel.view import ApiRequest, ApiRoute, Missing, PageRequest, PageRoute, Shown
from sanban.ledger.port import Part, Secret, Submission

SUBJECT_ITSELF = Actor("letter", "handler", unit=SUBJECT, party=SUBJECT)
SUBJECT_AT_DESK = Actor("clerk", "dispatcher", unit="centre", party=SUBJECT, unit_kind="centre")
STRANGER = Actor("stranger", "requester", party="person:stranger")
OTHERS = tuple(actor(name) for name in ("pm", "cop", "lead", "h2", "own"))
BLIND = (*OTHERS, AGENT, SUBJECT_ITSELF, SUBJECT_AT_DESK, STRANGER)
NOTE = "住户李女士说的原话都在这里"

MOVES = st.lists(
    st.sampled_from(
        [
            ("disp", "dispatch", {}),
            ("h1", "accept", {}),
            ("cop", "accept", {"task": "t2"}),
            ("h1", "contact", {"request": "FIRST"}),
            ("h1", "plan", {"tasks": [{"key": "a", "unit": "firm"}]}),
            ("pm", "accept", {"task": "t3"}),
            ("h1", "return_order", {"ground": "not_our_duty", "note": "NOTE"}),
            ("h1", "ask_extension", {"clock": "resolve.t1.5", "ground": "complex"}),
            ("h1", "ask_suspension", {"ground": "weather", "review_at": 1_780_900_000_000_000}),
            ("h1", "note", {"note": "NOTE"}),
            ("cop", "finish_task", {"task": "t2", "note": "NOTE"}),
            ("pm", "finish_task", {"task": "t3", "note": "NOTE"}),
            ("h1", "finish", {"note": "NOTE"}),
            ("ver", "verify", {}),
            ("op", "call_back", {"request": "FIRST", "reached": True, "resolved": "yes"}),
            ("op", "close", {"ending": "resolved"}),
            ("wait", "", {}),
        ]
    ),
    min_size=2,
    max_size=16,
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    made = District(tmp_path_factory.mktemp("hidden"))
    yield made
    made.close()


def walk(district: District, moves: list[tuple[str, str, dict[str, Any]]], joined: int) -> str:
    """A case that goes as far as the moves take it; those refused are part of life."""
    case_id = district.open_case(unregistered=True)
    for _ in range(joined):
        district.attach(case_id)
    for who, step, args in moves:
        if who == "wait":
            district.pass_time(DAY)
            continue
        district.pass_time(HOUR)
        case = district.case(case_id)
        given_args = {name: case.requests[0].id if value == "FIRST" else value for name, value in args.items()}
        secrets: tuple[Secret, ...] = ()
        if given_args.get("note") == "NOTE":
            ref = f"v:{district.now:032x}"
            given_args["note"] = ref
            secrets = (Secret(ref, case.requests[0].requester, "text", NOTE),)
        part = Part(stream_of(case_id), step, given_args)
        district.ledger.submit(Submission(district.command_id(), actor(who), (part,), secrets=secrets))
    return case_id


def everything_shown(district: District, viewer: Actor, case_id: str) -> str:
    """Every page context and API answer this viewer gets, in one text."""
    clocks = [clock.id for clock in district.case(case_id).clocks]
    steps = ["note", "finish", "dispatch", "reopen"]
    told: list[Any] = []
    reading_links = (links_page.routes(district.needs)[0], api.links.routes(district.needs)[0])
    for page in (*lists.routes(district.needs), *case_pages.routes(district.needs), reading_links[0]):
        told.extend(asked_page(district, page, viewer, case_id, clock, steps) for clock in clocks[:3])
    for route in (*api.cases.routes(district.needs), reading_links[1]):
        told.append(asked_api(district, route, viewer, case_id))
    return msgspec.json.encode(told, enc_hook=str).decode()


def asked_page(
    district: District, page: PageRoute, viewer: Actor, case_id: str, clock: str, steps: list[str]
) -> object:
    path = {"case_id": case_id, "clock_id": clock, "step": steps[len(clock) % len(steps)]}
    form = {"note": ("noted",)} if page.method == "POST" else {}
    return page.handler(PageRequest(viewer, "zh", district.now, district.command_id(), path, form=form))


def asked_api(district: District, route: ApiRoute, viewer: Actor, case_id: str) -> object:
    query = route.query() if route.query else None
    body = api.cases.StepBody({"request": "r-1"}) if route.method == "POST" else None
    path = {"case_id": case_id, "step": "contact"}
    return route.handler(ApiRequest(viewer, district.now, district.command_id(), path, query, body))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES, joined=st.integers(0, 2))
def test_nobody_who_may_not_know_is_shown_a_requester_or_a_word_of_theirs(
    shared: District, moves: list[tuple[str, str, dict[str, Any]]], joined: int
) -> None:
    case_id = walk(shared, moves, joined)
    requesters = {one.requester for one in shared.case(case_id).requests}
    words = [word for person in shared.people if person.id in requesters for word in person.words]
    for viewer in BLIND:
        shown = everything_shown(shared, viewer, case_id)
        assert [word for word in (*words, NOTE) if word in shown] == [], viewer.id
    seen_at_desk = everything_shown(shared, actor("op"), case_id)
    person = next(person for person in shared.people if person.id in requesters)
    assert person.name in seen_at_desk
    assert person.text in seen_at_desk


@pytest.mark.parametrize(
    "viewer", [AGENT, SUBJECT_ITSELF, SUBJECT_AT_DESK, STRANGER, actor("h2")], ids=lambda who: who.id
)
def test_a_case_one_may_not_see_is_missing_just_as_one_that_is_not_there(
    worked: tuple[District, str], viewer: Actor
) -> None:
    district, case_id = worked
    clock = district.case(case_id).clocks[0].id
    for page in case_pages.routes(district.needs):
        answers = [asked_page(district, page, viewer, id_, clock, ["accept"]) for id_ in (case_id, "c-99999")]
        assert answers[0] == answers[1]
        assert isinstance(answers[0], Missing)
    for route in api.routes(district.needs):
        if "{case_id}" in route.path:
            assert (
                asked_api(district, route, viewer, case_id)
                == asked_api(district, route, viewer, "c-99999")
                == api.cases.NO_CASE
            )


def test_a_refused_step_tells_a_firm_nothing_of_the_requester(tmp_path: Path) -> None:
    district = District(tmp_path)
    case_id = walk(
        district,
        [("disp", "dispatch", {}), ("h1", "accept", {}), ("h1", "plan", {"tasks": [{"key": "a", "unit": "firm"}]})],
        0,
    )
    step = next(page for page in case_pages.routes(district.needs) if page.method == "POST")
    answers = [
        step.handler(
            PageRequest(actor("pm"), "zh", district.now, district.command_id(), {"case_id": case_id, "step": name})
        )
        for name in ("dispatch", "contact", "finish_task", "nothing")
    ]
    told = msgspec.json.encode(answers, enc_hook=str).decode()
    assert [word for word in district.people[0].words if word in told] == []
    assert not isinstance(answers[0], Shown)
    district.close()
