"""Weekly briefs: the frozen ones with their files, and freezing the week that is over."""

from __future__ import annotations

from functools import partial

import msgspec

from sanban.kernel.clock.calendar import DAY
from sanban.kernel.errors import Refused, SanbanError
from sanban.kernel.view import (
    Download,
    Language,
    Missing,
    PageAnswer,
    PageRequest,
    PageRoute,
    Redirected,
    Shown,
    phrase,
)
from sanban.scorecard.brief.composing import Brief, brief_of, freeze, last_week
from sanban.scorecard.brief.document import Document
from sanban.scorecard.brief.printing import MEDIA, printed
from sanban.scorecard.brief.stream import BriefFrozen, may_freeze, stream_of
from sanban.scorecard.brief.withheld import for_viewer
from sanban.scorecard.figures.spans import before, period_of
from sanban.scorecard.pages.asking import LEADING
from sanban.scorecard.ports import Needs

PATH = "/briefs"
FROZEN = phrase("The brief is frozen. A reprint says the same.")
NO_BRIEF = Missing(phrase("Brief"), "2026-W23")
_LIST = "SELECT week, at, until, position, head FROM brief_view WHERE district = :district ORDER BY week DESC LIMIT 60"


class BriefRow(msgspec.Struct, frozen=True):
    """One frozen brief. `last`: an instant of the week's last day; instants in microseconds UTC."""

    week: str
    at: int
    last: int
    position: int
    head: str


class BriefsContext(msgspec.Struct, frozen=True):
    """`scorecard/briefs.html`. `due`: the week that can be frozen by the viewer, '' for none."""

    rows: tuple[BriefRow, ...]
    due: str


class BriefContext(msgspec.Struct, frozen=True):
    """`scorecard/brief.html`: the frozen text, and which of its rows opens which address; `opened`: a week earlier.

    `withheld`: rows of it are withheld from the viewer, and with them the words.
    """

    row: BriefRow
    document: Document
    since: int
    opens: dict[str, str]
    opened: dict[str, str]
    withheld: bool


def routes(needs: Needs) -> tuple[PageRoute, ...]:
    """The list, one brief, its files, and freezing."""
    return (
        PageRoute(
            "GET",
            PATH,
            "scorecard.briefs",
            partial(_list, needs),
            roles=LEADING,
            menu=phrase("Briefs"),
            icon="report",
            order=52,
        ),
        PageRoute("POST", f"{PATH}/freeze", "scorecard.freeze", partial(_freeze, needs), roles=LEADING),
        PageRoute("GET", f"{PATH}/{{week}}", "scorecard.brief", partial(_brief, needs), roles=LEADING),
        PageRoute("GET", f"{PATH}/{{week}}/{{form}}", "scorecard.brief_file", partial(_file, needs), roles=LEADING),
    )


def _list(needs: Needs, asked: PageRequest) -> PageAnswer:
    rows = tuple(
        BriefRow(week, at, until - DAY, position, head) for week, at, until, position, head in needs.reader.query(_LIST)
    )
    week = last_week(needs, asked.now).name
    frozen = any(row.week == week for row in rows)
    return Shown("scorecard/briefs.html", BriefsContext(rows, week if may_freeze(asked.viewer) and not frozen else ""))


def _freeze(needs: Needs, asked: PageRequest) -> PageAnswer:
    try:
        found = freeze(needs, asked.viewer, asked.command_id, asked.given("week"), asked.now)
    except SanbanError as error:
        return Refused("no_week", error.message, error.example)
    return found if isinstance(found, Refused) else Redirected(f"{PATH}/{found.frozen.week}", FROZEN)


def _brief(needs: Needs, asked: PageRequest) -> PageAnswer:
    found = _readable(needs, asked)
    if not isinstance(found, Brief):
        return found
    frozen = found.frozen
    row = BriefRow(frozen.week, frozen.at, frozen.until - DAY, frozen.position, frozen.head)
    opens, opened = _opens(frozen, frozen.week), _opened(needs, frozen)
    text = found.text(asked.language)
    withheld = not any(part.paragraphs for part in text.sections[:-1])
    return Shown("scorecard/brief.html", BriefContext(row, text, frozen.since, opens, opened, withheld))


def _opens(frozen: BriefFrozen, week: str) -> dict[str, str]:
    """Where each number of a week leads, as the ledger stood when the brief was frozen."""
    opens = {f"{one.figure}/{one.unit}": _behind(frozen, week, one.figure, one.unit) for one in frozen.figures}
    opens |= {one.figure: _behind(frozen, week, one.figure, "") for one in frozen.figures if not one.unit}
    return opens | {one.key: _counted(frozen, week, one.key) for one in frozen.counts}


def _opened(needs: Needs, frozen: BriefFrozen) -> dict[str, str]:
    """The same of the week before; how many were late then is of that week's own brief, where the ledger stood."""
    week = before(period_of(frozen.week, needs.calendar), needs.calendar).name
    earlier = needs.reader.state(stream_of(week))
    late = {"late": _counted(earlier, week, "late")} if isinstance(earlier, BriefFrozen) else {}
    return _opens(frozen, week) | late


def _readable(needs: Needs, asked: PageRequest) -> Brief | Refused | Missing:
    """The brief of the address as the viewer may read it."""
    found = brief_of(needs, asked.path["week"])
    return for_viewer(needs, found, asked.viewer) if isinstance(found, Brief) else found or NO_BRIEF


def _behind(frozen: BriefFrozen, week: str, figure: str, unit: str) -> str:
    return f"/scorecard/{figure}/cases?period={week}&unit={unit}&position={frozen.position}"


def _counted(frozen: BriefFrozen, week: str, key: str) -> str:
    """Of the stock, or the cases opened of a matter."""
    of, _, matter = key.rpartition(":")
    chosen = f"of=opened&matter={matter}" if of else f"of={key}"
    return f"/overview/stock?{chosen}&period={week}&position={frozen.position}"


def _file(needs: Needs, asked: PageRequest) -> PageAnswer:
    found, form = _readable(needs, asked), asked.path["form"]
    if not isinstance(found, Brief) or form not in MEDIA:
        return NO_BRIEF if isinstance(found, Brief) else found
    language: Language = "en" if asked.asked("in") == "en" else "zh"
    content = needs.apart(printed, found, "pdf" if form == "pdf" else "docx", language, needs.calendar)
    return Download(content, f"brief-{found.frozen.week}.{form}", MEDIA["pdf" if form == "pdf" else "docx"])
