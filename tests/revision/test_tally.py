"""What a replay counts: clocks of both sides go together by limit, spec and turn, however the sums are gathered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from sanban.kernel.case.state import LEAD, Case, Clock, Task
from sanban.kernel.clock.calendar import HOUR
from sanban.revision.replay.playing import Played
from sanban.revision.replay.tally import AFTER, BEFORE, Sums, Tally

Side = tuple[tuple[Clock, ...], tuple[Task, ...]]
"""A case's clocks and tasks."""
CASE = Case("c1", "1", "m@1", "open", "u", "u", 0)
LIMITS, SUBJECTS = ("accept", "resolve"), ("t1", "t2", "r1")


def clocks() -> st.SearchStrategy[tuple[Clock, ...]]:
    due = st.one_of(st.none(), st.integers(0, 9).map(lambda hours: hours * HOUR))
    over = st.sampled_from([(None, None), (5, None), (5, 4), (None, 4)])
    one = st.builds(
        lambda limit, subject, due_at, ended: Clock(
            "k", limit, subject, "u", 0, (), due_at, stopped_at=ended[0], missed_at=ended[1]
        ),
        st.sampled_from(LIMITS), st.sampled_from(SUBJECTS), due, over,
    )  # fmt: skip
    return st.lists(one, max_size=6).map(tuple)


def tasks() -> st.SearchStrategy[tuple[Task, ...]]:
    return st.sampled_from([LEAD, "help"]).map(lambda spec: (Task("t1", LEAD, "u", 0), Task("t2", spec, "v", 0)))


SIDES = st.tuples(clocks(), tasks())


def counted(*sides: tuple[Side, ...]) -> Tally:
    tally = Tally(0)
    for was, now in sides:
        played = Played(replace(CASE, clocks=was[0], tasks=was[1]), replace(CASE, clocks=now[0], tasks=now[1]))
        tally.add(played, 1, lambda _case, _mechanism: (), _no_mechanism, _no_mechanism)
    return tally


def _no_mechanism(_key: str) -> None:
    return None


def by_turn(clocks: tuple[Clock, ...], tasks: tuple[Task, ...]) -> dict[tuple[str, str, int], Clock]:
    """Each clock by its limit, its subject's spec, and how many such stand before it."""
    specs, turns = {task.id: task.spec for task in tasks}, Counter[tuple[str, str]]()
    found = {}
    for clock in clocks:
        what = clock.limit, specs.get(clock.subject, clock.subject)
        found[*what, turns[what]] = clock
        turns[what] += 1
    return found


def told(sums: Sums) -> tuple[object, ...]:
    return sums.recorded, sums.replayed, sums.gone, sums.added, sums.holds, sums.of, +sums.hours


FIRST = Clock("k", "accept", "t1", "u", 0, (), HOUR)
SECOND = replace(FIRST, limit="resolve", subject="t2", stopped_at=2)
HELPED, LED = (
    (Task("t1", LEAD, "u", 0), Task("t2", "help", "v", 0)),
    (Task("t1", LEAD, "u", 0), Task("t2", LEAD, "v", 0)),
)


@given(SIDES, SIDES)
@example(((FIRST, SECOND), HELPED), ((FIRST,), HELPED))
@example(((FIRST, SECOND), HELPED), ((SECOND, FIRST), HELPED))
@example(((FIRST, SECOND), HELPED), ((FIRST, SECOND, FIRST), HELPED))
@example(((FIRST, SECOND), HELPED), ((FIRST, SECOND), LED))
def test_clocks_of_both_sides_go_together_by_limit_spec_and_turn(was: Side, now: Side) -> None:
    before, after = by_turn(*was), by_turn(*now)
    for limit in LIMITS:
        sums = counted((was, now)).limits().get(limit, Sums())
        mine, theirs = ({key: one for key, one in side.items() if key[0] == limit} for side in (before, after))
        assert (sums.recorded, sums.replayed) == (len(mine), len(theirs))
        assert (sums.gone, sums.added) == (len(mine.keys() - theirs.keys()), len(theirs.keys() - mine.keys()))
        for side, clocks in ((BEFORE, mine), (AFTER, theirs)):
            over = [one for one in clocks.values() if one.missed_at is not None or one.stopped_at is not None]
            assert (sums.of[side], sums.holds[side]) == (len(over), sum(one.missed_at is not None for one in over))
        due = [(mine[key].due_at, theirs[key].due_at) for key in mine.keys() & theirs.keys()]
        moved = [(then - at) // HOUR for at, then in due if at is not None and then is not None]
        assert sums.hours == Counter(moved)


@given(st.lists(st.tuples(SIDES, SIDES), max_size=4), st.integers(0, 4))
def test_two_tallies_merged_are_one_of_both(sides: list[tuple[Side, Side]], cut: int) -> None:
    whole, merged = counted(*sides), counted(*sides[:cut])
    merged.merge(counted(*sides[cut:]))
    for sums_of in (Tally.limits, Tally.figures):
        assert _all(merged, sums_of) == _all(whole, sums_of)
    assert merged.counts == whole.counts
    assert merged.workload == whole.workload


def _all(tally: Tally, sums_of: Callable[[Tally], dict[str, Sums]]) -> dict[str, tuple[object, ...]]:
    return {name: told(sums) for name, sums in sums_of(tally).items()}
