"""Lengths as they are written in a matter's file, and as people read them."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.kernel.clock.calendar import HOUR, MINUTE, day_of_iso
from sanban.kernel.clock.limit import LONGEST, UNITS, FixedDate, Length, Unit, amount_text, parse_length, total_of
from sanban.kernel.errors import Refused, SanbanError


@given(st.integers(1, LONGEST), st.sampled_from(UNITS))
def test_every_length_is_read_in_singular_and_plural(count: int, unit: Unit) -> None:
    assert parse_length(f"{count} {unit}") == parse_length(f"{count} {unit}s") == Length(count, unit)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a whole number"),
        ("15", "not a whole number"),
        ("15 working days", "not a whole number"),
        ("15  working_days", "not a whole number"),
        ("0 days", "not a whole number"),
        ("015 days", "not a whole number"),
        ("-1 days", "not a whole number"),
        ("1.5 hours", "not a whole number"),
        ("１５ days", "not a whole number"),
        ("15 weeks", "'weeks' is not a unit of time; the units are minute, hour, day, working_day"),
        ("1000001 days", "1000001 is too long"),
        ("9" * 5000 + " days", "is too long"),
    ],
)
def test_anything_else_is_refused_with_a_valid_example(text: str, message: str) -> None:
    refused = parse_length(text)
    assert isinstance(refused, Refused)
    assert message in refused.message
    assert isinstance(parse_length(refused.example), Length)


@pytest.mark.parametrize(
    ("length", "zh", "en"),
    [
        (Length(15, "working_day"), "15个工作日", "15 working days"),
        (Length(1, "working_day"), "1个工作日", "1 working day"),
        (Length(7, "day"), "7日", "7 days"),
        (Length(24, "hour"), "24小时", "24 hours"),
        (Length(30, "minute"), "30分钟", "30 minutes"),
        (Length(4, "office_hour"), "4个办公小时", "4 office hours"),
        (Length(1, "office_minute"), "1个办公分钟", "1 office minute"),
        (FixedDate(day_of_iso("2025-06-30")), "2025-06-30当日24时前", "by the end of 2025-06-30"),
    ],
)
def test_a_limit_reads_in_both_languages(length: Length | FixedDate, zh: str, en: str) -> None:
    assert (length.zh, length.en) == (zh, en)


@pytest.mark.parametrize(
    ("amount", "unit", "zh", "en"),
    [
        (3, "working_day", "3个工作日", "3 working days"),
        (-1, "day", "-1日", "-1 days"),
        (2 * HOUR + 5 * MINUTE, "hour", "2小时5分钟", "2 hours 5 minutes"),
        (2 * HOUR, "minute", "2小时", "2 hours"),
        (59 * MINUTE, "hour", "59分钟", "59 minutes"),
        (0, "minute", "0分钟", "0 minutes"),
        (-90 * MINUTE, "hour", "-1小时30分钟", "-1 hour 30 minutes"),
        (61 * MINUTE, "office_minute", "1个办公小时1个办公分钟", "1 office hour 1 office minute"),
    ],
)
def test_an_amount_left_reads_in_both_languages(amount: int, unit: Unit, zh: str, en: str) -> None:
    assert amount_text(amount, unit) == (zh, en)


@pytest.mark.parametrize("count", [0, -1, LONGEST + 1])
def test_a_length_out_of_range_is_not_read(count: int) -> None:
    with pytest.raises(msgspec.ValidationError, match=r"Expected `int` [<>]= "):
        msgspec.json.decode(msgspec.json.encode(Length(count, "day")), type=Length)


def test_an_original_and_its_extensions_make_one_length() -> None:
    assert total_of([Length(15, "working_day"), Length(10, "working_day")]) == Length(25, "working_day")


def test_no_length_and_mixed_units_are_errors() -> None:
    with pytest.raises(SanbanError, match="at least one length"):
        total_of([])
    with pytest.raises(SanbanError, match=r"extension of 2 hours cannot extend a limit in day\n  for example: 10 days"):
        total_of([Length(1, "day"), Length(2, "hour")])
