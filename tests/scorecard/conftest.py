"""A deployment at work whose last week is over: a case late, one contacted and resolved, one explained."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sanban.main.scorecard.wiring import scorecard_needs_of
from sanban.scorecard.figures.spans import holding
from sanban.scorecard.ports import Needs
from working_house import DAY, Working


class Scene:
    """The deployment on the Monday after; `week` and `month` are over by then, or nearly."""

    def __init__(self, working: Working) -> None:
        self.working = working
        cases = [working.opened(working.filed(phone=f"1380000222{last}")) for last in range(4)]
        for case in cases:
            working.step("dispatcher", case, "dispatch")
        working.step("handler", cases[0], "accept")
        self.week = holding("week", working.now, working.house.calendar).name
        self.month = holding("month", working.now, working.house.calendar).name
        working.now += 35 * DAY
        working.house.run()
        working.house.catch_up()

    @property
    def now(self) -> int:
        return self.working.now

    @property
    def needs(self) -> Needs:
        return scorecard_needs_of(self.working.house)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    working = Working(tmp_path_factory.mktemp("scorecard") / "home")
    yield Scene(working)
    working.close()
