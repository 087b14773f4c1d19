"""The scorecard's pages: who may see what, every number opens its cases, and what is downloaded says its source."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

import docx as word
import msgspec
import pytest
from msgspec.structs import replace
from python_calamine import CalamineWorkbook

from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor, Role
from sanban.kernel.view import Download, Missing, PageRequest, PageRoute, Redirected, Shown
from sanban.scorecard.brief.composing import Brief, freeze
from sanban.scorecard.brief.document import Section
from sanban.scorecard.figures import spans
from sanban.scorecard.figures.spans import Grain, holding, period_of
from sanban.scorecard.pages import periods, routes
from sanban.scorecard.pages.asking import NO_POSITION
from sanban.scorecard.pages.overview import OverviewContext, compared
from sanban.scorecard.ports import Measured
from sanban.web.files import StaticFiles
from sanban.web.rendering import Renderer, Site
from sanban.web.shell import status_of
from scorecard.conftest import Scene

LEADER = Actor("leader-of-centre", "leader", "centre")


ASKED_OF_A_PERIOD: dict[str, dict[str, str]] = {
    "overview": {},
    "wall": {},
    "stock": {},
    "figures": {},
    "export": {},
    "figure": {"figure": "in_time"},
    "cases": {"figure": "in_time"},
}


class Pages:
    """The pages by name, asked as somebody."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._routes = {route.name.partition(".")[2]: route for route in routes(scene.needs)}
        self._asked = 0

    def ask(
        self,
        name: str,
        who: Actor = LEADER,
        form: dict[str, str] | None = None,
        path: dict[str, str] | None = None,
        **given: str,
    ) -> Any:
        """What a page answers; names of its path are taken from `given` too, the rest is its query."""
        route: PageRoute = self._routes[name]
        assert who.role in route.roles
        path = {key: value for key, value in given.items() if f"{{{key}}}" in route.path} | (path or {})
        self._asked += 1
        return route.handler(
            PageRequest(
                viewer=who,
                language="zh",
                now=self._scene.now,
                command_id=f"00000000-0000-4000-8000-{self._asked:012}",
                path=path,
                query={key: (value,) for key, value in given.items() if key not in path},
                form={key: (value,) for key, value in (form or {}).items()},
            )
        )

    def shown(self, name: str, who: Actor = LEADER, **given: str) -> Any:
        """The context of a page that is shown."""
        answer = self.ask(name, who, **given)
        assert isinstance(answer, Shown), answer
        return answer.context


@pytest.fixture(scope="module")
def pages(scene: Scene) -> Pages:
    return Pages(scene)


def test_every_number_of_the_scorecard_opens_exactly_what_it_counts(scene: Scene) -> None:
    opened = scene.needs.opens(LEADER)
    assert not isinstance(opened, Refused)
    period = period_of(scene.month, scene.needs.calendar)
    with opened as view:
        measured = [one for one in view.figures(period) if not one.unit]
        assert any(one.n for one in measured)
        for one in measured:
            cases, more = view.behind(one.figure, period, "", 0)
            counted = sum(case.holds for case in cases), len(cases)
            assert counted == (one.holds, one.holds if one.n is None else one.n), one.figure
            assert not more
            assert all(case.number for case in cases)


def test_a_figure_of_the_district_is_the_sum_of_its_units_and_a_share_of_nothing_is_not_applicable(
    pages: Pages, scene: Scene
) -> None:
    shown = pages.shown("figure", figure="in_time", period=scene.month)
    assert shown.whole.n == sum(one.n for one in shown.units)
    assert shown.trend.startswith("data:image/svg+xml,")
    empty = pages.shown("figure", figure="in_time", period="2026-03")
    assert (empty.whole.value, empty.units, empty.trend) == ("n/a", (), "")


def test_a_unit_whose_like_others_have_too_few_of_is_told_how_many_cases_are_not_compared(
    pages: Pages, scene: Scene
) -> None:
    units = pages.shown("figure", figure="in_time", period=scene.month).units
    assert units
    for one in units:
        assert (one.likeness, one.compared, sum(count for _, count in one.uncompared)) == (None, 0, one.n)
        assert all(kind.zh != kind.en for kind, _ in one.uncompared), "by the matter's title"


@pytest.mark.parametrize("period", ["2026-99", "2026-Q4", "2026-W60", "1999-01", "2026-06-01", "last month"])
def test_a_page_of_what_is_no_month_or_week_says_so_with_one_that_is(pages: Pages, period: str) -> None:
    for name, given in ASKED_OF_A_PERIOD.items():
        answer = pages.ask(name, period=period, **given)
        assert (answer.reason, answer.example, status_of(answer)) == ("no_month_or_week", "2026-06", 400), name


def test_a_page_that_names_no_period_is_of_this_month_and_the_wall_may_ask_for_the_running_week(pages: Pages) -> None:
    found = {grain: pages.shown("overview", period=grain).period.grain for grain in ("", "month", "week")}
    assert found == {"": "month", "month": "month", "week": "week"}


def test_a_unit_sees_its_own_figures_alone(pages: Pages, scene: Scene) -> None:
    handler = Actor("handler-of-power", "handler", "power", unit_kind="department")
    assert {one.unit for one, _ in pages.shown("figures", handler, period=scene.month).rows} <= {"power"}
    assert {one.unit for one in pages.shown("figure", handler, figure="in_time", period=scene.month).units} <= {"power"}
    cases = pages.shown("cases", handler, figure="in_time", period=scene.month, unit="street-01")
    assert (cases.measured.unit, {case.unit for case in cases.cases} - {"power"}) == ("power", set())


def test_a_part_that_is_a_request_is_called_by_its_number(pages: Pages, scene: Scene) -> None:
    listed = pages.shown("cases", figure="requests", period=scene.month)
    assert listed.cases
    rows = scene.needs.reader.query("SELECT request, number FROM request_view WHERE district = :district")
    assert {one.part: listed.requests[one.part] for one in listed.cases}.items() <= dict(rows).items()


def test_the_overview_leads_to_a_case_in_two_clicks(pages: Pages, scene: Scene) -> None:
    overview: OverviewContext = pages.shown("overview")
    directions = {card.now.figure: card.way for index in overview.indexes for card in index.cards}
    assert directions == {"requests": "down", "contacted": "up", "resolved": "up", "satisfied": "up"}
    assert all(index.assumption is not None for index in overview.indexes)
    counted = sum(age.count for age in overview.ages)
    assert counted == overview.stock.open > overview.unplaced
    assert sum(count for _, count in overview.grids) + overview.unplaced == counted
    age = next(age for age in overview.ages if age.count)
    cases = pages.shown("open", age=age.code).cases
    assert len(cases) == age.count
    assert scene.working.house.reader.state(f"case:{cases[0].case}") is not None


def test_what_was_closed_and_what_was_late_open_their_cases(pages: Pages, scene: Scene) -> None:
    for period in (scene.week, scene.month, holding("month", scene.now, scene.needs.calendar).name):
        stock = pages.shown("overview", period=period).stock
        listed = {of: pages.shown("stock", of=of, period=period) for of in ("closed", "open", "late")}
        assert {of: len(one.cases) for of, one in listed.items()} == msgspec.structs.asdict(stock)
        assert not any(one.holds for one in listed["late"].cases)
        assert sum(not one.holds for one in listed["open"].cases) == stock.late
    assert stock.late > 0


@pytest.mark.parametrize("grain", ["month", "week"])
def test_the_wall_asks_for_the_running_month_or_week(pages: Pages, scene: Scene, grain: Grain) -> None:
    earlier = {"month": scene.month, "week": scene.week}[grain]
    shown = pages.shown("wall", period=earlier)
    assert shown.period.grain == grain
    running = holding(grain, scene.now, scene.needs.calendar)
    path, _, asked = shown.again.partition("?period=")
    assert path == "/overview/wall"
    assert pages.shown("wall", period=asked).period == running != shown.period


@pytest.mark.parametrize(
    ("now", "then", "moved"),
    [((52, 100), (50, 100), 0), ((80, 100), (50, 100), 1), ((0, 0), (5, 9), None), ((21, None), (20, None), 0),
     ((20, None), (80, None), -1), ((5, None), (0, None), None)],
)  # fmt: skip
def test_a_card_says_that_a_figure_moved_only_beyond_chance(
    now: tuple[int, int | None], then: tuple[int, int | None], moved: int | None
) -> None:
    title = Title("数", "Figure")
    one, other = (Measured("made", title, "high", "", title, holds, n) for holds, n in (now, then))
    assert compared(one, other, "up", (20, 20)).moved == moved


def test_requests_and_cases_are_told_side_by_side(pages: Pages, scene: Scene) -> None:
    came: tuple[Measured, ...] = pages.shown("overview", period=scene.month).came
    assert [one.figure for one in came] == ["requests", "cases"]
    tables = {"requests": "request_view WHERE NOT found AND received_at", "cases": "case_view WHERE opened_at"}
    span = "BETWEEN :since AND :until"
    period = period_of(scene.month, scene.needs.calendar)
    for one in came:
        sql = f"SELECT COUNT(*) FROM {tables[one.figure]} {span} AND district = :district"
        rows = scene.needs.reader.query(sql, {"since": period.since, "until": period.until - 1})
        assert [(one.holds,)] == rows, one.figure


def test_the_workbook_holds_the_numbers_of_the_page_and_their_source(pages: Pages, scene: Scene) -> None:
    made = pages.ask("export", period=scene.month)
    assert isinstance(made, Download)
    book = CalamineWorkbook.from_filelike(io.BytesIO(made.content))
    figures, sources = (book.get_sheet_by_index(place).to_python() for place in (0, 1))
    written = {(row[1], row[2]): (row[3], row[4], row[5]) for row in figures[1:]}
    shown = pages.shown("figures", period=scene.month)
    for one, _ in shown.rows:
        n = "" if one.n is None else float(one.n)
        assert written[one.figure, one.unit_title.zh] == (float(one.holds), n, one.value)
    assert str(shown.source.position) in {row[1] for row in sources}
    with zipfile.ZipFile(io.BytesIO(made.content)) as parts:
        cells = set(re.findall(r'<c r="([A-Z]+\d+)"', parts.read("xl/worksheets/sheet1.xml").decode()))
    told = [1, *(place for place, row in enumerate(figures[1:], start=2) if row[8])]
    assert {cell for cell in cells if cell[0] in "IJ"} == {f"{column}{place}" for column in "IJ" for place in told}


def test_a_brief_is_frozen_read_and_taken_away(pages: Pages, scene: Scene) -> None:
    week = pages.shown("briefs").due
    assert week
    assert isinstance(pages.ask("freeze", form={"week": week}), Redirected)
    assert pages.shown("briefs").due == ""
    shown = pages.shown("brief", week=week)
    rows = [key for part in shown.document.sections if part.table for key in part.table.keys]
    assert all(key in shown.opens for key in rows)
    taken = pages.ask("brief_file", week=week, path={"form": "docx"})
    assert isinstance(taken, Download)
    assert word.Document(io.BytesIO(taken.content)).core_properties.title == shown.document.title


def test_every_number_of_a_brief_opens_as_many_as_it_counted_whatever_has_happened_since(
    pages: Pages, scene: Scene
) -> None:
    found = freeze(scene.needs, LEADER, str(uuid4()), scene.week, scene.now)
    assert isinstance(found, Brief)
    scene.working.step("dispatcher", scene.working.opened(scene.working.filed()), "dispatch")
    opens = pages.shown("brief", week=scene.week).opens
    counted = {one.key: one.count for one in found.frozen.counts}
    counted |= {f"{one.figure}/{one.unit}": one.holds if one.n is None else one.n for one in found.frozen.figures}
    assert counted.keys() <= opens.keys()
    for key, count in counted.items():
        path, _, query = opens[key].partition("?")
        asked = dict(parse_qsl(query))
        if path == "/overview/stock":
            listed = pages.shown("stock", **asked).cases
        else:
            listed = pages.shown("cases", figure=path.split("/")[2], **asked).cases
        assert len(listed) == count, key
    assert pages.ask("stock", position=str(found.frozen.position + 1)) == NO_POSITION, "no brief stands there"


def test_how_many_were_late_the_week_before_opens_what_that_weeks_brief_counted(pages: Pages, scene: Scene) -> None:
    calendar = scene.needs.calendar
    earlier = spans.before(period_of(scene.week, calendar), calendar).name
    first = freeze(scene.needs, LEADER, str(uuid4()), earlier, scene.now)
    assert isinstance(first, Brief)
    scene.working.step("dispatcher", scene.working.opened(scene.working.filed()), "dispatch")
    assert isinstance(freeze(scene.needs, LEADER, str(uuid4()), scene.week, scene.now), Brief)
    opened = pages.shown("brief", week=scene.week).opened
    assert opened["late"] == pages.shown("brief", week=earlier).opens["late"]
    assert f"position={first.frozen.position}" in opened["late"]
    assert opened["open"] != pages.shown("brief", week=earlier).opens["open"]


def test_the_numbers_of_a_brief_open_their_cases_whatever_its_columns_are_called(pages: Pages, scene: Scene) -> None:
    assert isinstance(freeze(scene.needs, LEADER, str(uuid4()), scene.week, scene.now), Brief)
    shown = pages.shown("brief", week=scene.week)

    def renamed(part: Section) -> Section:
        table = part.table
        return part if table is None else replace(part, table=replace(table, head=("",) * len(table.head)))

    sections = tuple(map(renamed, shown.document.sections))
    other = replace(shown, document=replace(shown.document, sections=sections))
    site = Site(LEADER, True, "", "zh", scene.now, "", "trial")
    renderer = Renderer(StaticFiles(), "Asia/Shanghai")
    opened = [
        re.findall(r'href="(/(?:scorecard|overview)/[^"]+)', renderer.page("scorecard/brief.html", one, site))
        for one in (shown, other)
    ]
    assert opened[0] == opened[1] != []


@pytest.mark.parametrize("role", ["auditor", "mechanism_owner", "verifier"])
def test_who_only_reads_is_offered_nothing_to_freeze_or_publish(pages: Pages, role: Role) -> None:
    reader = Actor(f"{role}-1", role, "centre")
    assert pages.shown("briefs", reader).due == ""
    assert pages.shown("periods", reader).due == ""
    refused = pages.ask("freeze", reader, form={"week": "2026-W20"})
    assert isinstance(refused, Refused)
    assert refused.reason == "not_permitted"


def test_the_numbers_of_many_cases_are_asked_for_so_many_at_a_time(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = scene.needs.reader.query("SELECT case_id, number FROM case_view WHERE district = :district")
    cases = [case for case, _ in rows]
    assert scene.needs.numbers(LEADER, [*cases, "none", *cases]) == dict(rows)
    monkeypatch.setattr("sanban.main.scorecard.wiring.AT_ONCE", 2)
    assert len(cases) > 2
    assert scene.needs.numbers(LEADER, cases) == dict(rows)


def appeals_told(pages: Pages, who: Actor, name: str) -> tuple[int, int]:
    row = next(one for one in pages.shown("periods", who).rows if one.period == name)
    return row.appeals, row.waiting


def test_a_draft_is_published_appealed_against_decided_and_final(
    pages: Pages, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = scene.week
    assert isinstance(pages.ask("draft", form={"period": name}), Redirected)
    line = next(one.first for one in pages.shown("period", period=name).rows if one.first.against)
    unit = Actor("handler-of-unit", "handler", line.unit)
    opened = pages.shown("line", unit, period=name, figure=line.figure, unit=line.unit)
    case = opened.cases[0]
    assert opened.line == line
    with monkeypatch.context() as barred:
        barred.setattr("sanban.main.scorecard.wiring._about", lambda *_: [case.case])
        apart = pages.shown("line", unit, period=name, figure=line.figure, unit=line.unit)
    assert (len(apart.cases), apart.line.n) == (len(opened.cases) - 1, line.n - 1), "the case is about the handler"
    said = {"figure": line.figure, "case": case.case, "part": case.part, "ground": opened.grounds[0][0], "note": "停电"}
    assert isinstance(pages.ask("appeal", unit, form=said, period=name), Redirected)
    assert not pages.shown("period", period=name).appeals[0].decides
    auditor = Actor("auditor-1", "auditor", "centre")
    appeal = pages.shown("period", auditor, period=name).appeals[0]
    assert (appeal.decides, appeal.note) == (True, "停电")
    with monkeypatch.context() as barred:
        barred.setattr("sanban.main.scorecard.wiring.about_viewer", lambda *_: ("AND 1 = 0", {}))
        refused = pages.ask("decide", auditor, form={"number": "1", "upheld": "yes"}, period=name)
        assert pages.shown("period", auditor, period=name).appeals == ()
        assert appeals_told(pages, auditor, name) == (0, 0)
    strangers = Actor("handler-of-another", "handler", "no-such-unit")
    told = [appeals_told(pages, one, name) for one in (auditor, unit, strangers)]
    assert told == [(1, 1), (1, 1), (0, 0)], "the list counts what the period's page shows"
    asked: list[str] = []
    needs = replace(scene.needs, numbers=lambda _viewer, cases: asked.extend(cases) or {})
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(periods, "_LIST", periods._LIST.replace("SELECT period", "SELECT 'another'"))
        assert not isinstance(periods.published(needs, auditor), Refused)
    assert asked == [], "appeals of periods that are not listed are not read"
    with monkeypatch.context() as barred:
        barred.setattr("sanban.scorecard.period.publishing.period_state", lambda *_: pytest.fail("read one by one"))
        assert appeals_told(pages, auditor, name) == (1, 1)
    assert isinstance(refused, Refused)
    assert refused.reason == "not_reviewer", "the case is about the auditor"
    decided = pages.ask("decide", auditor, form={"number": "1", "upheld": "no"}, period=name)
    assert isinstance(decided, Redirected)
    shown = pages.shown("period", period=name)
    totals = {row.first.figure: row for row in shown.district}
    assert {"requests", "cases", line.figure} <= totals.keys()
    for figure, row in totals.items():
        opened = pages.shown("line", period=name, figure=figure, unit=shown.whole)
        assert (opened.line.holds, opened.line.n, opened.grounds) == (row.first.holds, row.first.n, ())
        assert len(opened.cases) == row.first.n, "every total opens its cases"
        assert row.second == row.first, "the one appeal was rejected"
    assert pages.shown("period", unit, period=name).district == ()
    assert isinstance(pages.ask("line", unit, period=name, figure=line.figure, unit=shown.whole), Missing)
    early = pages.ask("finish", period=name)
    assert isinstance(early, Refused)
    assert early.reason == "appeals_open"


def test_every_number_on_the_wall_opens_what_it_counts(pages: Pages, scene: Scene) -> None:
    shown = pages.ask("wall", period=scene.month)
    site = Site(LEADER, True, "", "zh", scene.now, "", "trial")
    text = Renderer(StaticFiles(), "Asia/Shanghai").page(shown.template, shown.context, site)
    for count in re.findall(r"waits-count[^>]*>(.*?)</(?:p|dd)>", text):
        assert count == "0" or count.startswith('<a href="/'), count
    named = {path.partition("?")[0] for path in re.findall(r'<a [^>]*href="([^"]+)"', text[text.index('id="wall"') :])}
    assert {"/overview/open", "/overview/stock", "/scorecard/requests/cases"} <= named
