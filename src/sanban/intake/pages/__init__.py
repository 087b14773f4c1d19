"""Intake's pages: the desk's queue, one request with what can be decided on it, noting down a call, what is hot."""

from __future__ import annotations

from sanban.intake.pages import hot, noting, queue, request
from sanban.intake.ports import Needs
from sanban.kernel.view import PageRoute


def routes(needs: Needs) -> tuple[PageRoute, ...]:
    """Every page of intake."""
    return (*queue.routes(needs), *noting.routes(needs), *request.routes(needs), *hot.routes(needs))
