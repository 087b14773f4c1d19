"""Why a due time is what it is, line by line, in Chinese and English.

`explain` retells one clock in the order of time: the rule, the start, each extension, then each span of days that did
not count (weekends, public holidays by name), each make-up working day that did, each merged suspension with what it
took out, a notice if the due time is provisional, and the due time. Every line carries a code and its parameters, so
that another language or a page can tell it in its own words. The last line's `at` is the `at` of `due`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import msgspec

from sanban.kernel.clock.calendar import Calendar, Day
from sanban.kernel.clock.due import Due, Pause, clip_pauses, due, due_fixed, merge_pauses
from sanban.kernel.clock.limit import FixedDate, Length, Unit, amount_text, total_of
from sanban.kernel.clock.ruler import RULERS, Ends, Ruler

_TEXTS: dict[str, tuple[str, str]] = {
    "rule_day": ("时限{length_zh}，起算日不计，至末日24时止", "{length_en}, the start day not counted, to midnight"),
    "rule_close": (
        "时限{length_zh}，起算日不计，至末日{close}下班止",
        "{length_en}, the start day not counted, to the close of office at {close}",
    ),
    "rule_natural": ("时限{length_zh}，按自然时连续计算", "{length_en} of natural time"),
    "rule_office": ("时限{length_zh}，只计工作日办公时间{sessions}", "{length_en}, within office hours {sessions}"),
    "rule_fixed": ("固定日期：{length_zh}，不延期、不中止", "Fixed date: {length_en}, never extended or suspended"),
    "rule_imposed": ("由区外平台设定，本区不改动", "Set from outside the district, which does not change it"),
    "start": ("自{local}起", "From {local}"),
    "extension": ("延期{length_zh}", "Extended by {length_en}"),
    "weekend": ("{span_zh}为周末，不计", "{span_en}: weekend, not counted"),
    "holiday": ("{span_zh}为{name_zh}假期，不计", "{span_en}: {name_en}, not counted"),
    "day_off": ("{span_zh}为休息日，不计", "{span_en}: no working day, not counted"),
    "make_up_day": ("{span_zh}为调休上班日，按工作日计", "{span_en}: make-up day, a working day"),
    "pause": ("{from}至{to}中止计时，{amount_zh}不计", "Suspended {from} to {to}, {amount_en} not counted"),
    "provisional": (
        "放假安排已公布至{known_until}（自{known_from}起），本时限涉及其外的日期，为暂定",
        "Provisional: it rests on days outside the published calendar of {known_from} to {known_until}",
    ),
    "due": ("到期时间：{local}", "Due {local}"),
    "stopped": (
        "自{from}起中止计时，恢复后确定到期时间",
        "Suspended since {from}; due time set when the clock resumes",
    ),
}


class Line(msgspec.Struct, frozen=True):
    """One line of an explanation; `at` in the last line's params is the due instant in microseconds, or empty."""

    code: str
    params: dict[str, str]
    zh: str
    en: str


def explain(
    calendar: Calendar,
    lengths: Sequence[Length],
    start: int,
    pauses: Sequence[Pause] = (),
    ends: Ends = "midnight",
) -> tuple[Line, ...]:
    """The lines that lead to `due(...)` of the same arguments. Raises as `due` does, and for a time off the table."""
    unit = total_of(lengths).unit
    ruler = RULERS[ends][unit]
    result = due(calendar, lengths, start, pauses, ends)
    until = _open_from(pauses, start) if result.at is None else result.at
    origin = ruler.origin(calendar, start)
    story = [*_pause_lines(calendar, ruler, unit, origin, clip_pauses(pauses, start, until))]
    if ruler.by_calendar:
        story += _day_lines(calendar, origin, until)
    return (
        _rule_line(calendar, lengths[0], ends),
        _line("start", at=str(start), local=calendar.local(start)),
        *(_line("extension", length_zh=extension.zh, length_en=extension.en) for extension in lengths[1:]),
        *(line for _, line in sorted(story, key=lambda told: told[0])),
        *_provisional_lines(calendar, result),
        _last_line(calendar, result, until),
    )


def explain_fixed(calendar: Calendar, fixed: FixedDate) -> tuple[Line, ...]:
    """The lines that lead to `due_fixed`."""
    result = due_fixed(calendar, fixed)
    rule = _line("rule_fixed", length_zh=fixed.zh, length_en=fixed.en)
    return (rule, _last_line(calendar, result, calendar.start_of(fixed.day + 1)))


def explain_imposed(calendar: Calendar, at: int) -> tuple[Line, ...]:
    """The lines of a time that others set, microseconds UTC."""
    return (_line("rule_imposed"), _line("due", at=str(at), local=calendar.local_end(at)))


def _line(code: str, **params: str) -> Line:
    zh, en = _TEXTS[code]
    return Line(code, params, zh.format_map(params), en.format_map(params))


def _rule_line(calendar: Calendar, length: Length, ends: Ends) -> Line:
    sessions = [f"{_clock_text(start)}-{_clock_text(end)}" for start, end in calendar.sessions]
    texts = {"length_zh": length.zh, "length_en": length.en}
    if length.unit in ("minute", "hour"):
        return _line("rule_natural", **texts)
    if length.unit in ("office_minute", "office_hour"):
        return _line("rule_office", sessions=", ".join(sessions), **texts)
    if ends == "office_close":
        return _line("rule_close", close=_clock_text(calendar.sessions[-1][1]), **texts)
    return _line("rule_day", **texts)


def _clock_text(offset: int) -> str:
    hours, minutes = divmod(offset // 60_000_000, 60)
    return f"{hours:02}:{minutes:02}"


def _pause_lines(
    calendar: Calendar, ruler: Ruler, unit: Unit, origin: int, spells: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, Line]]:
    for begin, end in spells:
        given_back = ruler.before(calendar, max(end, origin)) - ruler.before(calendar, max(begin, origin))
        zh, en = amount_text(given_back, unit)
        times = {"from": calendar.local(begin), "to": calendar.local_end(end)}
        yield begin, _line("pause", amount_zh=zh, amount_en=en, **times)


def _day_lines(calendar: Calendar, origin: int, until: int) -> Iterator[tuple[int, Line]]:
    days = range(calendar.day_of(origin), calendar.day_of(until - 1) + 1)
    for (code, zh, en), group in groupby(days, key=lambda day: _kind_of(calendar, day)):
        if code:
            span = list(group)
            yield calendar.start_of(span[0]), _span_line(calendar, code, (zh, en), span)


def _kind_of(calendar: Calendar, day: Day) -> tuple[str, str, str]:
    """Why a day is told of: a code, empty for an ordinary working day, and a holiday's name."""
    rest = calendar.is_rest_weekday(day)
    if calendar.is_working(day):
        return ("make_up_day" if rest else "", "", "")
    holiday = calendar.holiday_on(day)
    if holiday is not None:
        return ("holiday", holiday.zh, holiday.en)
    return ("weekend" if rest else "day_off", "", "")


def _span_line(calendar: Calendar, code: str, name: tuple[str, str], span: list[Day]) -> Line:
    first, last = calendar.iso(span[0]), calendar.iso(span[-1])
    zh, en = (first, first) if len(span) == 1 else (f"{first}至{last}", f"{first} to {last}")
    params = {"first": first, "last": last, "days": str(len(span)), "span_zh": zh, "span_en": en}
    return _line(code, name_zh=name[0], name_en=name[1], **params)


def _provisional_lines(calendar: Calendar, result: Due) -> Iterator[Line]:
    if result.provisional:
        known_from, known_until = calendar.iso(calendar.known_from), calendar.iso(calendar.known_until)
        yield _line("provisional", known_from=known_from, known_until=known_until)


def _open_from(pauses: Sequence[Pause], start: int) -> int:
    """Since when the clock stands: the merged spells end with the open one."""
    return max(start, merge_pauses(pauses)[-1][0])


def _last_line(calendar: Calendar, result: Due, until: int) -> Line:
    if result.at is None:
        return _line("stopped", at="", **{"from": calendar.local(until)})
    return _line("due", at=str(result.at), local=calendar.local_end(result.at))
