"""What was found, as lists: a unit's findings, those that wait for a second look, and the share found first.

Found first: of the cases opened in a month, those whose first request is a finding. Both sides are listed, so that the
figure can be recomputed by hand. What no requester is called back about (sweeps, suggestions) is in neither.
"""

from __future__ import annotations

import datetime as dt
from typing import Protocol

import msgspec

from sanban.intake.desk.seeing import titles_of
from sanban.intake.findings.finding import CHECKERS, Finding, may_recheck, stream_of
from sanban.intake.ports import Needs
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor
from sanban.kernel.view import Pager, Waiting, phrase

PAGE = 50
_COLUMNS = "finding, number, recorded_at, found_at, unit, matter, grid, state, recheck_by"
_BASE = f"SELECT {_COLUMNS} FROM finding_view WHERE district = :district AND (recorded_at, finding) < (:at, :finding) "  # noqa: S608 -- names of ours
_LATEST = " ORDER BY recorded_at DESC, finding DESC LIMIT :limit"
_OF_UNIT = _BASE + "AND unit = :unit" + _LATEST
_OF_ALL = _BASE + _LATEST
_TO_RECHECK = _BASE + "AND state = 'to_recheck'" + _LATEST
_COUNT_TO_RECHECK = (
    "SELECT COUNT(*), COALESCE(SUM(CASE WHEN recheck_by < :now THEN 1 ELSE 0 END), 0) FROM finding_view "
    "WHERE district = :district AND state = :state"
)
AFTER_ALL = 1 << 62


class FindingLine(msgspec.Struct, frozen=True):
    """One finding. `text` is '' for those who do not work on it; `rechecks`: the viewer may look again now."""

    finding: str
    number: str
    found_at: int
    unit: Title
    matter: Title
    grid: str
    state: str
    recheck_by: int
    text: str = ""
    rechecks: bool = False


class FindingList(msgspec.Struct, frozen=True):
    """One page, newest first; `following`: the mark of the next, '' on the last."""

    lines: tuple[FindingLine, ...]
    pager: Pager
    following: str = ""


class FirstCase(msgspec.Struct, frozen=True):
    """A case of the figure: id, number, when it was opened, whether it was found first."""

    case: str
    number: str
    opened_at: int
    first: bool


class FoundFirst(msgspec.Struct, frozen=True):
    """The share of one month (`2026-05`). `found` of `cases`; one page of `listed`, which are all of them in pages."""

    month: str
    found: int
    cases: int
    listed: tuple[FirstCase, ...]
    pager: Pager

    @property
    def share(self) -> str:
        """Per cent with one decimal, `n/a` where there is no case."""
        if not self.cases:
            return "n/a"
        tenths = (2 * 1000 * self.found + self.cases) // (2 * self.cases)
        return f"{tenths // 10}.{tenths % 10} %"


class CountsFirst(Protocol):
    """Knows requests and cases both."""

    def found_first(
        self, viewer: Actor, now: int, since: int, until: int, offset: int, limit: int
    ) -> tuple[int, int, tuple[FirstCase, ...]]:
        """(found first, cases, a page of the cases, found ones first) opened between two instants, as the viewer may
        know of them."""
        ...


def findings(needs: Needs, viewer: Actor, now: int, mark: str, *, waiting: bool) -> FindingList:
    """A page of findings: of the viewer's unit, or of all for the centre; `waiting`: those to be looked at again."""
    at, _, finding = mark.partition("~")
    after = (int(at), finding) if at.isascii() and at.isdecimal() and len(at) < 19 else (AFTER_ALL, "")
    given = {"at": after[0], "finding": after[1], "limit": PAGE + 1}
    if waiting:
        rows = needs.reader.query(_TO_RECHECK, given)
    elif viewer.unit_kind in ("grid_team", "street", "station"):
        rows = needs.reader.query(_OF_UNIT, given | {"unit": viewer.unit})
    else:
        rows = needs.reader.query(_OF_ALL, given)
    titles = titles_of(needs.matters(now))
    lines = tuple(_line(needs, viewer, now, row, titles) for row in rows[:PAGE])
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    kind, following = "waiting=yes&" if waiting else "", f"{last[2]}~{last[0]}" if last else ""
    return FindingList(lines, Pager(next=f"/findings?{kind}page={following}" if following else ""), following)


def finding_line(needs: Needs, viewer: Actor, now: int, finding: str) -> FindingLine | None:
    """One finding, for those who work on it; None for all others, and where there is none."""
    known = needs.reader.state(stream_of(finding))
    if not isinstance(known, Finding) or not reads(viewer, known):
        return None
    told = known.reported
    row = (told.id, told.number, told.at, told.found_at, told.unit, told.matter, told.grid, known.state)
    return _line(needs, viewer, now, (*row, told.recheck_by), titles_of(needs.matters(now)))


def reads(viewer: Actor, finding: Finding) -> bool:
    """Whether the viewer works on it, and so sees what was said and shown of it."""
    return viewer.role in CHECKERS and (viewer.unit == finding.reported.unit or finding.state == "to_recheck")


def waits(needs: Needs, viewer: Actor, now: int) -> Waiting | None:
    """Repairs that wait for a second look, for those who may take it."""
    if viewer.role not in CHECKERS:
        return None
    ((count, late),) = needs.reader.query(_COUNT_TO_RECHECK, {"now": now, "state": "to_recheck"})
    title = phrase("To be looked at again")
    return Waiting(title, "/findings?waiting=yes", "eye", int(count), int(late), phrase("late"))


def found_first(viewer: Actor, counts: CountsFirst, zone: dt.tzinfo, now: int, month: str, page: int) -> FoundFirst:
    """The figure of a month (`2026-05`) of the district's calendar, with one page of its cases, from 0."""
    year, number = (int(part) for part in month.split("-"))
    since = dt.datetime(year, number, 1, tzinfo=zone)
    until = dt.datetime(year + number // 12, number % 12 + 1, 1, tzinfo=zone)
    found, cases, listed = counts.found_first(viewer, now, _micro(since), _micro(until), page * PAGE, PAGE)
    url = f"/findings/first?month={month}&page="
    before = f"{url}{page - 1}" if page else ""
    after = f"{url}{page + 1}" if (page + 1) * PAGE < cases else ""
    return FoundFirst(month, found, cases, listed, Pager(before, after))


def month_of(now: int, zone: dt.tzinfo) -> str:
    """The month of an instant in the district."""
    return f"{dt.datetime.fromtimestamp(now / 1_000_000, zone):%Y-%m}"


def _micro(moment: dt.datetime) -> int:
    return int(moment.timestamp()) * 1_000_000


def _line(needs: Needs, viewer: Actor, now: int, row: tuple[object, ...], titles: dict[str, Title]) -> FindingLine:
    finding, number, _, found_at, unit, matter, grid, state, recheck_by = row
    held = needs.duty.unit_at(str(unit), now)
    known = needs.reader.state(stream_of(str(finding)))
    text = (
        needs.reader.open_secrets([known.reported.text]) if isinstance(known, Finding) and reads(viewer, known) else {}
    )
    return FindingLine(
        finding=str(finding),
        number=str(number),
        found_at=int(str(found_at)),
        unit=Title(held.title_zh, held.title_en) if held else Title(str(unit), str(unit)),
        matter=titles.get(str(matter), Title(str(matter), str(matter))),
        grid=str(grid),
        state=str(state),
        recheck_by=int(str(recheck_by)),
        text=next(iter(text.values()), ""),
        rechecks=isinstance(known, Finding) and may_recheck(viewer, known) is None,
    )
