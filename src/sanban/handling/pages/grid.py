"""The grid leader's screen: forces, second-level dispatch, visits of the day, and what is about to be late."""

from __future__ import annotations

from functools import partial

import msgspec

from sanban.handling.needs import Needs
from sanban.handling.oversight.grid import GridDay, grid_day
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Role
from sanban.kernel.view import PageAnswer, PageRequest, PageRoute, Shown, phrase

GRID_ROLES: frozenset[Role] = frozenset({"grid_leader", "handler"})
"""A street's handlers pass down too; the screen is made for the leader of a grid."""


class GridContext(msgspec.Struct, frozen=True):
    """`handling/grid.html`."""

    day: GridDay


def routes(needs: Needs) -> tuple[PageRoute, ...]:
    """The one screen."""
    return (
        PageRoute(
            "GET",
            "/grid",
            "handling.grid",
            partial(_grid, needs),
            roles=GRID_ROLES,
            menu=phrase("My grid"),
            icon="map-pin",
            order=5,
        ),
    )


def _grid(needs: Needs, asked: PageRequest) -> PageAnswer:
    day = grid_day(asked.viewer, needs, asked.now)
    return day if isinstance(day, Refused) else Shown("handling/grid.html", GridContext(day))
