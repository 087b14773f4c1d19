"""Runs a simulated time: one agenda of what people are going to do, in order of time, half an hour at once.

    next step with something to do --> timers --> everybody's commands in one go --> reactions --> look --> plan

What somebody plans is looked at again when its time comes: if the case has moved on meanwhile, it is planned anew. So
nobody acts on what they could not know, and the ledger decides every command as it does any other.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple

from sanban.adapters.simulation.fates import FIRST, MISSENT, Course, Fates, may_be_offered
from sanban.adapters.simulation.mirror import Mirror
from sanban.adapters.simulation.moves.acting import Acts, Move
from sanban.adapters.simulation.moves.aside import account, aside, everyday
from sanban.adapters.simulation.moves.checking import check
from sanban.adapters.simulation.moves.filing import after_closing, undispatched
from sanban.adapters.simulation.moves.joining import come, together, whistle
from sanban.adapters.simulation.moves.working import contact, help_out, sign, work
from sanban.adapters.simulation.night import QUARRELS, Call, calls
from sanban.adapters.simulation.people import REQUESTERS, Requester, Staff, requester
from sanban.adapters.simulation.walked import Tally, Walked
from sanban.adapters.simulation.world import STEP, Wait, World, moment, step_at
from sanban.kernel.case.state import Case
from sanban.kernel.clock.calendar import HOUR, MINUTE
from sanban.kernel.errors import SanbanError
from sanban.kernel.mechanism import Mechanism
from sanban.ledger.port import Answer, Part, Submission
from sanban.ledger.reading.timers import next_due

WORKING_DAY, REST_DAY = (50, 70), (26, 40)
"""Requests of a day, from and to."""
HOURS: Final = (1, 1, 1, 1, 1, 1, 3, 6, 12, 15, 14, 9, 6, 9, 13, 12, 10, 8, 7, 8, 8, 6, 3, 2)
"""How often people ask in each hour of the day, against each other."""
CHANNELS: Final = ("phone", "phone", "phone", "phone", "wechat", "wechat", "web", "app", "counter", "patrol")
OFTEN: Final = ("noise", "park", "waste", "housing", "let")
HOT_GRIDS: Final = 12
STUCK: Final = 3
"""How often the same thing is tried before it is given up."""
COME: Final = "come:"
"""Begins the line of a unit that was called."""
FILES: Final = Wait(10, 40, always=True)


class Todo(NamedTuple):
    """A command to send now, and what to do with its answer."""

    submission: Submission
    answered: Callable[[Answer], None]


Due = Callable[[], Todo | None]


def simulate(world: World, days: int, ends_at: int) -> Walked:
    """`days` of requests and work that end at `ends_at` (microseconds UTC); what was walked.

    Raises SanbanError when no matter in force takes requests. The ledger should hold nothing later than the start.
    """
    return _Run(world, days, ends_at).run()


class _Run:
    def __init__(self, world: World, days: int, ends_at: int) -> None:
        calendar = world.calendar
        self.world = world
        self.ends_at = ends_at
        self.first_day = calendar.day_of(ends_at) - days + 1
        world.clock.move_to(calendar.start_of(self.first_day))
        self.tally = Tally()
        self.mirror = Mirror(world.reader, self.tally)
        self.staff = Staff(world.district)
        self.acts = Acts(world, self.staff, f"{world.district.code} {ends_at} {days}")
        self.fates = Fates(world.district, world.chance)
        self.courses: dict[str, Course] = {}
        self.first = list(FIRST)
        self.planned: dict[tuple[str, str], str] = {}
        self.agenda: list[tuple[int, int, Due]] = []
        self.told: dict[str, str] = {}
        self._count = 0
        self.grids = sorted(world.district.duty.grids.versions)

    def run(self) -> Walked:
        """Day by day, so that each day's requests are drawn with the matters then in force."""
        if not everyday(self.acts):
            raise SanbanError("no matter in force takes requests", "a matter that extends seven-steps")
        calendar = self.world.calendar
        self._draw_night()
        for day in range(self.first_day, calendar.day_of(self.ends_at) + 1):
            self._draw_requests(calendar.start_of(day), working=calendar.is_working(day))
            self._work_until(min(calendar.start_of(day + 1), self.ends_at))
        self._leave_quarrels()
        self._leave_whistles()
        self.world.clock.move_to(self.ends_at)
        self.world.advance(self.ends_at)
        self.mirror.look()
        return self.tally.walked(self.mirror.cases)

    def _work_until(self, end: int) -> None:
        while (now := self._next_moment()) is not None and now < end:
            self.world.clock.move_to(now)
            if self._is_timer_due(now):
                self.world.advance(now)
                self._look()
            todos = self._due(now)
            answers = self.world.ledger.submit_many([todo.submission for todo in todos]) if todos else []
            self.tally.commands += len(answers)
            for todo, answer in zip(todos, answers, strict=True):
                todo.answered(answer)
            self._look()
            if todos and (not self.world.follows or not self.world.follows.isdisjoint(self.mirror.types)):
                self.world.advance(now)
                self._look()

    def _next_moment(self) -> int | None:
        """The next step at which somebody does something or a timer is due."""
        timer = next_due(self.world.reader, self.world.clock.now)
        moments = [] if timer is None else [step_at(timer)]
        return min([*moments, *(entry[0] for entry in self.agenda[:1])], default=None)

    def _is_timer_due(self, now: int) -> bool:
        """What silence does comes before what people do in the same step."""
        timer = next_due(self.world.reader, now - 2 * STEP)
        return timer is not None and timer <= now

    def _due(self, now: int) -> list[Todo]:
        todos = []
        while self.agenda and self.agenda[0][0] <= now:
            todo = heapq.heappop(self.agenda)[2]()
            if todo is not None:
                todos.append(todo)
        return todos

    def _look(self) -> None:
        for case_id in self.mirror.look():
            self._plan(case_id)

    def _at(self, instant: int, due: Due) -> None:
        self._count += 1
        heapq.heappush(self.agenda, (instant, self._count, due))

    def _plan(self, case_id: str) -> None:
        """Puts on the agenda what is next on each line of a case, unless it stands there already."""
        case = self.mirror.cases[case_id]
        course = self.courses.get(case_id)
        if course is None:
            course = self.courses[case_id] = self._dealt(case)
        called = (f"{COME}{unit}" for whistle in case.whistles for unit in whistle.held)
        helping = (task.id for task in case.open_tasks if task.spec != "lead")
        for line in ("main", "contact", "aside", "account", "together", *called, *helping):
            move = self._next(case, course, line)
            name = (case_id, line)
            if move is None or course.refused[move.key] >= STUCK:
                self.planned.pop(name, None)
            elif self.planned.get(name) != move.key:
                self.planned[name] = move.key
                self._at(moment(self.world, move.wait, self.world.clock.now), self._performing(name, move.key))

    def _dealt(self, case: Case) -> Course:
        """Its course: of the first cases one that leads to an offer of joint handling, else from the deck."""
        mechanism = self.acts.mechanism(case)
        fate = next((one for one in self.first if may_be_offered(one, mechanism)), "")
        if not fate:
            return self.fates.deal(case.street)
        self.first.remove(fate)
        return Course(fate, "good")

    def _next(self, case: Case, course: Course, line: str) -> Move | None:
        if line == "main":
            return self._main(case, course)
        if line == "contact":
            return contact(self.acts, case, course)
        if line == "aside":
            return aside(self.acts, case, course)
        if line == "account":
            return account(self.acts, case, self.fates.temper(case.lead))
        if line == "together":
            return together(self.acts, case, course)
        if line.startswith(COME):
            unit = line.removeprefix(COME)
            return come(self.acts, case, unit, self.fates.temper(unit))
        task = case.task(line)
        return None if task is None or not task.open else help_out(self.acts, case, course, task)

    def _main(self, case: Case, course: Course) -> Move | None:
        lead = case.lead_task
        if case.closed_at is not None:
            return after_closing(self.acts, case, course)
        if lead is None or lead.state in ("returned", "withdrawn", "waived"):
            return undispatched(self.acts, case, course)
        if lead.state == "dispatched":
            return sign(self.acts, case, course, lead)
        return work(self.acts, case, course, lead) if lead.open else check(self.acts, case, course)

    def _performing(self, name: tuple[str, str], key: str) -> Due:
        case_id, line = name

        def perform() -> Todo | None:
            if self.planned.get(name) != key:
                return None
            del self.planned[name]
            course = self.courses[case_id]
            move = self._next(self.mirror.cases[case_id], course, line)
            if move is None or move.key != key:
                self._plan(case_id)
                return None
            course.tried.add(key)
            return Todo(move.act(), lambda answer: self._answered(case_id, move, answer))

        return perform

    def _answered(self, case_id: str, move: Move, answer: Answer) -> None:
        if answer.refused is not None:
            self.tally.refuse(move.step, answer.refused.reason)
            self.courses[case_id].refused[move.key] += 1
            self._plan(case_id)

    def _draw_requests(self, midnight: int, *, working: bool) -> None:
        """The day's requests, more in the hours when people call."""
        chance = self.world.chance
        wheel = [hour for hour, weight in enumerate(HOURS) for _ in range(weight)]
        matters = [one for one in everyday(self.acts) for _ in range(3 if _is_often(one) else 1)]
        for _ in range(chance.randint(*(WORKING_DAY if working else REST_DAY))):
            at = step_at(midnight + chance.choice(wheel) * HOUR + chance.randint(0, 1) * STEP)
            mechanism = chance.choice(matters)
            if at < self.ends_at:
                self._at(at, partial(self._receive, mechanism))

    def _draw_night(self) -> None:
        """What comes in the last hours and waits for a decision; a step is never more than two away."""
        asking = requester(1)
        for call in calls(self.world.chance):
            asking = asking if call.same_as_before else requester(self.world.chance.randint(1, REQUESTERS))
            at = step_at(self.ends_at - call.minutes * MINUTE - 2 * STEP)
            self._at(at, partial(self._take_down, call, asking))

    def _take_down(self, call: Call, asking: Requester) -> Todo:
        grid = self._grid_near(call) if call.is_placed else ""
        place = self.acts.address_in(grid) if call.is_placed else ""
        _, receiving, secrets = self.acts.take_down(asking, call.text, place, grid, call.channel)
        operator = self.staff.operators[self._count % len(self.staff.operators)]
        submission = self.acts.send(operator, self._with_advice(receiving, call.text), secrets)
        return Todo(submission, lambda answer: self._counted("receive", answer))

    def _grid_near(self, call: Call) -> str:
        """Where the first open case of the matter stands; without one anywhere, for all calls about it the same."""
        cases = self.mirror.cases.values()
        found = (case.grid for case in cases if case.matter == call.near and case.grid and case.closed_at is None)
        anywhere = self.world.chance.choice(self.grids)
        return self.told.setdefault(call.near or call.text, next(found, anywhere))

    def _leave_quarrels(self) -> None:
        """Orders that nobody wants when the time ends."""
        cases = self.mirror.cases.items()
        unsigned = [
            name
            for name, case in cases
            if case.state == "dispatched" and not case.returned_by and not case.reopened and case.matter not in MISSENT
        ]
        for name, times in zip(unsigned, QUARRELS, strict=False):
            course = Course("returned_twice", "shirk")
            for _ in range(2 * times - 1):
                self._do(self._main(self.mirror.cases[name], course))

    def _leave_whistles(self) -> None:
        """When the time ends one whistle waits to be screened, and the units of another have to report in."""
        cases = self.mirror.cases.values()
        worked = [one for one in cases if one.state == "handling" and not one.whistles and one.street]
        able = [one.id for one in worked if self.acts.open_step(one, "whistle") is not None]
        for case_id, sides in zip(able, ((whistle,), (whistle, together)), strict=False):
            course = Course("summoned", "good")
            for side in sides:
                self._do(side(self.acts, self.mirror.cases[case_id], course))

    def _do(self, move: Move | None) -> None:
        """Something done now, beside the agenda."""
        if move is not None:
            answer = self.world.ledger.submit(move.act())
            self.tally.commands += 1
            self._counted(move.step, answer)
            self._look()

    def _receive(self, mechanism: Mechanism) -> Todo:
        """Somebody calls or writes; the desk takes it down, and files it later unless that happens by itself."""
        chance = self.world.chance
        asking = requester(chance.randint(1, REQUESTERS))
        hot = chance.random() < 0.3
        grid = (
            self.grids[chance.randint(0, HOT_GRIDS - 1) * len(self.grids) // HOT_GRIDS]
            if hot
            else chance.choice(self.grids)
        )
        channel = chance.choice(CHANNELS)
        request, text, receiving, secrets = self.acts.receive(
            asking, mechanism, grid, channel, found=channel == "patrol"
        )
        parts = self._with_advice(receiving, text)
        now = self.world.clock.now
        operator = self.staff.operators[self._count % len(self.staff.operators)]
        filing = partial(self._file, request, mechanism, asking.party, channel, now, grid)
        self._at(moment(self.world, FILES, now), filing)
        return Todo(self.acts.send(operator, parts, secrets), lambda answer: self._counted("receive", answer))

    def _with_advice(self, receiving: tuple[Part, ...], text: str) -> tuple[Part, ...]:
        suggested = self.world.suggest(text)
        first, *placing = receiving
        return receiving if suggested is None else (first, Part(first.stream, "suggest", suggested), *placing)

    def _file(
        self, request: str, mechanism: Mechanism, party: str, channel: str, said_at: int, grid: str
    ) -> Todo | None:
        """The desk opens a case for a request that has none."""
        if request in self.mirror.linked:
            return None
        args, secrets = self.acts.open_args(
            mechanism, request, party, channel, said_at, grid, found=channel == "patrol"
        )
        parts = (
            Part(f"request:{request}", "route", {"route": "accept"}),
            Part(f"case:{args['id']}", "open", args),
            Part(f"request:{request}", "link", {"case": args["id"]}),
        )
        operator = self.staff.operators[self._count % len(self.staff.operators)]
        return Todo(self.acts.send(operator, parts, secrets), lambda answer: self._counted("open", answer))

    def _counted(self, step: str, answer: Answer) -> None:
        if answer.refused is not None:
            self.tally.refuse(step, answer.refused.reason)


def _is_often(mechanism: Mechanism) -> bool:
    return any(word in mechanism.matter for word in OFTEN)
