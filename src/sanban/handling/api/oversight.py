"""The working screens for programs: a grid's day, what came up, and the handover of a shift with its two signatures."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import msgspec

from sanban.handling.handover.leaving import Left, Turned, Uncovered
from sanban.handling.handover.shift import SHIFT_ROLES, Shift
from sanban.handling.needs import Needs
from sanban.handling.oversight.grid import GridDay, grid_day
from sanban.handling.oversight.raised import RaisedLine, raised
from sanban.handling.pages.forms import LONGEST_NOTE
from sanban.handling.pages.grid import GRID_ROLES
from sanban.handling.pages.handover import hand_over, handing, take_over
from sanban.handling.pages.raised import RAISED_ROLES
from sanban.handling.views.lists import Counts, QueueRow
from sanban.kernel.errors import Refused
from sanban.kernel.view import ApiRequest, ApiRoute
from sanban.ledger.port import Answer


class RaisedAnswer(msgspec.Struct, frozen=True):
    """What came up, supervision first, then what is late longest."""

    items: tuple[RaisedLine, ...]


class Handed(msgspec.Struct, frozen=True):
    """The last handover: who gave it, who took it over ('' while nobody has), and who answers now."""

    at: int
    by: str
    taken_at: int | None
    taken_by: str
    answerable: str
    note: str


class HandoverAnswer(msgspec.Struct, frozen=True):
    """What a shift leaves at this instant. `promised`: cases owed an answer within a day; `left`: by the last handover.

    `may_take`, `may_give`: which signature this account may set now.
    """

    counts: Counts
    urgent: tuple[QueueRow, ...]
    promised: tuple[str, ...]
    on_duty: tuple[str, ...]
    turns: tuple[Turned, ...]
    left: tuple[Left, ...]
    uncovered: tuple[Uncovered, ...]
    last: Handed | None
    may_take: bool
    may_give: bool


class GiveBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text for the next shift; it goes to the vault and never into an event."""

    note: Annotated[str, msgspec.Meta(max_length=LONGEST_NOTE)] = ""


class TakeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing is said when a shift is taken over."""


class SignedAnswer(msgspec.Struct, frozen=True):
    """A signature that stands. `repeated`: this key was used before."""

    position: int
    repeated: bool


def routes(needs: Needs) -> tuple[ApiRoute, ...]:
    """The operations."""
    return (
        ApiRoute(
            "GET",
            "/grid",
            "handling.grid",
            partial(_grid, needs),
            GridDay,
            roles=GRID_ROLES,
            summary="Forces, orders, stations and visits of a unit's day",
        ),
        ApiRoute(
            "GET",
            "/raised",
            "handling.raised",
            partial(_raised, needs),
            RaisedAnswer,
            roles=RAISED_ROLES,
            summary="Supervised and reopened cases and limits missed below",
        ),
        ApiRoute(
            "GET",
            "/handover",
            "handling.handover",
            partial(_handover, needs),
            HandoverAnswer,
            roles=SHIFT_ROLES,
            summary="What the shift leaves, and who is on duty",
        ),
        ApiRoute(
            "POST",
            "/handover/give",
            "handling.hand_over",
            partial(_give, needs),
            SignedAnswer,
            request=GiveBody,
            roles=SHIFT_ROLES,
            summary="Hand the shift over; what is left is counted at this instant",
        ),
        ApiRoute(
            "POST",
            "/handover/take",
            "handling.take_over",
            partial(_take, needs),
            SignedAnswer,
            request=TakeBody,
            roles=SHIFT_ROLES,
            summary="Take the shift over from another officer of the unit",
        ),
    )


def _grid(needs: Needs, asked: ApiRequest) -> GridDay | Refused:
    return grid_day(asked.viewer, needs, asked.now)


def _raised(needs: Needs, asked: ApiRequest) -> RaisedAnswer | Refused:
    lines = raised(asked.viewer, needs, asked.now)
    return lines if isinstance(lines, Refused) else RaisedAnswer(lines)


def _handover(needs: Needs, asked: ApiRequest) -> HandoverAnswer | Refused:
    shown = handing(needs, asked.viewer, asked.now)
    if isinstance(shown, Refused):
        return shown
    left = shown.leaving
    return HandoverAnswer(
        counts=left.counts,
        urgent=left.urgent,
        promised=left.promised,
        on_duty=left.on_duty,
        turns=left.turns,
        left=left.left,
        uncovered=left.uncovered,
        last=None if left.last is None else _handed(left.last, shown.note),
        may_take=shown.takes,
        may_give=shown.hands,
    )


def _handed(last: Shift, note: str) -> Handed:
    return Handed(last.last.at, last.last.actor, last.taken_at, last.taken_by, last.answerable, note)


def _give(needs: Needs, asked: ApiRequest) -> SignedAnswer | Refused:
    body: GiveBody = asked.body
    return _signed(hand_over(needs, asked.viewer, asked.command_id, body.note.strip(), asked.now))


def _take(needs: Needs, asked: ApiRequest) -> SignedAnswer | Refused:
    return _signed(take_over(needs, asked.viewer, asked.command_id))


def _signed(answer: Answer | Refused) -> SignedAnswer | Refused:
    if isinstance(answer, Refused):
        return answer
    return answer.refused or SignedAnswer(answer.position, answer.repeated)
