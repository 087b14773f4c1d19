"""Totals reconcile with the ledger and with the city's sheet, or it is said by how many, and of which order."""

from __future__ import annotations

from pathlib import Path

import pytest

from sanban.kernel.errors import Refused, SanbanError
from sanban.kernel.permission import Actor
from sanban.main.scorecard.reconciling import reconciled
from sanban.scorecard.figures.spans import period_of
from sanban.scorecard.period.totals import EXAMPLE, totals_of
from scorecard.conftest import Scene

BULLETIN = [("电话", "18,640"), ("网站", "5120"), ("移动端", "2001"), ("其他", "1134"), ("合计", "26,898")]


def written(folder: Path, *lines: str) -> Path:
    path = folder / "month.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_bulletin_whose_channels_do_not_add_to_its_total_is_told() -> None:
    totals = totals_of(BULLETIN, 26_898)
    assert (totals.added, totals.printed) == (26_895, 26_898)
    assert totals.differences == ("the parts add to 26,895 while 26,898 is printed: +3",)


def test_a_total_that_the_ledger_does_not_have_is_told() -> None:
    assert totals_of([("电话", "7"), ("网站", "2")], 8).differences == ("the ledger has 8 while the sheet says 9: +1",)
    assert totals_of([("电话", "7"), ("total", "7")], 7).differences == ()


@pytest.mark.parametrize("name", ["合计", "合 计", "合\u3000计", "总　计：", "合计（件）", "Total", " sum "])
def test_a_total_is_known_however_it_is_set_and_is_no_part(name: str) -> None:
    totals = totals_of([("电 话", "600"), ("网站", "400"), (name, "1,000")], 1_000)
    assert (totals.parts, totals.added, totals.printed) == ((("电话", 600), ("网站", 400)), 1_000, 1_000)
    assert totals.differences == ()


@pytest.mark.parametrize(
    "headers",
    [
        "渠道,件数,占比",
        "序号,渠 道,占比,件\u3000数",
        "件数,占比,渠道",
        "占比,去年,来源,数量",
    ],
)
def test_the_columns_of_a_sheet_of_totals_go_by_their_names_wherever_they_stand(
    scene: Scene, tmp_path: Path, headers: str
) -> None:
    def line(part: str, count: str) -> str:
        told = {"渠道": part, "来源": part, "件数": count, "数量": count}
        return ",".join(told.get("".join(name.split()), "33.3%") for name in headers.split(","))

    sheet = written(tmp_path, headers, line("电话", "3"), line("网站", "1"), line("合 计", "4"))
    found = reconciled(scene.working.house, sheet, scene.month).totals
    assert found is not None
    assert (found.parts, found.printed) == ((("电话", 3), ("网站", 1)), 4)


def test_a_sheet_of_neither_orders_nor_counts_is_told_what_is_needed(scene: Scene, tmp_path: Path) -> None:
    with pytest.raises(SanbanError, match="are needed"):
        reconciled(scene.working.house, written(tmp_path, "甲,乙,丙", "1,2,3"), scene.month)


@pytest.mark.parametrize(
    "rows", [[], [("合计", "3")], [("电话", "three")], [("电话",)], [("电话", "1"), ("合计", "1"), ("总计", "1")]]
)
def test_a_sheet_that_is_none_is_told_with_one_that_is(rows: list[tuple[str, ...]]) -> None:
    with pytest.raises(SanbanError) as raised:
        totals_of(rows, 0)
    assert raised.value.example == EXAMPLE


def test_each_order_that_the_city_lists_otherwise_is_named(scene: Scene, tmp_path: Path) -> None:
    sheet = written(tmp_path, "工单编号,状态", "SH2026-900-001,已回复", "SH2026-900-009,在办")
    found = reconciled(scene.working.house, sheet, scene.month)
    assert found.orders is not None
    named = {(one.kind, one.number) for one in found.orders.differences}
    assert ("theirs_only", "SH2026-900-009") in named
    assert ("ours_only", "SH2026-900-002") in named
    assert ("state_differs", "SH2026-900-001") in named
    assert not found.is_settled


def test_a_sheet_of_totals_is_set_beside_the_ledger(scene: Scene, tmp_path: Path) -> None:
    found = reconciled(scene.working.house, written(tmp_path, "渠道,件数", "电话,3", "合计,4"), scene.month)
    assert found.totals is not None
    assert found.totals.ours > 4
    opened = scene.needs.opens(Actor("leader-of-centre", "leader", "centre"))
    assert not isinstance(opened, Refused)
    with opened as view:
        published = view.figures(period_of(scene.month, scene.needs.calendar), ("requests",))
    assert found.totals.ours == published[0].holds, "what inspections found is no request"
    assert [text.split(":")[0] for text in found.told] == [
        "the parts add to 3 while 4 is printed",
        f"the ledger has {found.totals.ours} while the sheet says 4",
    ]
    with pytest.raises(SanbanError, match="a month that has begun"):
        reconciled(scene.working.house, tmp_path / "month.csv", "2027-01")
