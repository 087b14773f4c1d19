"""Single cells: cleaning, times, degrees, and what a column of values looks like."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.intake.files.cells import clean, fitness, read_degrees, read_instant
from sanban.intake.files.rejects import neutral

SHANGHAI = ZoneInfo("Asia/Shanghai")
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("\n\t\t\t\n\t\t 路灯坏了 \n\n\t请修\t\t\n", "路灯坏了\n请修"),
        ("a\t\tb   c", "a b c"),
        ("a\x00b\x07c", "a b c"),
        ("\u3000全角空格\u3000", "全角空格"),
        ("line\r\nbreak\rkept", "line\nbreak\nkept"),
        ('="00123"', "00123"),
        ("'+8613800000000", "+8613800000000"),
        ("'quoted'", "'quoted'"),
        ("a\ud800b", "a b"),
        ("👨‍👩‍👧", "👨‍👩‍👧"),
        ("", ""),
        ("'", "'"),
    ],
)
def test_padding_goes_and_words_stay(cell, expected) -> None:
    assert clean(cell) == expected


@given(text=st.text(st.sampled_from("'=+-@＝a\"\t\n ") | st.characters(), max_size=12))
def test_cleaning_twice_is_cleaning_once_unless_a_formula_was_wrapped(text) -> None:
    once = clean(text)
    assert clean(once) == once or once[:2] in {'="', "'="} or once[:1] == "'"
    assert "\t" not in once
    assert "\x00" not in once


@given(text=st.text(st.sampled_from("'=+-@＝a\"\t\n ") | st.characters(), max_size=12))
def test_a_neutral_cell_is_no_formula_and_importing_undoes_it(text) -> None:
    assert neutral(text)[:1] not in set("=+-@\t\r\n＝＋－＠")
    plain = clean(text)
    assert plain.startswith("'") or clean(neutral(plain)) == plain


def instant(*parts: int) -> int:
    return (dt.datetime(*parts, tzinfo=SHANGHAI) - EPOCH) // dt.timedelta(microseconds=1)  # type: ignore[arg-type, misc]  # parts are integers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2019/4/25 9:32:09", (2019, 4, 25, 9, 32, 9)),
        ("2019-04-25 09:32:09", (2019, 4, 25, 9, 32, 9)),
        ("2019-04-25T09:32:09.5", (2019, 4, 25, 9, 32, 9, 500_000)),
        ("2019.4.25 9:32", (2019, 4, 25, 9, 32)),
        ("2019年4月25日 9时32分", (2019, 4, 25, 9, 32)),
        ("2019年4月25日9时32分09秒", (2019, 4, 25, 9, 32, 9)),
        ("2019/4/25", (2019, 4, 25)),
        ("20190425093209", (2019, 4, 25, 9, 32, 9)),
        ("20190425", (2019, 4, 25)),
        ("2019/4/25 下午 3:05:00", (2019, 4, 25, 15, 5)),
        ("2019/4/25 上午 12:05", (2019, 4, 25, 0, 5)),
        ("2019-04-25 3:05 PM", (2019, 4, 25, 15, 5)),
        ("2019-04-25T01:32:09Z", (2019, 4, 25, 9, 32, 9)),
        ("2019-04-24T20:32:09-0500", (2019, 4, 25, 9, 32, 9)),
        ("2019-04-25 09:32:09+08:00", (2019, 4, 25, 9, 32, 9)),
    ],
)
def test_times_are_read_in_the_zone_of_the_district(text, expected) -> None:
    assert read_instant(text, SHANGHAI) == instant(*expected)


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "4/25/2019", "2019-02-30", "2019-13-01", "2019-04-25 25:00", "2019-04-25 09:61", "20190432",
     "2019-04-25 09:32:09+99:00", "43580.5", "2019-04-25 tail", "0001-01-01 00:00", "9999-12-31 23:59:59-0100x"],
)  # fmt: skip
def test_what_is_no_time_is_none_or_long_ago(text) -> None:
    found = read_instant(text, SHANGHAI)
    assert found is None or found < 0


@given(moment=st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2100, 1, 1)))  # noqa: DTZ001 -- local times
def test_iso_times_read_back_exactly(moment) -> None:
    found = read_instant(moment.isoformat(sep=" "), dt.UTC)
    assert found == (moment.replace(tzinfo=dt.UTC) - EPOCH) // dt.timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("121.4737", 180, 1_214_737_000),
        ("-0.5", 180, -5_000_000),
        ("+31", 90, 310_000_000),
        ("121.12345678999", 180, 1_211_234_567),
        ("180", 180, 1_800_000_000),
        ("180.0000001", 180, None),
        ("91", 90, None),
        ("1e2", 180, None),
        ("NaN", 180, None),
        ("", 180, None),
        ("121,47", 180, None),
        ("9" * 400, 180, None),
    ],
)
def test_degrees_become_integers_without_floats(text, most, expected) -> None:
    assert read_degrees(text, most) == expected


@pytest.mark.parametrize(
    ("field", "values", "fits"),
    [
        ("received_at", ["2019/4/25 9:32", "2020-01-01"], True),
        ("received_at", ["20190425", "20190426"], False),
        ("phone", ["13800000000", "+86 13900000001", "021-12345678"], True),
        ("phone", ["12345678901"], False),
        ("lon", ["121.4737", "121.5"], True),
        ("lon", ["121", "122"], False),
        ("lat", ["31.2304"], True),
        ("lat", ["121.4737"], False),
        ("external_no", ["SH-1", "SH-2"], True),
        ("external_no", ["SH-1", "SH-1"], False),
        ("external_no", ["13800000000", "13800000001"], False),
        ("external_no", ["11010119900307888X", "110101199003078881"], False),
        ("external_no", ["only"], False),
        ("text", ["小区路灯不亮已经有一个星期了，请尽快修理"], True),
        ("text", ["短"], False),
        ("text", ["2019-04-25 09:32:09.000"], False),
        ("text", ["12345678901234567890"], False),
        ("text", [], False),
    ],
)
def test_values_show_what_a_column_holds(field, values, fits) -> None:
    assert bool(fitness(field, values)) is fits
