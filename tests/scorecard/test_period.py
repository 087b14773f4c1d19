"""A month's figures: draft, appeals, final; both versions stay, and no unit comes to 100 % by leaving cases out."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor, Role
from sanban.ledger.port import Part
from sanban.scorecard.figures.spans import period_of
from sanban.scorecard.period import publishing
from sanban.scorecard.period.event import AppealArgs, Line, PeriodDrafted, PeriodFinal
from sanban.scorecard.period.stream import AssessedPeriod, PeriodAggregate, decide, fold, stream_of
from scorecard.conftest import Scene
from working_house import DAY

NOW, MONTH = 1_780_362_000_000_000, "2026-05"
PUBLISHER, REVIEWER = Actor("leader-1", "leader", "centre"), Actor("auditor-1", "auditor", "centre")
UNIT = Actor("handler-1", "handler", "power")
LINES = st.builds(
    lambda n, held, better: Line("in_time", "power", min(held, n), n, better, 30),
    st.integers(0, 400),
    st.integers(0, 400),
    st.sampled_from(["high", "low"]),
)


class Turn(msgspec.Struct):
    """What a step sees beside the state."""

    actor: Actor
    now: int = NOW


class Month:
    """A stream of a month in memory."""

    def __init__(self, line: Line, cap: int = 10) -> None:
        self.state: AssessedPeriod | None = None
        given = {"period": MONTH, "since": NOW - 32 * DAY, "until": NOW - DAY, "appeal_until": NOW + DAY, "cap": cap}
        whole = msgspec.structs.replace(line, unit="", holds=line.holds + 3, n=line.n + 5)
        came = Line("requests", "", 9, 9, "neither", 0)
        lines, district = (msgspec.to_builtins(some) for some in ([line], [came, whole]))
        self.does(PUBLISHER, "draft", position=7, head="a" * 64, lines=lines, district=district, **given)

    def does(self, actor: Actor, step: str, now: int = NOW, **args: Any) -> str:
        """The reason why not; '' when it was done."""
        found = decide(self.state, Part(stream_of(MONTH), step, args), Turn(actor, now))  # type: ignore[arg-type]
        if isinstance(found, Refused):
            return found.reason
        for event in found:
            self.state = fold(self.state, event)
        return ""

    def appeals(self, case: str, actor: Actor = UNIT, now: int = NOW, figure: str = "in_time") -> str:
        return self.does(
            actor, "appeal", now, unit=actor.unit or "power", figure=figure, case=case, ground="force_majeure"
        )

    @property
    def known(self) -> AssessedPeriod:
        assert self.state is not None
        return self.state


@given(LINES, st.integers(0, 50))
def test_no_unit_comes_to_a_clean_share_by_leaving_cases_out_and_all_of_them_are_listed(line: Line, cap: int) -> None:
    month = Month(line, cap)
    for number in range(1, min(line.against, 60) + 1):
        assert month.appeals(f"c-{number}") == ""
        assert month.does(REVIEWER, "decide", number=number, upheld=True) in ("", "exclusions_capped")
        if month.known.appeals[-1].upheld is None:
            assert month.does(REVIEWER, "decide", number=number, upheld=False) == ""
    assert month.does(PUBLISHER, "finish", NOW + DAY) == ""
    assert month.known.final is not None
    (first,), (second,) = month.known.drafted.lines, month.known.final.lines
    left_out = month.known.excluded("in_time", "power")
    assert first == line
    assert (second.n, second.against) == (line.n - len(left_out), line.against - len(left_out))
    assert len(left_out) <= -(-line.n * cap // 100)
    assert (second.against == 0) == (line.against == 0)
    (came, first_whole), (came_after, whole) = month.known.drafted.district, month.known.final.district
    assert (whole.n, whole.against) == (first_whole.n - len(left_out), first_whole.against - len(left_out))
    assert came_after == came, "nothing that came in is ever left out"


def test_a_draft_and_a_final_from_before_totals_were_kept_are_still_read() -> None:
    month = Month(Line("in_time", "power", 5, 9, "high", 30))
    assert month.does(PUBLISHER, "finish", NOW + DAY) == ""
    for event in (month.known.drafted, month.known.final):
        assert event is not None
        old = {key: value for key, value in msgspec.to_builtins(event).items() if key != "district"}
        read = PeriodAggregate().decode(old["type"], 1, msgspec.json.encode(old))
        assert isinstance(read, PeriodDrafted | PeriodFinal)
        assert (read.lines, read.district) == (event.lines, ())


def test_the_reviewer_is_neither_who_published_nor_of_the_unit() -> None:
    month = Month(Line("in_time", "power", 5, 9, "high", 30))
    assert month.appeals("c-1") == ""
    assert month.does(PUBLISHER, "decide", number=1, upheld=True) == "not_reviewer"
    assert month.does(Actor("l", "leader", "power"), "decide", number=1, upheld=True) == "not_reviewer"
    assert month.does(UNIT, "decide", number=1, upheld=True) == "not_permitted"
    assert month.does(REVIEWER, "decide", number=1, upheld=True) == ""
    assert month.does(REVIEWER, "decide", number=1, upheld=False) == "decided_before"
    assert month.does(REVIEWER, "decide", number=2, upheld=False) == "unknown_appeal"


def test_a_unit_appeals_once_inside_the_window_and_against_its_own_figures() -> None:
    month = Month(Line("in_time", "power", 5, 9, "high", 30))
    assert month.appeals("c-1", now=NOW + DAY) == "appeals_over"
    assert month.appeals("c-1", Actor("h-2", "handler", "street-01")) == "not_own_figure"
    assert month.appeals("c-1", figure="resolved") == "not_own_figure"
    assert [month.appeals("c-1"), month.appeals("c-1")] == ["", "appealed_before"]


def test_the_final_waits_for_the_window_and_for_every_decision() -> None:
    month = Month(Line("in_time", "power", 5, 9, "high", 30))
    month.appeals("c-1")
    assert month.does(PUBLISHER, "finish") == "appeals_open"
    assert month.does(PUBLISHER, "finish", NOW + DAY) == "appeals_undecided"
    month.does(REVIEWER, "decide", number=1, upheld=False)
    assert month.does(PUBLISHER, "finish", NOW + DAY) == ""
    assert month.appeals("c-2") == "appeals_over"
    assert month.does(PUBLISHER, "finish", NOW + DAY) == ""


@pytest.mark.parametrize("role", ["handler", "operator", "auditor", "mechanism_owner"])
def test_drafts_are_published_by_leaders_and_coordinators_alone(role: Role) -> None:
    month = Month(Line("in_time", "power", 5, 9, "high", 30))
    month.state = None
    assert month.does(Actor("x", role, "centre"), "draft") == "not_permitted"
    assert month.does(PUBLISHER, "finish") == "no_draft"
    assert month.does(PUBLISHER, "tear_up") == "unknown_step"


def test_a_draft_is_of_one_position_and_a_unit_appeals_against_what_that_counts_against_it(scene: Scene) -> None:
    needs = scene.needs
    month = publishing.last_over(needs, scene.now)
    early = publishing.draft(needs, PUBLISHER, str(uuid4()), "2026-08", scene.now)
    assert isinstance(early, Refused)
    assert early.reason == "period_not_over"
    drafted = publishing.draft(needs, PUBLISHER, str(uuid4()), month.name, scene.now)
    assert isinstance(drafted, AssessedPeriod), drafted
    opened = needs.opens(PUBLISHER, drafted.drafted.position)
    assert not isinstance(opened, Refused)
    with opened as view:
        counted = {
            (one.figure, one.unit): (one.holds, one.n) for one in view.figures(period_of(month.name, needs.calendar))
        }
        line = next(one for one in drafted.drafted.lines if one.figure == "in_time" and one.against)
        cases, _ = view.behind("in_time", month, line.unit, 0)
    assert {(one.figure, one.unit): (one.holds, one.n) for one in drafted.drafted.lines}.items() <= counted.items()
    totals = {one.figure: one for one in drafted.drafted.district}
    for figure, one in totals.items():
        assert counted[figure, ""] == (one.holds, None if one.is_count else one.n)
    assert {"requests", "cases"} <= totals.keys() >= {one.figure for one in drafted.drafted.lines}
    against = next(one for one in cases if not one.holds)
    who = Actor("handler-of-unit", "handler", line.unit)
    args = AppealArgs(line.unit, "in_time", against.case, "force_majeure", against.part)
    absent = publishing.appeal(needs, who, str(uuid4()), month.name, msgspec.structs.replace(args, case="c-none"), "")
    assert isinstance(absent, Refused)
    assert absent.reason == "not_counted"
    appealed = publishing.appeal(needs, who, str(uuid4()), month.name, args, "道路施工停电")
    assert isinstance(appealed, AssessedPeriod), appealed
    assert appealed.appeals[0].said.case == against.case
    assert scene.working.house.verify().is_whole


def test_what_a_period_rests_on_is_laid_out_when_it_is_published_and_no_longer_than_it_is_needed(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs, facts = scene.needs, scene.working.house.home.folder / "facts"
    stale = facts / "at-000000000001"
    stale.mkdir()
    drafted = publishing.draft(needs, PUBLISHER, str(uuid4()), scene.week, scene.now)
    assert isinstance(drafted, AssessedPeriod), drafted
    assert not stale.exists()
    monkeypatch.setattr("sanban.columnar.snapshot._lay", None)
    scene.working.filed()
    opened = needs.opens(PUBLISHER, drafted.drafted.position)
    assert not isinstance(opened, Refused)
    with opened as view:
        assert view.source.position == drafted.drafted.position
