"""A replayed case's timers: looked for when one may be due, they fire as if they were looked for at every step."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from sanban.kernel.case.event import CaseSupervised, ClockMissed, ClockReminded, Event
from sanban.kernel.case.state import Case, Clock
from sanban.kernel.case.timers import Wanted, wanted_timers
from sanban.kernel.clock.calendar import HOUR
from sanban.revision.replay.timing import Timers

MINUTE = HOUR // 60
NEVER_STUCK = 10**6
Step = tuple[str, int, int, int]
"""What happens, after how many minutes, and a new clock's minutes until it is due, and until it is reminded of."""

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["start", "start", "stop", "again", "later", "pass", "tick"]),
        st.integers(0, 90),
        st.integers(1, 240),
        st.integers(0, 240),
    ),
    max_size=25,
)


class Plain(Timers):
    """Looks for them every time, and remembers nothing but what came to nothing."""

    def due(self, case: Case, until: int, *, ticked: bool) -> list[Wanted]:
        wanted = [one for one in wanted_timers(case, until) if one not in self._stuck]
        return [one for one in wanted if ticked or not (self.ticks and self._fires_later(one.at))]

    def came_to(self, made: Sequence[Event], timer: Wanted, due: list[Wanted], until: int) -> list[Wanted] | None:
        super().came_to(made, timer, due, until)
        return None

    def tick(self) -> int:
        return self.ticks.popleft()


class Story:
    """One case through the steps. A clock whose number `stuck` divides never fires; every second one that runs out is
    followed by supervision with a clock of its own, and every second of these stops the oldest clock."""

    def __init__(self, timers: Timers, steps: Sequence[Step], stuck: int) -> None:
        self.timers, self.stuck = timers, stuck
        self.case = Case("c1", "1", "m@1", "open", "u", "u", 0)
        self.fired: list[tuple[int, str, str]] = []
        self.number = 0
        at, times = 0, []
        for what, gap, *_ in steps:
            at += gap * MINUTE
            times.append(at)
            if what == "tick":
                timers.ticks.append(at)
        for (what, _, due_in, remind_in), now in zip(steps, times, strict=True):
            self.step(what, now, due_in * MINUTE, remind_in * MINUTE)
        self.fire(10**15)

    def step(self, what: str, now: int, due_in: int, remind_in: int) -> None:
        if what == "tick":
            self.fire(self.timers.tick(), ticked=True)
            return
        if now >= self.timers.quiet:
            self.fire(now)
        if what == "start":
            self.timers.started(self.start(now, due_in, remind_in))
        elif what == "stop":
            self.stop(now)
        elif what == "again":
            stopped = [clock.id for clock in self.case.clocks if not clock.running]
            self.change(lambda clock: replace(clock, stopped_at=None), *stopped[-1:])
            self.timers.changed()
        elif what == "later":
            self.change(lambda clock: replace(clock, due_at=(clock.due_at or 0) + due_in, remind_at=None))
            self.timers.changed()

    def start(self, now: int, due_in: int, remind_in: int) -> tuple[Clock, ...]:
        self.number += 1
        reminds = now + remind_in if remind_in < due_in else None
        clock = Clock(f"k{self.number}", "limit", "t1", "u", now, (), now + due_in, remind_at=reminds)
        self.case = replace(self.case, clocks=(*self.case.clocks, clock))
        return (clock,)

    def stop(self, now: int) -> tuple[str, ...]:
        running = [clock.id for clock in self.case.clocks if clock.running][:1]
        clocks = [clock.ended(now) if clock.id in running else clock for clock in self.case.clocks]
        self.case = replace(self.case, clocks=tuple(clocks))
        return tuple(running)

    def change(self, as_it_is: Callable[[Clock], Clock], name: str = "") -> None:
        newest = name or (self.case.clocks[-1].id if self.case.clocks else "")
        clocks = [as_it_is(clock) if clock.id == newest else clock for clock in self.case.clocks]
        self.case = replace(self.case, clocks=tuple(clocks))

    def fire(self, until: int, *, ticked: bool = False) -> None:
        due: list[Wanted] | None = None
        for _ in range(1_000):
            if due is None:
                due = self.timers.due(self.case, until, ticked=ticked)
            if not due:
                return
            timer = min(due)
            due = self.timers.came_to(self.made(timer), timer, due, until)
        raise AssertionError("timers without end")

    def made(self, timer: Wanted) -> list[Event]:
        number, clock = int(timer.subject[1:]), next(one for one in self.case.clocks if one.id == timer.subject)
        if number % self.stuck == 0 or not clock.running:
            return []
        self.fired.append((timer.at, timer.step, timer.subject))
        if timer.step == "remind":
            self.change(lambda one: replace(one, reminded_at=timer.at), timer.subject)
            return [ClockReminded(at=timer.at, actor="system", clock=timer.subject)]
        self.change(lambda one: replace(one, missed_at=one.due_at), timer.subject)
        events: list[Event] = [ClockMissed(at=timer.at, actor="system", clock=timer.subject)]
        if number % 2 == 0 and self.number < 40:
            stopped = self.stop(timer.at) if number % 4 == 2 else ()
            started = self.start(timer.at, 20 * MINUTE, 10 * MINUTE)
            events.append(CaseSupervised(at=timer.at, actor="system", started=started, stopped=stopped))
        return events


WAITS: Step = ("start", 0, 10, 240)
PASS: Step = ("pass", 15, 1, 0)


@given(STEPS, st.integers(2, 6))
@example([WAITS, PASS, PASS, ("tick", 10, 1, 0)], NEVER_STUCK)
@example([WAITS, ("start", 0, 12, 240), PASS, ("later", 0, 100, 0), PASS, ("tick", 5, 1, 0), PASS], NEVER_STUCK)
@example([("start", 0, 12, 240), WAITS, PASS, ("again", 1, 1, 0), PASS], NEVER_STUCK)
@example([WAITS, ("start", 1, 50, 5), PASS, ("start", 1, 3, 240), PASS, PASS, PASS], 2)
def test_timers_fire_as_if_they_were_looked_for_at_every_step(steps: list[Step], stuck: int) -> None:
    assert Story(Timers(), steps, stuck).fired == Story(Plain(), steps, stuck).fired


def test_what_is_due_before_the_jobs_were_at_work_waits_for_them() -> None:
    """A step between the two brings nothing forward; what is due long before a tick does not wait."""
    timers = Timers()
    timers.ticks.append(30 * MINUTE)
    story = Story(timers, [WAITS, PASS], NEVER_STUCK)
    assert not story.fired
    assert timers.tick() == 30 * MINUTE
    story.fire(30 * MINUTE, ticked=True)
    assert story.fired == [(10 * MINUTE, "expire", "k1")]


def test_a_timer_that_came_to_nothing_hides_no_later_one() -> None:
    story = Story(Timers(), [("start", 0, 5, 240)] * 2 + [("start", 0, 30, 240), PASS, PASS, PASS], 2)
    assert [subject for _, _, subject in story.fired] == ["k1", "k3"]
