"""The values that slices and the web shell speak in."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.kernel.errors import Refused
from sanban.kernel.party import Links
from sanban.kernel.permission import CaseFacts, may, relations
from sanban.kernel.view import (
    ANONYMOUS,
    Missing,
    PageRequest,
    PageRoute,
    Paging,
    about_of,
    first,
    phrase,
    status_of_form,
)


def _request(language: str = "zh", **values: object) -> PageRequest:
    return msgspec.structs.replace(PageRequest(ANONYMOUS, "zh", 0, "id"), language=language, **values)


def _nothing(_request: PageRequest) -> Missing:
    return Missing(phrase("this page"))


@pytest.mark.parametrize(
    ("sent", "answer"),
    [({}, "none"), ({"q": ()}, "none"), ({"q": ("  ",)}, "none"), ({"q": (" a ", "b")}, "a")],
    ids=["absent", "empty", "blank", "the first of two, trimmed"],
)
def test_a_blank_value_counts_as_none(sent: dict[str, tuple[str, ...]], answer: str) -> None:
    assert first(sent, "q", "none") == answer


def test_query_and_form_are_read_apart() -> None:
    request = _request(query={"a": ("1",)}, form={"a": ("2", "3")})
    assert (request.asked("a"), request.given("a"), request.given_all("a")) == ("1", "2", ("2", "3"))
    assert request.given_all("missing") == ()


@pytest.mark.parametrize(
    ("reason", "status"), [("", 200), ("busy", 503), ("too_many_attempts", 429), ("empty_text", 422)]
)
def test_a_form_that_comes_back_says_whether_to_send_it_again_later(reason: str, status: int) -> None:
    assert status_of_form(Refused(reason, "why", "so") if reason else None) == status


def test_a_title_comes_in_the_viewers_language() -> None:
    assert [_request(language).text("停车", "Parking") for language in ("zh", "en")] == ["停车", "Parking"]


def test_someone_not_signed_in_has_no_relation_to_any_case() -> None:
    facts = CaseFacts(lead_unit="", requesters=frozenset({""}))
    assert relations(ANONYMOUS, facts) == frozenset()
    assert may(ANONYMOUS, frozenset({"requester"}), facts, Links(), 0) is not None


@given(st.dictionaries(st.sampled_from(["case_id", "task_id"]), st.text("abc-1", min_size=1), min_size=2))
def test_every_placeholder_of_a_path_is_filled(parts: dict[str, str]) -> None:
    route = PageRoute("GET", "/cases/{case_id}/tasks/{task_id}", "x.y", _nothing)
    assert route.url(**parts) == f"/cases/{parts['case_id']}/tasks/{parts['task_id']}"


@given(st.sampled_from(["case", "request"]), st.text("abc-1", min_size=1))
def test_an_address_is_about_what_its_first_placeholder_names(kind: str, value: str) -> None:
    assert about_of({f"{kind}_id": value, "task_id": "t1"}) == f"{kind}:{value}"
    assert about_of({}) == ""


def test_a_case_has_an_address_and_an_address_a_case() -> None:
    route = PageRoute("GET", "/cases/{case_id}", "x.y", _nothing)
    assert route.url(case_id="c1") == "/cases/c1"
    assert about_of({"case_id": "c1", "task_id": "t1"}) == "case:c1"


def test_a_route_lets_nobody_in_unless_it_says_so() -> None:
    route = PageRoute("GET", "/", "x.y", _nothing)
    assert not route.public
    assert route.roles == frozenset()


@pytest.mark.parametrize("limit", [0, 201, -1])
def test_an_api_list_is_bounded(limit: int) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"limit": limit}, Paging)


def test_a_phrase_is_its_own_message_id() -> None:
    assert phrase("Queue") == "Queue"
