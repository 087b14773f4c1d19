"""The joint room and the kept rulings for programs; steps are taken at the case."""

from __future__ import annotations

from functools import partial

import msgspec

from sanban.joint.room.pages import NO_CASE, ROOM_ROLES, RULING_ROLES
from sanban.joint.room.ports import Needs
from sanban.joint.room.rulings import RulingLine, rulings
from sanban.joint.room.view import Room, room
from sanban.kernel.view import ApiRequest, ApiRoute, Missing


class RulingsAnswer(msgspec.Struct, frozen=True):
    """Rulings that the directory keeps as precedents, the newest first."""

    items: tuple[RulingLine, ...]


def routes(needs: Needs) -> tuple[ApiRoute, ...]:
    """The operations."""
    return (
        ApiRoute(
            "GET", "/cases/{case_id}/room", "joint.room", partial(_room, needs), Room, roles=ROOM_ROLES,
            summary="Who was called and is there, the plan with its gates, minutes and rulings",
        ),
        ApiRoute(
            "GET", "/rulings", "joint.rulings", partial(_rulings, needs), RulingsAnswer, roles=RULING_ROLES,
            summary="Rulings kept as precedents, with the area of each",
        ),
    )  # fmt: skip


def _room(needs: Needs, asked: ApiRequest) -> Room | Missing:
    return room(asked.viewer, needs, asked.path["case_id"], asked.now) or NO_CASE


def _rulings(needs: Needs, asked: ApiRequest) -> RulingsAnswer:
    return RulingsAnswer(rulings(asked.viewer, needs, asked.now))
