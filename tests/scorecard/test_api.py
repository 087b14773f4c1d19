"""The scorecard by API says what its pages say, to whom they say it."""

from __future__ import annotations

from typing import Any

import pytest

from sanban.kernel.errors import Refused
from scorecard.conftest import Scene
from scorecard.test_pages import Pages
from scorecard.test_pages import pages as pages  # noqa: PLC0414 -- the fixture


def told(scene: Scene, path: str, who: str = "leader", **query: Any) -> Any:
    answer = scene.working.call(who, "GET", path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_figures_are_those_of_the_page_with_what_they_are_made_of(pages: Pages, scene: Scene) -> None:
    answer = told(scene, "/scorecard", period=scene.month)
    shown = pages.shown("figures", period=scene.month)
    assert [(one["figure"], one["numerator"], one["denominator"], one["value"]) for one in answer["items"]] == [
        (one.figure, one.holds, one.n, one.value) for one, _ in shown.rows
    ]
    assert [one["figure"] for one in answer["items"][:5]] == ["requests", "cases", "contacted", "resolved", "satisfied"]
    assert answer["source"] == {"position": shown.source.position, "head": shown.source.head, "at": shown.source.at}
    shares = [one for one in answer["items"] if one["denominator"]]
    assert all(0 <= one["low"] <= one["numerator"] / one["denominator"] <= one["high"] <= 1 for one in shares)
    assert {one["is_few"] for one in shares} == {True}


def test_a_number_opens_its_cases_page_by_page_and_a_unit_opens_its_own_alone(scene: Scene) -> None:
    one = told(scene, "/scorecard/in_time", period=scene.month)
    opened = told(scene, "/scorecard/in_time/cases", period=scene.month)
    assert len(opened["cases"]) == one["whole"]["denominator"] == sum(unit["denominator"] for unit in one["units"])
    assert sum(case["holds"] for case in opened["cases"]) == one["whole"]["numerator"]
    assert not opened["more"]
    assert told(scene, "/scorecard/in_time/cases", period=scene.month, page=1)["cases"] == []
    own = told(scene, "/scorecard/in_time/cases", "handler", period=scene.month, unit="street-01")
    assert own["figure"]["unit"] == "power"
    assert {case["unit"] for case in own["cases"]} == {"power"}
    assert {unit["unit"] for unit in told(scene, "/scorecard/in_time", "handler", period=scene.month)["units"]} == {
        "power"
    }


def test_a_figure_tells_its_own_trend_and_how_it_moved_since_the_month_and_the_year_before(
    pages: Pages, scene: Scene
) -> None:
    one = told(scene, "/scorecard/cases", period=scene.month)
    assert [point["period"] for point in one["trend"]][-2:] == ["2026-05", "2026-06"]
    assert [moved["since"] for moved in one["changes"]] == ["2026-05", "2025-06"]
    shown = pages.shown("figure", figure="cases", period=scene.month)
    assert [(each.since, each.moved, each.change) for each in shown.changes] == [
        (moved["since"], moved["moved"], moved["change"]) for moved in one["changes"]
    ]


def test_a_published_period_tells_its_lines_in_both_versions_and_what_is_withheld_without_its_numbers(
    pages: Pages, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages.ask("draft", form={"period": scene.month})
    assert scene.month in {one["period"] for one in told(scene, "/periods")["items"]}
    lines = told(scene, f"/periods/{scene.month}")["items"]
    shown = pages.shown("period", period=scene.month).rows
    assert [(one["figure"], one["unit"], one["numerator"], one["denominator"]) for one in lines] == [
        (row.first.figure, row.first.unit, row.first.holds, row.first.n) for row in shown
    ]
    for one in (*lines[:3], *(one | {"unit": "all"} for one in told(scene, f"/periods/{scene.month}")["district"][:3])):
        opened = told(scene, f"/periods/{scene.month}/{one['figure']}/{one['unit']}")
        assert (opened["numerator"], opened["denominator"]) == (one["numerator"], one["denominator"])
        assert len(opened["cases"]) == one["denominator"]
    rows = scene.needs.reader.query("SELECT case_id FROM case_view WHERE district = :district")
    monkeypatch.setattr("sanban.main.scorecard.wiring._about", lambda *_: [rows[0][0]])
    kept = [one for one in told(scene, f"/periods/{scene.month}")["items"] if one["withheld"]]
    assert kept
    assert {(one["numerator"], one["denominator"], one["numerator_after"], one["excluded"]) for one in kept} == {
        (0, 0, 0, 0)
    }


def test_the_wall_is_told_to_those_who_may_look_at_it(pages: Pages, scene: Scene) -> None:
    wall = told(scene, "/overview", period=scene.month)
    shown = pages.shown("wall", period=scene.month)
    assert wall["stock"] == {"closed": shown.stock.closed, "open": shown.stock.open, "late": shown.stock.late}
    assert {one["figure"]["figure"]: one["way"] for one in wall["directions"]}["requests"] == "down"
    assert [one["count"] for one in wall["ages"]] == [one.count for one in shown.ages]
    for path in ("/overview", "/overview/open", "/overview/stock"):
        assert scene.working.call("handler", "GET", path).status_code == 403
    for age in wall["ages"]:
        assert len(told(scene, "/overview/open", age=age["code"])["cases"]) == age["count"]
    for of, count in wall["stock"].items():
        assert len(told(scene, "/overview/stock", period=scene.month, of=of)["cases"]) == count
    for matter in wall["matters"]:
        found = told(scene, "/overview/stock", period=scene.month, of="opened", matter=matter["code"])
        assert len(found["cases"]) == matter["count"]


@pytest.mark.parametrize(
    ("path", "asked", "named"),
    [("open", {"age": "7 days"}, "0"), ("open", {"grid": "grid-x"}, "none"), ("stock", {"matter": "noises"}, "noise")],
)
def test_an_age_a_grid_or_a_matter_that_there_is_not_is_refused_with_those_there_are(
    pages: Pages, scene: Scene, path: str, asked: dict[str, str], named: str
) -> None:
    answer = scene.working.call("leader", "GET", f"/overview/{path}", params=asked)
    assert (answer.status_code, answer.json()["code"]) == (409, f"unknown_{next(iter(asked))}")
    assert named in answer.json()["example"].split(", ")
    assert isinstance(pages.ask(path, **asked), Refused)


def test_a_matter_and_a_grid_without_cases_are_empty_lists(scene: Scene) -> None:
    grids = [area.code for area in scene.needs.draws({}, scene.now).areas]
    counts = {grid: len(told(scene, "/overview/open", grid=grid)["cases"]) for grid in grids[:3]}
    assert 0 in counts.values()
    in_force = scene.needs.matters(scene.now)
    assert 0 in {len(told(scene, "/overview/stock", of="opened", matter=one)["cases"]) for one in in_force}


@pytest.mark.parametrize("period", ["2026-13", "1999-01", "2026-W60", "2026-06-01"])
def test_what_is_no_month_or_week_of_the_calendar_is_refused_with_an_example(scene: Scene, period: str) -> None:
    answer = scene.working.call("leader", "GET", "/scorecard", params={"period": period})
    assert answer.status_code == 400
    assert answer.json()
