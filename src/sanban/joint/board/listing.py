"""What a viewer sees on the boards: offices everything, a unit what it whistled for, was called to, or leads.

Cases about the viewer, or about anyone the viewer stands for, are left out for everybody. A board costs two statements.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import msgspec

from sanban.joint.board.ports import Needs
from sanban.joint.board.tables import HELD, SCREENING
from sanban.joint.surrounding import OFFICES
from sanban.kernel.clock.calendar import DAY
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Mechanism, Title
from sanban.kernel.permission import UNIT_ROLES, Actor
from sanban.kernel.view import TimeLeft

MOST = 200
_OWN_WHISTLES = (
    "AND (street = :unit OR lead = :unit OR EXISTS (SELECT 1 FROM summons_view AS own WHERE "
    "own.district = whistle_view.district AND own.stream = whistle_view.stream AND own.whistle = whistle_view.whistle "
    "AND own.called = :unit)) "
)
_WHISTLES = (
    "SELECT whistle, case_id, number, matter, lead, street, kind, stands, at, screen_by, silent FROM whistle_view "
    "WHERE district = :district {only}{own}{kept}ORDER BY {order}, whistle LIMIT :most"
)
_SUMMONSES = (
    "SELECT whistle, called, summoned_at, due_at, reported_at, absent_at, released_at, how FROM summons_view "
    "WHERE district = :district AND whistle IN ({names}) ORDER BY whistle, summoned_at, called"
)
_AGEING = (
    "SELECT case_id, number, matter, state, lead, stands, since, opened_at, missed, requests, crosses FROM ageing_view "
    "WHERE district = :district {own}{kept}ORDER BY since, case_id LIMIT :most"
)


class SummonsLine(msgspec.Struct, frozen=True):
    """A called unit: there or absent, let go or held. Instants are microseconds UTC; `left` to report in."""

    unit: str
    title: Title
    summoned_at: int
    due_at: int | None
    left: TimeLeft | None
    reported_at: int | None
    absent_at: int | None
    released_at: int | None
    how: str


class WhistleLine(msgspec.Struct, frozen=True):
    """A whistle on the board. `left`: of the time to screen it; `days`: since it was blown."""

    whistle: str
    case: str
    number: str
    matter: Title
    lead: Title
    street: Title
    kind: Title
    stands: str
    at: int
    days: int
    left: TimeLeft | None
    silent: bool
    summons: tuple[SummonsLine, ...]

    @property
    def absent(self) -> int:
        """How many units were absent, come later or not."""
        return sum(one.absent_at is not None for one in self.summons)


class AgeingLine(msgspec.Struct, frozen=True):
    """An open case that waits to be solved. `stands`: joint, shelved, offered or late; `days`: since then."""

    case: str
    number: str
    matter: Title
    state: Title
    lead: Title
    stands: str
    since: int
    days: int
    opened_at: int
    missed: int
    requests: int
    crosses: tuple[Title, ...]


def whistle_board(viewer: Actor, needs: Needs, now: int, *, every: bool = False) -> tuple[WhistleLine, ...] | Refused:
    """Whistles that somebody still has to answer, the oldest first; or `every` one, newest first."""
    own = _own(viewer, _OWN_WHISTLES)
    if isinstance(own, Refused):
        return own
    condition, given = own
    kept, selves = needs.kept(viewer, "whistle_view")
    only = "" if every else f"AND stands IN ('{HELD}', '{SCREENING}') "
    # `+ 0`: the few that wait are found by how they stand, not by reading all in the order of time
    statement = _WHISTLES.format(only=only, own=condition, kept=kept, order="at DESC" if every else "at + 0")
    rows = needs.reader.query(statement, {**given, **selves, "most": MOST})
    summons = _summonses(needs, [row[0] for row in rows], now)
    return tuple(_whistle(needs, row, summons[row[0]], now) for row in rows)


def ageing_board(viewer: Actor, needs: Needs, now: int, most: int = MOST) -> tuple[AgeingLine, ...] | Refused:
    """Open cases that are joint, shelved, offered or late, by how long they wait."""
    own = _own(viewer, "AND (lead = :unit OR street = :unit) ")
    if isinstance(own, Refused):
        return own
    condition, given = own
    kept, selves = needs.kept(viewer, "ageing_view")
    rows = needs.reader.query(_AGEING.format(own=condition, kept=kept), {**given, **selves, "most": most})
    return tuple(_ageing(needs, row, now) for row in rows)


def _own(viewer: Actor, condition: str) -> tuple[str, dict[str, Any]] | Refused:
    """What narrows a board to the viewer's unit; nothing for an office."""
    if viewer.role in OFFICES:
        return "", {}
    if viewer.role not in UNIT_ROLES or not viewer.unit:
        return Refused("not_permitted", "the boards are of units and of the centre", "sign in as one of a unit")
    return condition, {"unit": viewer.unit}


def _summonses(needs: Needs, whistles: list[str], now: int) -> dict[str, list[SummonsLine]]:
    found: dict[str, list[SummonsLine]] = defaultdict(list)
    if whistles:
        named = {f"w{number}": whistle for number, whistle in enumerate(whistles)}
        names = ", ".join(f":{name}" for name in named)
        for row in needs.reader.query(_SUMMONSES.format(names=names), named):
            found[row[0]].append(_summons(needs, row[1:], now))
    return found


def _summons(needs: Needs, row: tuple[Any, ...], now: int) -> SummonsLine:
    unit, summoned_at, due_at, reported_at, absent_at, released_at, how = row
    comes = reported_at is None and released_at is None and due_at is not None
    left = needs.left(due_at, now) if comes else None
    return SummonsLine(unit, needs.unit(unit, now), summoned_at, due_at, left, reported_at, absent_at, released_at, how)


def _whistle(needs: Needs, row: tuple[Any, ...], summons: list[SummonsLine], now: int) -> WhistleLine:
    whistle, case, number, matter, lead, street, kind, stands, at, screen_by, silent = row
    mechanism = needs.mechanism(matter, now)
    ground = mechanism.grounds.whistling.get(kind) if mechanism else None
    return WhistleLine(
        whistle,
        case,
        number,
        _matter(mechanism, matter),
        needs.unit(lead, now),
        needs.unit(street, now),
        ground.title if ground else Title(kind, kind),
        stands,
        at,
        max(0, now - at) // DAY,
        needs.left(screen_by, now) if screen_by else None,
        bool(silent),
        tuple(summons),
    )


def _ageing(needs: Needs, row: tuple[Any, ...], now: int) -> AgeingLine:
    case, number, matter, state, lead, stands, since, opened_at, missed, requests, crosses = row
    mechanism = needs.mechanism(matter, now)
    declared = mechanism.states.get(state) if mechanism else None
    return AgeingLine(
        case,
        number,
        _matter(mechanism, matter),
        declared.title if declared else Title(state, state),
        needs.unit(lead, now),
        stands,
        since,
        max(0, now - since) // DAY,
        opened_at,
        missed,
        requests,
        tuple(cross_titles(mechanism, crosses.split())),
    )


def _matter(mechanism: Mechanism | None, matter: str) -> Title:
    return mechanism.title if mechanism else Title(matter, matter)


def cross_titles(mechanism: Mechanism | None, codes: Iterable[str]) -> Iterable[Title]:
    """What the tests that fired are called; a test that the file does not declare any more by its code."""
    declared = mechanism.crosses if mechanism else {}
    return (declared[code].title if code in declared else Title(code, code) for code in codes)
