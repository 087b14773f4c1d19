"""Composes a week's brief: counts at one position of the ledger, writes the text in both languages, has both frozen.

figures, stock and matters of the week and the week before  -->  Freeze + Words  -->  the stream `brief:WEEK`
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import NAMESPACE_OID, uuid5

import msgspec

from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.kernel.view import Language
from sanban.ledger.port import Part, Secret, Submission
from sanban.scorecard.brief.document import Document, Words
from sanban.scorecard.brief.stream import FREEZE, BriefFrozen, Counted, Figured, Freeze, may_freeze, stream_of
from sanban.scorecard.brief.wording import Said, written
from sanban.scorecard.figures.spans import Period, before, holding, period_of
from sanban.scorecard.ports import Measured, Needs, Portion, Stock, View

MATTERS = 5
"""So many matters are named."""
NO_WEEK = Refused("no_week", "a brief is of a week", "2026-W23")
NOT_OVER = Refused("week_not_over", "this week is not over yet", "freeze it from Monday on")
NOT_PERMITTED = Refused("not_permitted", "briefs are frozen by leaders and coordinators", "sign in as a leader")
_UNREADABLE = Refused("brief_unreadable", "the brief's text cannot be read", "restore a backup")
_DISTRICT = Actor("brief", "leader")
"""A brief is the district's own, the same for whoever reads it: no case is left out for the sake of who freezes it."""


class Brief(msgspec.Struct, frozen=True):
    """A frozen brief with its text."""

    frozen: BriefFrozen
    words: Words

    def text(self, language: Language) -> Document:
        """The text in a language."""
        return self.words.zh if language == "zh" else self.words.en


class _Week(msgspec.Struct, frozen=True):
    """Everything counted of one week."""

    figures: tuple[Measured, ...]
    stock: Stock
    matters: tuple[Portion, ...]


def last_week(needs: Needs, now: int) -> Period:
    """The last week that is over."""
    return before(holding("week", now, needs.calendar), needs.calendar)


def brief_of(needs: Needs, week: str) -> Brief | Refused | None:
    """The frozen brief of a week; None where there is none."""
    frozen = needs.reader.state(stream_of(week))
    if not isinstance(frozen, BriefFrozen):
        return None
    text = needs.reader.open_secrets([frozen.words]).get(frozen.words)
    try:
        return _UNREADABLE if text is None else Brief(frozen, msgspec.json.decode(text, type=Words))
    except msgspec.DecodeError:
        return _UNREADABLE


def freeze(needs: Needs, actor: Actor, command_id: str, week: str, now: int) -> Brief | Refused:
    """Freezes the brief of a week that is over, unless it is frozen; the frozen one. Raises SanbanError for no week."""
    period = period_of(week, needs.calendar, f"--week {NO_WEEK.example}")
    if period.grain != "week":
        return NO_WEEK
    if not may_freeze(actor):
        return NOT_PERMITTED
    known = brief_of(needs, week)
    if known is not None:
        return known
    if period.until > now:
        return NOT_OVER
    opened = needs.opens(_DISTRICT, publishes=True)
    if isinstance(opened, Refused):
        return opened
    with opened as view:
        frozen, words = _composed(needs, view, period, command_id)
    secret = Secret(frozen.words, stream_of(week), "text", msgspec.json.encode(words).decode())
    part = Part(stream_of(week), FREEZE, msgspec.to_builtins(frozen))
    answer = needs.ledger.submit(Submission(command_id, actor, (part,), secrets=(secret,)))
    return answer.refused or brief_of(needs, week) or _UNREADABLE


def _composed(needs: Needs, view: View, period: Period, command_id: str) -> tuple[Freeze, Words]:
    earlier = before(period, needs.calendar)
    this, that = _week(needs, view, period), _week(needs, view, earlier)
    frozen = Freeze(
        week=period.name,
        since=period.since,
        until=period.until,
        position=view.source.position,
        head=view.source.head,
        counts=_counts(this, that, needs.reader.state(stream_of(earlier.name))),
        figures=_figures(this.figures, that.figures),
        words=f"v:{uuid5(NAMESPACE_OID, command_id).hex}",
    )
    titles = {f"matter:{one.code}": one.title for one in this.matters}
    titles |= {f"figure:{one.figure}": one.title for one in this.figures}
    titles |= {f"unit:{one.unit}": one.unit_title for one in this.figures}
    grounds = {one.figure: (one.source, one.assumption) for one in this.figures if not one.unit}

    days = period.working_days, earlier.working_days

    def text(language: Language) -> Document:
        said = Said(language, partial(needs.say, language), titles, needs.indexes, needs.calendar, grounds, days)
        return written(said, needs.issuer, needs.district, frozen)

    return frozen, Words(text("zh"), text("en"))


def _week(needs: Needs, view: View, period: Period) -> _Week:
    matters = view.matters(period, before(period, needs.calendar))[:MATTERS]
    return _Week(view.figures(period), view.stock(period), matters)


def _counts(this: _Week, that: _Week, earlier: BriefFrozen | None) -> tuple[Counted, ...]:
    """How many were late a week ago is known by the brief of that week alone: due times have moved since."""
    known = {one.key: one.count for one in earlier.counts} if earlier else {}
    stock = (
        Counted("closed", this.stock.closed, that.stock.closed),
        Counted("open", this.stock.open, that.stock.open),
        Counted("late", this.stock.late, known.get("late")),
    )
    return (*stock, *(Counted(f"matter:{one.code}", one.count, one.before) for one in this.matters))


def _figures(this: Sequence[Measured], that: Sequence[Measured]) -> tuple[Figured, ...]:
    earlier = {(one.figure, one.unit): (one.holds, one.n) for one in that}
    return tuple(
        Figured(
            one.figure,
            one.unit,
            one.holds,
            one.n,
            *earlier.get((one.figure, one.unit), (0, None if one.n is None else 0)),
            one.least,
        )
        for one in this
    )
