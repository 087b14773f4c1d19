"""What came up to me: supervised and reopened cases and limits missed below, on one page."""

from __future__ import annotations

from functools import partial

import msgspec

from sanban.handling.needs import Needs
from sanban.handling.oversight.raised import RaisedLine, raised
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Role
from sanban.kernel.view import PageAnswer, PageRequest, PageRoute, Shown, phrase

RAISED_ROLES: frozenset[Role] = frozenset(
    {"operator", "dispatcher", "handler", "grid_leader", "coordinator", "leader", "auditor"}
)


class RaisedContext(msgspec.Struct, frozen=True):
    """`handling/raised.html`."""

    supervised: tuple[RaisedLine, ...]
    reopened: tuple[RaisedLine, ...]
    missed: tuple[RaisedLine, ...]


def routes(needs: Needs) -> tuple[PageRoute, ...]:
    """The one page."""
    return (
        PageRoute(
            "GET",
            "/raised",
            "handling.raised",
            partial(_raised, needs),
            roles=RAISED_ROLES,
            menu=phrase("Came up to me"),
            icon="flag",
            order=25,
        ),
    )


def _raised(needs: Needs, asked: PageRequest) -> PageAnswer:
    lines = raised(asked.viewer, needs, asked.now)
    if isinstance(lines, Refused):
        return lines
    kinds = ("supervised", "reopened", "missed")
    return Shown(
        "handling/raised.html",
        RaisedContext(**{kind: tuple(line for line in lines if line.kind == kind) for kind in kinds}),
    )
