"""What `sanban brief` and `sanban scorecard` do."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Literal
from uuid import uuid4

import msgspec

from sanban.kernel.errors import Refused, SanbanError
from sanban.kernel.permission import Actor
from sanban.kernel.view import Language
from sanban.main.house import House
from sanban.main.scorecard.wiring import scorecard_needs_of
from sanban.scorecard.brief.composing import Brief, freeze, last_week
from sanban.scorecard.brief.printing import printed
from sanban.scorecard.figures.spans import Period
from sanban.scorecard.period.event import AppealArgs, Line
from sanban.scorecard.period.publishing import appeal, draft
from sanban.scorecard.ports import Needs

CONSOLE = Actor("console", "system")


class Written(msgspec.Struct, frozen=True):
    """A brief that was printed: of which week, where to, and where the ledger stood when it was frozen."""

    week: str
    file: Path
    bytes: int
    position: int
    head: str
    frozen_at: str


def brief(house: House, week: str, form: Literal["docx", "pdf"], to: Path | None, language: Language) -> Written:
    """Prints a week's brief, which is frozen first if it is not. Raises SanbanError where there can be none."""
    needs = scorecard_needs_of(house)
    found = frozen(house, week or last_week(needs, house.clock()).name)
    content = printed(found, form, language, needs.calendar)
    file = to or Path.cwd() / f"brief-{found.frozen.week}.{form}"
    file.write_bytes(content)
    at = dt.datetime.fromtimestamp(found.frozen.at // 1_000_000, house.zone)
    return Written(
        found.frozen.week, file, len(content), found.frozen.position, found.frozen.head, f"{at:%Y-%m-%d %H:%M}"
    )


def frozen(house: House, week: str) -> Brief:
    """The frozen brief of a week. Raises SanbanError where there can be none."""
    found = freeze(scorecard_needs_of(house), CONSOLE, str(uuid4()), week, house.clock())
    if isinstance(found, Refused):
        raise SanbanError(found.message, found.example)
    return found


def shown(house: House) -> list[tuple[str, object]]:
    """What a demo is left with: the brief of the last week, its figures as a draft, and an appeal to decide on."""
    needs, now = scorecard_needs_of(house), house.clock()
    week = last_week(needs, now)
    found = frozen(house, week.name)
    drafted = draft(needs, CONSOLE, str(uuid4()), week.name, now)
    if isinstance(drafted, Refused):
        raise SanbanError(drafted.message, drafted.example)
    line = next((one for one in drafted.drafted.lines if one.figure == "in_time" and drafted.room(one)), None)
    if line is not None:
        _appealed(needs, week, line)
    return [("brief", f"{week.name}, frozen at position {found.frozen.position}"), ("draft", week.name)]


def _appealed(needs: Needs, week: Period, line: Line) -> None:
    """The unit appeals against the first case of the line."""
    opened = needs.opens(CONSOLE)
    if isinstance(opened, Refused):
        return
    with opened as view:
        cases, _ = view.behind(line.figure, week, line.unit, 0)
    who = Actor(f"handler-{line.unit}", "handler", line.unit)
    args = AppealArgs(line.unit, line.figure, cases[0].case, next(iter(needs.terms.grounds)), cases[0].part)
    appeal(needs, who, str(uuid4()), week.name, args, "办理期间施工路段封闭，无法进场。")
