"""Boundary disputes: whom a case lay with until it was settled, and whom the waiting counts against."""

from __future__ import annotations

import pytest

from handling.small_district import DAY, HOUR, District, actor, worked_case
from handling.test_case_pages import Enter, text_of
from handling.test_case_pages import enter as enter  # noqa: PLC0414 -- the fixture
from handling.test_handling_api import Sign
from handling.test_handling_api import sign_in as sign_in  # noqa: PLC0414 -- the fixture
from sanban.handling.disputes.listing import Disputes, disputes_of
from sanban.handling.disputes.spells import disputes_in
from sanban.handling.figures.counting import Span
from sanban.kernel.errors import Refused

GROUND = {"ground": "outside_our_area", "note": "v:" + "0" * 32}


def disputed(district: District, settle: str) -> str:
    """A case that the first street and then the second gave back, an hour each, looked for an hour in between."""
    case_id = district.open_case("noise", subject=False)
    district.took("disp", case_id, "dispatch")
    district.now += HOUR
    district.took("h1", case_id, "return_order", **GROUND)
    district.now += HOUR
    if settle == "accepted":
        district.took("disp", case_id, "dispatch", unit="st2")
        district.now += HOUR // 2
        district.took("h2", case_id, "accept")
        return case_id
    district.took("disp", case_id, "dispatch", unit="st2")
    district.now += HOUR
    district.took("h2", case_id, "return_again", **GROUND)
    district.now += HOUR
    if settle:
        district.took("coord", case_id, "rule", unit=settle)
    return case_id


def listed(district: District, who: str = "coord") -> Disputes:
    district.ledger.catch_up()
    found = disputes_of(actor(who), district.needs, Span(0, 2**62, district.now))
    assert not isinstance(found, Refused)
    return found


@pytest.mark.parametrize(
    ("settle", "lost_by", "hours"), [("st1", "st1", 4), ("st2", "st2", 4), ("accepted", "", 2.5), ("police", "", 4)]
)
def test_the_waiting_counts_against_the_unit_that_gave_the_order_away_and_has_it(
    district: District, settle: str, lost_by: str, hours: float
) -> None:
    (found,) = disputes_in(district.case(disputed(district, settle)))
    assert (found.lost_by, found.waited(district.now + 9 * DAY)) == (lost_by, hours * HOUR)


def test_the_spells_follow_each_other_from_the_first_dispatch_to_the_settlement(district: District) -> None:
    (found,) = disputes_in(district.case(disputed(district, "")))
    assert [(spell.unit, spell.held) for spell in found.spells] == [
        ("st1", True), ("st1", False), ("st2", True), ("st2", False),
    ]  # fmt: skip
    assert [one.until for one in found.spells[:-1]] == [one.since for one in found.spells[1:]]
    assert (found.spells[-1].until, found.settled_at, found.waited(district.now)) == (None, None, 4 * HOUR)


def test_a_case_that_nobody_returned_was_in_no_dispute(district: District) -> None:
    assert list(disputes_in(district.case(worked_case(district)))) == []


def test_a_case_that_is_disputed_again_after_it_was_settled_was_in_two_disputes(district: District) -> None:
    case_id = disputed(district, "accepted")
    settled = district.case(case_id).lead_task.accepted_at
    district.took("h2", case_id, "contact", request="r-1")
    district.took("h2", case_id, "finish")
    district.took("ver", case_id, "verify")
    district.took("op", case_id, "call_back", request="r-1", reached=True, resolved="yes")
    district.took("op", case_id, "close", ending="resolved")
    district.now += DAY
    district.took("op", case_id, "reopen", unit="police")
    district.now += HOUR
    district.took("cop", case_id, "return_again", **GROUND)
    district.now += HOUR
    district.took("coord", case_id, "rule", unit="st2")
    first, second = disputes_in(district.case(case_id))
    assert (first.settled_at, first.lost_by, first.waited(district.now)) == (settled, "", 2.5 * HOUR)
    assert [spell.unit for spell in second.spells][:2] == ["police", "police"]
    assert second.began_at > settled
    every = listed(district)
    assert [(one.case, len(one.dispute.spells)) for one in every.cases] == [
        (case_id, len(second.spells)), (case_id, len(first.spells)),
    ]  # fmt: skip
    assert [len(listed(district, who).cases) for who in ("cop", "h1")] == [1, 1], "each the one it had a part in"


def test_each_unit_sees_the_disputes_that_it_had_a_part_in_and_the_sums_are_of_those(district: District) -> None:
    lost_by_first = disputed(district, "st1")
    lost_by_second = disputed(district, "st2")
    open_still = disputed(district, "")
    every = listed(district)
    assert [one.case for one in every.cases] == [open_still, lost_by_second, lost_by_first]
    assert [(one.unit, one.count, one.waited.amount) for one in every.lost] == [("st1", 1, 4), ("st2", 1, 4)]
    assert len(listed(district, "h1").cases) == 3
    assert listed(district, "cop") == Disputes((), (), more=False)
    assert isinstance(disputes_of(actor("pm"), district.needs, Span(0, 2**62, district.now)), Refused)


def test_pages_and_api_tell_the_same(district: District, enter: Enter, sign_in: Sign) -> None:
    case_id = disputed(district, "st1")
    district.ledger.catch_up()
    page = text_of(enter("coord").get("/disputes"))
    told = (
        "counts against Heping street, which gave it away and has it",
        "with Changningli street: 1 h",
        "next unit looked for, Heping street leads on: 1 h",
    )
    case = text_of(enter("h1").get(f"/cases/{case_id}"))
    assert [(words in page, words in case) for words in told] == [(True, True)] * 3
    answer = sign_in("coord").get("/disputes").json()
    assert [one["case"] for one in answer["cases"]] == [case_id]
    assert answer["lost"][0]["unit"] == "st1"
    assert "Dispute over who answers" not in text_of(enter("cop").get(f"/cases/{worked_case(district)}"))
