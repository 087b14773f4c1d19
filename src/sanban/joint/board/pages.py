"""Pages of the boards.

/whistles       whistles by how long they wait, each unit with its clock to report in; ?every=yes: those answered too
/ageing         open cases that are joint, shelved, offered for joint handling or late, by how long they wait
"""

from __future__ import annotations

from functools import partial

import msgspec

from sanban.joint.board.listing import AgeingLine, WhistleLine, ageing_board, whistle_board
from sanban.joint.board.ports import Needs
from sanban.joint.board.tables import HELD, SCREENING
from sanban.joint.surrounding import OFFICES
from sanban.kernel.errors import Refused
from sanban.kernel.permission import UNIT_ROLES, Actor, Role
from sanban.kernel.view import Next, PageAnswer, PageRequest, PageRoute, Shown, Waiting, phrase

WHISTLES, AGEING = "/whistles", "/ageing"
BOARD_ROLES: frozenset[Role] = OFFICES | {"handler", "dispatcher", "grid_leader"}


class WhistlesContext(msgspec.Struct, frozen=True):
    """`joint/whistles.html`."""

    lines: tuple[WhistleLine, ...]
    every: bool


class AgeingContext(msgspec.Struct, frozen=True):
    """`joint/ageing.html`."""

    lines: tuple[AgeingLine, ...]


def routes(needs: Needs) -> tuple[PageRoute, ...]:
    """The pages."""
    return (
        PageRoute(
            "GET", WHISTLES, "joint.whistles", partial(_whistles, needs), roles=BOARD_ROLES,
            menu=phrase("Whistle board"), icon="speakerphone", order=34,
        ),
        PageRoute(
            "GET", AGEING, "joint.ageing", partial(_ageing, needs), roles=BOARD_ROLES, menu=phrase("Ageing board"),
            icon="hourglass", order=35,
        ),
    )  # fmt: skip


def waits(needs: Needs, viewer: Actor, now: int) -> Waiting | None:
    """Whistles that the viewer has to answer: the coordinator screens them, a called unit reports in."""
    if viewer.role not in UNIT_ROLES:
        return None
    found = whistle_board(viewer, needs, now)
    mine = [] if isinstance(found, Refused) else [one for one in found if _is_for(viewer, one)]
    late = sum(one.absent > 0 for one in mine)
    nexts = tuple(Next(f"/cases/{one.case}", one.number, since=one.at) for one in mine[:3])
    return (
        Waiting(phrase("Whistles"), WHISTLES, "speakerphone", len(mine), late, phrase("absent"), next=nexts)
        if mine
        else None
    )


def _is_for(viewer: Actor, one: WhistleLine) -> bool:
    if viewer.role == "coordinator":
        return one.stands == SCREENING
    called = next((each for each in one.summons if each.unit == viewer.unit), None)
    return one.stands == HELD and called is not None and called.reported_at is None and called.released_at is None


def _whistles(needs: Needs, asked: PageRequest) -> PageAnswer:
    every = asked.asked("every") == "yes"
    lines = whistle_board(asked.viewer, needs, asked.now, every=every)
    return lines if isinstance(lines, Refused) else Shown("joint/whistles.html", WhistlesContext(lines, every))


def _ageing(needs: Needs, asked: PageRequest) -> PageAnswer:
    lines = ageing_board(asked.viewer, needs, asked.now)
    return lines if isinstance(lines, Refused) else Shown("joint/ageing.html", AgeingContext(lines))
