"""Pages of the joint room and of rulings.

/cases/{case_id}/room    who was called and is there, plan and gates, clocks, minutes, rulings; steps lie on the case
/rulings                 the rulings that the dispatch directory keeps as precedents, each with its area
"""

from __future__ import annotations

from functools import partial
from typing import get_args

import msgspec

from sanban.joint.room.ports import Needs
from sanban.joint.room.rulings import RulingLine, rulings
from sanban.joint.room.view import Room, room
from sanban.joint.surrounding import OFFICES
from sanban.kernel.permission import STAFF_ROLES, Role
from sanban.kernel.view import Missing, PageAnswer, PageRequest, PageRoute, Shown, phrase

RULINGS = "/rulings"
ROOM_ROLES: frozenset[Role] = frozenset(role for role in get_args(Role) if role in STAFF_ROLES)
RULING_ROLES: frozenset[Role] = OFFICES | {"dispatcher", "operator"}
NO_CASE = Missing(phrase("Case"), "GET /api/v1/whistles gives the ids")


class RoomContext(msgspec.Struct, frozen=True):
    """`joint/room.html`."""

    room: Room


class RulingsContext(msgspec.Struct, frozen=True):
    """`joint/rulings.html`."""

    lines: tuple[RulingLine, ...]


def routes(needs: Needs) -> tuple[PageRoute, ...]:
    """The pages."""
    return (
        PageRoute("GET", "/cases/{case_id}/room", "joint.room", partial(_room, needs), roles=ROOM_ROLES),
        PageRoute(
            "GET", RULINGS, "joint.rulings", partial(_rulings, needs), roles=RULING_ROLES, menu=phrase("Rulings"),
            icon="gavel", order=38,
        ),
    )  # fmt: skip


def _room(needs: Needs, asked: PageRequest) -> PageAnswer:
    found = room(asked.viewer, needs, asked.path["case_id"], asked.now)
    return NO_CASE if found is None else Shown("joint/room.html", RoomContext(found))


def _rulings(needs: Needs, asked: PageRequest) -> PageAnswer:
    return Shown("joint/rulings.html", RulingsContext(rulings(asked.viewer, needs, asked.now)))
