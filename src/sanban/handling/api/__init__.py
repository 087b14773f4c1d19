"""Handling's part of the API: cases and their steps, figures, working screens, the ledger, links of parties."""

from __future__ import annotations

from collections.abc import Callable

from sanban.handling.api import cases, figures, links, oversight
from sanban.handling.needs import Needs
from sanban.kernel.view import ApiRoute


def routes(needs: Needs, count_requests: Callable[[], int] | None = None) -> tuple[ApiRoute, ...]:
    """Every operation of handling; `count_requests` as for `cases.routes`."""
    own = (figures, oversight, links)
    return (*cases.routes(needs, count_requests), *(route for part in own for route in part.routes(needs)))
