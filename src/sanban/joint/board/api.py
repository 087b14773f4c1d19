"""The boards for programs."""

from __future__ import annotations

from functools import partial

import msgspec

from sanban.joint.board.listing import AgeingLine, WhistleLine, ageing_board, whistle_board
from sanban.joint.board.pages import BOARD_ROLES
from sanban.joint.board.ports import Needs
from sanban.kernel.errors import Refused
from sanban.kernel.view import ApiRequest, ApiRoute


class WhistleQuery(msgspec.Struct, frozen=True):
    """`every`: those that were answered too, newest first."""

    every: bool = False


class WhistlesAnswer(msgspec.Struct, frozen=True):
    """Whistles with the units that each called."""

    items: tuple[WhistleLine, ...]


class AgeingAnswer(msgspec.Struct, frozen=True):
    """Open cases that wait to be solved, those that wait longest first."""

    items: tuple[AgeingLine, ...]


def routes(needs: Needs) -> tuple[ApiRoute, ...]:
    """The operations."""
    return (
        ApiRoute(
            "GET", "/whistles", "joint.whistles", partial(_whistles, needs), WhistlesAnswer, query=WhistleQuery,
            roles=BOARD_ROLES, summary="Whistles, and whether each called unit reported in",
        ),
        ApiRoute(
            "GET", "/ageing", "joint.ageing", partial(_ageing, needs), AgeingAnswer, roles=BOARD_ROLES,
            summary="Cases that are joint, shelved, offered for joint handling or late",
        ),
    )  # fmt: skip


def _whistles(needs: Needs, asked: ApiRequest) -> WhistlesAnswer | Refused:
    query: WhistleQuery = asked.query
    lines = whistle_board(asked.viewer, needs, asked.now, every=query.every)
    return lines if isinstance(lines, Refused) else WhistlesAnswer(lines)


def _ageing(needs: Needs, asked: ApiRequest) -> AgeingAnswer | Refused:
    lines = ageing_board(asked.viewer, needs, asked.now)
    return lines if isinstance(lines, Refused) else AgeingAnswer(lines)
