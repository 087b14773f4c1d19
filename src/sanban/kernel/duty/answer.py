"""Who answers: the one unit that holds a duty for a matter, at a place, at an instant, on a level; and why.

The answer is the first fitting row of the dispatch directory (see `directory.py`) whose unit exists at the instant.
There is exactly one answer, or a `NoAnswer` that says what is missing; never two.

Dispatch has two levels. The district sends to a street or a department. Inside that unit, a `street` or `grid` question
is answered only by units under the answerable one, and the answer keeps naming it: passing down hands over the work,
not the duty.

The place is read as of the instant: a grid redrawn since the case was located gives the street of today.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import cast

import msgspec

from sanban.kernel.duty.directory import ANY, Entry, Level, Question, fitting
from sanban.kernel.duty.place import Place
from sanban.kernel.duty.table import DutyTable
from sanban.kernel.duty.unit import Span

WORDS = {
    "precedent": ("先例：{0}", "a ruling kept as precedent: {0}"),
    "directory": ("派单目录：{0}", "the dispatch directory: {0}"),
    "matter": ("事项：{0}", "the matter {0}"),
    "any_matter": ("适用于所有事项", "for any matter"),
    "grid": ("所在网格：{0}", "the grid {0}"),
    "street": ("所在街道：{0}", "the street {0}"),
    "anywhere": ("适用于全区", "anywhere in the district"),
    "cites": ("依据：{0}", "on the ground of {0}"),
    "passed_down": ("{0}仍为责任单位", "{0} stays answerable"),
    "unknown_duty": ("派单目录没有该职责：{0}", "the directory has no row for the duty {0}"),
    "no_row": ("派单目录没有适用于该事项、地点和时间的条目：{0}", "no row fits this matter, place and time: {0}"),
    "no_unit": ("适用条目所列单位当时不存在：{0}", "the units of the fitting rows do not exist then: {0}"),
    "not_under": ("责任单位{0}之下没有适用的单位", "no fitting unit stands under {0}"),
}


MOST_KEPT = 4096
"""Answers a table keeps; about a megabyte."""


class Answer(msgspec.Struct, frozen=True):
    """The unit that acts, the row that says so, the unit that stays answerable, and the reasons as `code:value`."""

    unit: str
    entry: str
    answerable: str
    reasons: tuple[str, ...]


class NoAnswer(msgspec.Struct, frozen=True):
    """Nobody answers; `reason` is `code:value`, the code one of unknown_duty, no_row, no_unit, not_under."""

    reason: str


def who_answers(
    table: DutyTable,
    matter: str,
    duty: str,
    place: Place,
    instant: int,
    *,
    level: Level = "district",
    upper: str | None = None,
) -> Answer | NoAnswer:
    """The one answer, or none with its reason.

    `instant` is microseconds UTC. Below the district, `upper` is the unit the case was sent to; without it the
    directory's own district answer is taken. The table keeps its answers: they hold between two of its moments.
    """
    key = (matter, duty, place.grid, place.street, bisect_right(table.moments, instant), level, upper)
    found = table.kept.get(key)
    if found is None:
        if len(table.kept) >= MOST_KEPT:
            table.kept.clear()
        found = table.kept[key] = _asked(table, matter, duty, place, instant, level, upper)
    return cast("Answer | NoAnswer", found)


def _asked(
    table: DutyTable, matter: str, duty: str, place: Place, instant: int, level: Level, upper: str | None
) -> Answer | NoAnswer:
    question = Question(matter, duty, place.grid, table.grids.street_of(place, instant), instant)
    if level == "district":
        return _first(table, question, None)
    if upper is None:
        above = _first(table, question, None)
        if isinstance(above, NoAnswer):
            return above
        upper = above.unit
    return _first(table, msgspec.structs.replace(question, level=level), upper)


def on_duty(table: DutyTable, unit: str, instant: int) -> tuple[str, ...]:
    """The officers (party ids) on the unit's rosters at the instant, each once; empty if nobody is."""
    turns = table.rosters.get(unit, ())
    return tuple(sorted({officer for roster in turns for officer in roster.at(instant)}))


def turns(table: DutyTable, unit: str, since: int, until: int) -> tuple[Span, ...]:
    """The turns of the unit's rosters that lie in the span of time at least in part, in order."""
    every = (span for roster in table.rosters.get(unit, ()) for span in roster.spans)
    return tuple(sorted(span for span in every if span.start < until and span.end > since))


def gaps(table: DutyTable, unit: str, since: int, until: int) -> tuple[tuple[int, int], ...]:
    """The spells of the span in which nobody of the unit is on duty, half-open."""
    found: list[tuple[int, int]] = []
    covered = since
    for turn in turns(table, unit, since, until):
        if turn.start > covered:
            found.append((covered, turn.start))
        covered = max(covered, turn.end)
    return tuple(found) if covered >= until else (*found, (covered, until))


class DutyOfficers(msgspec.Struct, frozen=True):
    """Who is there for a unit: the unit whose roster says so, and the officers (party ids)."""

    unit: str
    officers: tuple[str, ...]


def duty_officers(table: DutyTable, unit: str, instant: int, last: tuple[str, ...] = ()) -> DutyOfficers | None:
    """The officers of the unit on duty at the instant; out of its hours those of the next unit above, then of `last`.

    None when nobody is there at all: a gap in the rosters.
    """
    for code in dict.fromkeys((*table.line_of(unit, instant), *last)):
        found = on_duty(table, code, instant)
        if found:
            return DutyOfficers(code, found)
    return None


def in_words(reason: str) -> tuple[str, str]:
    """A reason in Chinese and in English."""
    code, _, value = reason.partition(":")
    zh, en = WORDS[code]
    return zh.format(value), en.format(value)


def _first(table: DutyTable, question: Question, upper: str | None) -> Answer | NoAnswer:
    rows = fitting(table.rows, question)
    reason = _nothing(table, question, bool(rows))
    for (_, _, area_step, _, _), entry in rows:
        line = table.line_of(entry.unit, question.instant)
        if not line:
            continue
        if upper is None or upper in line[1:]:
            return Answer(entry.unit, entry.id, upper or entry.unit, _reasons(entry, area_step, upper))
        reason = f"not_under:{upper}"
    return NoAnswer(reason)


def _nothing(table: DutyTable, question: Question, fits: bool) -> str:
    first = table.known_from.get((question.duty, question.level))
    if first is None or question.instant < first:
        return f"unknown_duty:{question.duty}"
    return f"no_unit:{question.duty}" if fits else f"no_row:{question.duty}"


def _reasons(entry: Entry, area_step: int, upper: str | None) -> tuple[str, ...]:
    return (
        f"{entry.origin}:{entry.id}",
        "any_matter" if entry.matter == ANY else f"matter:{entry.matter}",
        "anywhere" if entry.area == ANY else f"{('grid', 'street')[area_step]}:{entry.area}",
        *((f"cites:{entry.cites}",) if entry.cites else ()),
        *((f"passed_down:{upper}",) if upper else ()),
    )
