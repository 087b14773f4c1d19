"""Notices in the kernel: texts are filled once and checked before, quiet hours hold, waits grow and end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.kernel.errors import SanbanError
from sanban.kernel.notice import DAY, HOUR, KINDS, LONGEST_WAIT, MINUTE, Quiet, backoff, fill, flaws_of, read_quiet

TIMES = st.integers(0, DAY - 1)
PIECES = st.text(st.characters(exclude_characters="{}", exclude_categories=("Cs",)), max_size=20)


@given(
    kind=st.sampled_from(sorted(KINDS)), values=st.dictionaries(st.sampled_from(["due", "unit", "reply"]), st.text())
)
def test_a_text_of_known_placeholders_has_no_flaw_and_is_filled_whole(kind: str, values: dict[str, str]) -> None:
    names = sorted(KINDS[kind].names)
    text = "，".join(f"{{{name}}}" for name in names)
    assert flaws_of(kind, text) == ()
    assert fill(text, dict.fromkeys(names, "x") | values).count("，") >= len(names) - 1


@given(first=PIECES, second=PIECES)
def test_a_value_that_looks_like_a_placeholder_is_not_filled_again(first: str, second: str) -> None:
    assert fill(first + "{number}" + second, {"number": "{due}", "due": "never"}) == first + "{due}" + second


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("诉求{name}已受理", "unknown_placeholder"),
        ("诉求{}已受理", "unknown_placeholder"),
        ("诉求{number已受理", "stray_brace"),
        ("诉求{Number}已受理", "stray_brace"),
        ("请看 https://example.org/{number}", "link_in_notice"),
        ("请看 WWW.example.org", "link_in_notice"),
        ("长" * 401, "notice_too_long"),
    ],
)
def test_what_is_wrong_with_a_text_is_said_with_an_example(text: str, code: str) -> None:
    (flaw,) = flaws_of("received", text)
    assert (flaw.code, bool(flaw.example)) == (code, True)


def test_every_flaw_of_a_text_is_found_at_once() -> None:
    assert [one.code for one in flaws_of("received", "{a} {b} } http://x")] == [
        "unknown_placeholder", "unknown_placeholder", "stray_brace", "link_in_notice"
    ]  # fmt: skip


@given(start=TIMES, end=TIMES, now=TIMES)
def test_quiet_hours_end_when_they_say_and_hold_until_then(start: int, end: int, now: int) -> None:
    quiet = Quiet(start, end)
    left = quiet.until(now)
    assert quiet.holds(now) is (left > 0)
    if left:
        assert (now + left) % DAY == end
        assert quiet.holds((now + left - 1) % DAY)
    if start == end:
        assert not quiet.holds(now)


def test_quiet_hours_lie_within_a_day_or_across_midnight() -> None:
    noon, night = Quiet(12 * HOUR, 14 * HOUR), Quiet(22 * HOUR, 6 * HOUR)
    assert [noon.until(hour * HOUR) // HOUR for hour in (11, 12, 13, 14)] == [0, 2, 1, 0]
    assert [night.until(hour * HOUR) // HOUR for hour in (21, 22, 0, 5, 6)] == [0, 8, 6, 1, 0]


def test_quiet_hours_are_read_from_two_times() -> None:
    assert read_quiet("21:30-08:00") == Quiet(21 * HOUR + 30 * MINUTE, 8 * HOUR)
    assert read_quiet("") == Quiet()


@pytest.mark.parametrize("text", ["21-8", "21:00", "24:00-08:00", "21:00-08:60", "21:00-08:00-09:00", "nachts"])
def test_what_is_no_span_of_times_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(SanbanError, match="21:00-08:00"):
        read_quiet(text)


@given(attempt=st.integers(-3, 10_000))
def test_waits_never_shrink_and_never_exceed_six_hours(attempt: int) -> None:
    assert MINUTE <= backoff(attempt) <= backoff(attempt + 1) <= LONGEST_WAIT


def test_waits_grow_fourfold() -> None:
    assert [backoff(attempt) // MINUTE for attempt in (1, 2, 3, 4, 5, 6)] == [1, 4, 16, 64, 256, 360]
