"""Publishes a period's draft from the facts, takes appeals and decisions, and publishes the final.

A draft is the district's own: no case is left out of it for the sake of who publishes. A unit appeals against a case
that the draft counts against it; whether it does is looked up at the very position that the draft was counted at.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import NAMESPACE_OID, uuid5

import msgspec

from sanban.kernel.clock.due import due
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Secret, Submission
from sanban.scorecard.figures.spans import Period, before, holding, period_of
from sanban.scorecard.period.event import AppealArgs, DraftArgs, Line
from sanban.scorecard.period.stream import NOT_REVIEWER, AssessedPeriod, stream_of
from sanban.scorecard.ports import ALL, CAME, Measured, Needs

GRAINS = ("month", "week", "quarter")
LONGEST = 500
"""Characters of a note at most."""
NO_PERIOD = Refused("no_period", "figures are published of a month, week or quarter", "2026-06")
NOT_OVER = Refused("period_not_over", "this period is not over yet", "publish it when it is over")
_NOT_COUNTED = Refused("not_counted", "the draft counts no such case against this unit", "choose it from the list")
_UNKNOWN_GROUND = Refused("unknown_ground", "there is no such ground", "force_majeure")
_TOO_LONG = Refused("note_too_long", f"a note has at most {LONGEST} characters", "say it shorter")
_DISTRICT = Actor("period", "leader")


def last_over(needs: Needs, now: int) -> Period:
    """The last month that is over."""
    return before(holding("month", now, needs.calendar), needs.calendar)


def period_state(needs: Needs, name: str) -> AssessedPeriod | None:
    """A period's figures as published; None where there are none."""
    found = needs.reader.state(stream_of(name))
    return found if isinstance(found, AssessedPeriod) else None


def draft(needs: Needs, actor: Actor, command_id: str, name: str, now: int) -> AssessedPeriod | Refused:
    """Publishes the draft of a period that is over, unless there is one. Raises SanbanError for no period."""
    period = period_of(name, needs.calendar)
    if period.grain not in GRAINS:
        return NO_PERIOD
    known = period_state(needs, name)
    if known is not None:
        return known
    if needs.unadopted is not None:
        return needs.unadopted
    if period.until > now:
        return NOT_OVER
    opened = needs.opens(_DISTRICT, publishes=True)
    if isinstance(opened, Refused):
        return opened
    with opened as view:
        measured = view.figures(period)
    shares = _shares(measured)
    appeal_until = due(needs.calendar, (needs.terms.appeal,), now).at
    assert appeal_until is not None, "a limit without pauses has an end"
    args = DraftArgs(
        period=name,
        since=period.since,
        until=period.until,
        appeal_until=appeal_until,
        cap=needs.terms.excluded_at_most,
        position=view.source.position,
        head=view.source.head,
        lines=tuple(line for line in shares if line.unit),
        district=(*_counts(measured), *(line for line in shares if not line.unit)),
    )
    return _taken(needs, Submission(command_id, actor, (Part(stream_of(name), "draft", msgspec.to_builtins(args)),)))


def _shares(measured: Sequence[Measured]) -> tuple[Line, ...]:
    """What units and the district are assessed by."""
    return tuple(
        Line(one.figure, one.unit, one.holds, one.n, one.better, one.least)
        for one in measured
        if one.n is not None and one.better != "neither"
    )


def _counts(measured: Sequence[Measured]) -> tuple[Line, ...]:
    """Requests and cases of the district, both, so that merging never looks like falling demand."""
    return tuple(
        Line(one.figure, ALL, one.holds, one.holds, "neither", 0)
        for one in measured
        if one.unit == ALL and one.figure in CAME
    )


def appeal(
    needs: Needs, actor: Actor, command_id: str, name: str, args: AppealArgs, note: str
) -> AssessedPeriod | Refused:
    """A unit's appeal against one case of one of its figures."""
    state = period_state(needs, name)
    if state is None:
        return Refused("no_draft", "there is no draft of this period", "publish it first")
    if args.ground not in needs.terms.grounds:
        return _UNKNOWN_GROUND
    if len(note) > LONGEST:
        return _TOO_LONG
    counted = _is_against(needs, actor, state, args)
    if counted is not None:
        return counted
    secrets: tuple[Secret, ...] = ()
    if note:
        args = msgspec.structs.replace(args, note=f"v:{uuid5(NAMESPACE_OID, command_id).hex}")
        secrets = (Secret(args.note, stream_of(name), "text", note),)
    part = Part(stream_of(name), "appeal", msgspec.to_builtins(args))
    return _taken(needs, Submission(command_id, actor, (part,), secrets=secrets))


def decide_appeal(
    needs: Needs, actor: Actor, command_id: str, name: str, number: int, *, upheld: bool
) -> AssessedPeriod | Refused:
    """What a reviewer says of an appeal whose case they may know of."""
    state = period_state(needs, name)
    of = [one.said.case for one in state.appeals if one.said.number == number] if state else []
    if of and not needs.numbers(actor, of):
        return NOT_REVIEWER
    part = Part(stream_of(name), "decide", {"number": number, "upheld": upheld})
    return _taken(needs, Submission(command_id, actor, (part,)))


def finish(needs: Needs, actor: Actor, command_id: str, name: str) -> AssessedPeriod | Refused:
    """Publishes the final, when the window is over and every appeal is decided."""
    if needs.unadopted is not None:
        return needs.unadopted
    return _taken(needs, Submission(command_id, actor, (Part(stream_of(name), "finish"),)))


def _is_against(needs: Needs, actor: Actor, state: AssessedPeriod, args: AppealArgs) -> Refused | None:
    """None when the draft counts the case against the unit, as the facts were when it was counted."""
    line = state.line(args.figure, args.unit)
    if line is None:
        return _NOT_COUNTED
    opened = needs.opens(actor, state.drafted.position)
    if isinstance(opened, Refused):
        return opened
    period = period_of(state.drafted.period, needs.calendar)
    with opened as view:
        cases, _ = view.behind(args.figure, period, args.unit, 0, case=args.case)
    held = line.better == "low"
    counts = any((one.case, one.part, one.holds) == (args.case, args.part, held) for one in cases)
    return None if counts else _NOT_COUNTED


def _taken(needs: Needs, submission: Submission) -> AssessedPeriod | Refused:
    answer = needs.ledger.submit(submission)
    name = submission.parts[0].stream.partition(":")[2]
    return answer.refused or period_state(needs, name) or NO_PERIOD
