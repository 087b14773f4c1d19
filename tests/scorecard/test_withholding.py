"""No published sum, less what somebody counts themselves, leads to a case that is kept from them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.scorecard.brief.composing import Brief, freeze
from sanban.scorecard.brief.stream import UNSAID
from sanban.scorecard.brief.withheld import for_viewer
from sanban.scorecard.figures.spans import period_of
from sanban.scorecard.period import publishing
from sanban.scorecard.period.showing import line_rows
from sanban.scorecard.period.stream import AssessedPeriod
from sanban.scorecard.ports import Needs
from sanban.scorecard.withholding import Withholding
from scorecard.conftest import Scene

LEADER = Actor("leader-of-centre", "leader", "centre")
ID = "00000000-0000-4000-9000-00000000000{}"
SUMS = st.integers(0, 400)


@given(SUMS, SUMS, st.integers(2, 50), st.integers(0, 3))
def test_a_sum_that_is_shown_points_to_no_case_that_is_kept(published: int, kept: int, least: int, out: int) -> None:
    kept = min(kept, published)
    shown = Withholding(least, {"key": published - kept}).shows("key", published, out)
    if shown and published:
        assert published >= least
        assert kept == 0 or kept >= least
        assert not (kept and out), "the versions before and after appeals differ by what was left out"
    assert shown or kept or published < least
    assert Withholding(least).shows("key", published, out), "from whom nothing is kept nothing is withheld"


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


def lenient(scene: Scene, least: int) -> Needs:
    return replace(scene.needs, terms=replace(scene.needs.terms, withheld_below=least))


def test_who_a_case_is_about_reads_no_line_that_tells_how_it_went(scene: Scene, subject: str) -> None:
    state = assessed(scene)
    needs = lenient(scene, 2)
    rows = line_rows(needs, LEADER, state, "")
    others = line_rows(needs, Actor("auditor-1", "auditor", "centre"), state, "")
    assert not isinstance(rows, Refused)
    assert not isinstance(others, Refused)
    assert not any(one.withheld for one in others)
    assert [one.first for one in others] == list(state.drafted.lines)
    opened = needs.opens(LEADER, state.drafted.position)
    assert not isinstance(opened, Refused)
    with opened as view:
        cases, _ = view.behind("in_time", period_of(month(scene), needs.calendar), "", 0)
    assert subject not in {one.case for one in cases}
    counting = [row for row, one in zip(rows, others, strict=True) if row.withheld and one.first.n]
    assert {one.first.figure for one in counting} >= {"in_time", "resolved"}
    assert all((one.first.n, one.second.n, one.excluded) == (0, 0, 0) for one in counting)
    assert all(one.withheld for one in line_rows(scene.needs, LEADER, state, "") if one.first.n)  # type: ignore[union-attr]


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
