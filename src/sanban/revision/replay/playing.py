"""One recorded case, played again under other rules by the kernel's own `decide` and `fold`.

    recorded event --> the command behind it --> decide under the new rules --> fold
                       |                         refused: the step falls away, and is told
                       +-- timers are not replayed: the replayed case's own clocks fire them

What people did is taken from the record, by one of two declared responses. `kept`: at the instant recorded. `shifted`:
whoever worked towards a limit keeps the same distance to it, so a step that stopped a clock moves with the clock's due
time, and what follows it moves along. What a person would have done otherwise, no replay can know.

What the change cannot reach is taken from the record as it is (`reach`), and so is what comes to the same once it has
(`likeness`); all else the engine decides.

A timer fires when it is due, or where the record shows the ledger's jobs at work within the hour after, with them. So
a replay under the rules of the record gives the record.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from sanban.kernel.case import event as events
from sanban.kernel.case.engine import decide, fired
from sanban.kernel.case.event import Event
from sanban.kernel.case.fold import fold
from sanban.kernel.case.situation import Command, Situation
from sanban.kernel.case.state import Case, Clock, matter_of
from sanban.kernel.case.timers import NEVER, Wanted, following, leads_on
from sanban.kernel.clock.calendar import HOUR
from sanban.kernel.errors import Refused, SanbanError
from sanban.kernel.mechanism import Mechanism
from sanban.kernel.permission import Actor
from sanban.revision.replay.by_itself import following_steps, made_by_the_system
from sanban.revision.replay.changing import Rules
from sanban.revision.replay.likeness import HARMLESS, as_recorded, came_alike, stands_alike, unanswered
from sanban.revision.replay.reach import Reach, reach_of
from sanban.revision.replay.recalling import Recall, command_of, counterpart, opening_of
from sanban.revision.replay.standing import SYSTEM, actors
from sanban.revision.replay.timing import Timers

Response = Literal["kept", "shifted"]
MOST_TIMERS: Final = 1_000
NOT_THEIRS: Final = frozenset({"not_permitted", "own_work"})
"""Refusals that another role of the same person may not meet."""
OUTSIDE: Final[frozenset[type[Event]]] = frozenset(
    {
        events.RequestAttached,
        events.RequestDetached,
        events.CaseReopened,
        events.ClockImposed,
        events.ClockRecomputed,
        events.CaseAdvised,
    }
)
"""What no unit's work towards a limit brings about: requesters, the city, the calendar, a model."""
_SYSTEM: Final = frozenset({"system"})
SENT_ELSEWHERE: Final = "sent_elsewhere"
"""Why a return falls away: the unit that gave it back never gets it."""


class Lost(NamedTuple):
    """A recorded step that the new rules do not take, and why.

    Of a case that cannot be opened: also the engine's sentence, and what would have been a valid answer.
    """

    step: str
    reason: str
    message: str = ""
    example: str = ""


class Played(NamedTuple):
    """A case as it was and as it would have been. `now` None: it cannot be opened under the new rules, see `lost`."""

    was: Case
    now: Case | None
    lost: tuple[Lost, ...] = ()


def recorded_case(events_: Sequence[Event]) -> Case:
    """The case as the record has it."""
    case: Case | None = None
    for event in events_:
        case = fold(case, event)
    assert case is not None, "a stream has events"
    return case


def matters_of(events_: Sequence[Event]) -> frozenset[str]:
    """Every matter that a case was ever of."""
    keys = [one.mechanism for one in events_ if isinstance(one, (events.CaseOpened, events.CaseReclassified))]
    return frozenset(matter_of(key) for key in keys)


class Player:
    """Plays cases under the rules, by one response. `every`: each step is decided, those that no change reaches too."""

    def __init__(self, rules: Rules, response: Response, *, every: bool = False) -> None:
        self.rules = rules
        self.shifts = response == "shifted"
        self._every = every or rules.redirected
        self._reaches: dict[str, Reach | None] = {}
        self._follows: dict[str, frozenset[str]] = {}

    def play(self, events_: Sequence[Event]) -> Played:
        """The case under the rules. Raises SanbanError where the record's own mechanism is not here."""
        return _Play(events_, self).played()

    def then(self, key: str) -> Mechanism:
        """The mechanism that a case ran under."""
        found = self.rules.recorded.by_key(key)
        if found is None:
            raise SanbanError(f"cases run under {key}, whose file is not here", "keep every version that cases name")
        return found

    def reach(self, then: Mechanism, under: Mechanism) -> Reach | None:
        """How far the change reaches into a case opened under the first; another directory may reach everything."""
        if then.key not in self._reaches:
            self._reaches[then.key] = None if self._every else reach_of(then, under)
        return self._reaches[then.key]

    def follows(self, then: Mechanism) -> frozenset[str]:
        """The steps of the mechanism that the system takes at once after another's."""
        if then.key not in self._follows:
            self._follows[then.key] = following_steps(then)
        return self._follows[then.key]


class _Play:
    """One case on its way: as it was, as it is now, when its last step was, and by how much steps move.

    `timers`: those of the case as it is now. `then`, `under`: the mechanisms that it ran and runs under, found by the
    keys `pinned_then` and `pinned`. Until the change has reached it, `reach` says what it spares, `anew` are the clocks
    that are timed anew, `soonest` when one of them says something, and what it is now is not worked out. From then on,
    `like` says so for as long as it is like the recorded case.
    """

    def __init__(self, events_: Sequence[Event], player: Player) -> None:
        self.events = events_
        self.player = player
        self.rules = rules = player.rules
        self.shifts = player.shifts
        self.at = events_[0].at
        self.by = 0
        self.lost: list[Lost] = []
        self.timers = Timers()
        self.was = fold(None, events_[0])
        self.now = self.was
        self.pinned_then = self.pinned = self.was.mechanism
        self.then = player.then(self.pinned)
        self.under = rules.under(self.pinned) or self.then
        self.reach = player.reach(self.then, self.under)
        self.like: Reach | None = None
        self.anew: dict[str, Clock] = {}
        self.soonest = rules.until
        number = self.was.number
        self.number = lambda: number
        self.mechanism_of = rules.mechanism_of

    def played(self) -> Played:
        opening = self.events[0]
        assert isinstance(opening, events.CaseOpened), "a case's first event opens it"
        if self.reach is None:
            command = opening_of(opening, self.then, self.rules.answers(self.was.matter))
            answer = self._decided(None, opening, command, opening.unit, opening.at)
            if isinstance(answer, Refused):
                lost = Lost(opening.step, answer.reason, answer.message, answer.example)
                return Played(recorded_case(self.events), None, (lost,))
            self.now = _after(None, answer)
        else:
            self._time_anew(self.reach, opening)
        fired, followed = made_by_the_system(self.events, self.player.follows(self.then))
        self.timers.ticks.extend([self.events[index].at for index in sorted(fired)])
        for index, event in enumerate(self.events[1:], start=1):
            if index in fired or index in followed:
                self._reached()
                self._part_by(event)
                if index in fired:
                    self._fire(self.timers.tick(), ticked=True)
            elif not self._is_spared(event):
                self._take(event)
            self.was = fold(self.was, event)
        self._reached()
        if self.now.closed_at is None:
            self._fire(self.rules.until)
        return Played(self.was, self.now, tuple(self.lost))

    def _is_spared(self, event: Event) -> bool:
        """Whether the change does not reach the case up to this step; once it does, it has for good."""
        reach = self.reach
        if reach is None:
            return False
        at = event.at
        spared = event.step in reach.steps and at < self.soonest
        moves = self.shifts and event.stopped and not self.anew.keys().isdisjoint(event.stopped)
        if not spared or moves or leads_on(event) or not self.timers.is_quiet(self.was, at):
            self._reached()
            return False
        self.at = at
        if event.started:
            self._time_anew(reach, event)
        return True

    def _time_anew(self, reach: Reach, event: Event) -> None:
        self.timers.started(event.started)
        if reach.times(event):
            clocks = reach.timed_anew(event, self._situation(SYSTEM, event.at))
            said = [at for clock in clocks.values() for at in (clock.remind_at, clock.due_at) if at is not None]
            self.anew |= clocks
            self.soonest = min([self.soonest, *said])

    def _reached(self) -> None:
        """The change has reached the case: what it is now is worked out."""
        if self.reach is not None:
            self.now = self.reach.replayed(self.was, self.anew)
            self.like, self.reach = self.reach, None
            self.timers.changed()

    def _part_by(self, *made: Event) -> None:
        """After events of one case that the other may lack, it is like the recorded one only if they are harmless."""
        for one in made:
            if type(one) not in HARMLESS:
                self.like = None

    def _take(self, event: Event) -> None:
        """A step that somebody took, at its time."""
        if self.pinned_then != self.was.mechanism:
            self.pinned_then = self.was.mechanism
            self.then = self.player.then(self.pinned_then)
        at = event.at + self._moved(event) if self.shifts else event.at
        at = max(at, self.at)
        if at >= self.timers.quiet:
            self._fire(at)
        if isinstance(event, events.TaskReturned) and not _same_lead(self.was, self.now):
            self._part_by(event)
            self.lost.append(Lost(event.step, SENT_ELSEWHERE))
            return
        answer: tuple[Event, ...] | Refused | None = self._as_recorded(event, at)
        if isinstance(answer, tuple) and answer[0].started:
            self.timers.started(answer[0].started)
        if answer is None:
            self.timers.changed()
            recall = Recall(self.was, self.now, self.then, self.rules.answers)
            answer = self._decided(self.now, event, command_of(event, recall), recall.unit(event), at)
            if self.like is None or not came_alike(event, answer, self.like.alike):
                self._part_by(event, *(() if isinstance(answer, Refused) else answer))
        if isinstance(answer, Refused):
            self.lost.append(Lost(event.step, answer.reason))
            return
        self.at = at
        self.now = fold(self.now, answer[0]) if len(answer) == 1 else _after(self.now, answer)

    def _as_recorded(self, event: Event, at: int) -> tuple[Event] | Refused | None:
        """The step as it is known to come out while the case is like the recorded one; None: it has to be decided."""
        like = self.like
        if like is None or event.step not in like.alike or not stands_alike(self.was, self.now):
            return None
        if type(event) is events.SupervisionAnswered:
            return unanswered(self.now, event.step, at, self._mechanism())
        situation = self._situation(SYSTEM, at) if event.started else None
        same = as_recorded(event, at, self.was, self.now, like.timed, self._mechanism(), situation)
        return None if same is None else (same,)

    def _moved(self, event: Event) -> int:
        """By how much the step moves: as the due time of the first clock that it stopped, else as the step before.

        What comes from outside comes when it came; a case that is reopened begins anew.
        """
        if type(event) in OUTSIDE:
            self.by = 0 if isinstance(event, events.CaseReopened) else self.by
            return 0
        if not event.stopped:
            return self.by
        stopped = event.stopped
        ended = [clock for clock in self.was.clocks if clock.stopped_at is None and clock.id in stopped]
        for clock in sorted(ended, key=_due_at) if len(ended) > 1 else ended:
            found = counterpart(self.was, self.now, clock)
            if found is not None and found.due_at is not None and clock.due_at is not None:
                self.by = found.due_at - clock.due_at
                break
        return self.by

    def _decided(
        self, case: Case | None, event: Event, command: Command, unit: str, at: int
    ) -> tuple[Event, ...] | Refused:
        """The engine's answer to whoever may have taken the step: the first that no other role would better."""
        step = self.then.steps.get(event.step)
        by = _SYSTEM if step is None else step.by
        party = "" if case is None else case.requests[0].requester
        answer: tuple[Event, ...] | Refused | None = None
        for actor in actors(event, by, unit, self.rules.duty, party):
            answer = decide(case, command, self._situation(actor, at))
            if not isinstance(answer, Refused) or answer.reason not in NOT_THEIRS:
                break
        return Refused("not_permitted", "nobody may have taken it", event.step) if answer is None else answer

    def _mechanism(self) -> Mechanism:
        """What the replayed case runs under now."""
        if self.pinned != self.now.mechanism:
            self.pinned = self.now.mechanism
            self.under = self.rules.under(self.pinned) or self.then
        return self.under

    def _situation(self, actor: Actor, now: int) -> Situation:
        """What a step of the replayed case is decided from."""
        rules, under = self.rules, self._mechanism()
        return Situation(under, actor, now, rules.calendar, rules.duty, rules.links, self.number, self.mechanism_of)

    def _fire(self, until: int, *, ticked: bool = False) -> None:
        """Let the replayed case's timers run that are due by then. `ticked`: the jobs ran then, as the record shows."""
        due: list[Wanted] | None = None
        for _ in range(MOST_TIMERS):
            if due is None:
                due = self.timers.due(self.now, until, ticked=ticked)
            if not due:
                return
            timer = min(due)
            made = self._fire_one(timer, until if ticked else None)
            due = self.timers.came_to(made, timer, due, until)
        self.timers.changed()

    def _fire_one(self, timer: Wanted, tick: int | None) -> list[Event]:
        """What the timer and all that follows at once come to; nothing where it is stuck."""
        at = tick if tick is not None and tick - timer.at <= HOUR else max(self.at, timer.at)
        situation = self._situation(SYSTEM, at)
        event = fired(self.now, timer, situation)
        if event is None or isinstance(event, Refused):
            return []
        self.at = max(self.at, at)
        self.now, made = fold(self.now, event), [event]
        if leads_on(event):
            for command in following(self.now, event, situation.mechanism):
                answer = decide(self.now, command, situation)
                if not isinstance(answer, Refused):
                    self.now = _after(self.now, answer)
                    made.extend(answer)
        self._part_by(*made)
        return made


def _after(case: Case | None, made: Sequence[Event]) -> Case:
    for event in made:
        case = fold(case, event)
    assert case is not None, "an event makes a case"
    return case


def _due_at(clock: Clock) -> int:
    return NEVER if clock.due_at is None else clock.due_at


def _same_lead(was: Case, now: Case) -> bool:
    before, after = was.lead_task, now.lead_task
    return before is None or after is None or before.unit == after.unit
