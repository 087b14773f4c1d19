"""What a request leaves in the tables of facts: when it came, by which way, of what, and where it went. Codes alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sanban.columnar.laying import Layout, Rows
from sanban.intake.aggregate import KIND
from sanban.intake.request import Request

StreetOf = Callable[[str, int], str]
"""The street of a grid at an instant, '' where that is not known."""


def request_layout(street_of: StreetOf, rests_on: str = "") -> Layout:
    """Every request, whether it became a case of its own, was joined to one, or was answered on the spot.

    `rests_on`: the version of the grids that `street_of` knows.
    """
    return Layout(KIND, lambda request: request.received.received_at, partial(_rows, street_of), rests_on)


def _rows(street_of: StreetOf, request: Request) -> Rows:
    received, best = request.received, request.best
    street = request.street or street_of(request.grid, received.received_at)
    row = (
        request.case,
        received.number,
        request.id,
        received.matter or (best.matter if best else ""),
        street,
        request.grid,
        street,
        "" if request.case else request.left,
        received.disputes,
        received.channel,
        request.state,
        request.route,
        received.found,
        received.received_at,
        request.closed_at or None,
    )
    return {"requests": [row]}
