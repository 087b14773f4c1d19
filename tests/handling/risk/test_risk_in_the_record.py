"""The risk in the record: told when it moves, ordering queues, read back with reasons, moving no date and no duty."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handling.risk.test_risk import flat
from handling.small_district import DAY, HOUR, NOW, District, actor
from sanban.handling.pages import lists
from sanban.handling.risk.model import RiskModel
from sanban.handling.risk.model import written as written_model
from sanban.handling.risk.phrases import PHRASES, RiskReason
from sanban.handling.risk.record import Record, Week
from sanban.handling.risk.shelf import RiskHead, judged, shelf
from sanban.handling.risk.stored import (
    PLAIN,
    WHOLE,
    WORTH_WRITING,
    Judged,
    Standing,
    plainly,
    read_reason,
    standings,
    told_anew,
    written,
)
from sanban.handling.views.keyset import mark_of
from sanban.handling.views.lists import QueuePage, QueueRow, queue_page
from sanban.kernel.errors import SanbanError
from sanban.kernel.permission import Actor
from sanban.kernel.view import PageRequest

SYSTEM = Actor("system", "system")


@pytest.fixture
def district(tmp_path: Path):
    made = District(tmp_path)
    yield made
    made.close()


def tell(district: District, judgements: list[Judged]) -> int:
    """Advises as the hourly job does; how many events that made."""
    commands = told_anew(standings(district.reader, district.now), judgements, district.now)
    answers = district.ledger.submit_many(commands)
    assert [answer.refused for answer in answers] == [None] * len(answers)
    return len(answers)


def dispatched(district: District, count: int) -> list[str]:
    cases = [district.open_case() for _ in range(count)]
    for case_id in cases:
        district.took("disp", case_id, "dispatch")
    return cases


def page(district: District, **more: Any) -> QueuePage:
    found = queue_page(actor("h1"), district.reader, district.cases, now=district.now, **more)
    assert isinstance(found, QueuePage)
    return found


def risk_of(row: QueueRow) -> int:
    return row.warned.percent if row.warned else -1


@given(st.sampled_from(sorted(PHRASES)), st.booleans(), st.integers(0, 999_999), st.integers(0, 999_999))
def test_a_reason_comes_back_from_its_code(code: str, up: bool, number: int, of: int) -> None:
    reason = RiskReason(code, 1.0 if up else -1.0, number, of)
    assert read_reason(written(reason)) == reason


@given(st.text(max_size=30))
def test_what_is_no_reason_of_this_version_is_not_told(text: str) -> None:
    found = read_reason(text)
    assert found is None or written(found) == text


@given(st.integers(1, 100), st.integers(0, 200))
def test_without_a_model_the_risk_is_the_share_of_the_time_used_and_never_falls(allowed: int, gone: int) -> None:
    record = Record("c", 0, allowed * DAY)
    (now,), (later,) = plainly([record], gone * DAY), plainly([record], (gone + 1) * DAY)
    assert 0 <= now.share <= later.share <= WHOLE
    assert (now.share == WHOLE) == (gone >= allowed)
    assert (now.model, now.reasons[0].number, now.reasons[0].of) == (PLAIN, min(gone, allowed), allowed)
    assert plainly([Record("c", 0, DAY, closed_at=DAY)], DAY) == []


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        (("", 0), ("m", 0), True),
        (("m", 4_000), ("m", 4_000 + WORTH_WRITING - 1), False),
        (("m", 4_000), ("m", 4_000 + WORTH_WRITING), True),
        (("m", 4_000), ("m", 4_000 - WORTH_WRITING), True),
        (("m", 4_000), ("n", 4_000), True),
        (("m", WHOLE - 1), ("m", WHOLE), True),
        (("m", WHOLE), ("m", WHOLE), False),
    ],
)
def test_it_is_written_again_only_when_it_moved_or_another_model_speaks(before, now, told) -> None:
    standing = [Standing(Record("c", 0, DAY), *before)]
    assert bool(told_anew(standing, [Judged("c", *now, ())], 5)) == told


def test_what_a_unit_has_to_do_is_read_from_its_longest_clock_and_ends_with_its_work(district) -> None:
    waiting = district.open_case()
    (working,) = dispatched(district, 1)
    (one,) = standings(district.reader, district.now)
    clock = max((each for each in district.case(working).clocks if each.subject == "t1"), key=lambda each: each.due_at)
    assert (one.record.id, one.record.opened_at, one.record.due_at) == (working, clock.started_at, clock.due_at)
    assert (one.record.unit, one.record.area, one.record.place, one.record.closed_at) == ("st1", "st1", "g1", None)
    district.took("h1", working, "accept")
    district.took("h1", working, "contact", request=district.case(working).requests[0].id)
    district.pass_time(HOUR)
    district.took("h1", working, "finish")
    (done,) = standings(district.reader, district.now)
    assert done.record.closed_at == district.now
    assert waiting not in {done.record.id}


def test_a_queue_by_risk_falls_and_pages_meet_without_gap_or_repeat(district) -> None:
    cases = dispatched(district, 7)
    shares = [1_000, 9_000, 5_000, 5_000, 300, 7_000]
    tell(district, [Judged(case, "m", share, ()) for case, share in zip(cases, shares, strict=False)])
    rows, mark, back = [], None, []
    while True:
        found = page(district, order="risk", after=mark, limit=2)
        rows += found.rows
        if not found.next:
            break
        mark = mark_of(found.next)
    assert sorted(row.case_id for row in rows) == sorted(cases)
    assert [risk_of(row) for row in rows] == [90, 70, 50, 50, 10, 3, -1]
    before = mark_of(found.previous)
    while before:
        found = page(district, order="risk", after=before, limit=2)
        back = [*found.rows, *back]
        before = mark_of(found.previous)
    assert [row.case_id for row in back] == [row.case_id for row in rows[:6]]


def test_what_is_missed_already_stands_before_all_advice_and_work_that_is_done_behind(district) -> None:
    late, other = dispatched(district, 2)
    tell(district, [Judged(other, "m", 9_900, ()), Judged(late, "m", 100, ())])
    district.took("h1", other, "accept")
    district.took("h1", other, "contact", request=district.case(other).requests[0].id)
    district.pass_time(30 * DAY)
    rows = page(district, order="risk").rows
    assert rows[0].late
    assert rows[0].warned is None


def test_advice_moves_no_date_no_lead_and_no_clock_and_stands_in_no_timeline(district) -> None:
    (case_id,) = dispatched(district, 1)
    before = district.case(case_id)
    assert tell(district, plainly([one.record for one in standings(district.reader, NOW)], district.now + DAY)) == 1
    after = district.case(case_id)
    assert after.risk is not None
    assert (after.clocks, after.lead, after.requests, after.state) == (
        before.clocks, before.lead, before.requests, before.state
    )  # fmt: skip
    assert tell(district, plainly([one.record for one in standings(district.reader, NOW)], district.now + DAY)) == 0


def test_the_page_says_reasons_and_the_version_that_says_so(district) -> None:
    (case_id,) = dispatched(district, 1)
    reasons = (RiskReason("survived", 1.0, 40), RiskReason("time", 1.0, 3, 5))
    tell(district, [Judged(case_id, "overdue-ledger:0123456789ab", 6_200, reasons)])
    (route,) = [one for one in lists.routes(district.needs) if one.name == "handling.queue"]
    asked = PageRequest(actor("h1"), "zh", district.now, "", query={"order": ("risk",)})
    context = route.handler(asked).context
    assert (context.order, context.models) == ("risk", ("overdue-ledger:0123456789ab",))
    (row,) = context.page.rows
    assert (row.warned.percent, row.warned.reasons) == (62, reasons)


def test_a_model_on_the_shelf_judges_and_a_changed_one_is_refused(tmp_path: Path) -> None:
    open_now = Record("c", 0, 10 * DAY, "noise", "u1")
    assert judged(tmp_path, [open_now], DAY, Week())[0].model == PLAIN
    shelf(tmp_path).put(written_model(flat()), RiskHead(0, 9), 7)
    (one,) = judged(tmp_path, [open_now], DAY, Week())
    assert one.model == RiskModel(flat()).model
    (file,) = tmp_path.glob("risk-*.json")
    file.write_bytes(file.read_bytes().replace(b'"weight"', b'"weighs"', 1))
    with pytest.raises(SanbanError, match="changed after it was written"):
        judged(tmp_path, [open_now], DAY, Week())
