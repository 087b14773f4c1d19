"""Intake's part of the API: filing and reading requests, and bringing them into cases and out again."""

from __future__ import annotations

from sanban.intake.api import filing, hot, joining
from sanban.intake.ports import Needs
from sanban.kernel.view import ApiRoute


def routes(needs: Needs) -> tuple[ApiRoute, ...]:
    """Every operation of intake."""
    return (*filing.routes(needs), *joining.routes(needs), *hot.routes(needs))
