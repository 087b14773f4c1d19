"""The policies beside a firm's request, for those who decide on it: its profile and its words, opened for them."""

from __future__ import annotations

from sanban.intake.desk.seeing import Texts
from sanban.intake.firms.filing import CHANNEL, year_of
from sanban.intake.firms.matching import Match
from sanban.intake.firms.profile import read
from sanban.intake.ports import Needs
from sanban.intake.request import Request


def policies_for(needs: Needs, request: Request, texts: Texts, now: int) -> tuple[Match, ...]:
    """What may be for the firm; nothing for requests of anybody else."""
    if request.received.channel != CHANNEL:
        return ()
    return needs.policies.matching(read(texts.firm), texts.text, year_of(needs, now), now)
