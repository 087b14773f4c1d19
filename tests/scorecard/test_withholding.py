"""No published sum, less what somebody counts themselves, tells how a case went that is kept from them."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.kernel.view import PageRequest, Shown
from sanban.scorecard.brief.composing import Brief, freeze
from sanban.scorecard.brief.document import Section, Table
from sanban.scorecard.brief.stream import UNSAID, Counted, Figured
from sanban.scorecard.brief.withheld import for_viewer
from sanban.scorecard.figures import spans
from sanban.scorecard.figures.spans import period_of
from sanban.scorecard.pages.periods import routes
from sanban.scorecard.period import publishing
from sanban.scorecard.period.beside import Beside, beside, shows_among, shows_total
from sanban.scorecard.period.publications import Published, earlier_than, of_brief, of_period
from sanban.scorecard.period.showing import district_rows, line_rows
from sanban.scorecard.period.stream import AssessedPeriod
from sanban.scorecard.ports import Needs
from sanban.scorecard.recent import Recent
from sanban.scorecard.withholding import Sum, Withholding, key_of, withholding
from scorecard.conftest import Scene

LEADER = Actor("leader-of-centre", "leader", "centre")
ID = "00000000-0000-4000-9000-00000000000{}"
LEAST = st.integers(2, 50)
SOME = st.one_of(st.integers(0, 3), st.integers(0, 200))
PARTS = st.tuples(SOME, SOME)
"""So many that hold, and so many that do not."""
UNITS = st.lists(st.tuples(PARTS, PARTS), min_size=1, max_size=5)
"""Of each unit, and of no unit last: what is kept, and what the viewer counts."""


def summed(*parts: tuple[int, int]) -> Sum:
    holds = sum(one for one, _ in parts)
    return Sum(holds + sum(one for _, one in parts), holds)


@given(PARTS, PARTS, LEAST, st.integers(0, 3))
def test_a_share_that_is_shown_tells_of_no_case_that_is_kept(
    kept: tuple[int, int], own: tuple[int, int], least: int, out: int
) -> None:
    published = summed(kept, own)
    shown = Withholding(least, {"key": summed(own)}).shows("key", published, out)
    if shown and published.n:
        assert published.n >= least
        assert not any(kept) or min(kept) >= least, "neither how few hold nor how few do not"
        assert not (any(kept) and out), "the versions before and after appeals differ by what was left out"
    assert shown or any(kept) or published.n < least
    assert Withholding(least).shows("key", published, out), "from whom nothing is kept nothing is withheld"


@given(SOME, SOME, LEAST)
def test_a_count_that_is_shown_points_to_no_case_that_is_kept(kept: int, own: int, least: int) -> None:
    shown = Withholding(least, {"key": Sum(own)}).shows("key", Sum(kept + own))
    assert shown == (kept + own == 0 or (kept + own >= least and (kept == 0 or kept >= least)))


@given(UNITS, LEAST)
def test_the_sum_of_the_district_less_those_of_units_tells_no_more(
    counted: list[tuple[tuple[int, int], tuple[int, int]]], least: int
) -> None:
    *units, _ = [(f"u-{number}", kept, own) for number, (kept, own) in enumerate(counted)]
    whole = summed(*(part for both in counted for part in both))
    own = {unit: summed(own) for unit, _, own in units} | {"": summed(*(own for _, own in counted))}
    published = {unit: summed(kept, own) for unit, kept, own in units}
    withheld = Withholding(least, own)
    shown = {unit for unit, one in published.items() if withheld.shows(unit, one)}
    beyond = [kept for number, (kept, _) in enumerate(counted) if f"u-{number}" not in shown]
    left = (sum(holds for holds, _ in beyond), sum(fails for _, fails in beyond))
    if withheld.shows_whole("", whole, published):
        assert withheld.shows("", whole)
        assert not any(left) or min(left) >= least
    assert Withholding(least).shows_whole("", whole, published)


ONE = (1, 0)
QUARTER, MONTHS = ("q", 0, 3, "quarter"), [(f"m{number}", number, number + 1, "month") for number in range(3)]


@given(st.lists(st.tuples(PARTS, PARTS), min_size=3, max_size=3), LEAST, st.permutations(range(4)))
def test_no_period_less_others_tells_of_a_kept_case_in_whatever_order_they_are_published(
    counted: list[tuple[tuple[int, int], tuple[int, int]]], least: int, order: list[int]
) -> None:
    periods = [
        *(Published(*month, summed(*both)) for month, both in zip(MONTHS, counted, strict=True)),
        Published(*QUARTER, summed(*(part for both in counted for part in both))),
    ]
    own = {f"m{number}": summed(mine) for number, (_, mine) in enumerate(counted)}
    withheld = Withholding(least, own | {"q": summed(*(mine for _, mine in counted))})
    published = [periods[place] for place in order]
    shown = {one.key for place, one in enumerate(published) if shows_among(withheld, one, published[:place])}
    left = [kept for number, (kept, _) in enumerate(counted) if f"m{number}" not in shown]
    told = (sum(holds for holds, _ in left), sum(fails for _, fails in left))
    if "q" in shown:
        assert not any(told) or min(told) >= least
    assert all(shows_among(Withholding(least), one, published[:place]) for place, one in enumerate(published))


WEEKLY = st.lists(PARTS, min_size=2, max_size=2)


@given(WEEKLY, WEEKLY, PARTS, LEAST, st.permutations(range(4)))
@example([ONE, (40, 40)], [(40, 40)] * 2, (40, 40), 10, [0, 1, 2, 3])
def test_no_month_less_the_weeks_of_briefs_and_no_week_less_itself_tells_of_a_kept_case(
    kept: list[tuple[int, int]], own: list[tuple[int, int]], rest: tuple[int, int], least: int, order: list[int]
) -> None:
    """A month of two weeks and some days: a week of it was told by a brief, the other by a draft and by that brief."""
    told = [
        Published("m", 0, 3, "month", summed(*kept, *own, rest)),
        Published("brief/1", 1, 2, "week", summed(kept[1], own[1]), "brief"),
        Published("brief/0", 0, 1, "week", summed(kept[0], own[0]), "week before"),
        Published("w1", 1, 2, "week", summed(kept[1], own[1])),
    ]
    mine = {"m": summed(*own, rest), "brief/0": summed(own[0]), "brief/1": summed(own[1]), "w1": summed(own[1])}
    withheld = Withholding(least, mine)
    published = [told[place] for place in order]
    shown = {one.key for place, one in enumerate(published) if shows_among(withheld, one, published[:place])}
    if "m" in shown:
        known = ("brief/0" in shown, bool({"brief/1", "w1"} & shown))
        left = [part for part, is_known in zip(kept, known, strict=True) if not is_known]
        sums = sum(holds for holds, _ in left), sum(fails for _, fails in left)
        assert not any(sums) or min(sums) >= least


@given(PARTS, PARTS, st.integers(1, 3), LEAST)
def test_a_week_that_is_told_again_after_a_kept_case_has_come_late_is_not_shown(
    kept: tuple[int, int], own: tuple[int, int], late: int, least: int
) -> None:
    holds, fails = kept[0] + late, kept[1]
    first = Published("w", 0, 1, "week", summed((holds, fails), own))
    again = Published("brief", 0, 1, "week", summed((holds - late, fails + late), own), "brief")
    withheld = Withholding(least, {"w": summed(own), "brief": summed(own)})
    assert not shows_among(withheld, again, [first]) or not withheld.shows("w", first.sum)


MONTHLY = st.lists(st.tuples(PARTS, PARTS), min_size=3, max_size=3)
MANY = (40, 40)


@given(MONTHLY, MONTHLY, LEAST, st.permutations(range(4)))
@example([(ONE, MANY), (MANY, MANY), (MANY, MANY)], [(MANY, MANY)] * 3, 10, [0, 1, 3, 2])
def test_no_total_less_the_units_that_are_shown_is_a_line_that_other_periods_keep_back(
    one: list[tuple[tuple[int, int], tuple[int, int]]],
    other: list[tuple[tuple[int, int], tuple[int, int]]],
    least: int,
    order: list[int],
) -> None:
    counted = {"a": one, "b": other}
    periods: list[dict[str, Published]] = []
    own: dict[str, Sum] = {}
    for name, since, until, grain in (*MONTHS, QUARTER):
        these = {unit: months[since:until] for unit, months in counted.items()}
        these[""] = [both for several in these.values() for both in several]
        own |= {f"{name}/{unit}": summed(*(mine for _, mine in several)) for unit, several in these.items()}
        whole = {unit: summed(*(part for both in several for part in both)) for unit, several in these.items()}
        periods.append({unit: Published(f"{name}/{unit}", since, until, grain, whole[unit]) for unit in whole})
    withheld = Withholding(least, own)
    known: set[str] = set()
    for place, number in enumerate(order):
        before, these = [periods[earlier] for earlier in order[:place]], periods[number]
        shown = {unit: shows_among(withheld, each, [past[unit] for past in before]) for unit, each in these.items()}
        units = [(these[unit], shown[unit]) for unit in counted]
        known |= {line.key for line, told in units if told}
        if shown[""] and shows_total(withheld, these[""], units) and any(told for _, told in units):
            known |= {line.key for line, _ in units}
    for unit, months in counted.items():
        left = [kept for number, (kept, _) in enumerate(months) if f"m{number}/{unit}" not in known]
        told = (sum(holds for holds, _ in left), sum(fails for _, fails in left))
        if f"q/{unit}" in known:
            assert not any(told) or min(told) >= least


@pytest.fixture
def subject(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> str:
    """The leader is the party one late case is about."""
    rows = scene.needs.reader.query("SELECT case_id FROM case_view WHERE district = :district ORDER BY number")
    case = str(rows[0][0])
    monkeypatch.setattr(
        "sanban.main.scorecard.wiring._about", lambda _house, viewer: [case] if viewer == LEADER else []
    )
    return case


def month(scene: Scene) -> str:
    return publishing.last_over(scene.needs, scene.now).name


def assessed(scene: Scene) -> AssessedPeriod:
    found = publishing.draft(scene.needs, Actor("other", "leader", "centre"), ID.format(1), month(scene), scene.now)
    assert isinstance(found, AssessedPeriod)
    return found


def withheld_of(needs: Needs, who: Actor, state: AssessedPeriod) -> Beside:
    found = beside(needs, who, state)
    assert isinstance(found, Beside)
    return found


def lenient(scene: Scene, least: int) -> Needs:
    return replace(scene.needs, terms=replace(scene.needs.terms, withheld_below=least))


def test_who_a_case_is_about_reads_no_line_that_tells_how_it_went(scene: Scene, subject: str) -> None:
    state = assessed(scene)
    needs = lenient(scene, 2)
    kept, whole = (withheld_of(needs, who, state) for who in (LEADER, Actor("auditor-1", "auditor", "centre")))
    rows, others = line_rows(needs, kept, state, ""), line_rows(needs, whole, state, "")
    assert not any(one.withheld for one in others)
    assert [one.first for one in others] == list(state.drafted.lines)
    totals, all_totals = (district_rows(needs, withheld, state) for withheld in (kept, whole))
    assert [one.first for one in all_totals] == list(state.drafted.district)
    assert {one.first.figure for one in totals if one.withheld} >= {"requests", "cases", "in_time", "resolved"}
    opened = needs.opens(LEADER, state.drafted.position)
    assert not isinstance(opened, Refused)
    with opened as view:
        cases, _ = view.behind("in_time", period_of(month(scene), needs.calendar), "", 0)
    assert subject not in {one.case for one in cases}
    counting = [row for row, one in zip(rows, others, strict=True) if row.withheld and one.first.n]
    assert {one.first.figure for one in counting} >= {"in_time", "resolved"}
    assert all((one.first.n, one.second.n, one.excluded) == (0, 0, 0) for one in counting)
    strict = withheld_of(scene.needs, LEADER, state)
    assert all(one.withheld for one in line_rows(scene.needs, strict, state, "") if one.first.n)


def test_a_draft_and_a_brief_that_share_time_are_held_against_each_other_in_their_order(scene: Scene) -> None:
    brief = freeze(scene.needs, Actor("other", "leader", "centre"), ID.format(2), scene.week, scene.now)
    assert isinstance(brief, Brief)
    texts = of_period(scene.needs, assessed(scene)), of_brief(scene.needs, brief.frozen)
    first, later = sorted(texts, key=lambda one: (one.at, one.stream))
    assert first.stream in {one.stream for one in earlier_than(scene.needs, later)}
    assert later.stream not in {one.stream for one in earlier_than(scene.needs, first)}


@pytest.mark.usefixtures("subject")
def test_a_period_is_shown_by_one_look_at_each_text_that_it_stands_beside_and_then_by_none(scene: Scene) -> None:
    state = assessed(scene)
    period, looks = state.drafted.period, []

    def opens(viewer: Actor, *more: int) -> object:
        looks.append(viewer)
        return scene.needs.opens(viewer, *more)

    (page,) = (one for one in routes(replace(scene.needs, opens=opens)) if one.name == "scorecard.period")
    first, second = (page.handler(PageRequest(LEADER, "zh", scene.now, "c", {"period": period})) for _ in range(2))
    assert isinstance(first, Shown)
    assert first == second
    assert looks == [LEADER] * (1 + len(earlier_than(scene.needs, of_period(scene.needs, state))))


@pytest.mark.usefixtures("subject")
def test_what_one_viewer_counts_is_not_told_to_another_from_whom_other_cases_are_kept(scene: Scene) -> None:
    state, needs = assessed(scene), scene.needs
    own = withheld_sums(needs, state)
    other = replace(needs, kept_from=lambda _: frozenset({"another"}), opens=lambda *_: Refused("asked", "", ""))
    assert own == withheld_sums(replace(needs, opens=other.opens), state)
    found = withholding(other, LEADER, state.drafted.position, (period_of(state.drafted.period, needs.calendar),))
    assert isinstance(found, Refused)


def withheld_sums(needs: Needs, state: AssessedPeriod) -> Withholding | Refused:
    period = period_of(state.drafted.period, needs.calendar)
    return withholding(needs, LEADER, state.drafted.position, (period,))


def test_of_what_was_worked_out_lately_the_last_few_are_kept() -> None:
    recent = Recent[int](2)
    for key in ("a", "b"):
        recent.keep(key, 1)
    assert recent.get("a") == 1
    recent.keep("c", 3)
    assert [recent.get(key) for key in ("a", "b", "c")] == [1, None, 3]


def test_a_brief_is_read_whole_by_all_but_whom_a_case_of_it_is_about(scene: Scene, subject: str) -> None:
    brief = freeze(scene.needs, Actor("other", "leader", "centre"), ID.format(2), scene.week, scene.now)
    assert isinstance(brief, Brief)
    assert for_viewer(scene.needs, brief, Actor("auditor-1", "auditor", "centre")) == brief
    apart = for_viewer(scene.needs, brief, LEADER)
    assert isinstance(apart, Brief)
    rows = {
        key: row
        for part in apart.words.zh.sections
        if part.table
        for key, row in zip(part.table.keys, part.table.rows, strict=True)
    }
    assert set(rows["cases"][1:]) == {UNSAID}
    assert not any(part.paragraphs for part in apart.words.zh.sections[:-1]), "the words say the numbers again"
    assert apart.words.zh.sections[-1] == brief.words.zh.sections[-1]


def test_a_brief_withholds_the_district_where_its_units_would_lead_to_the_one_that_is_withheld(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen = freeze(scene.needs, Actor("other", "leader", "centre"), ID.format(5), scene.week, scene.now)
    assert isinstance(frozen, Brief)
    sums = {"a": (Sum(31, 15), 1), "b": (Sum(60, 30), 30), "": (Sum(91, 45), 31)}
    own = {key_of(scene.week, "in_time", unit): Sum(one.n - kept, one.holds // 2) for unit, (one, kept) in sums.items()}
    figures = tuple(Figured("in_time", unit, one.holds or 0, one.n, 0, 0) for unit, (one, _) in sums.items())
    table = Table(
        "",
        ("", ""),
        tuple((unit, str(one.n)) for unit, (one, _) in sums.items()),
        ("in_time/a", "in_time/b", "in_time/"),
    )
    zh = replace(frozen.words.zh, sections=(Section("", (), table), frozen.words.zh.sections[-1]))
    brief = Brief(replace(frozen.frozen, figures=figures, counts=()), replace(frozen.words, zh=zh))
    monkeypatch.setattr("sanban.scorecard.brief.withheld.withholding", lambda *_: Withholding(10, own))
    apart = for_viewer(scene.needs, brief, LEADER)
    assert isinstance(apart, Brief)
    rows = apart.words.zh.sections[0].table
    assert rows is not None
    assert [told for _, told in rows.rows] == [UNSAID, "60", UNSAID]


def test_open_cases_and_the_late_of_them_are_shown_together_only_where_the_rest_tells_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen = freeze(scene.needs, Actor("other", "leader", "centre"), ID.format(5), scene.week, scene.now)
    assert isinstance(frozen, Brief)
    open_and_late = Table("", ("", ""), (("open", "91"), ("late", "60")), ("open", "late"))
    zh = replace(frozen.words.zh, sections=(Section("", (), open_and_late), frozen.words.zh.sections[-1]))
    counts = (Counted("open", 91, None), Counted("late", 60, None))
    brief = Brief(replace(frozen.frozen, figures=(), counts=counts), replace(frozen.words, zh=zh))
    own = {key_of(scene.week, "open"): Sum(60, 30), key_of(scene.week, "late"): Sum(30)}
    monkeypatch.setattr("sanban.scorecard.brief.withheld.withholding", lambda *_: Withholding(10, own))
    apart = for_viewer(scene.needs, brief, LEADER)
    assert isinstance(apart, Brief)
    rows = apart.words.zh.sections[0].table
    assert rows is not None
    assert [told for _, told in rows.rows] == [UNSAID, "60"], "one open case that is kept is not late"


@pytest.mark.parametrize(("before", "own", "told"), [(None, True, "60"), (58, True, UNSAID), (58, False, "60")])
def test_how_many_were_late_a_week_ago_is_kept_from_whom_cases_are_kept_from(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, before: int | None, own: bool, told: str
) -> None:
    """It was counted at another position: no sum of the viewer's own is a part of it."""
    frozen = freeze(scene.needs, Actor("other", "leader", "centre"), ID.format(5), scene.week, scene.now)
    assert isinstance(frozen, Brief)
    late = Table("", ("", ""), (("late", "60"),), ("late",))
    zh = replace(frozen.words.zh, sections=(Section("", (), late), frozen.words.zh.sections[-1]))
    counts = replace(frozen.frozen, figures=(), counts=(Counted("late", 60, before),))
    brief = Brief(counts, replace(frozen.words, zh=zh))
    earlier = spans.before(period_of(scene.week, scene.needs.calendar), scene.needs.calendar).name
    sums = {key_of(scene.week, "late"): Sum(30), key_of(earlier, "late"): Sum(30)}
    monkeypatch.setattr(
        "sanban.scorecard.brief.withheld.withholding", lambda *_: Withholding(10, sums if own else None)
    )
    apart = for_viewer(scene.needs, brief, LEADER)
    assert isinstance(apart, Brief)
    rows = apart.words.zh.sections[0].table
    assert rows is not None
    assert [row[1] for row in rows.rows] == [told]


def test_production_publishes_no_period_on_terms_that_nobody_has_adopted(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = scene.working.house
    settings = replace(house.home.settings, mode="production")
    monkeypatch.setattr(house, "home", replace(house.home, settings=settings))
    needs = scene.needs
    assert needs.unadopted is not None
    assert publishing.draft(needs, LEADER, ID.format(3), "2026-04", scene.now) == needs.unadopted
    assert publishing.finish(needs, LEADER, ID.format(4), month(scene)) == needs.unadopted
    monkeypatch.setattr(house, "assessment", replace(house.assessment, origin="local"))
    assert scene.needs.unadopted is None
