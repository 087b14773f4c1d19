"""What the ledger proposes: exact chances, several tests believed together, and an effect told with its interval."""

from __future__ import annotations

from math import comb
from pathlib import Path
from random import Random  # noqa: TID251 -- seeded, in a test

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.kernel.case.verbs.imposing import IMPOSED
from sanban.kernel.clock.limit import Length
from sanban.kernel.errors import FaultsFound, SanbanError
from sanban.kernel.mechanism import Title
from sanban.main.house import House
from sanban.main.revision.counting import Things, counted, record_of
from sanban.main.revision.proposing import EVER, changed_files, diff_of, difference_of, looked_for, thresholds_of
from sanban.main.revision.replaying import recorded_rules, replaying
from sanban.main.revision.wiring import needs_of
from sanban.packs.change.revise import own_parts, with_limit, with_row, without_part
from sanban.packs.desk.revision import load_revision_terms
from sanban.packs.district.loading import shipped_district
from sanban.packs.loading import SHIPPED, load_matters
from sanban.revision.aggregate import Revision
from sanban.revision.change import Change
from sanban.revision.effect import FEWEST_THINGS, WEEK, Effect, effect
from sanban.revision.proposing.chance import at_least, at_least_events, at_most, believed, student
from sanban.revision.proposing.finding import Finding
from sanban.revision.replay.playing import recorded_case
from sanban.revision.replay.running import cases_of
from sanban.revision.share import Share

COUNTS = st.integers(0, 60).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))
SHARES = st.floats(0.01, 0.99)


@given(COUNTS, SHARES)
def test_a_tail_is_the_sum_of_its_parts(counted: tuple[int, int], share: float) -> None:
    holds, of = counted
    exact = sum(comb(of, one) * share**one * (1 - share) ** (of - one) for one in range(holds, of + 1))
    assert at_least(holds, of, share) == pytest.approx(exact, abs=1e-9)
    assert at_most(holds, of, share) + at_least(holds + 1, of, share) == pytest.approx(1.0, abs=1e-9)


@given(st.integers(0, 30), st.floats(0.1, 20.0))
def test_more_events_are_less_likely(events: int, expected: float) -> None:
    assert 0.0 <= at_least_events(events + 1, expected) <= at_least_events(events, expected) <= 1.0


def test_nothing_happens_that_was_never_expected() -> None:
    assert (at_least_events(0, 0.0), at_least_events(1, 0.0)) == (1.0, 0.0)


@given(st.lists(st.floats(0.0, 1.0), max_size=40), st.floats(0.01, 0.2))
def test_what_is_believed_is_the_likeliest_part_and_grows_with_the_rate(chances: list[float], rate: float) -> None:
    held = believed(chances, rate)
    kept = [chance for chance, yes in zip(chances, held, strict=True) if yes]
    left = [chance for chance, yes in zip(chances, held, strict=True) if not yes]
    assert not kept or not left or max(kept) <= min(left)
    assert sum(believed(chances, rate * 2)) >= len(kept)


def test_of_many_rules_that_are_right_few_are_ever_believed_wrong() -> None:
    chance = Random(3)
    runs = [any(believed([chance.random() for _ in range(100)], 0.05)) for _ in range(300)]
    assert sum(runs) / len(runs) < 0.1


@pytest.mark.parametrize(
    ("freedom", "far"), [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (9, 2.262), (20, 2.086), (121, 1.980)]
)
def test_students_t_is_as_far_as_its_tables_say(freedom: int, far: float) -> None:
    """Source: NIST/SEMATECH e-Handbook of Statistical Methods, table 1.3.6.7.2."""
    assert student(0.95, freedom) == pytest.approx(far, abs=0.0006)


def weeks(
    chance: Random, before: float, after: float, slope: float = 0.0, side: int = 15, things: int = 60
) -> list[tuple[int, bool]]:
    """Sixty things a week for fifteen weeks on either side, holding with these chances."""
    counted = []
    for week in range(-side, side):
        share = (before if week < 0 else after) + slope * week
        counted += [(week * WEEK + 1, chance.random() < share) for _ in range(things)]
    return counted


def has_moved(told: Effect) -> bool:
    assert told.low is not None
    assert told.high is not None
    return not told.low <= 0 <= told.high


@pytest.mark.parametrize("share", [0.05, 0.3])
@pytest.mark.parametrize("side", [4, 6, 12])
def test_where_nothing_changed_hardly_one_in_twenty_is_told_to_have_moved(side: int, share: float) -> None:
    chance = Random(7)
    moved = [has_moved(effect(weeks(chance, share, share, side=side, things=30), 0)) for _ in range(300)]
    assert sum(moved) / len(moved) <= 0.05


def test_weeks_that_lean_on_the_week_before_are_hardly_more_often_told_to_have_moved() -> None:
    chance, moved = Random(7), []
    for _ in range(300):
        share, counted = 0.3, []
        for week in range(-12, 12):
            share = 0.3 + 0.4 * (share - 0.3) + chance.gauss(0, 0.07)
            counted += [(week * WEEK, chance.random() < share) for _ in range(30)]
        moved.append(has_moved(effect(counted, 0)))
    assert sum(moved) / len(moved) <= 0.1


@pytest.mark.parametrize(("side", "least"), [(6, 0.6), (12, 0.95)])
def test_a_drop_to_a_sixth_is_found_the_surer_the_more_weeks_have_passed(side: int, least: float) -> None:
    chance = Random(7)
    found = [effect(weeks(chance, 0.3, 0.05, side=side, things=30), 0) for _ in range(200)]
    assert sum(has_moved(one) and (one.jump or 0) < 0 for one in found) / len(found) >= least


def test_weeks_of_one_thing_each_are_never_certain() -> None:
    few = effect([(week * WEEK, week < 0) for week in range(-12, 12)], 0)
    assert (few.jump, few.low, few.high) == (None, None, None)
    assert f"{FEWEST_THINGS} things on either side; there are 12 with 12 and 12 with 12" in few.words.en
    many = effect([(week * WEEK, week < 0) for week in range(-FEWEST_THINGS, FEWEST_THINGS)], 0)
    assert (many.high or 0) - (many.low or 0) > 1_000


@pytest.mark.parametrize("jump", [-0.25, 0.25])
def test_a_jump_is_told_with_its_interval(jump: float) -> None:
    told = effect(weeks(Random(5), 0.5, 0.5 + jump), 0)
    assert None not in (told.jump, told.low, told.high)
    assert (told.low or 0) <= jump * 10_000 <= (told.high or 0)
    assert not (told.low or 0) <= 0 <= (told.high or 0)
    assert "moved by" in told.words.en


def test_a_trend_that_was_there_anyhow_is_no_effect() -> None:
    told = [effect(weeks(Random(seed), 0.5, 0.5, slope=0.02), 0) for seed in range(20)]
    assert sum((one.low or 0) <= 0 <= (one.high or 0) for one in told) >= 16
    assert all((one.after.points or 0) > (one.before.points or 0) + 2_000 for one in told)


def test_too_few_weeks_tell_nothing_and_say_so() -> None:
    told = effect([(week * WEEK, True) for week in range(-2, 9) for _ in range(30)], 0)
    assert (told.jump, told.weeks_before, told.weeks_after) == (None, 2, 9)
    assert "cannot be told" in told.words.en


def test_a_district_at_peace_with_its_rules_is_proposed_little(worked: House) -> None:
    looked = looked_for(worked)
    assert looked.tests > 10
    assert {one.change.about for one in looked.findings} <= {"d-street-lighting"}


def counted_now(house: House, revision: Revision) -> Things:
    return counted(house, revision, record_of(house), house.clock())


def test_an_effect_counts_what_is_due_by_now_and_runs_under_the_new_version(worked: House) -> None:
    def at(change: Change, day: str, from_at: int) -> list[int]:
        finding = Finding(change, Share(1, 2), 0, 0, ())
        return [at for at, _ in counted_now(worked, Revision("r", finding, 0, 0, 0, 0, from_day=day, from_at=from_at))]

    now = worked.clock()
    cases = list(cases_of(replaying(worked, recorded_rules(worked), (0, EVER), "kept")))
    clocks = [clock for one in map(recorded_case, cases) if one.matter == "noise" for clock in one.clocks]
    signed = [clock for clock in clocks if clock.limit == "sign_for"]
    due = [one.started_at for one in signed if one.due_at is not None and one.due_at <= now]
    limit = Change("limit", "noise", "sign_for", count=8, counting="office_hour")
    assert len(due) < len(signed)
    assert sorted(at(limit, "2024-01-01", 0)) == sorted(due)
    middle = sorted(due)[len(due) // 2]
    assert sorted(at(limit, "2026-07-01", middle)) == [one for one in sorted(due) if one < middle]


@pytest.mark.parametrize(
    "change",
    [
        Change("remove", "noise", "tasks.site"),
        Change("wave", "noise", "flood", count=4),
        Change("row", "noise", "d-zz-spare", "street"),
    ],
)
def test_an_effect_on_work_counts_limits_that_are_over_where_the_change_has_its_place(
    worked: House, change: Change
) -> None:
    now = worked.clock()
    asked = replaying(worked, recorded_rules(worked), (0, EVER), "kept")
    cases = [case for case in map(recorded_case, cases_of(asked)) if case.matter == "noise"]
    there = cases[0].grid if change.kind == "wave" else ""
    finding = Finding(change, Share(1, 2), 0, 0, (cases[0].id,))
    found = list(counted_now(worked, Revision("r", finding, 0, 0, 0, 0, from_day="2024-01-01")))
    work = [
        clock
        for case in cases
        if there in ("", case.grid)
        for clock in case.clocks
        if clock.limit in ("resolve", "supervised", "site_visit", "measured")
        and clock.subject in {task.id for task in case.tasks if task.state in ("dispatched", "accepted", "finished")}
    ]
    over = [clock for clock in work if (clock.first_due_at or clock.due_at or now + 1) <= now]
    assert sorted(at for at, _ in found) == sorted(clock.started_at for clock in over)
    assert len(over) < len(work)
    assert {late for _, late in found} <= {True, False}


def test_an_effect_of_a_row_for_one_matter_counts_no_other(worked: House) -> None:
    def orders(matter: str) -> int:
        finding = Finding(Change("row", matter, "d-street-01", "street", "*", "power"), Share(1, 2), 0, 0, ())
        return len(list(counted_now(worked, Revision("r", finding, 0, 0, 0, 0, from_day="2026-07-01"))))

    assert orders("*") == sum(orders(matter) for matter in worked.matters.versions)
    assert orders("*") > orders("noise")


def test_the_change_of_a_row_is_told_in_words(worked: House) -> None:
    change = Change("row", "*", "d-water", "water", "*", "power")
    (line,) = difference_of(worked, change)
    power = worked.district.duty.units["power"][-1]
    assert line == Title(
        f"新增条目d-water-r1（任何事项，全区，职责water）由{power.title_zh}承办",
        f"row added: d-water-r1 (any matter, anywhere, duty water) is held by {power.title_en}",
    )


def test_a_change_is_a_diff_of_the_lines_that_its_file_gains_and_loses(worked: House) -> None:
    def lines(change: Change) -> tuple[list[str], list[str]]:
        body = diff_of(worked, change).splitlines()[2:]
        gained, lost = ([line[1:].strip() for line in body if line.startswith(sign)] for sign in "+-")
        return gained, lost

    gained, lost = lines(Change("row", "*", "d-water", "water", "*", "power"))
    assert (any("d-water-r1" in line for line in gained), lost) == (True, [])
    gained, lost = lines(Change("limit", "parking", "towing", count=9, counting="working_day"))
    assert (len(gained), len(lost)) == (1, 1)
    assert "9" in gained[0]
    assert lines(Change("wave", "waste", "flood", count=4, minutes=4_320))[0]


def test_the_matter_and_the_street_of_a_row_are_told_by_their_titles(worked: House) -> None:
    (line,) = difference_of(worked, Change("row", "noise", "d-water", "water", "street-01", "power"))
    street = worked.district.duty.units["street-01"][-1]
    assert f"{worked.matters.versions['noise'][-1].head.title.en}, {street.title_en}, " in line.en


def test_a_limit_of_others_is_called_in_both_languages(worked: House) -> None:
    called = needs_of(worked).called
    assert called("limit", "city_due") == IMPOSED["city_due"]
    assert called("limit", "no_such_limit") == Title("no_such_limit", "no_such_limit")


@pytest.mark.parametrize(
    "change",
    [
        Change("limit", "noise", "resolve", count=9, counting="working_day"),
        Change("limit", "noise", "measured", count=9, counting="working_day"),
        Change("remove", "noise", "tasks.patrol"),
        Change("wave", "noise", "flood", count=4, minutes=4_320),
    ],
)
def test_every_change_of_a_matter_makes_a_file_without_a_fault(worked: House, change: Change) -> None:
    with changed_files(worked, change) as folder:
        assert load_matters((folder,)).mechanism_of("noise", 2**60) is not None
    assert difference_of(worked, change)


def test_a_limit_is_changed_where_it_stands_and_declared_where_it_is_inherited() -> None:
    text = (SHIPPED / "noise" / "mechanism.yaml").read_text(encoding="utf-8")
    own = with_limit(text, "site_visit", Length(1, "day"))
    assert "site_visit: {within: 1 day, from: dispatched" in own
    assert len(own.splitlines()) == len(text.splitlines())
    inherited = with_limit(text, "resolve", Length(9, "working_day"))
    assert "limits:\n  resolve: {within: 9 working_days}\n" in inherited


@pytest.mark.parametrize("text", ["limits: {a: {within: 1 day}}\n", "limits:\n  a: {from: open}\n"])
def test_a_file_written_otherwise_is_left_alone(text: str) -> None:
    with pytest.raises(SanbanError, match="by itself"):
        with_limit(text, "b" if "within" in text else "a", Length(2, "day"))


def test_a_part_goes_with_all_its_lines_and_a_part_of_others_does_not() -> None:
    path = SHIPPED / "noise" / "mechanism.yaml"
    text = path.read_text(encoding="utf-8")
    assert "tasks.patrol" in own_parts(path)
    assert "patrol:" not in without_part(text, "tasks.patrol")
    assert "measuring:" in without_part(text, "tasks.site")
    with pytest.raises(SanbanError, match="does not declare"):
        without_part(text, "tasks.lead")


def test_a_row_is_put_at_the_end_of_the_rows() -> None:
    changed = with_row("rows:\n  - {id: a, duty: b, unit: c}\n", {"id": "d", "duty": "b", "unit": "局"})
    assert changed.endswith('  - {id: d, duty: b, unit: "局"}\n')
    assert with_row(changed, {"id": "d", "duty": "b", "unit": "局"}) == changed
    with pytest.raises(SanbanError):
        with_row("rows:\n  - {id: a}\nmore: yes\n", {"id": "d"})


def test_thresholds_are_data_with_a_source(worked: House, tmp_path: Path) -> None:
    found = thresholds_of(worked)
    assert (found.rate, found.returned, found.window) == (500, 3_000, 3 * 86_400_000_000)
    shipped = (SHIPPED / "_desk" / "revision.yaml").read_text(encoding="utf-8")
    (tmp_path / "revision.yaml").write_text(
        shipped.replace("missed: 40 %", "missed: most").replace("within: 3 days", "within: 3 working_days"), "utf-8"
    )
    with pytest.raises(FaultsFound) as caught:
        load_revision_terms(tmp_path)
    assert {fault.code for fault in caught.value.faults} == {"not_a_percent", "not_natural"}
    assert load_revision_terms(shipped_district())["wave"] == 4
