"""Assessed periods: the draft, what units appeal against, what is decided, the final beside the draft.

/periods                                    every period, and publishing the last month that is over
/periods/{period}                            its lines in both versions, its appeals, and what the viewer may do
/periods/{period}/{figure}/{unit}            what a line counts against its unit, each with a way to appeal
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from itertools import groupby
from typing import NamedTuple

import msgspec

from sanban.kernel.errors import Refused, SanbanError
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor
from sanban.kernel.view import Missing, PageAnswer, Pager, PageRequest, PageRoute, Redirected, Shown, phrase
from sanban.scorecard.figures.spans import period_of
from sanban.scorecard.pages.asking import STAFF, page_number, pager
from sanban.scorecard.period import publishing
from sanban.scorecard.period.beside import beside
from sanban.scorecard.period.event import AppealArgs, Line, PeriodDrafted
from sanban.scorecard.period.showing import LineRow, district_rows, known_appeals, line_rows
from sanban.scorecard.period.stream import REVIEWERS, Appeal, AssessedPeriod, may_publish
from sanban.scorecard.ports import Behind, Needs

PATH = "/periods"
WHOLE = "all"
"""In place of a unit in an address: the whole district."""
DRAFTED = phrase("The draft is published. Units may appeal until the window is over.")
APPEALED = phrase("The appeal is noted; somebody who did not publish the draft decides.")
DECIDED = phrase("The appeal is decided.")
FINAL = phrase("The final is published. The draft stays beside it.")
NO_PERIOD = Missing(phrase("Period"), "2026-06")
_LIST = (
    "SELECT period, state, drafted_at, appeal_until, appeals, waiting FROM period_view "
    "WHERE district = :district ORDER BY drafted_at DESC, period LIMIT 60"
)

_APPEALS = (
    "SELECT period, case_id, waiting FROM appeal_view WHERE district = :district AND (:unit = '' OR unit = :unit) "
    "AND period IN ({periods})"
)


class PeriodRow(NamedTuple):
    """One period as published. Instants in microseconds UTC; `waiting`: appeals nobody has decided yet."""

    period: str
    state: str
    drafted_at: int
    appeal_until: int
    appeals: int
    waiting: int


class PeriodsContext(msgspec.Struct, frozen=True):
    """`scorecard/periods.html`. `due`: the period that is offered for publishing, '' to who may publish none."""

    rows: tuple[PeriodRow, ...]
    due: str


class AppealRow(msgspec.Struct, frozen=True):
    """An appeal in words, with the `number` of its case; `decides`: the viewer may."""

    appeal: Appeal
    title: Title
    unit_title: Title
    ground: Title
    number: str
    note: str
    decides: bool


class PeriodContext(msgspec.Struct, frozen=True):
    """`scorecard/period.html`. `finishes`: the viewer may publish the final now; `may_appeal`: they may appeal.

    `district`: the totals, for who sees every unit.
    """

    period: str
    drafted: PeriodDrafted
    final_at: int | None
    rows: tuple[LineRow, ...]
    district: tuple[LineRow, ...]
    appeals: tuple[AppealRow, ...]
    finishes: bool
    may_appeal: bool
    whole: str = WHOLE

    @property
    def by_figure(self) -> tuple[tuple[Title, tuple[LineRow, ...]], ...]:
        """The rows of each figure, in the order in which they were published."""
        grouped = ((key, tuple(rows)) for key, rows in groupby(self.rows, lambda row: row.first.figure))
        return tuple((rows[0].title, rows) for _, rows in grouped)


class OpenedLine(NamedTuple):
    """What is behind a published line for a viewer whose own unit is `own`, '' for all; `left_out` as in `LineContext`.

    `line` has the numbers of those cases that the viewer may know of.
    """

    state: AssessedPeriod
    own: str
    line: Line
    cases: tuple[Behind, ...]
    left_out: frozenset[tuple[str, str]]
    more: bool


class LineContext(msgspec.Struct, frozen=True):
    """`scorecard/line.html`: what a line counts, of the cases that the viewer may know of, in its numbers too.

    `left_out`: cases and parts that appeals took out of it; `grounds`: for an appeal, none where there is none.
    """

    period: str
    title: Title
    unit_title: Title
    line: Line
    cases: tuple[Behind, ...]
    left_out: frozenset[tuple[str, str]]
    pager: Pager
    grounds: tuple[tuple[str, Title], ...]


def routes(needs: Needs) -> tuple[PageRoute, ...]:
    """The lists and the four steps."""

    def step(path: str, name: str, handler: Callable[[Needs, PageRequest], PageAnswer]) -> PageRoute:
        return PageRoute("POST", f"{PATH}{path}", f"scorecard.{name}", partial(handler, needs), roles=STAFF)

    return (
        PageRoute(
            "GET",
            PATH,
            "scorecard.periods",
            partial(_list, needs),
            roles=STAFF,
            menu=phrase("Assessed periods"),
            icon="certificate",
            order=53,
        ),
        step("/draft", "draft", _draft),
        PageRoute("GET", f"{PATH}/{{period}}", "scorecard.period", partial(_period, needs), roles=STAFF),
        step("/{period}/appeal", "appeal", _appeal),
        step("/{period}/decide", "decide", _decide),
        step("/{period}/finish", "finish", _finish),
        PageRoute(
            "GET", f"{PATH}/{{period}}/{{figure}}/{{unit}}", "scorecard.line", partial(_line, needs), roles=STAFF
        ),
    )


def published(needs: Needs, viewer: Actor) -> tuple[PeriodRow, ...] | Refused:
    """The periods whose figures are published, the latest first, with the appeals that the viewer may know of."""
    own = needs.scope(viewer)
    if isinstance(own, Refused):
        return own
    rows = [PeriodRow(*row) for row in needs.reader.query(_LIST)]
    named = {f"period{place}": row.period for place, row in enumerate(rows) if row.appeals}
    sql = _APPEALS.format(periods=", ".join(f":{name}" for name in named))
    appeals = needs.reader.query(sql, {"unit": own, **named}) if named else []
    seen = needs.numbers(viewer, [case for _, case, _ in appeals])
    known = [(period, waits) for period, case, waits in appeals if case in seen]
    counted, waiting = Counter(period for period, _ in known), Counter(period for period, waits in known if waits)
    return tuple(row._replace(appeals=counted[row.period], waiting=waiting[row.period]) for row in rows)


def _list(needs: Needs, asked: PageRequest) -> PageAnswer:
    rows = published(needs, asked.viewer)
    if isinstance(rows, Refused):
        return rows
    last = publishing.last_over(needs, asked.now).name
    return Shown("scorecard/periods.html", PeriodsContext(rows, last if _publishes(asked) else ""))


def _publishes(asked: PageRequest) -> bool:
    return may_publish(asked.viewer)


def _period(needs: Needs, asked: PageRequest) -> PageAnswer:
    own = needs.scope(asked.viewer)
    state = publishing.period_state(needs, asked.path["period"])
    if isinstance(own, Refused) or state is None:
        return own if isinstance(own, Refused) else NO_PERIOD
    withheld = beside(needs, asked.viewer, state)
    if isinstance(withheld, Refused):
        return withheld
    rows = line_rows(needs, withheld, state, own)
    district = () if own else district_rows(needs, withheld, state)
    context = PeriodContext(
        period=state.drafted.period,
        drafted=msgspec.structs.replace(state.drafted, lines=(), district=()),
        final_at=state.final.at if state.final else None,
        rows=rows,
        district=district,
        appeals=_appeals(needs, asked, state, own),
        finishes=_publishes(asked) and state.final is None and asked.now >= state.drafted.appeal_until,
        may_appeal=own != "" and state.final is None and asked.now < state.drafted.appeal_until,
    )
    return Shown("scorecard/period.html", context)


def _appeals(needs: Needs, asked: PageRequest, state: AssessedPeriod, own: str) -> tuple[AppealRow, ...]:
    known = known_appeals(needs, asked.viewer, state, own)
    notes = needs.reader.open_secrets([one.said.note for one, _ in known if one.said.note])
    reviews = asked.viewer.role in REVIEWERS and asked.viewer.id != state.drafted.by and state.final is None
    return tuple(
        AppealRow(
            one,
            needs.figure(one.said.figure),
            needs.unit(one.said.unit, one.said.at),
            needs.terms.grounds.get(one.said.ground, Title(one.said.ground, one.said.ground)),
            number,
            notes.get(one.said.note, ""),
            reviews and one.upheld is None,
        )
        for one, number in known
    )


def opened_line(needs: Needs, viewer: Actor, path: Mapping[str, str], page: int) -> OpenedLine | Missing | Refused:
    """A page of what is behind a published line, as it stood when it was counted; the district's unit is `all`."""
    own, unit = needs.scope(viewer), "" if path["unit"] == WHOLE else path["unit"]
    state = publishing.period_state(needs, path["period"])
    line = (state.line(path["figure"], unit) if unit else state.whole(path["figure"])) if state else None
    if isinstance(own, Refused) or state is None or line is None or own not in ("", unit):
        return own if isinstance(own, Refused) else NO_PERIOD
    opened = needs.opens(viewer, state.drafted.position)
    if isinstance(opened, Refused):
        return opened
    period = period_of(state.drafted.period, needs.calendar)
    with opened as view:
        cases, more = view.behind(line.figure, period, unit, page)
        measured = view.figures(period, (line.figure,))
    seen = {one.unit: (one.holds, one.holds if one.n is None else one.n) for one in measured}
    holds, n = seen.get(unit, (0, 0))
    left_out = frozenset((one.said.case, one.said.part) for one in state.excluded(line.figure, unit))
    return OpenedLine(state, own, msgspec.structs.replace(line, holds=holds, n=n), cases, left_out, more)


def _line(needs: Needs, asked: PageRequest) -> PageAnswer:
    page = page_number(asked)
    found = opened_line(needs, asked.viewer, asked.path, page)
    if not isinstance(found, OpenedLine):
        return found
    state, line = found.state, found.line
    appeals = found.own != "" and state.final is None and asked.now < state.drafted.appeal_until
    context = LineContext(
        period=state.drafted.period,
        title=needs.figure(line.figure),
        unit_title=needs.unit(line.unit, state.drafted.until),
        line=line,
        cases=found.cases,
        left_out=found.left_out,
        pager=pager(f"{PATH}/{state.drafted.period}/{line.figure}/{asked.path['unit']}?page=", page, more=found.more),
        grounds=tuple(needs.terms.grounds.items()) if appeals else (),
    )
    return Shown("scorecard/line.html", context)


def _draft(needs: Needs, asked: PageRequest) -> PageAnswer:
    try:
        found = publishing.draft(needs, asked.viewer, asked.command_id, asked.given("period"), asked.now)
    except SanbanError as error:
        return Refused("no_period", error.message, error.example)
    return _done(found, DRAFTED)


def _appeal(needs: Needs, asked: PageRequest) -> PageAnswer:
    try:
        args = msgspec.convert(
            {name: asked.given(name) for name in ("figure", "case", "ground", "part")} | {"unit": asked.viewer.unit},
            AppealArgs,
        )
    except msgspec.ValidationError:
        return Refused("bad_arguments", "an appeal names a figure, a case and a ground", "force_majeure")
    note = asked.given("note")
    return _done(publishing.appeal(needs, asked.viewer, asked.command_id, asked.path["period"], args, note), APPEALED)


def _decide(needs: Needs, asked: PageRequest) -> PageAnswer:
    given = asked.given("number")
    number = int(given) if given.isascii() and given.isdecimal() and len(given) < 6 else 0
    upheld = asked.given("upheld") == "yes"
    found = publishing.decide_appeal(needs, asked.viewer, asked.command_id, asked.path["period"], number, upheld=upheld)
    return _done(found, DECIDED)


def _finish(needs: Needs, asked: PageRequest) -> PageAnswer:
    return _done(publishing.finish(needs, asked.viewer, asked.command_id, asked.path["period"]), FINAL)


def _done(found: AssessedPeriod | Refused, notice: str) -> PageAnswer:
    return found if isinstance(found, Refused) else Redirected(f"{PATH}/{found.drafted.period}", notice)
