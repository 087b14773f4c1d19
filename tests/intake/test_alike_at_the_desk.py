"""Duplicates at the desk: an index that follows the ledger, what of it an officer sees, and joining in one action."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handling.small_district import DAY, SUBJECT, actor
from intake.alike_desk import AlikeDesk
from intake.small_desk import HOUR, text_of
from sanban.intake.desk.alike import likes
from sanban.intake.desk.excerpt import LONGEST, excerpt
from sanban.intake.desk.joining import Looked, candidates
from sanban.intake.duplicates.entry import Entry
from sanban.intake.duplicates.index import DuplicateIndex, Search
from sanban.intake.ports import Behind
from sanban.kernel.case.state import Case
from sanban.ledger.port import Part, Submission

LAMP = "和平路12弄门口的路灯坏了三天没人修"
LIKE_IT = "和平路12弄门口路灯坏了，晚上很黑"
OTHER = "阳台漏水到楼下，物业不管"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[AlikeDesk]:
    opened = AlikeDesk(tmp_path)
    yield opened
    opened.close()


def lamp(desk: AlikeDesk, text: str = LAMP, phone: str = "13900000001", **more: Any) -> str:
    """A request about the lamp, from somebody else each time."""
    said = {"title": "", "name": "", "address": "", "grid": "g1", **more}
    return desk.file(text=text, phone=phone, **said)


def opened(desk: AlikeDesk, enter: Any, request: str, matter: str = "street-light") -> str:
    """The id of the case that the operator opens for it."""
    enter("op").decide(request, "case", matter=matter, grid="g1")
    return desk.request(request).case


def cases_of(desk: AlikeDesk) -> list[tuple[Any, ...]]:
    return desk.reader.query("SELECT case_id, requests FROM case_view WHERE district = :district ORDER BY opened_at")


def test_a_like_request_shows_the_case_of_the_earlier_with_what_was_said_and_why(desk, enter) -> None:
    first = lamp(desk)
    case = opened(desk, enter, first)
    desk.now += 3 * HOUR
    second = lamp(desk, LIKE_IT, "13900000002")
    page = enter("op").get(f"/requests/{second}")
    shown = text_of(page)
    assert desk.case(case).number in shown
    assert "the same matter" in shown
    assert "in the same grid" in shown
    assert "3 hours apart" in shown
    assert "words in common: " in shown
    answer = desk.needs.joins.find(actor("op"), case, desk.now)
    assert answer.requests == 1


def test_every_candidate_says_what_was_said_how_far_it_is_and_whether_the_same_person_asked(desk, enter) -> None:
    calls = "我叫王小明，电话13900000001，工地夜间施工噪音很大"
    closed = lamp(desk, calls)
    over = opened(desk, enter, closed, "noise")
    desk.closed(closed, over)
    others = lamp(desk, "广场舞噪音很大", "13900000003", grid="g2")
    enter("op").decide(others, "case", matter="noise", grid="g2")
    desk.now += 20 * DAY
    asked = lamp(desk, "别处有噪音", phone="13900000001")
    found = candidates(desk.needs, actor("op"), desk.request(asked), Looked(matter="noise", street="st1"), desk.now)
    looked = candidates(desk.needs, actor("op"), desk.request(asked), Looked(matter="noise", grid="g2"), desk.now)
    (own,), (other,) = found.cases, looked.cases
    assert (own.id, own.same_person, own.apart, own.like) == (over, True, 0, None)
    assert (other.same_person, other.apart) == (False, 10)
    assert (own.said, other.said) == ("我叫＊＊，电话＊＊，工地夜间施工噪音很大", "广场舞噪音很大")
    assert own.street_title.zh == "和平街道"
    assert found.about == (f"request:{closed}",)
    shown = text_of(enter("op").get(f"/requests/{asked}?lang=en&near_matter=noise&near_grid=g2"))
    apart = "about 10 m away, between the middles of the grids"
    for words in ("广场舞噪音很大", "by somebody else, as far as is known", apart):
        assert words in shown, shown


@given(st.text("路灯坏了，王先生 -\n", max_size=60), st.integers(10_000, 10**18), st.text("0123456789", max_size=3))
def test_an_excerpt_is_one_short_line_without_long_numbers_or_names_before_a_title(said, number, more) -> None:
    shown = excerpt(f"{said}{number}{more}，我是王小明，张女士说的")
    assert len(shown) <= LONGEST
    assert "\n" not in shown
    assert not re.search(r"\d{5}|王小明|张女士", shown)
    assert excerpt(f"路灯 {number}") == "路灯 ＊＊"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("李小明先生在3号楼", "＊＊先生在3号楼"),
        ("张伟先生被堵", "＊＊先生被堵"),
        ("欧阳先生，车主王女士", "＊＊先生，车主＊＊女士"),
        ("房东张先生不管", "房东＊＊先生不管"),
        ("我叫王小明住在二楼", "我叫＊＊住在二楼"),
        ("姓名：王小明", "姓名：＊＊"),
        ("我是王小明13800001234", "我是＊＊＊＊"),
        ("我姓王，本人李雷。", "我姓＊＊，本人＊＊。"),
    ],
)
def test_an_excerpt_takes_whole_names(said: str, shown: str) -> None:
    assert excerpt(said) == shown


@pytest.mark.parametrize(
    "said",
    [
        "本人房屋漏水",
        "本人车位被占",
        "我是高层住户",
        "我是车主，车被堵",
        "我是安徽人",
        "车主任意停车",
        "业主任何时候",
        "钱给了师傅",
    ],
)
def test_an_excerpt_keeps_words_that_begin_like_names(said: str) -> None:
    assert excerpt(said) == said


def test_attaching_from_a_candidate_is_one_action_and_splitting_undoes_it(desk, enter) -> None:
    first = lamp(desk)
    case = opened(desk, enter, first)
    second = lamp(desk, LIKE_IT, "13900000002")
    operator = enter("op")
    page = operator.get(f"/requests/{second}").text
    named = re.search(r'name="case" value="([^"]+)"><input type="hidden" name="way" value="attach"', page)
    assert named is not None
    assert named[1] == case
    operator.decide(second, "join", case=case, way="attach")
    before = desk.case(case)
    assert [one.id for one in before.requests] == [first, second]
    assert before.requests[1].promised_at is not None
    operator.decide(second, "split", case=case)
    after = desk.request(second)
    assert (after.case, after.owner) == ("", "desk")
    assert after.promised_at == before.requests[1].promised_at
    assert [one.id for one in desk.case(case).requests] == [first]


def test_a_closed_case_is_a_candidate_too_and_reopens_with_the_request(desk, enter) -> None:
    first = lamp(desk, "工地夜间施工噪音很大，睡不着")
    case = opened(desk, enter, first, "noise")
    desk.closed(first, case)
    desk.now += DAY
    second = lamp(desk, "夜间施工噪音很大，老人睡不着", "13900000002")
    found = candidates(desk.needs, actor("op"), desk.request(second), Looked(), desk.now)
    assert [(one.id, one.way) for one in found.cases] == [(case, "reopen")]
    assert found.cases[0].like is not None
    assert "closed_since" in {why.code for why in found.cases[0].like.reasons}


def test_two_that_wait_become_one_case_in_one_action(desk, enter) -> None:
    first, second = lamp(desk), lamp(desk, LIKE_IT, "13900000002")
    operator = enter("op")
    assert "Requests like it, without a case" in text_of(operator.get(f"/requests/{second}"))
    sent = operator.hidden(f"/requests/{second}") | {"request": first}
    for _ in range(2):  # a form sent twice acts once
        operator.client.post(f"/requests/{second}/gather", data=sent, follow_redirects=False)
    assert desk.request(first).case == desk.request(second).case != ""
    assert [count for _, count in cases_of(desk)] == [2]


def test_what_was_suggested_is_kept_with_its_model_when_the_desk_decides(desk, enter) -> None:
    first = lamp(desk)
    case = opened(desk, enter, first)
    second = lamp(desk, LIKE_IT, "13900000002")
    operator = enter("op")
    operator.get(f"/requests/{second}")
    assert "request.compared" not in {one.type for one in desk.reader.events(f"request:{second}")}
    assert desk.request(second).case == ""
    operator.decide(second, "join", case=case, way="attach")
    kept = next(one for one in desk.reader.events(f"request:{second}") if one.type == "request.compared")
    compared = desk.requests.decode(kept.type, kept.v, kept.payload)
    assert compared.model == desk.earlier.model
    assert compared.alike[0].request == first
    assert "same_matter" in compared.alike[0].reasons
    assert LAMP not in desk.payloads()


def test_a_thing_that_only_one_reason_speaks_for_is_not_shown(desk) -> None:
    lamp(desk, OTHER)
    other_place = lamp(desk, LIKE_IT, "13900000002", grid="g2")
    assert likes(desk.needs, actor("op"), desk.request(other_place), desk.now) == ()


def test_a_case_about_an_officers_own_party_is_no_candidate_for_them_and_lends_no_words(desk, enter) -> None:
    first = lamp(desk, "民宿夜间噪音扰民，楼上民宿每晚都吵")
    enter("op").decide(first, "case", matter="short-let", stage="details", **{"f-operator": SUBJECT, "f-premises": "x"})
    case = desk.request(first).case
    assert desk.case(case).subjects
    second = desk.request(lamp(desk, "楼上民宿每晚都吵，夜间噪音扰民", "13900000002"))
    seen = candidates(desk.needs, actor("op"), second, Looked(), desk.now)
    unseen = candidates(desk.needs, desk.people["op-agent"], second, Looked(), desk.now)
    assert case in [one.id for one in seen.cases]
    assert (unseen.cases, unseen.waiting) == ((), ())
    assert desk.needs.joins.behind(desk.people["op-agent"], [case], desk.now) == {}


@pytest.mark.parametrize("who", ["h1", "team", "pm", "ver"])
def test_nobody_who_handles_may_look_for_duplicates_or_merge(desk, enter, who) -> None:
    first = lamp(desk)
    case = opened(desk, enter, first)
    second = lamp(desk, LIKE_IT, "13900000002")
    visitor = enter(who)
    assert visitor.get(f"/requests/{second}").status_code == 403
    assert visitor.get(f"/api/v1/requests/{second}/cases").status_code == 403
    for step, fields in (("join", {"case": case}), ("gather", {"request": first}), ("split", {"case": case})):
        assert visitor.client.post(f"/requests/{second}/{step}", data=fields).status_code == 403
    by_hand = (Part(f"case:{case}", "attach", {"request": second}), Part(f"request:{second}", "link", {"case": case}))
    refused = desk.ledger.submit(Submission(desk.command_id(), actor(who), by_hand)).refused
    assert refused is not None
    assert refused.reason == "not_permitted"
    assert desk.request(second).case == ""


def test_an_index_filled_late_answers_as_one_that_was_there_all_the_time(desk, enter) -> None:
    for number, text in enumerate((LAMP, OTHER, LIKE_IT, "小区门口垃圾没人收")):
        request = lamp(desk, text, f"1390000000{number}")
        desk.earlier.catch_up(desk.now)
        if number != 1:
            opened(desk, enter, request)
        desk.now += HOUR
    last = desk.request(lamp(desk, LIKE_IT, "13900000009"))
    there = likes(desk.needs, actor("op"), last, desk.now)
    late = desk.index()
    desk.needs = desk.with_index(late)
    assert likes(desk.needs, actor("op"), last, desk.now) == there != ()
    assert len(late) == len(desk.earlier)


def test_an_erased_persons_request_leaves_the_index(desk) -> None:
    first = lamp(desk)
    second = desk.request(lamp(desk, LIKE_IT, "13900000002"))
    assert [one.request for one in likes(desk.needs, actor("op"), second, desk.now)] == [first]
    desk.erase(desk.request(first).received.requester)
    assert likes(desk.needs, actor("op"), second, desk.now) == ()
    assert likes(desk.with_index(desk.index()), actor("op"), second, desk.now) == ()


def test_the_index_keeps_no_words_and_forgets_after_its_look_back(desk) -> None:
    lamp(desk)
    desk.earlier.catch_up(desk.now)
    assert LAMP not in repr(vars(desk.earlier))
    desk.now += 181 * DAY
    desk.earlier.catch_up(desk.now)
    assert len(desk.earlier) == 0


def test_filing_takes_no_statement_more_for_the_index(desk) -> None:
    asked: list[str] = []
    query = desk.reader.query
    desk.reader.query = lambda *given: asked.append(given[0]) or query(*given)
    lamp(desk)
    assert [sql for sql in asked if "ledger_event" in sql] == []


@given(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["", "a", "b", "c"]), st.booleans()), max_size=30),
    st.permutations(range(30)),
)
def test_a_matter_told_later_is_as_if_it_had_come_with_it(told, order) -> None:
    search = Search(crowd_from=3, crowd_matters=2)
    at_once, later = DuplicateIndex(312_000_000, search), DuplicateIndex(312_000_000, search)
    for number, (place, matter, _) in enumerate(told):
        at_once.add(Entry(f"r{number}", number, matter, "u", (312_000_000 + place, 1_214_000_000)))
        later.add(Entry(f"r{number}", number, "first", "", (312_000_000 + place, 1_214_000_000)))
    for number in [one for one in order if one < len(told)]:
        later.change(f"r{number}", told[number][1], "u")
    for place in range(6):
        asked = Entry("new", 100, "a", "u", (312_000_000 + place, 1_214_000_000))
        found = [
            sorted(index.columns.name(slot) for slot in index.candidates(index.query(asked)).tolist())
            for index in (at_once, later)
        ]
        assert found[0] == found[1]


def test_programs_get_the_same_candidates(desk, enter) -> None:
    case = opened(desk, enter, lamp(desk))
    second = lamp(desk, LIKE_IT, "13900000002")
    waiting = lamp(desk, LIKE_IT, "13900000003")
    answer = enter("op").get(f"/api/v1/requests/{second}/cases").json()
    assert [one["id"] for one in answer["items"]] == [case]
    assert answer["items"][0]["like"]["text"] == LAMP
    assert [one["request"] for one in answer["waiting"]] == [waiting]


def looked(desk: AlikeDesk, page: str) -> list[str]:
    """What the looks at a page are about."""
    return sorted(one.about for one in desk.looks if one.page == page)


def test_every_request_whose_words_are_shown_beside_another_is_looked_at(desk, enter) -> None:
    first = lamp(desk)
    opened(desk, enter, first)
    second, waiting = lamp(desk, LIKE_IT, "13900000002"), lamp(desk, LIKE_IT, "13900000003")
    wanted = sorted(f"request:{one}" for one in (first, second, waiting))
    operator = enter("op")
    desk.looks.clear()
    assert LAMP in operator.get(f"/requests/{second}").text
    operator.get(f"/api/v1/requests/{second}/cases")
    assert looked(desk, "intake.request") == looked(desk, "intake.cases") == wanted
    assert {one.way for one in desk.looks if one.page == "intake.cases"} == {"api"}
    operator.get(f"/requests/{second}?near_matter=waste")
    assert looked(desk, "intake.request") == sorted([*wanted, f"request:{second}"])


def test_a_case_seen_by_its_own_sight_lends_its_words(desk, enter) -> None:
    case = opened(desk, enter, lamp(desk))
    assert isinstance(desk.case(case), Case)
    told = Behind({desk.case(case).requests[0].id: LAMP}, True)
    assert desk.needs.joins.behind(actor("op"), [case, "none"], desk.now) == {case: told}
    assert desk.needs.joins.behind(actor("pm"), [case], desk.now) == {}


def test_many_candidates_take_few_statements_and_open_words_alone(desk, enter, monkeypatch) -> None:
    """As many for nine cases as for three; nobody's name, phone or address is opened for a line."""
    operator, asked, wanted = enter("op"), list[str](), list[str]()
    for name, kept in (("query", asked), ("states", asked), ("open_secrets", wanted)):
        whole = getattr(desk.reader, name)

        def counted(given: Any, *more: Any, whole: Any = whole, kept: list[str] = kept) -> Any:
            kept.extend([given] if isinstance(given, str) else given if kept is wanted else [str(given)])
            return whole(given, *more)

        monkeypatch.setattr(desk.reader, name, counted)
    counts = []
    for cases in (3, 9):
        while len(cases_of(desk)) < cases:
            number = len(cases_of(desk))
            request = lamp(desk, f"{OTHER}，{number}", f"1390000001{number}", name="陈小明", address="和平路3号")
            operator.decide(request, "case", matter="street-light", grid="g1")
        request = desk.request(lamp(desk, "路灯", "13900000002"))
        asked.clear()
        wanted.clear()
        found = candidates(desk.needs, actor("op"), request, Looked("street-light"), desk.now)
        counts.append(len(asked))
        assert len([one for one in found.cases if one.said]) == cases
        texts = {desk.request(desk.case(one.id).requests[0].id).received.text for one in found.cases}
        assert set(wanted) <= texts | {request.received.text}
    assert counts[0] == counts[1]
