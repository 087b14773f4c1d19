"""From what was seen to what is proposed: lengths that the record bears out, waves and limits as they are."""

from __future__ import annotations

import pytest

import read_once
from sanban.kernel.case.state import Clock
from sanban.kernel.clock.due import due
from sanban.kernel.clock.limit import Length
from sanban.main.house import House
from sanban.main.revision.proposing import EVER, thresholds_of
from sanban.main.revision.replaying import recorded_rules, replaying
from sanban.revision.proposing.finding import Looked
from sanban.revision.proposing.looking import propose
from sanban.revision.proposing.observing import Observed, Opened, Run, observed
from sanban.revision.replay.running import cases_of

SINCE = 1_767_578_400_000_000
"""2026-01-05T10:00+08:00, a Monday."""
DAY = 86_400_000_000


class Record:
    """What was seen, made by hand, of the working days of some months."""

    def __init__(self, house: House) -> None:
        self.house, self.seen = house, Observed()
        self.seen.until = SINCE + 180 * DAY

    def at(self, days: float) -> int:
        """So many working days after the start."""
        found = due(self.house.calendar, (Length(int(days), "working_day"),), SINCE).at
        assert found is not None
        return found - DAY // 48

    def clock(self, number: int, done: int | None) -> Run:
        """A clock of five working days of either of two units, done after so many, or still running."""
        due_at, unit = self.at(5), f"unit-{number % 2}"
        stopped = None if done is None else self.at(done)
        missed = due_at if stopped is None or stopped > due_at else None
        clock = Clock(
            f"k{number}", "resolve", "t", unit, SINCE, (Length(5, "working_day"),), due_at, stopped_at=stopped,
            missed_at=missed,
        )  # fmt: skip
        used = None if stopped is None else (stopped - SINCE) / (due_at - SINCE)
        return Run(f"c{number}", unit, clock, used, missed is not None)

    def resolved(self, done: list[int | None]) -> None:
        """Clocks of the limit to resolve, each done after so many working days."""
        mechanism = self.mechanism("noise")
        self.seen.runs[mechanism, "resolve"] = [self.clock(number, days) for number, days in enumerate(done)]

    def opened(self, matter: str, since: int, every: int) -> None:
        """Cases of a matter in six grids, opened from then on, one each so often in turn."""
        key, grids = self.mechanism(matter), 6
        self.seen.since[key] = since
        instants = enumerate(range(since, self.seen.until, every))
        self.seen.opened[key] = [Opened(f"{matter}{number}", at, f"g{number % grids}") for number, at in instants]

    def mechanism(self, matter: str) -> str:
        """The key of the matter's mechanism, seen from now on."""
        found = read_once.matters().versions[matter][-1].mechanism
        assert found is not None
        self.seen.mechanisms[found.key] = found
        return found.key

    def proposed(self) -> Looked:
        """What is proposed of it."""
        return propose(self.seen, recorded_rules(self.house), {}, thresholds_of(self.house))


@pytest.fixture
def record(worked: House) -> Record:
    return Record(worked)


@pytest.mark.parametrize(
    ("running", "counts"), [(0, [10]), (4, [10]), (12, [])], ids=["all done", "few running", "no length is borne out"]
)
def test_a_limit_is_made_no_longer_than_the_record_bears_out(record: Record, running: int, counts: list[int]) -> None:
    record.resolved([*([9] * (60 - running)), *([None] * running)])
    assert [one.change.count for one in record.proposed().findings] == counts


def test_a_matter_as_busy_as_ever_has_no_wave_because_its_version_is_new_and_others_are_old(record: Record) -> None:
    record.opened("noise", record.seen.until - 12 * DAY, DAY // 8)
    record.opened("waste", SINCE, 90 * DAY)
    assert record.proposed().findings == ()


@pytest.mark.parametrize(("running", "proposed"), [(0, 1), (1, 0)])
def test_a_limit_binds_where_a_clock_that_runs_still_is_past_the_part_of_its_time(
    record: Record, running: int, proposed: int
) -> None:
    record.resolved([1] * 80)
    late = [record.clock(100 + number, None)._replace(used=0.9, missed=False) for number in range(running)]
    record.seen.running[record.mechanism("noise"), "resolve"] = late
    assert len(record.proposed().findings) == proposed


def test_clocks_that_run_still_are_seen_with_the_time_they_have_used(worked: House) -> None:
    asked = replaying(worked, recorded_rules(worked), (0, EVER), "kept")
    seen = observed(cases_of(asked), asked.rules)
    running = [run for several in seen.running.values() for run in several]
    assert running
    assert all(run.clock.running and run.used is not None and run.used >= 0 for run in running)
    assert not any(run.clock.running and not run.missed for several in seen.runs.values() for run in several)
