"""What stands in one cell: cleaned text, an instant, a part of a point; and how well values fit a field.

Every reader gives None for what it cannot read, so that the caller says which row and which cell it was.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence

FORMULA_SIGNS = "=+-@\t\r\n＝＋－＠"
TIME_EXAMPLE = "2026-01-05 09:30:00"
POINT_EXAMPLE = "lon 121.4737, lat 31.2304"

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
_SCALE_DIGITS = 7
_ENOUGH = 0.8
_LONG_TEXT = 12

_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_FORCED_TEXT = re.compile(r'="([^"]*)"')
_TIME = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:[ T]*(上午|下午|AM|PM)? ?(\d{1,2})[:时点](\d{1,2})(?:[:分](\d{1,2})(?:\.(\d{1,6})\d*)?秒?)?分?"
    r" ?(AM|PM)? ?(Z|[+-]\d{2}:?\d{2})?)?",
    re.IGNORECASE,
)
_COMPACT_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d))?")
_DEGREES = re.compile(r"([+-]?)(\d{1,3})(?:\.(\d{1,18}))?")
_PHONE = re.compile(r"(?:\+?86[- ]?)?1[3-9]\d{9}|0\d{2,3}[- ]?\d{7,8}")
_ID_CARD = re.compile(r"\d{17}[\dXx]")
_ORDER_NUMBER = re.compile(r"(?=.*\d)[A-Za-z0-9\-_/]{3,40}")


def clean(cell: str) -> str:
    """The text without padding: no control characters, no blank lines, no spaces round a line.

    Undoes what spreadsheets do to keep a text from being a formula: `="0012"` and `'+86...`.
    """
    forced = _FORCED_TEXT.fullmatch(cell.strip())
    text = forced[1] if forced else cell
    lines = (" ".join(_UNSEEN.sub(" ", line).split()) for line in text.splitlines())
    whole = "\n".join(line for line in lines if line)
    return whole[1:].lstrip("\n") if whole[:1] == "'" and whole[1:2] and whole[1] in FORMULA_SIGNS else whole


def read_instant(text: str, zone: dt.tzinfo) -> int | None:
    """Microseconds UTC of a local time such as `2019/4/25 9:32:09`, `2019年4月25日 9时32分` or ISO 8601."""
    compact, parts = _COMPACT_TIME.fullmatch(text), _TIME.fullmatch(text)
    try:
        if compact:
            year, month, day, hour, minute, second = (int(part or 0) for part in compact.groups())
            return _instant(dt.datetime(year, month, day, hour, minute, second, tzinfo=zone))
        return _instant(_spelled(parts, zone)) if parts else None
    except (ValueError, OverflowError):
        return None


def _spelled(parts: re.Match[str], zone: dt.tzinfo) -> dt.datetime:
    year, month, day, before, hour, minute, second, fraction, after, offset = parts.groups()
    shown = int(hour or 0)
    half = (before or after or "").upper()
    if half and shown <= 12:
        shown = shown % 12 + (12 if half in {"下午", "PM"} else 0)
    micros = int((fraction or "0").ljust(6, "0"))
    own = _offset(offset.upper()) if offset else zone
    return dt.datetime(int(year), int(month), int(day), shown, int(minute or 0), int(second or 0), micros, tzinfo=own)


def _offset(text: str) -> dt.tzinfo:
    if text == "Z":
        return dt.UTC
    ahead = dt.timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return dt.timezone(-ahead if text[0] == "-" else ahead)


def _instant(moment: dt.datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def read_degrees(text: str, most: int) -> int | None:
    """Units of 1e-7 degree, cut off after the seventh digit; None beyond `most` degrees either way."""
    parts = _DEGREES.fullmatch(text)
    if parts is None:
        return None
    value = int(parts[2]) * 10**_SCALE_DIGITS + int((parts[3] or "").ljust(_SCALE_DIGITS, "0")[:_SCALE_DIGITS])
    return None if value > most * 10**_SCALE_DIGITS else -value if parts[1] == "-" else value


def fitness(field: str, values: Sequence[str]) -> int:
    """How well the values of a column fit a field: 0 = not, else the more the better."""
    return _FITNESS[field](values) if values else 0


def _share(test: Callable[[str], object]) -> Callable[[Sequence[str]], int]:
    return lambda values: int(sum(bool(test(value)) for value in values) >= _ENOUGH * len(values))


def _is_time(value: str) -> bool:
    return _TIME.fullmatch(value) is not None and read_instant(value, dt.UTC) is not None


def _degrees_within(low: int, high: int) -> Callable[[str], bool]:
    """A decimal number of degrees within China."""

    def test(value: str) -> bool:
        degrees = read_degrees(value, 180) if "." in value else None
        return degrees is not None and low * 10**_SCALE_DIGITS <= degrees <= high * 10**_SCALE_DIGITS

    return test


def _number_fitness(values: Sequence[str]) -> int:
    personal = any(_PHONE.fullmatch(value) or _ID_CARD.fullmatch(value) for value in values)
    coded = all(_ORDER_NUMBER.fullmatch(value) for value in values)
    return int(coded and not personal and len(set(values)) == len(values) > 1)


def _text_fitness(values: Sequence[str]) -> int:
    mean = sum(map(len, values)) // len(values)
    is_prose = _share(lambda value: sum(sign.isalpha() for sign in value) * 2 >= len(value))(values)
    return mean if is_prose and mean >= _LONG_TEXT and not _share(_is_time)(values) else 0


_FITNESS: dict[str, Callable[[Sequence[str]], int]] = {
    "received_at": _share(_is_time),
    "phone": _share(_PHONE.fullmatch),
    "lon": _share(_degrees_within(73, 136)),
    "lat": _share(_degrees_within(3, 54)),
    "external_no": _number_fitness,
    "text": _text_fitness,
}
