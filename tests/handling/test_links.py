"""Links of parties: recorded and ended by the desk, and used by permission, sight, lists and dispatch at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import TestClient

from handling.small_app import Browser, small_app
from handling.small_district import AGENT, DAY, HOUR, NOW, SUBJECT, District, actor, duty
from sanban.handling.aggregate import CaseAggregate, stream_of
from sanban.handling.links import STREAM, KnownLinks, LinksAggregate, links_with
from sanban.handling.reactions import StandsAside
from sanban.handling.views.case import case_page
from sanban.handling.views.lists import case_list, queue_page
from sanban.kernel.case.state import Case
from sanban.kernel.errors import Refused, SanbanError
from sanban.kernel.mechanism import Mechanism
from sanban.kernel.notice import MINUTE
from sanban.kernel.party import Link, links
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Submission

MEMBER = Actor("h1", "handler", unit="st1", unit_kind="street")


def keep(district: District, who: Actor | str, step: str, **args: Any) -> Refused | None:
    viewer = actor(who) if isinstance(who, str) else who
    return district.ledger.submit(Submission(district.command_id(), viewer, (Part(STREAM, step, args),))).refused


def linked(district: District, source: str, target: str = SUBJECT, link_id: str = "l-1", **more: Any) -> None:
    given_args = {"id": link_id, "kind": "agent_of", "source": source, "target": target, "valid_from": NOW - DAY}
    assert keep(district, "op", "record", **(given_args | more)) is None


def sees(district: District, viewer: Actor, case_id: str) -> bool:
    return case_page(viewer, district.needs, case_id, now=district.now) is not None


def test_who_is_linked_to_the_party_complained_about_loses_the_case_at_once(district: District) -> None:
    case_id = district.open_case()
    district.took("disp", case_id, "dispatch")
    assert sees(district, MEMBER, case_id)
    linked(district, "h1", kind="member_of")
    assert not sees(district, MEMBER, case_id)
    listed = case_list(MEMBER, district.reader, district.cases, now=district.now)
    waiting = queue_page(MEMBER, district.reader, district.cases, now=district.now)
    assert not isinstance(listed, Refused)
    assert not isinstance(waiting, Refused)
    assert (listed.rows, waiting.rows) == ((), ())
    refused = district.take(MEMBER, case_id, "accept").refused
    assert refused is not None
    assert refused.reason == "not_permitted"


def test_a_linked_unit_is_not_sent_the_case_and_may_be_when_the_link_has_ended(district: District) -> None:
    case_id = district.open_case()
    linked(district, "st1")
    refused = district.take("disp", case_id, "dispatch", unit="st1").refused
    assert refused is not None
    assert refused.reason == "unit_is_subject"
    assert keep(district, "disp", "end", id="l-1", valid_to=district.now) is None
    assert district.take("disp", case_id, "dispatch", unit="st1").refused is None


def test_a_link_holds_from_its_first_moment_up_to_its_last(district: District) -> None:
    case_id = district.open_case()
    district.took("disp", case_id, "dispatch")
    linked(district, "h1", valid_from=NOW + DAY, valid_to=NOW + 2 * DAY)
    seen = []
    for passed in (0, DAY, 2 * DAY):
        district.now = NOW + passed
        seen.append(sees(district, MEMBER, case_id))
    assert seen == [True, False, True]


def led(district: District, count: int = 1) -> list[str]:
    """Cases about the subject, with the first street as their accepted lead."""
    found = [district.open_case() for _ in range(count)]
    for case_id in found:
        district.took("disp", case_id, "dispatch")
        district.took(MEMBER, case_id, "accept")
    return found


def test_who_stands_for_the_subject_from_a_later_day_stands_aside_on_that_day_by_the_ledger(district: District) -> None:
    (case_id,) = led(district)
    stands = StandsAside(district.cases)
    linked(district, "st1", valid_from=NOW + DAY)
    leads = []
    for passed in (0, DAY - HOUR // 2, DAY, DAY + HOUR // 2):
        district.now = NOW + passed
        district.ledger.submit_many(stands.commands(district.reader, district.now))
        leads.append(district.case(case_id).lead)
    assert leads == ["st1", "st1", "desk", "desk"]


def test_a_link_of_the_districts_files_that_begins_later_makes_its_unit_stand_aside_as_well(district: District) -> None:
    (case_id,) = led(district)
    later = links([Link("agent_of", "st1", SUBJECT, NOW + DAY)])
    stands = StandsAside(CaseAggregate(district.cases.mechanisms, district.cases.calendar, duty(), later))
    before = stands.commands(district.reader, NOW)
    after = stands.commands(district.reader, NOW + DAY)
    assert before == []
    assert [part.stream for one in after for part in one.parts] == [stream_of(case_id)]


def test_one_case_that_cannot_be_decided_keeps_the_barred_unit_in_no_other(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, healthy = led(district, 2)
    linked(district, "st1")
    stands, pinned = StandsAside(district.cases), district.cases.pinned

    def without_its_file(case: Case) -> Mechanism:
        if case.id == broken:
            raise SanbanError("its file is not here", "keep it")
        return pinned(case)

    with monkeypatch.context() as patched:
        patched.setattr(district.cases, "pinned", without_its_file)
        assert go_round(district, stands, 0) == [healthy, broken]
        assert [district.case(one).lead for one in (broken, healthy)] == ["st1", "desk"]
        tried = [go_round(district, stands, passed) for passed in (MINUTE // 2, MINUTE // 2, MINUTE, 3 * MINUTE)]
        assert [broken in one for one in tried] == [False, True, False, True], "after one minute, after four more"
    assert broken in go_round(district, stands, 16 * MINUTE)
    assert district.case(broken).lead == "desk"
    assert go_round(district, stands, MINUTE) == []


def go_round(district: District, stands: StandsAside, passed: int) -> list[str]:
    """The cases that units are to stand aside from after so much time, each told what became of it."""
    district.now += passed
    commands = stands.commands(district.reader, district.now)
    stands.heard(commands, district.ledger.submit_many(commands), district.now)
    return sorted({part.stream.partition(":")[2] for one in commands for part in one.parts}, reverse=True)


def test_every_round_but_one_an_hour_looks_at_new_links_alone_and_says_the_same_again(district: District) -> None:
    led(district)
    linked(district, "st1")
    stands = StandsAside(district.cases)
    first, soon, between, later = (
        stands.commands(district.reader, NOW + passed) for passed in (0, HOUR // 30, HOUR // 2, HOUR)
    )
    assert (len(first) > 0, between) == (True, [])
    assert {one.command_id for one in soon} <= {one.command_id for one in first} == {one.command_id for one in later}


def test_what_was_known_then_can_still_be_asked(district: District) -> None:
    linked(district, "h1", valid_from=NOW - 9 * DAY)
    district.now += HOUR
    assert keep(district, "op", "end", id="l-1", valid_to=NOW - 5 * DAY) is None
    before, after = (district.reader.state(STREAM, at=at).every[0] for at in (NOW, district.now))
    assert (before.link.valid_to, after.link.valid_to) == (None, NOW - 5 * DAY)
    assert (after.recorded_at, after.by) == (NOW, "op")
    assert len(district.reader.events(STREAM)) == 2


@pytest.mark.parametrize(
    ("who", "step", "changed", "reason"),
    [
        ("h1", "record", {}, "not_permitted"),
        ("lead", "record", {}, "not_permitted"),
        (Actor("op-s", "operator", unit="st2", unit_kind="street"), "record", {}, "not_permitted"),
        ("op", "erase", {}, "unknown_step"),
        ("op", "record", {"kind": "friend_of"}, "bad_arguments"),
        ("op", "record", {"source": "Li Lei, 13800000000"}, "bad_arguments"),
        ("op", "record", {"target": "st2"}, "bad_link"),
        ("op", "record", {"valid_to": NOW - DAY}, "bad_link"),
        ("op", "record", {"id": "l-1"}, "already_recorded"),
        ("op", "record", {"source": "h1"}, "already_linked"),
        ("op", "record", {"source": "op"}, "own_link"),
        ("op", "record", {"target": "desk"}, "own_link"),
        ("coord", "record", {"target": "coord"}, "own_link"),
        ("op", "end", {}, "bad_arguments"),
    ],
)
def test_a_link_that_may_not_be_recorded_says_why_with_an_example(
    district: District, who: Actor | str, step: str, changed: dict[str, Any], reason: str
) -> None:
    linked(district, "h1")
    args = {"id": "l-2", "kind": "agent_of", "source": "st2", "target": SUBJECT, "valid_from": NOW - DAY, **changed}
    refused = keep(district, who, step, **args)
    assert refused is not None
    assert (refused.reason, bool(refused.example)) == (reason, True)


def test_a_link_is_ended_once_and_never_by_whom_it_binds(district: District) -> None:
    bound = {"id": "l-1", "kind": "member_of", "source": "op", "target": SUBJECT, "valid_from": NOW - DAY}
    assert keep(district, "disp", "record", **bound) is None
    assert keep(district, "op", "end", id="l-1", valid_to=NOW).reason == "own_link"  # type: ignore[union-attr]
    assert keep(district, "disp", "end", id="l-9", valid_to=NOW).reason == "unknown_link"  # type: ignore[union-attr]
    assert keep(district, "disp", "end", id="l-1", valid_to=NOW - 2 * DAY).reason == "bad_link"  # type: ignore[union-attr]
    assert keep(district, "disp", "end", id="l-1", valid_to=NOW) is None
    assert keep(district, "disp", "end", id="l-1", valid_to=NOW).reason == "already_ended"  # type: ignore[union-attr]
    assert keep(district, "disp", "end", id="l-1", valid_to=NOW - DAY) is None
    assert district.needs.links.agents_of(SUBJECT, NOW - HOUR) == {AGENT.party}


SPANS = st.tuples(st.integers(0, 9), st.one_of(st.none(), st.integers(0, 9)))


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), SPANS), max_size=6), st.integers(0, 9))
def test_the_ledgers_links_join_the_districts_and_take_none_away(
    rows: list[tuple[str, str, tuple[int, int | None]]], instant: int
) -> None:
    base = links([Link("member_of", "a", "x", 0)])
    aggregate, known = LinksAggregate(base), KnownLinks()
    for number, (source, target, (start, stop)) in enumerate(rows):
        part = Part(STREAM, "record", {
            "id": f"l-{number}", "kind": "agent_of", "source": source, "target": target, "valid_from": start,
            "valid_to": stop,
        })  # fmt: skip
        outcome = aggregate.decide(known, part, _Turn())
        for event in () if isinstance(outcome, Refused) else outcome:
            stored = aggregate.encode(event)
            assert aggregate.decode(*stored) == event
            known = aggregate.fold(known, event)
    joined = links_with(base, known)
    assert "x" in joined.stands_for(("a",), instant)
    holding = {one.link.target for one in known.every if one.link.source == "b" and _holds(one.link, instant)}
    assert joined.stands_for(("b",), instant) == holding | {"b"}


def _holds(link: Link, instant: int) -> bool:
    return link.valid_from <= instant and (link.valid_to is None or instant < link.valid_to)


class _Turn:
    actor = Actor("op", "operator", unit="desk", unit_kind="desk")
    now = occurred_at = 5

    def number(self, kind: str) -> str:
        return kind

    def look(self, stream: str) -> Any:
        return None


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b'{"type":"link.vanished","at":1}', "not an event of a link"),
        (b'{"type":"link.ended","v":2,"at":1,"by":"op","id":"l","valid_to":3}', "newer program"),
    ],
)
def test_an_event_that_this_program_does_not_know_is_named(payload: bytes, said: str) -> None:
    with pytest.raises(SanbanError, match=said):
        LinksAggregate(links([])).decode("link.ended", 1, payload)


class Account:
    """One of the district's people, signed in."""

    def __init__(self, client: TestClient[Any], name: str) -> None:
        self.browser = Browser(client)
        token = self._token("/sign-in?lang=en")
        self.browser.post("/sign-in/demo", data={"_csrf_token": token, "account": name})

    def _token(self, path: str) -> str:
        found = re.search(r'name="_csrf_token" value="([^"]+)"', self.browser.get(path).text)
        assert found is not None
        return found[1]

    def send(self, action: str, **fields: str) -> Any:
        return self.browser.post(action, data={"_csrf_token": self._token("/links"), **fields})

    def call(self, path: str, key: str = "", **body: Any) -> Any:
        headers = {"X-Sanban-Request": "1", **({"Idempotency-Key": key} if key else {})}
        return self.browser.post(f"/api/v1{path}", json=body, headers=headers)


@pytest.fixture
def enter(district: District, tmp_path: Path) -> Iterator[Callable[[str], Account]]:
    with TestClient(small_app(tmp_path, district)) as client:
        yield lambda name: Account(client, name)


@pytest.mark.parametrize(
    ("language", "words"), [("zh", ("代表", "长期")), ("en", ("acts for", "until further notice"))]
)
def test_the_page_records_and_ends_links(
    district: District, enter: Callable[[str], Account], language: str, words: tuple[str, str]
) -> None:
    account = enter("op")
    form = {"source": "firm", "kind": "agent_of", "target": "firm:let", "first_day": "2026-05-01"}
    assert account.send("/links", **form).status_code == 303
    shown = account.browser.get(f"/links?lang={language}").text
    assert all(word in shown for word in (*words, "firm:let", "2026-05-01"))
    (known,) = district.reader.state(STREAM).every
    assert account.send(f"/links/{known.id}/end", last_day="2026-06-30").status_code == 303
    assert "2026-06-30" in account.browser.get("/links").text
    assert account.send(f"/links/{known.id}/end", never="yes").status_code == 303
    (known,) = district.reader.state(STREAM).every
    assert known.link.valid_to == known.link.valid_from


@pytest.mark.parametrize(
    "changed", [{"first_day": "yesterday"}, {"last_day": "2026-02-30"}, {"first_day": ""}, {"source": "firm:let"}]
)
def test_what_is_refused_is_shown_again_with_what_was_typed(
    enter: Callable[[str], Account], changed: dict[str, str]
) -> None:
    account = enter("coord")
    form = {"source": "firm", "kind": "agent_of", "target": "firm:let", "first_day": "2026-05-01"} | changed
    page = account.send("/links", **form)
    assert page.status_code == 422
    assert f'value="{form["source"]}"' in page.text
    assert "fault-box" in page.text


def test_overseers_read_links_and_others_do_not(district: District, enter: Callable[[str], Account]) -> None:
    linked(district, "firm")
    found = {name: enter(name).browser.get("/links") for name in ("lead", "aud", "h1", "pm", "ver")}
    assert {name: page.status_code for name, page in found.items()} == {
        "lead": 200, "aud": 200, "h1": 403, "pm": 403, "ver": 403,
    }  # fmt: skip
    assert 'action="/links' not in found["aud"].text


def test_programs_record_end_and_page_through_links(district: District, enter: Callable[[str], Account]) -> None:
    account = enter("op")
    body = {"kind": "member_of", "source": "h2", "target": SUBJECT, "valid_from": NOW}
    key = "018f4c1e-0000-7000-8000-000000000001"
    first, second = (account.call("/links", key, **body).json() for _ in range(2))
    assert (first["repeated"], second["repeated"]) == (False, True)
    assert first["link"] == second["link"]
    ended = account.call(f"/links/{first['link']['id']}/end", valid_to=NOW + DAY).json()
    assert ended["link"]["valid_to"] == NOW + DAY
    assert account.call("/links", **(body | {"source": "op"})).json()["code"] == "own_link"
    assert account.call("/links/nothing/end", valid_to=NOW).json()["code"] == "unknown_link"
    for number in range(2):
        linked(district, f"p-{number}", link_id=f"l-{number}", valid_from=2**53)
    ids, after = [], ""
    while True:
        page = account.browser.get(f"/api/v1/links?limit=1&after={after}").json()
        ids += [item["id"] for item in page["items"]]
        after = page["next"]
        if not after:
            break
    assert ids == ["l-1", "l-0", first["link"]["id"]]
    assert account.browser.get("/api/v1/links?after=nothing").json()["code"] == "bad_cursor"


def test_a_long_list_has_pages(district: District, enter: Callable[[str], Account]) -> None:
    for number in range(53):
        linked(district, f"p-{number}", link_id=f"l-{number}")
    account = enter("op")
    first = account.browser.get("/links").text
    assert ("p-52" in first, "p-2 " in first, 'href="/links?page=50"' in first) == (True, False, True)
    assert "p-2 " in account.browser.get("/links?page=50").text
    assert account.browser.get("/links?page=99999999999").status_code == 200
