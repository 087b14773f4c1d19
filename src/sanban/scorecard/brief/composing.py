"""Composes a week's brief: counts once, writes the text in both languages, and has both frozen.

    volume, shares and matters of the week and the week before  -->  Freeze + Words  -->  the stream `brief:WEEK`

The ledger may move on while it is counted; then it is counted again, so that all numbers are of one position.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import NAMESPACE_OID, uuid5

import msgspec

from sanban.kernel.clock.span import Span, beside, span_at, span_of
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor
from sanban.kernel.view import Language
from sanban.ledger.port import Part, Secret, Submission
from sanban.scorecard.brief.document import Document, Words
from sanban.scorecard.brief.stream import FREEZE, BriefFrozen, Counted, Figured, Freeze, stream_of
from sanban.scorecard.brief.wording import Said, written
from sanban.scorecard.ports import Needs, Portion, Share, Source, Volume, of_district

TRIES = 5
MATTERS = 5
"""So many matters are named."""
_MOVES = Refused("ledger_moves", "the ledger moved on while the brief was counted", "try again in a minute")
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

    volume: Volume
    shares: tuple[Share, ...]
    matters: tuple[Portion, ...]


def last_week(needs: Needs, now: int) -> str:
    """The key of the last week that is over."""
    return beside(span_at(needs.calendar, now, "week").key, -1)


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
    span, before = span_of(needs.calendar, week), span_of(needs.calendar, beside(week, -1))
    known = brief_of(needs, week)
    if known is not None:
        return known
    if span.until > now:
        return Refused("week_not_over", "this week is not over yet", last_week(needs, now))
    counted = _counted(needs, span, before, now)
    if isinstance(counted, Refused):
        return counted
    source, this, that = counted
    ref = f"v:{uuid5(NAMESPACE_OID, command_id).hex}"
    frozen = Freeze(
        week=week,
        since=span.since,
        until=span.until,
        position=source.position,
        head=source.head,
        counts=_counts(this, that, needs.reader.state(stream_of(before.key))),
        figures=_figures(this.shares, that.shares),
        words=ref,
    )
    words = _words(needs, frozen, this)
    answer = needs.ledger.submit(
        Submission(
            command_id,
            actor,
            (Part(stream_of(week), FREEZE, msgspec.to_builtins(frozen)),),
            secrets=(Secret(ref, stream_of(week), "text", words),),
        )
    )
    return answer.refused or brief_of(needs, week) or _UNREADABLE


def _counted(needs: Needs, span: Span, before: Span, now: int) -> tuple[Source, _Week, _Week] | Refused:
    for _ in range(TRIES):
        source = needs.source()
        weeks = [_week(needs, one, now) for one in (span, before)]
        this, that = weeks
        if isinstance(this, Refused) or isinstance(that, Refused):
            return this if isinstance(this, Refused) else that  # type: ignore[return-value]  # one of them is
        if needs.source() == source:
            return source, this, that
    return _MOVES


def _week(needs: Needs, span: Span, now: int) -> _Week | Refused:
    shares = needs.counts.shares(_DISTRICT, span, min(now, span.until - 1))
    if isinstance(shares, Refused):
        return shares
    before = span_of(needs.calendar, beside(span.key, -1))
    matters = needs.counts.matters(_DISTRICT, span, before)[:MATTERS]
    return _Week(
        needs.counts.volume(_DISTRICT, span, now), (*of_district(shares, Title("全区", "District")), *shares), matters
    )


def _counts(this: _Week, that: _Week, earlier: BriefFrozen | None) -> tuple[Counted, ...]:
    """How many were late a week ago is known by the brief of that week alone: due times have moved since."""
    now = msgspec.structs.asdict(this.volume)
    then = msgspec.structs.asdict(that.volume) | {"late": None}
    then |= {one.key: one.count for one in earlier.counts if one.key == "late"} if earlier else {}
    volume = (Counted(key, count, then[key]) for key, count in now.items())
    return (*volume, *(Counted(f"matter:{one.code}", one.count, one.before) for one in this.matters))


def _figures(this: Sequence[Share], that: Sequence[Share]) -> tuple[Figured, ...]:
    before = {(one.figure, one.unit): (one.holds, one.n) for one in that}
    return tuple(
        Figured(one.figure, one.unit, one.holds, one.n, *before.get((one.figure, one.unit), (0, 0))) for one in this
    )


def _words(needs: Needs, frozen: Freeze, week: _Week) -> str:
    titles = {f"matter:{one.code}": one.title for one in week.matters}
    titles |= {f"figure:{one.figure}": one.title for one in week.shares}
    titles |= {f"unit:{one.unit}": one.unit_title for one in week.shares}

    def text(language: Language) -> Document:
        said = Said(language, partial(needs.say, language), titles, needs.terms, needs.calendar)
        return written(said, needs.issuer, needs.district, frozen)

    return msgspec.json.encode(Words(text("zh"), text("en"))).decode()
