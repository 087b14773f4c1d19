"""An explanation retells the clock: its lines add up, and its last line is the due time."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sanban
from sanban.kernel.clock.calendar import DAY, HOUR, MINUTE, day_of_iso
from sanban.kernel.clock.due import Pause, due, due_fixed
from sanban.kernel.clock.explain import explain, explain_fixed
from sanban.kernel.clock.limit import FixedDate, Length, Unit
from sanban.kernel.clock.ruler import Ends
from sanban.packs.calendar import load_calendar

CN = load_calendar(Path(sanban.__file__).parent / "matters" / "_calendar")
UNNAMED = msgspec.structs.replace(CN, holidays=())
FIRST = CN.start_of(day_of_iso("2024-12-20"))
both_ends: st.SearchStrategy[Ends] = st.sampled_from(["midnight", "office_close"])
unit_names: list[Unit] = ["minute", "hour", "day", "working_day", "office_minute", "office_hour"]
spells = st.lists(st.tuples(st.integers(-3000, 40_000), st.none() | st.integers(0, 12_000)), max_size=4)


def at(text: str, hour: int = 0) -> int:
    return CN.start_of(day_of_iso(text)) + hour * HOUR


def pauses_of(start: int, parts: list[tuple[int, int | None]]) -> list[Pause]:
    return [
        (start + begin * MINUTE, None if span is None else start + (begin + span) * MINUTE) for begin, span in parts
    ]


@given(
    st.lists(st.integers(1, 20), min_size=1, max_size=3),
    st.sampled_from(unit_names),
    st.integers(0, 1000 * 1440),
    spells,
    both_ends,
)
@settings(max_examples=80, deadline=None)
def test_the_last_line_is_the_due_time_and_the_notice_is_there_when_it_is_provisional(
    counts: list[int], unit: Unit, minute: int, parts: list[tuple[int, int | None]], ends: Ends
) -> None:
    start = FIRST + minute * MINUTE
    limits, pauses = [Length(count, unit) for count in counts], pauses_of(start, parts)
    result = due(CN, limits, start, pauses, ends)
    lines = explain(CN, limits, start, pauses, ends)
    assert lines[-1].params["at"] == ("" if result.at is None else str(result.at))
    assert lines[-1].code == ("stopped" if result.at is None else "due")
    assert [line.code for line in lines].count("provisional") == result.provisional
    assert [line.code for line in lines].count("extension") == len(counts) - 1
    assert all(line.zh and line.en and "{" not in line.zh + line.en for line in lines)


@given(st.integers(1, 25), st.integers(0, 700), st.lists(st.tuples(st.integers(0, 20), st.integers(1, 6)), max_size=3))
@settings(max_examples=60, deadline=None)
def test_days_told_as_skipped_or_suspended_and_the_length_make_up_all_the_days(
    count: int, ahead: int, parts: list[tuple[int, int]]
) -> None:
    start = FIRST + ahead * DAY + 10 * HOUR
    today = CN.day_of(start)
    pauses: list[Pause] = [(CN.start_of(today + begin), CN.start_of(today + begin + span)) for begin, span in parts]
    limit = [Length(count, "working_day")]
    lines = explain(CN, limit, start, pauses)
    skipped = sum(int(line.params["days"]) for line in lines if line.code in ("weekend", "holiday", "day_off"))
    suspended = sum(int(line.params["amount_en"].split()[0]) for line in lines if line.code == "pause")
    result = due(CN, limit, start, pauses).at
    assert result is not None
    assert CN.day_of(result - 1) - today == skipped + suspended + count


def test_a_suspended_and_extended_clock_over_labour_day_tells_all_of_it() -> None:
    pauses: list[Pause] = [(at("2025-04-29"), at("2025-05-01")), (at("2025-04-30"), at("2025-05-07"))]
    lines = explain(CN, [Length(5, "working_day"), Length(1, "working_day")], at("2025-04-25", 9), pauses)
    assert [line.en for line in lines] == [
        "5 working days, the start day not counted, to midnight",
        "From 2025-04-25 09:00",
        "Extended by 1 working day",
        "2025-04-26: weekend, not counted",
        "2025-04-27: make-up day, a working day",
        "Suspended 2025-04-29 00:00 to 2025-05-06 24:00, 3 working days not counted",
        "2025-05-01 to 2025-05-05: Labour Day, not counted",
        "2025-05-10 to 2025-05-11: weekend, not counted",
        "Due 2025-05-12 24:00",
    ]
    assert [line.zh for line in lines] == [
        "时限5个工作日，起算日不计，至末日24时止",
        "自2025-04-25 09:00起",
        "延期1个工作日",
        "2025-04-26为周末，不计",
        "2025-04-27为调休上班日，按工作日计",
        "2025-04-29 00:00至2025-05-06 24:00中止计时，3个工作日不计",
        "2025-05-01至2025-05-05为劳动节假期，不计",
        "2025-05-10至2025-05-11为周末，不计",
        "到期时间：2025-05-12 24:00",
    ]


@pytest.mark.parametrize(
    ("length", "ends", "rule"),
    [
        (Length(2, "hour"), "midnight", "2 hours of natural time"),
        (Length(2, "office_hour"), "midnight", "2 office hours, within office hours 09:00-12:00, 13:30-17:30"),
        (
            Length(2, "working_day"),
            "office_close",
            "2 working days, the start day not counted, to the close of office at 17:30",
        ),
        (Length(1, "day"), "midnight", "1 day, the start day not counted, to midnight"),
    ],
)
def test_the_first_line_is_the_rule(length: Length, ends: Ends, rule: str) -> None:
    assert explain(CN, [length], at("2025-04-25", 9), (), ends)[0].en == rule


def test_office_time_tells_the_days_it_skips_from_the_start_day_on() -> None:
    lines = explain(CN, [Length(1, "office_hour")], at("2025-05-04", 9))
    assert [line.code for line in lines] == ["rule_office", "start", "holiday", "due"]
    assert lines[2].params["first"] == "2025-05-04"


def test_a_stopped_clock_says_since_when() -> None:
    lines = explain(CN, [Length(5, "working_day")], at("2025-04-25", 9), [(at("2025-04-20"), None)])
    assert [line.code for line in lines] == ["rule_day", "start", "stopped"]
    assert lines[-1].en == "Suspended since 2025-04-25 09:00; due time set when the clock resumes"


def test_a_weekday_off_without_a_name_is_still_told() -> None:
    lines = explain(UNNAMED, [Length(1, "working_day")], at("2025-04-30", 9))
    assert [(line.code, line.params.get("days")) for line in lines[2:-1]] == [
        ("day_off", "2"),
        ("weekend", "2"),
        ("day_off", "1"),
    ]


def test_a_due_time_beyond_the_published_days_carries_a_notice() -> None:
    lines = explain(CN, [Length(10, "working_day")], at("2026-12-25", 9))
    assert lines[-2].en == ("Provisional: it rests on days outside the published calendar of 2024-01-01 to 2026-12-31")


def test_a_fixed_date_explains_itself() -> None:
    fixed = FixedDate(day_of_iso("2025-06-30"))
    lines = explain_fixed(CN, fixed)
    assert [line.en for line in lines] == [
        "Fixed date: by the end of 2025-06-30, never extended or suspended",
        "Due 2025-06-30 24:00",
    ]
    assert lines[-1].params["at"] == str(due_fixed(CN, fixed).at)


def test_a_make_up_day_is_told_when_it_is_the_last_day_too() -> None:
    lines = explain(CN, [Length(1, "working_day")], at("2025-04-26", 9))
    assert [line.code for line in lines] == ["rule_day", "start", "make_up_day", "due"]
