"""Reads `on_the_spot.yaml`: how a request may be answered without a case, and who says so.

endings:
  informed:
    title: {zh: 已答复咨询, en: question answered}
    route: explain                 # the route that it takes with the answer
    questions: yes                 # optional: of questions alone
    by: [operator, dispatcher]     # roles that may end it so
dispute_days: 30                   # so long its requester may dispute it
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final, get_args

import msgspec

from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Role
from sanban.packs.desk.heeds import DESK, ROUTES
from sanban.packs.reading.opening import opened
from sanban.packs.reading.section import Section

FILE_NAME: Final = "on_the_spot.yaml"
_ROLES: Final = frozenset(get_args(Role))
_DAY: Final = 86_400_000_000
_EXAMPLE: Final = "explained: {title: {zh: 已解释说明, en: explained}, route: explain, by: [dispatcher]}"


class SpotEnding(msgspec.Struct, frozen=True):
    """How an answer on the spot may end. `route`: that it takes; `questions`: of questions alone; `by`: roles."""

    title: Title
    route: str
    by: frozenset[str]
    questions: bool = False


class OnTheSpot(msgspec.Struct, frozen=True):
    """Every such ending by its code; `dispute`: for how long an answer may be disputed, in microseconds."""

    endings: Mapping[str, SpotEnding]
    dispute: int

    def open_to(self, role: str, *, question: bool) -> dict[str, Title]:
        """The endings that a role may give a request, by what is asked in it."""
        return {
            code: ending.title
            for code, ending in self.endings.items()
            if role in ending.by and (question or not ending.questions)
        }


@lru_cache(8)
def load_on_the_spot(path: Path = DESK / FILE_NAME) -> OnTheSpot:
    """What a file declares. Raises FaultsFound with every fault."""
    with opened(path, "desk") as (root, _):
        endings = {code: _ending(part) for code, part in root.sections("endings", "ending").items()}
        if not endings:
            root.refuse(root.node, "missing_key", "declares no ending", _EXAMPLE)
        days = root.integer("dispute_days", 1, 365, default=30, required=True)
        return OnTheSpot(endings, days * _DAY)


def _ending(part: Section) -> SpotEnding:
    title = part.title(required=True) or Title("?", "?")
    route = part.choice("route", ROUTES, required=True)
    questions = part.flag("questions")
    by = part.words("by", "[dispatcher]", required=True)
    for role in set(by) - _ROLES:
        part.refuse(part.node, "unknown_role", f"{role!r} is no role", "by: [dispatcher]")
    part.close()
    return SpotEnding(title, route, frozenset(by), questions)
