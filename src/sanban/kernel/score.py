"""Score: a checklist filled in rounds, with findings, fixes and re-checks.

`Checklist` is the declaration that a matter file fills (`kind: checklist`): items, how many of each are needed, whether
each is mandatory, and the number of rounds. A sheet has one mark for each round, item and number: `passed`, `failed`
(a finding), `fixed`, or `rechecked` (the fix was found good by somebody other than the fixer).

Rounds follow one another: a check of a round is refused until every mandatory item of the round before has a pass or a
re-checked fix. `ready` is granted on the same condition over all rounds, and a refusal names every missing item.
What has been marked is never marked over: a failed check leaves only by a fix, and a fix only by a re-check.

A share of few is told with its `interval`: what it may well be, in basis points, by whole numbers alone, so that it is
the same to the last digit wherever it is computed.
"""

from __future__ import annotations

from math import isqrt
from typing import Literal

import msgspec

from sanban.kernel.errors import Refused, SanbanError

WHOLE = 10_000
"""Basis points of everything."""
_MILLION, _FINE = 10**6, 10**6
_Z2 = 3_841_459
"""Millionths of the square of the normal quantile at 97.5 %."""

MarkState = Literal["passed", "failed", "fixed", "rechecked"]
Result = Literal["pass", "fail"]


class ChecklistItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One item; `count` pieces of it are needed, each checked by its number from 1."""

    code: str
    count: int = 1
    mandatory: bool = True


class Checklist(msgspec.Struct, frozen=True, tag_field="kind", tag="checklist", forbid_unknown_fields=True):
    """The declaration. Raises `SanbanError` for no item, a code used twice, or a count or number of rounds below 1."""

    id: str
    items: tuple[ChecklistItem, ...]
    rounds: int = 1

    def __post_init__(self) -> None:
        codes = {item.code for item in self.items}
        if not codes or len(codes) < len(self.items) or min(item.count for item in self.items) < 1 or self.rounds < 1:
            raise SanbanError(
                f"checklist {self.id}: items with different codes, each with a count from 1, in rounds from 1",
                "rounds: 2, items: [{code: gate}, {code: hand_held, count: 2}]",
            )


class Spot(msgspec.Struct, frozen=True):
    """One thing to check: the round and the number count from 1."""

    round: int
    item: str
    number: int

    @property
    def key(self) -> str:
        """The spot as one word, such as `2/hand_held/1`."""
        return f"{self.round}/{self.item}/{self.number}"

    @property
    def spot(self) -> Spot:
        """The bare spot, out of a command or an event that names one."""
        return Spot(self.round, self.item, self.number)

    def __str__(self) -> str:
        return f"round {self.round} {self.item} {self.number}"


class Mark(msgspec.Struct, frozen=True):
    """How a spot stands, and who made it so (an actor id)."""

    state: MarkState
    by: str


class Sheet(msgspec.Struct, frozen=True):
    """The marks so far by the key of their spot, and whether readiness was granted."""

    marks: dict[str, Mark] = {}
    ready: bool = False

    def mark(self, spot: Spot) -> Mark | None:
        """The spot's mark, if it has one."""
        return self.marks.get(spot.key)


class Missing(msgspec.Struct, frozen=True):
    """A mandatory spot that is not good yet."""

    spot: Spot
    why: MarkState | Literal["unchecked"]

    def __str__(self) -> str:
        return f"{self.spot}: {NOT_GOOD[self.why]}"


NOT_GOOD = {"unchecked": "not checked", "failed": "failed, not fixed", "fixed": "fixed, not re-checked"}


class Check(Spot, frozen=True, tag_field="type", tag="score.check"):
    """Record the first check of a spot."""

    result: Result
    by: str


class Fix(Spot, frozen=True, tag_field="type", tag="score.fix"):
    """Report that a finding was put right."""

    by: str


class Recheck(Spot, frozen=True, tag_field="type", tag="score.recheck"):
    """Look at a fix again; `by` is not the fixer."""

    result: Result
    by: str


class Declare(msgspec.Struct, frozen=True, tag_field="type", tag="score.declare"):
    """Ask for readiness."""

    by: str


ScoreCommand = Check | Fix | Recheck | Declare


class ScoreChecked(Spot, frozen=True, tag_field="type", tag="score.checked"):
    """A spot was checked."""

    result: Result
    by: str
    v: int = 1


class ScoreFixed(Spot, frozen=True, tag_field="type", tag="score.fixed"):
    """A finding was reported as fixed."""

    by: str
    v: int = 1


class ScoreRechecked(Spot, frozen=True, tag_field="type", tag="score.rechecked"):
    """A fix was looked at again."""

    result: Result
    by: str
    v: int = 1


class ScoreReadied(msgspec.Struct, frozen=True, tag_field="type", tag="score.readied"):
    """Readiness was granted."""

    by: str
    v: int = 1


ScoreEvent = ScoreChecked | ScoreFixed | ScoreRechecked | ScoreReadied


def share(good: int, of: int) -> int | None:
    """`good` of `of` in basis points, half up; None of nothing."""
    return None if of == 0 else (2 * good * WHOLE + of) // (2 * of)


def interval(good: int, of: int) -> tuple[int, int] | None:
    """Wilson's 95 % interval of a share, in basis points: 7 of 8 is 5291 to 9776; None of nothing.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, 1927.
    """
    if of == 0:
        return None
    spread = isqrt(_Z2 * (_Z2 * of + 4 * good * (of - good) * _MILLION) * _FINE**2 // of)
    middle = (2 * good * _MILLION + _Z2) * _FINE
    whole = 2 * (of * _MILLION + _Z2) * _FINE
    low, high = (((middle + sign * spread) * WHOLE + whole // 2) // whole for sign in (-1, 1))
    return low, high


def spots(spec: Checklist, round_no: int) -> list[Spot]:
    """The mandatory spots of a round, in the order declared."""
    return [
        Spot(round_no, item.code, number)
        for item in spec.items
        if item.mandatory
        for number in range(1, item.count + 1)
    ]


def missing(spec: Checklist, sheet: Sheet, through: int | None = None) -> list[Missing]:
    """Every mandatory spot that is not good yet, up to and including round `through` (all rounds by default)."""
    last = spec.rounds if through is None else through
    wanted = [spot for round_no in range(1, last + 1) for spot in spots(spec, round_no)]
    return [gap for spot in wanted if (gap := _gap(spot, sheet.mark(spot))) is not None]


def decide(spec: Checklist, sheet: Sheet, command: ScoreCommand) -> list[ScoreEvent] | Refused:
    """The events of a command, or why not."""
    if sheet.ready:
        return Refused("already_ready", f"{spec.id} is ready; its marks no longer change", "open a new sheet")
    if isinstance(command, Declare):
        return _refused("not_ready", missing(spec, sheet)) or [ScoreReadied(command.by)]
    event = _unknown(spec, command.spot) or _marked(spec, sheet, command)
    return event if isinstance(event, Refused) else [event]


def fold(sheet: Sheet, event: ScoreEvent) -> Sheet:
    """The sheet after the event."""
    if isinstance(event, ScoreReadied):
        return Sheet(sheet.marks, ready=True)
    return Sheet({**sheet.marks, event.spot.key: Mark(_state(event), event.by)}, sheet.ready)


def _state(event: ScoreChecked | ScoreFixed | ScoreRechecked) -> MarkState:
    if isinstance(event, ScoreFixed):
        return "fixed"
    if event.result == "fail":
        return "failed"
    return "passed" if isinstance(event, ScoreChecked) else "rechecked"


def _marked(spec: Checklist, sheet: Sheet, command: Check | Fix | Recheck) -> ScoreEvent | Refused:
    mark = sheet.mark(command.spot)
    if isinstance(command, Check):
        return _checked(spec, sheet, command)
    if isinstance(command, Fix):
        return _fixed(mark, command)
    if mark is None or mark.state != "fixed":
        return Refused("not_fixed", f"{command.spot}: there is no fix to look at again", "report the fix first")
    if mark.by == command.by:
        return Refused("same_person", f"{command.spot}: {command.by} made the fix", "let another person re-check it")
    return ScoreRechecked(command.round, command.item, command.number, command.result, command.by)


def _checked(spec: Checklist, sheet: Sheet, command: Check) -> ScoreEvent | Refused:
    if sheet.mark(command.spot):
        return Refused("already_checked", f"{command.spot}: was checked before", "fix the finding, then re-check it")
    early = _refused("round_not_open", missing(spec, sheet, command.round - 1))
    return early or ScoreChecked(command.round, command.item, command.number, command.result, command.by)


def _unknown(spec: Checklist, spot: Spot) -> Refused | None:
    count = next((item.count for item in spec.items if item.code == spot.item), 0)
    if 1 <= spot.round <= spec.rounds and 1 <= spot.number <= count:
        return None
    first = spec.items[0].code
    return Refused("unknown_spot", f"{spot}: is not on {spec.id}", f"round: 1, item: {first}, number: 1")


def _fixed(mark: Mark | None, command: Fix) -> ScoreEvent | Refused:
    if mark is None or mark.state != "failed":
        return Refused("no_finding", f"{command.spot}: there is no finding to fix", "only a failed check is fixed")
    return ScoreFixed(command.round, command.item, command.number, command.by)


def _refused(reason: str, gaps: list[Missing]) -> Refused | None:
    if not gaps:
        return None
    return Refused(reason, "; ".join(str(gap) for gap in gaps), "pass each of them, or fix it and have it re-checked")


def _gap(spot: Spot, mark: Mark | None) -> Missing | None:
    if mark is None:
        return Missing(spot, "unchecked")
    return Missing(spot, mark.state) if mark.state in NOT_GOOD else None
