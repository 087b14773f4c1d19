"""Handling's part of the API: cases and their steps, figures, where the ledger stands, and links of parties."""

from __future__ import annotations

from collections.abc import Callable

from sanban.handling.api import cases, figures, links
from sanban.handling.needs import Needs
from sanban.kernel.view import ApiRoute


def routes(needs: Needs, count_requests: Callable[[], int] | None = None) -> tuple[ApiRoute, ...]:
    """Every operation of handling; `count_requests` as for `cases.routes`."""
    return (*cases.routes(needs, count_requests), *figures.routes(needs), *links.routes(needs))
