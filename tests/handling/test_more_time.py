"""More time: extensions, suspensions and shelving, each walked by the forms of the pages and by the API alike.

A walk is a table: who takes which step (or how many days pass), and what is true of the case then. Whatever happens,
the promise to the requester neither stops nor moves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from handling.small_district import DAY, District
from handling.test_case_pages import Enter
from handling.test_case_pages import enter as enter  # noqa: PLC0414 -- the fixture
from handling.test_handling_api import Sign
from handling.test_handling_api import sign_in as sign_in  # noqa: PLC0414 -- the fixture

NO = "no"
"""Refused: nothing is true that was not true before."""

Taken = Callable[[str, str, str, dict[str, Any]], bool]


class Row(NamedTuple):
    """`step` is taken by `who`, or `days` pass; `days` is also how far ahead a review is asked for."""

    who: str
    step: str
    then: str
    ground: str = ""
    days: int = 0


def waits(days: int, then: str) -> Row:
    return Row("", "", then, days=days)


ASKS_MORE = Row("h1", "ask_extension", "handling asked", "complex")
ASKS_A_STOP = Row("h1", "ask_suspension", "handling asked", "weather", 10)
WALKS = {
    "a granted extension lengthens its limit": (
        ASKS_MORE,
        Row("h1", "grant_extension", NO),
        Row("coord", "grant_extension", "handling lengthened"),
        Row("coord", "grant_extension", NO),
    ),
    "a refused extension leaves the limit as it was": (
        ASKS_MORE,
        Row("h1", "ask_extension", NO, "complex"),
        Row("lead", "refuse_extension", "handling"),
    ),
    "a pending extension stops no clock and silence refuses it": (
        ASKS_MORE,
        waits(60, "handling late"),
        Row("coord", "grant_extension", NO),
    ),
    "nobody asks for more time when it is over": (
        waits(60, "handling late"),
        Row("h1", "ask_extension", NO, "complex"),
    ),
    "a suspension is asked for, approved by another and ended": (
        ASKS_A_STOP,
        Row("h1", "suspend", NO),
        Row("coord", "suspend", "handling paused"),
        waits(5, "handling paused"),
        Row("h1", "resume", "handling"),
        Row("h1", "resume", NO),
    ),
    "a suspension ends at its review date by itself": (
        ASKS_A_STOP,
        Row("lead", "suspend", "handling paused"),
        waits(11, "handling"),
    ),
    "a suspension is no longer than its ground allows": (
        Row("h1", "ask_suspension", NO, "weather", 40),
        Row("h1", "ask_suspension", "handling asked", "public_works", 40),
    ),
    "a handler shelves nothing; who may, does for a reason, and it comes back": (
        Row("h1", "shelve", NO, "no_means_yet", 30),
        Row("coord", "shelve", NO, "weather", 30),
        Row("coord", "shelve", "shelved", "no_means_yet", 30),
        Row("h1", "unshelve", "handling"),
    ),
}


def said_of(district: District, case_id: str) -> str:
    """The state of the case and of the time of its unit, in words."""
    case = district.case(case_id)
    clock = next(one for one in case.clocks if one.limit == "resolve")
    words = {
        "asked": case.asked != (),
        "paused": clock.paused,
        "lengthened": clock.extended > 0,
        "late": clock.missed_at is not None,
    }
    return " ".join((case.state, *(word for word, holds in words.items() if holds)))


def walk(district: District, rows: tuple[Row, ...], take: Taken) -> None:
    case_id = district.open_case("noise", subject=False)
    for who, step, given in (("disp", "dispatch", {}), ("h1", "accept", {}), ("h1", "contact", {"request": "r-1"})):
        district.took(who, case_id, step, **given)
    promise = next(one for one in district.case(case_id).clocks if one.limit == "promised")
    for row in rows:
        before = said_of(district, case_id)
        if row.step:
            given = {"ground": row.ground} if row.ground else {}
            if row.ground and row.days:
                given["review_at"] = district.now + row.days * DAY
            assert take(row.who, case_id, row.step, given) == (row.then != NO), row
        else:
            for _ in range(row.days):
                district.pass_time(DAY)
        assert said_of(district, case_id) == (before if row.then == NO else row.then), row
        running = next(one for one in district.case(case_id).clocks if one.id == promise.id)
        assert (running.due_at, running.paused) == (promise.due_at, False)


@pytest.mark.parametrize("rows", WALKS.values(), ids=WALKS)
def test_by_the_forms_of_the_pages(district: District, enter: Enter, rows: tuple[Row, ...]) -> None:
    def take(who: str, case_id: str, step: str, given: dict[str, Any]) -> bool:
        if "review_at" in given:
            day = district.cases.calendar.local_end(given["review_at"])[:10]
            given = given | {"review_at": day}
        answer = enter(who).step(case_id, step, **given)
        assert answer.status_code in (303, 409, 422)
        return bool(answer.status_code == 303)

    walk(district, rows, take)


@pytest.mark.parametrize("rows", WALKS.values(), ids=WALKS)
def test_by_the_api(district: District, sign_in: Sign, rows: tuple[Row, ...]) -> None:
    def take(who: str, case_id: str, step: str, given: dict[str, Any]) -> bool:
        clock = next(one.id for one in district.case(case_id).clocks if one.limit == "resolve")
        args = given | ({"clock": clock} if "extension" in step else {})
        answer = sign_in(who).take(case_id, step, args=args)
        assert answer.status_code == 200 or answer.json()["example"], answer.text
        return bool(answer.status_code == 200)

    walk(district, rows, take)
