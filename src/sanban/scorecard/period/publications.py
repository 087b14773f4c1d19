"""What has been published: the drafts of assessed periods and the weekly briefs, each as sums with their time.

A brief publishes two weeks, its own and the one before. What is held against a publication is what was published
before it and shares time with it, or with what does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sanban.scorecard.brief.stream import BriefFrozen
from sanban.scorecard.brief.stream import stream_of as stream_of_brief
from sanban.scorecard.figures.spans import Period, before, period_of
from sanban.scorecard.period.stream import AssessedPeriod, stream_of
from sanban.scorecard.ports import Needs
from sanban.scorecard.withholding import Sum, figure_sum, key_of

_PERIODS = "SELECT period, drafted_at FROM period_view WHERE district = :district AND drafted_at <= :at"
_BRIEFS = "SELECT week, at FROM brief_view WHERE district = :district AND at <= :at"
WEEK, WEEK_BEFORE = "brief", "week before of a brief"

Of = tuple[str, str]
"""A figure and a unit, '' for the district."""


class Published(NamedTuple):
    """A sum of a period: its key, from when up to, not including, when, its grain, what it holds, in which text."""

    key: str
    since: int
    until: int
    grain: str
    sum: Sum
    kind: str = ""

    def lies_in(self, other: Published) -> bool:
        """Whether it is a part of the other's time, or the same time in another kind of text."""
        apart = (self.grain, self.kind) != (other.grain, other.kind)
        return apart and other.since <= self.since and self.until <= other.until


class Publication(NamedTuple):
    """One text: when it was published, at which position it was counted, its periods, and the sums of each line."""

    stream: str
    at: int
    position: int
    periods: tuple[Period, ...]
    sums: Mapping[Of, tuple[Published, ...]]

    @property
    def span(self) -> tuple[int, int]:
        """From when up to, not including, when it speaks."""
        return min(one.since for one in self.periods), max(one.until for one in self.periods)

    def keyed(self, own: Mapping[str, Sum]) -> dict[str, Sum]:
        """What a viewer counts themselves at its position, by the keys of its sums."""
        return {f"{self.stream}/{key}": one for key, one in own.items()}


def of_period(needs: Needs, state: AssessedPeriod) -> Publication:
    """A draft, with its totals."""
    drafted = state.drafted
    stream, period = stream_of(drafted.period), period_of(drafted.period, needs.calendar)
    sums = {
        (one.figure, one.unit): (
            _published(stream, period, one.figure, one.unit, figure_sum(one.holds, None if one.is_count else one.n)),
        )
        for one in (*drafted.lines, *drafted.district)
    }
    return Publication(stream, drafted.at, drafted.position, (period,), sums)


def of_brief(needs: Needs, frozen: BriefFrozen) -> Publication:
    """A brief, with the figures of its week and of the week before."""
    stream, week = stream_of_brief(frozen.week), period_of(frozen.week, needs.calendar)
    earlier = before(week, needs.calendar)
    sums = {}
    for one in frozen.figures:
        this, that = figure_sum(one.holds, one.n), figure_sum(one.holds_before, one.n_before)
        sums[one.figure, one.unit] = (
            _published(stream, week, one.figure, one.unit, this, WEEK),
            _published(stream, earlier, one.figure, one.unit, that, WEEK_BEFORE),
        )
    return Publication(stream, frozen.at, frozen.position, (week, earlier), sums)


def _published(stream: str, period: Period, figure: str, unit: str, counted: Sum, kind: str = "") -> Published:
    key = f"{stream}/{key_of(period.name, figure, unit)}"
    return Published(key, period.since, period.until, period.grain, counted, kind)


def earlier_than(needs: Needs, one: Publication) -> list[Publication]:
    """Those published before it that share time with it, and those that share time with one around it; in order."""
    since, until = one.span
    spans = _before(needs, one)
    touching = [each for each in spans if each[2] < until and since < each[3]]
    since, until = min([since, *(each[2] for each in touching)]), max([until, *(each[3] for each in touching)])
    related = sorted(each for each in spans if since <= each[2] and each[3] <= until)
    return [_read(needs, stream) for _, stream, _, _ in related]


def _before(needs: Needs, one: Publication) -> list[tuple[int, str, int, int]]:
    """When each was published before it, its stream, and its time."""
    found: list[tuple[int, str, int, int]] = []
    for name, at in needs.reader.query(_PERIODS, {"at": one.at}):
        period = period_of(name, needs.calendar)
        found.append((at, stream_of(name), period.since, period.until))
    for name, at in needs.reader.query(_BRIEFS, {"at": one.at}):
        week = period_of(name, needs.calendar)
        found.append((at, stream_of_brief(name), before(week, needs.calendar).since, week.until))
    return [each for each in found if each[:2] < (one.at, one.stream)]


def _read(needs: Needs, stream: str) -> Publication:
    state = needs.reader.state(stream)
    if isinstance(state, BriefFrozen):
        return of_brief(needs, state)
    assert isinstance(state, AssessedPeriod), "a row of the view has its stream"
    return of_period(needs, state)
