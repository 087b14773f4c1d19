"""Due times against a slow clock that looks at every day or minute, and the laws that hold for every clock."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sanban
from sanban.kernel.clock.calendar import DAY, HOUR, MINUTE, day_of_iso
from sanban.kernel.clock.due import Due, Pause, consumed, due, due_fixed, left, merge_pauses, recompute_needed, spent
from sanban.kernel.clock.limit import FixedDate, Length, Unit
from sanban.kernel.clock.ruler import Ends
from sanban.kernel.errors import SanbanError
from sanban.packs.calendar import load_calendar

CN = load_calendar(Path(sanban.__file__).parent / "matters" / "_calendar")
FIRST = CN.start_of(day_of_iso("2024-12-20"))
EXAMPLES = settings(max_examples=60, deadline=None)

minutes = st.integers(0, 400 * 1440)
starts = minutes.map(lambda minute: FIRST + minute * MINUTE)
unit_names: list[Unit] = ["minute", "hour", "day", "working_day", "office_minute", "office_hour"]
units = st.sampled_from(unit_names)
lengths = st.builds(Length, st.integers(1, 30), units)
both_ends: st.SearchStrategy[Ends] = st.sampled_from(["midnight", "office_close"])
spells = st.lists(st.tuples(st.integers(-3000, 40_000), st.integers(0, 12_000)), max_size=4)


def pauses_of(start: int, parts: list[tuple[int, int]]) -> list[Pause]:
    return [(start + begin * MINUTE, start + (begin + span) * MINUTE) for begin, span in parts]


def stands(pauses: list[Pause], instant: int) -> bool:
    return any(begin <= instant and (end is None or instant < end) for begin, end in pauses)


def slow_days(count: int, start: int, pauses: list[Pause], ends: Ends, every_day: bool) -> int | None:
    day = CN.day_of(start)
    while True:
        day += 1
        end = CN.start_of(day + 1) if ends == "midnight" else CN.start_of(day) + 17 * HOUR + 30 * MINUTE
        if any(stop is None and begin <= end - 1 for begin, stop in pauses):
            return None
        if (every_day or CN.is_working(day)) and not stands(pauses, end - 1):
            count -= 1
        if count == 0:
            return end


def in_office(instant: int) -> bool:
    clock = instant - CN.start_of(CN.day_of(instant))
    return CN.is_working(CN.day_of(instant)) and any(begin <= clock < end for begin, end in CN.sessions)


def slow_minutes(count: int, start: int, pauses: list[Pause], office: bool) -> int:
    now = start
    while count:
        count -= not stands(pauses, now) and (in_office(now) or not office)
        now += MINUTE
    return now


def infinite(result: Due) -> float:
    return float("inf") if result.at is None else result.at


@given(st.integers(1, 25), starts, spells, both_ends, st.booleans(), st.none() | st.integers(0, 50_000))
@EXAMPLES
def test_day_limits_agree_with_a_clock_that_looks_at_every_day(
    count: int, start: int, parts: list[tuple[int, int]], ends: Ends, every_day: bool, opened: int | None
) -> None:
    pauses = pauses_of(start, parts) + ([] if opened is None else [(start + opened * MINUTE, None)])
    limit = Length(count, "day" if every_day else "working_day")
    assert due(CN, [limit], start, pauses, ends).at == slow_days(count, start, pauses, ends, every_day)


@given(st.integers(1, 300), starts, st.lists(st.tuples(st.integers(-60, 900), st.integers(0, 600)), max_size=3))
@settings(max_examples=30, deadline=None)
def test_office_and_natural_limits_agree_with_a_clock_that_looks_at_every_minute(
    count: int, start: int, parts: list[tuple[int, int]]
) -> None:
    pauses = pauses_of(start, parts)
    assert due(CN, [Length(count, "office_minute")], start, pauses).at == slow_minutes(count, start, pauses, True)
    assert due(CN, [Length(count, "minute")], start, pauses).at == slow_minutes(count, start, pauses, False)


@given(lengths, starts, st.integers(0, 20_000), spells, both_ends)
@EXAMPLES
def test_a_later_start_is_never_due_earlier(
    limit: Length, start: int, later: int, parts: list[tuple[int, int]], ends: Ends
) -> None:
    pauses = pauses_of(start, parts)
    assert infinite(due(CN, [limit], start, pauses, ends)) <= infinite(
        due(CN, [limit], start + later * MINUTE, pauses, ends)
    )


@given(lengths, starts, st.integers(1, 10), spells, both_ends)
@EXAMPLES
def test_an_extension_is_a_longer_limit_and_is_due_later(
    limit: Length, start: int, more: int, parts: list[tuple[int, int]], ends: Ends
) -> None:
    pauses = pauses_of(start, parts)
    extended = due(CN, [limit, Length(more, limit.unit)], start, pauses, ends)
    assert extended == due(CN, [Length(limit.count + more, limit.unit)], start, pauses, ends)
    assert infinite(extended) > infinite(due(CN, [limit], start, pauses, ends))


@given(lengths, starts, spells, spells, both_ends, st.booleans())
@EXAMPLES
def test_more_suspension_is_never_due_earlier(
    limit: Length, start: int, parts: list[tuple[int, int]], more: list[tuple[int, int]], ends: Ends, opened: bool
) -> None:
    some = pauses_of(start, parts)
    extra = pauses_of(start, more) + ([(start + 5 * DAY, None)] if opened else [])
    assert infinite(due(CN, [limit], start, some, ends)) <= infinite(due(CN, [limit], start, some + extra, ends))


@given(lengths, starts, spells, st.lists(st.integers(0, 12_000), max_size=3), both_ends)
@EXAMPLES
def test_cutting_spells_in_pieces_or_giving_them_twice_changes_nothing(
    limit: Length, start: int, parts: list[tuple[int, int]], cuts: list[int], ends: Ends
) -> None:
    pieces: list[Pause] = []
    for begin, span in parts:
        bounds = sorted({0, span, *(cut for cut in cuts if cut < span)})
        pieces += pauses_of(start, [(begin + low, high - low) for low, high in pairwise(bounds)])
    whole = pauses_of(start, parts)
    assert due(CN, [limit], start, pieces + whole, ends) == due(CN, [limit], start, whole, ends)
    assert merge_pauses(pieces + whole) == merge_pauses(whole)


@given(st.integers(1, 25), starts, st.integers(0, 40), both_ends)
@EXAMPLES
def test_a_spell_wholly_on_days_of_rest_changes_no_working_day_limit(
    count: int, start: int, ahead: int, ends: Ends
) -> None:
    first = next(day for day in range(CN.day_of(start) + ahead, CN.day_of(start) + 60) if not CN.is_working(day))
    after = next(day for day in range(first, first + 20) if CN.is_working(day))
    limit = [Length(count, "working_day")]
    pauses: list[Pause] = [(CN.start_of(first), CN.start_of(after))]
    assert due(CN, limit, start, pauses, ends) == due(CN, limit, start, (), ends)


@given(st.integers(1, 20), starts, st.integers(1, 8), st.integers(0, 19), st.booleans())
@EXAMPLES
def test_a_spell_over_k_counted_days_moves_the_due_time_by_k_counted_days(
    count: int, start: int, k: int, ahead: int, every_day: bool
) -> None:
    unit: Unit = "day" if every_day else "working_day"
    counted = [day for day in range(CN.day_of(start) + 1, CN.day_of(start) + 90) if every_day or CN.is_working(day)]
    first = min(ahead, count - 1)
    pauses: list[Pause] = [(CN.start_of(counted[first]), CN.start_of(counted[first + k - 1] + 1))]
    moved = due(CN, [Length(count, unit)], start, pauses)
    assert moved == due(CN, [Length(count + k, unit)], start)


@given(lengths, starts, spells, st.integers(-1000, 60_000), both_ends)
@EXAMPLES
def test_what_is_left_and_what_is_consumed_make_the_length_and_nothing_is_left_exactly_when_due(
    limit: Length, start: int, parts: list[tuple[int, int]], minute: int, ends: Ends
) -> None:
    pauses, now = pauses_of(start, parts), start + minute * MINUTE
    size = {"minute": MINUTE, "hour": HOUR, "office_minute": MINUTE, "office_hour": HOUR}.get(limit.unit, 1)
    shown = spent(CN, [limit], start, pauses, now=now, ends=ends)
    at = due(CN, [limit], start, pauses, ends).at
    assert at is not None
    assert shown.consumed + shown.left == limit.count * size
    assert shown.consumed == consumed(CN, [limit], start, pauses, now=now, ends=ends) >= 0
    assert shown.left == left(CN, [limit], start, pauses, now=now, ends=ends)
    assert (shown.left > 0) == (now < at)
    assert shown.to_due == at - now
    assert left(CN, [limit], start, pauses, now=at, ends=ends) == 0


@given(lengths, starts, spells, st.integers(0, 5000), both_ends)
@EXAMPLES
def test_nothing_from_the_due_time_on_moves_the_due_time(
    limit: Length, start: int, parts: list[tuple[int, int]], later: int, ends: Ends
) -> None:
    pauses = pauses_of(start, parts)
    before = due(CN, [limit], start, pauses, ends)
    assert before.at is not None
    assert due(CN, [limit], start, [*pauses, (before.at + later * MINUTE, None)], ends) == before


@given(st.integers(1, 60), st.integers(0, 3000), spells)
@EXAMPLES
def test_a_working_day_limit_ends_with_a_working_day_and_is_provisional_exactly_beyond_the_published_days(
    count: int, ahead: int, parts: list[tuple[int, int]]
) -> None:
    start = CN.start_of(day_of_iso("2022-01-01") + ahead) + 10 * HOUR
    result = due(CN, [Length(count, "working_day")], start, pauses_of(start, parts))
    assert result.at is not None
    last = CN.day_of(result.at - 1)
    assert result.at == CN.start_of(last + 1)
    assert CN.is_working(last)
    assert result.provisional == (not (CN.is_known(CN.day_of(start) + 1) and CN.is_known(last)))
    assert not due(CN, [Length(count, "day")], start).provisional


def test_an_open_suspension_stops_the_clock_only_if_it_comes_before_the_due_time() -> None:
    start = CN.start_of(day_of_iso("2025-04-25"))
    limit = [Length(1, "hour")]
    assert due(CN, limit, start, [(start + HOUR // 2, None)]) == Due(None, False, CN.label)
    assert due(CN, limit, start, [(start + HOUR, None)]).at == start + HOUR
    shown = spent(CN, limit, start, [(start + HOUR // 2, None)], now=start + 5 * HOUR)
    assert (shown.consumed, shown.left, shown.to_due) == (HOUR // 2, HOUR // 2, None)


def test_a_clock_that_has_not_begun_has_used_up_nothing() -> None:
    start = CN.start_of(day_of_iso("2025-04-25"))
    shown = spent(CN, [Length(1, "hour")], start, now=start - HOUR)
    assert (shown.consumed, shown.left, shown.to_due) == (0, HOUR, 2 * HOUR)


def test_a_late_clock_shows_how_much_it_is_over() -> None:
    start = CN.start_of(day_of_iso("2025-04-25"))
    assert consumed(CN, [Length(1, "hour")], start, now=start + 3 * HOUR) == 3 * HOUR
    assert left(CN, [Length(1, "hour")], start, now=start + 3 * HOUR) == -2 * HOUR
    assert left(CN, [Length(1, "working_day")], start, now=start + 4 * DAY) == -1


def test_a_fixed_date_ends_with_its_local_day_and_is_never_provisional() -> None:
    day = day_of_iso("2030-06-30")
    assert due_fixed(CN, FixedDate(day)) == Due(CN.start_of(day + 1), False, CN.label)


@pytest.mark.parametrize(
    ("spells", "merged"),
    [
        ([], ()),
        ([(5, 5)], ()),
        ([(5, 9), (1, 3)], ((1, 3), (5, 9))),
        ([(1, 3), (3, 5)], ((1, 5),)),
        ([(1, 9), (3, 5)], ((1, 9),)),
        ([(1, None), (3, 5)], ((1, None),)),
        ([(1, 5), (3, None)], ((1, None),)),
        ([(1, 2), (3, None)], ((1, 2), (3, None))),
    ],
)
def test_spells_are_merged_in_order_and_each_instant_once(spells: list[Pause], merged: tuple[Pause, ...]) -> None:
    assert merge_pauses(spells) == merged


def test_a_spell_that_runs_back_is_an_error_that_shows_the_right_form() -> None:
    with pytest.raises(SanbanError, match=r"cannot end before it, at 3\n  for example: \(start, None\)"):
        merge_pauses([(5, 3)])


@pytest.mark.parametrize(
    ("result", "needed", "why"),
    [
        (Due(CN.known_end, True, "cn@old"), True, "its last day is published now"),
        (Due(CN.known_end + 1, True, "cn@old"), False, "its own day is still unpublished"),
        (Due(CN.known_start, True, "cn@old"), False, "it ends before the first published day"),
        (Due(CN.known_end, True, CN.label), False, "nothing new was loaded"),
        (Due(CN.known_end, False, "cn@old"), False, "a due time that is not provisional stays"),
        (Due(None, True, "cn@old"), False, "a stopped clock is computed when it resumes"),
    ],
)
def test_only_a_provisional_due_time_whose_notice_has_come_is_recomputed(result: Due, needed: bool, why: str) -> None:
    assert recompute_needed(result, CN) is needed, why


@pytest.mark.parametrize(
    ("limit", "start"),
    [
        (Length(1, "working_day"), CN.day_starts[0] - 1),
        (Length(1, "office_hour"), CN.day_starts[-1]),
        (Length(10, "working_day"), CN.day_starts[-1] - 3 * DAY),
        (Length(10, "day"), CN.day_starts[-1] - 3 * DAY),
        (Length(100, "office_hour"), CN.day_starts[-1] - 3 * DAY),
    ],
)
@pytest.mark.parametrize("ends", ["midnight", "office_close"])
def test_a_time_outside_the_table_is_an_error_that_names_the_table(limit: Length, start: int, ends: Ends) -> None:
    with pytest.raises(SanbanError, match="outside calendar cn of 2015-01-01 to 2036-12-31"):
        due(CN, [limit], start, (), ends)


@pytest.mark.parametrize(
    ("start", "limit", "provisional", "why"),
    [
        ("2026-12-30", Length(1, "working_day"), False, "it ends with the last published day"),
        ("2026-12-30", Length(2, "working_day"), True, "it ends a day later"),
        ("2023-12-31", Length(1, "working_day"), False, "the first day that counts is published"),
        ("2023-12-30", Length(1, "working_day"), True, "a day that may count is not"),
        ("2024-01-01", Length(1, "office_hour"), False, "office time looks at the start day too"),
        ("2023-12-31", Length(1, "office_hour"), True, "and that one is not published"),
        ("2023-12-30", Length(24, "hour"), False, "natural time looks at no day"),
    ],
)
def test_a_due_time_is_provisional_from_the_first_unpublished_day_on(
    start: str, limit: Length, provisional: bool, why: str
) -> None:
    assert due(CN, [limit], CN.start_of(day_of_iso(start))).provisional is provisional, why


@pytest.mark.parametrize(
    ("begin", "end", "last_day", "why"),
    [
        (9.0, 17.5, "2025-04-29", "suspended at the last instant before the close"),
        (9.0, 17.0, "2025-04-28", "running again at the close"),
        (17.5, 20.0, "2025-04-28", "suspended only from the close on"),
        (17.5, None, "2025-04-28", "stopped only from the close on"),
    ],
)
def test_a_day_that_ends_at_the_close_counts_when_the_clock_runs_just_before_it(
    begin: float, end: float | None, last_day: str, why: str
) -> None:
    midnight = CN.start_of(day_of_iso("2025-04-28"))
    pause: Pause = (midnight + int(begin * HOUR), None if end is None else midnight + int(end * HOUR))
    at = due(CN, [Length(1, "working_day")], midnight - 1, [pause], "office_close").at
    assert at == CN.start_of(day_of_iso(last_day)) + 17 * HOUR + 30 * MINUTE, why
