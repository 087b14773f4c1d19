"""Figures of the clock that were worked out independently: corner cases CC1 and CC2, and the golden figures of 2025."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import sanban
from sanban.kernel.clock.calendar import HOUR, Calendar, build_calendar, day_of_iso
from sanban.kernel.clock.due import due, recompute_needed
from sanban.kernel.clock.limit import Length, parse_length
from sanban.packs.calendar import load_calendar

FOLDER = Path(sanban.__file__).parent / "matters" / "_calendar"
CN = load_calendar(FOLDER)


def at(text: str, hour: int = 10) -> int:
    return CN.start_of(day_of_iso(text)) + hour * HOUR


def end_of(text: str) -> int:
    return CN.start_of(day_of_iso(text) + 1)


def length(text: str) -> Length:
    parsed = parse_length(text)
    assert isinstance(parsed, Length)
    return parsed


def china_with(working: dict[str, bool], weekdays_only: bool) -> Calendar:
    """The table of 2025 with another idea of which days are worked."""
    first, after = day_of_iso("2025-01-01"), day_of_iso("2026-01-01")

    def is_working(day: int) -> bool:
        pattern = not CN.is_rest_weekday(day)
        return pattern if weekdays_only else working.get(CN.iso(day), pattern and CN.is_working(day))

    return build_calendar(
        name="other",
        version="1",
        zone="Asia/Shanghai",
        first_day=first,
        known_from=first,
        known_until=after - 1,
        day_starts=[CN.start_of(day) for day in range(first, after + 1)],
        working=[is_working(day) for day in range(first, after)],
        sessions=[(9 * HOUR, 12 * HOUR)],
    )


WEEKDAYS_ONLY = china_with({}, weekdays_only=True)
NO_MAKE_UP = china_with({}, weekdays_only=False)


@pytest.mark.parametrize(
    ("calendar", "start", "limit", "last_day", "why"),
    [
        (CN, "2025-04-25", "5 working_days", "2025-05-06", "Sunday 27 April is made up, Labour Day is off"),
        (WEEKDAYS_ONLY, "2025-04-25", "5 working_days", "2025-05-02", "what a weekday rule says"),
        (NO_MAKE_UP, "2025-04-25", "5 working_days", "2025-05-07", "what holidays without make-up days say"),
        (CN, "2025-09-26", "15 working_days", "2025-10-23", "two make-up days round the long holiday"),
        (WEEKDAYS_ONLY, "2025-09-26", "15 working_days", "2025-10-17", "what a weekday rule says"),
        (NO_MAKE_UP, "2025-09-26", "15 working_days", "2025-10-27", "what holidays without make-up days say"),
        (CN, "2025-04-26", "1 working_day", "2025-04-27", "the next day is a Sunday that is worked"),
        (CN, "2025-04-27", "1 working_day", "2025-04-28", "a start on a make-up day does not count either"),
        (CN, "2025-04-25", "15 days", "2025-05-10", "calendar days count whether worked or not"),
    ],
)
def test_a_limit_in_days_ends_with_the_day_of_the_published_figures(
    calendar: Calendar, start: str, limit: str, last_day: str, why: str
) -> None:
    result = due(calendar, [length(limit)], at(start))
    assert result.at == end_of(last_day), why
    assert not result.provisional


@pytest.mark.parametrize(
    ("spells", "last_day", "why"),
    [
        ([("2025-04-29", "2025-04-30")], "2025-05-08", "two working days suspended"),
        ([("2025-05-01", "2025-05-05")], "2025-05-06", "only holidays suspended"),
        ([("2025-04-29", "2025-04-30"), ("2025-04-30", "2025-05-06")], "2025-05-09", "the overlap counts once"),
        ([("2025-04-30", "2025-05-06"), ("2025-04-29", "2025-04-30")], "2025-05-09", "in either order"),
    ],
)
def test_suspended_days_move_a_five_day_limit_by_the_working_days_in_them(
    spells: list[tuple[str, str]], last_day: str, why: str
) -> None:
    pauses = [(at(first, 0), end_of(last)) for first, last in spells]
    assert due(CN, [length("5 working_days")], at("2025-04-25"), pauses).at == end_of(last_day), why


def test_2025_has_248_working_days() -> None:
    year = range(day_of_iso("2025-01-01"), day_of_iso("2026-01-01"))
    assert sum(CN.is_working(day) for day in year) == 248
    made_up = [CN.iso(day) for day in year if CN.is_rest_weekday(day) and CN.is_working(day)]
    assert made_up == ["2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11"]


def test_a_due_time_in_an_unpublished_year_is_provisional_and_recomputed_once_when_its_notice_is_loaded(
    tmp_path: Path,
) -> None:
    for name in ("cn.yaml", "cn-2024.yaml", "cn-2025.yaml"):
        shutil.copy(FOLDER / name, tmp_path)
    before = load_calendar(tmp_path)
    limit, start = [length("15 working_days")], at("2025-12-19")
    promised = due(before, limit, start)
    assert promised.at == end_of("2026-01-09")
    assert promised.provisional
    assert not recompute_needed(promised, before)

    shutil.copy(FOLDER / "cn-2026.yaml", tmp_path)
    after = load_calendar(tmp_path)
    assert recompute_needed(promised, after)
    again = due(after, limit, start)
    assert again.at == end_of("2026-01-12"), "1 and 2 January are off, Sunday 4 January is made up"
    assert not again.provisional
    assert not recompute_needed(again, after)
    assert not recompute_needed(again, before)


@pytest.mark.parametrize(
    ("limit", "start", "hour", "expected", "why"),
    [
        ("4 office_hours", "2025-04-25", 10, ("2025-04-25", 15.5), "two hours before lunch, two after it"),
        ("7 office_hours", "2025-04-25", 9, ("2025-04-25", 17.5), "a full day ends at its close, not next morning"),
        ("1 office_hour", "2025-04-25", 18, ("2025-04-27", 10), "after the close it runs on the make-up Sunday"),
        ("30 office_minutes", "2025-04-30", 17.25, ("2025-05-06", 9.25), "the rest is used up after the holiday"),
        ("30 minutes", "2025-05-01", 23.75, ("2025-05-02", 0.25), "natural time takes no notice of days"),
        ("24 hours", "2025-04-30", 10, ("2025-05-01", 10), "natural hours run through a holiday"),
    ],
)
def test_a_limit_in_hours_or_minutes_ends_at_its_instant(
    limit: str, start: str, hour: float, expected: tuple[str, float], why: str
) -> None:
    begin = at(start, 0) + int(hour * HOUR)
    assert due(CN, [length(limit)], begin).at == at(expected[0], 0) + int(expected[1] * HOUR), why


def test_a_working_day_limit_may_end_at_the_close_of_office() -> None:
    limit = [length("5 working_days")]
    assert due(CN, limit, at("2025-04-25"), ends="office_close").at == at("2025-05-06", 17) + HOUR // 2
    assert due(CN, [length("3 days")], at("2025-04-25"), ends="office_close").at == at("2025-04-28", 17) + HOUR // 2


def test_the_three_rule_sets_of_working_days_and_of_hours_differ_on_the_same_case() -> None:
    start = at("2025-09-30", 16)
    days = {text: due(CN, [length(text)], start).at for text in ("1 working_day", "3 working_days", "5 working_days")}
    assert days == {
        "1 working_day": end_of("2025-10-09"),
        "3 working_days": end_of("2025-10-11"),
        "5 working_days": end_of("2025-10-14"),
    }
    assert due(CN, [length("2 hours")], start).at == at("2025-09-30", 18)
    assert due(CN, [length("15 days")], start).at == end_of("2025-10-15")
