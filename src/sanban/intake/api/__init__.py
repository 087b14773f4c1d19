"""Intake's part of the API: filing and reading requests, deciding on them, bringing them into cases and out again."""

from __future__ import annotations

from sanban.intake.api import deciding, filing, hot, joining
from sanban.intake.ports import Needs
from sanban.kernel.view import ApiRoute


def routes(needs: Needs) -> tuple[ApiRoute, ...]:
    """Every operation of intake."""
    return (*filing.routes(needs), *deciding.routes(needs), *joining.routes(needs), *hot.routes(needs))
