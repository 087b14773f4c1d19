"""A district, its calendar and two mechanisms, made in code; and `Play`, which takes a case step by step.

The mechanisms are like the shipped seven steps, with more in them: every verb has a step, every kind of limit a row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from sanban.kernel.case.engine import decide
from sanban.kernel.case.event import Event
from sanban.kernel.case.facts import GUARD_NAMES
from sanban.kernel.case.fold import fold
from sanban.kernel.case.situation import Command, Situation
from sanban.kernel.case.state import Case, Clock, Task
from sanban.kernel.case.verbs.joint.crossing import CROSS_NAMES
from sanban.kernel.clock.calendar import DAY, HOUR, MINUTE, Calendar, build_calendar, day_of_iso, weekday_of
from sanban.kernel.clock.limit import FixedDate, Length, parse_length
from sanban.kernel.duty import Entry, Grid, Level, Point, Unit, UnitKind, duty_table
from sanban.kernel.errors import Refused
from sanban.kernel.expression import Declared, Expression, ParameterRange, Scope, compile_or_raise
from sanban.kernel.mechanism import (
    CrossTest,
    Extend,
    Field,
    Ground,
    Grounds,
    Limit,
    Mechanism,
    Migration,
    State,
    Step,
    TaskSpec,
    Title,
    compile_mechanism,
)
from sanban.kernel.party import NO_LINKS, Links
from sanban.kernel.permission import Actor
from sanban.kernel.sight import Visibility

OFF = (
    "2025-01-01/1 2025-01-28/8 2025-04-04/3 2025-05-01/5 2025-05-31/3 2025-10-01/8 "
    "2026-01-01/3 2026-02-15/9 2026-04-04/3 2026-05-01/5 2026-06-19/3 2026-09-25/3 2026-10-01/7"
)
MADE_UP = (
    "2025-01-26 2025-02-08 2025-04-27 2025-09-28 2025-10-11 "
    "2026-01-04 2026-02-14 2026-02-28 2026-05-09 2026-09-20 2026-10-10"
)
FIRST, LAST = day_of_iso("2024-12-01"), day_of_iso("2027-12-31")
TEXT = "v:0123456789abcdef0123456789abcdef"
T = Title("字", "word")


def calendar_of(known_until: str) -> Calendar:
    """The Chinese calendar with the notices up to that day loaded. Source: 国办发明电〔2024〕12号 for 2025."""
    known = day_of_iso(known_until)
    off = {day_of_iso(part[:10]) + step for part in OFF.split() for step in range(int(part[11:]))}
    made_up = {day_of_iso(part) for part in MADE_UP.split()}
    days = range(FIRST, LAST + 1)
    return build_calendar(
        name="cn",
        version=known_until,
        zone="Asia/Shanghai",
        first_day=FIRST,
        known_from=FIRST,
        known_until=known,
        day_starts=[day * DAY - 8 * HOUR for day in (*days, LAST + 1)],
        working=[
            (weekday_of(day) < 5 and not (day in off and day <= known)) or (day in made_up and day <= known)
            for day in days
        ],
        sessions=[(9 * HOUR, 12 * HOUR), (13 * HOUR + 30 * MINUTE, 17 * HOUR + 30 * MINUTE)],
    )


CN2025 = calendar_of("2025-12-31")
CN2026 = calendar_of("2026-12-31")


def at(text: str) -> int:
    """The instant of a local time such as '2025-04-25 09:00'."""
    hours, minutes = (text[11:] or "00:00").split(":")
    return day_of_iso(text[:10]) * DAY - 8 * HOUR + int(hours) * HOUR + int(minutes) * MINUTE


def end(text: str) -> int:
    """The end of a local day."""
    return at(text) + DAY


def length(text: str) -> Length:
    found = parse_length(text)
    assert isinstance(found, Length)
    return found


FORM = {
    "floor": Field("floor", "integer", T, low=0, high=99),
    "fire_risk": Field("fire_risk", "yes_no", T),
    "loudness": Field("loudness", "choice", T, choices={"quiet": T, "loud": T}),
    "premises": Field("premises", "place", T),
    "details": Field("details", "text", T),
    "operator": Field("operator", "party", T, subject=True),
}
PARKING_FORM = {
    "plates": Field("plates", "integer", T, required=True, low=1, high=9),
    "operator": FORM["operator"],
}
SCOPE = Scope(
    {
        **GUARD_NAMES,
        "fire_risk": Declared("bool", optional=True),
        "loudness": Declared("str", choices=("quiet", "loud"), optional=True),
        "plates": Declared("int", 1, 9, optional=True),
    },
    {"urgent": ParameterRange(0, 99)},
)


def guard(source: str) -> Expression:
    return compile_or_raise(source, SCOPE)


OPEN_STATES = (
    ["filed", "dispatched", "handling", "reassigning", "ruling", "finished", "calling_back", "shelved", "joint"]
)  # fmt: skip
HOLDERS = {
    "filed": "desk", "dispatched": "lead_unit", "handling": "lead_unit", "reassigning": "desk", "ruling": "coordinator",
    "finished": "verifier", "calling_back": "desk", "shelved": "lead_unit", "joint": "coordinator",
}  # fmt: skip
WORKED = "dispatched handling reassigning ruling joint"


def step(
    name: str,
    source: str,
    by: str,
    to: str = "",
    *,
    verb: str = "",
    when: str = "",
    needs: str = "",
    at_most: int = 0,
    per: Any = "case",
    within: str = "",
) -> Step:
    sources = [name for word in source.split() for name in (OPEN_STATES if word == "open" else [word])]
    return Step(
        name,
        verb or name,
        T,
        frozenset(sources),
        to,
        frozenset(by.split()),
        guard(when) if when else None,
        tuple(needs.split()),
        at_most,
        per,
        length(within) if within else None,
    )


STEPS = (
    step("open", "", "desk requester grid_worker system"),
    step("attach", "open", "desk system"),
    step("split", "open", "desk"),
    step("locate", "open", "desk lead_unit grid_worker"),
    step("reclassify", "filed dispatched handling reassigning", "desk"),
    step("migrate", "open", "mechanism_owner"),
    step("dispatch", "filed reassigning", "dispatcher desk system", "dispatched"),
    step("accept", WORKED, "task_owner", "handling"),
    step("accept_silent", WORKED, "system", "handling", verb="accept"),
    step("take_up", "dispatched", "coordinator leader", "handling", verb="accept", when="reopened >= 1"),
    step("return_order", "dispatched", "lead_unit", "reassigning", when="returns == 0 and not ruled", needs="ground",
         at_most=1, per="unit"),
    step("return_again", "dispatched", "lead_unit", "ruling", verb="return_order", when="returns >= 1 and not ruled",
         needs="ground", at_most=1, per="unit"),
    step("return_task", WORKED, "task_owner", needs="ground", at_most=1, per="unit"),
    step("rule", "ruling", "dispatcher coordinator", "handling"),
    step("contact", WORKED, "lead_unit"),
    step("pass_down", "dispatched handling", "lead_unit co_unit"),
    step("plan", "handling joint", "lead_unit coordinator"),
    step("finish_task", WORKED, "task_owner"),
    step("waive", WORKED, "dispatcher coordinator"),
    step("ask_extension", "handling joint", "lead_unit", needs="ground"),
    step("grant_extension", "handling joint", "dispatcher coordinator leader"),
    step("refuse_extension", "handling joint", "coordinator leader"),
    step("ask_suspension", "handling joint", "lead_unit co_unit", needs="ground"),
    step("suspend", "handling joint", "coordinator leader"),
    step("resume", "handling joint", "lead_unit co_unit coordinator"),
    step("shelve", "handling", "coordinator leader", "shelved", needs="ground"),
    step("unshelve", "shelved", "coordinator leader lead_unit", "handling"),
    step("gather", "handling", "lead_unit", "joint", verb="move", at_most=1),
    step("joint_over", "joint", "system coordinator", "handling", verb="move"),
    step("whistle", "handling joint", "street coordinator", needs="note"),
    step("screen", "handling joint", "coordinator system", "joint", when="whistle_waits"),
    step("summon", "joint", "coordinator system"),
    step("report_in", "open", "summoned_unit"),
    step("mark_absent", "open", "system"),
    step("release", "open", "whistler system", when="units_held >= 1"),
    step("veto", "finished calling_back", "whistler", "joint"),
    step("offer_joint", "open", "system"),
    step("accept_joint", "handling", "coordinator", "joint", when="joint_offered"),
    step("refuse_joint", "open", "coordinator", when="joint_offered"),
    step("change_lead", "joint", "coordinator"),
    step("pass_gate", "handling joint", "coordinator", when="gates_closed >= 1"),
    step("minute", "joint", "coordinator lead_unit"),
    step("finish", "handling joint", "lead_unit", "finished"),
    step("verify", "finished", "verifier", "calling_back"),
    step("rework", "finished calling_back", "verifier desk not_handler", "handling"),
    step("call_back", "calling_back", "desk not_handler"),
    step("close", "calling_back", "desk not_handler", "closed", when="calls_missing == 0 and calls_unresolved == 0"),
    step("close_unsolved", "calling_back", "dispatcher not_handler", "closed", verb="close",
         when="calls_missing == 0 and calls_unresolved >= 1"),
    step("close_explained", "filed calling_back", "desk not_handler", "closed", verb="close"),
    step("close_statutory", "filed reassigning calling_back", "dispatcher not_handler", "closed", verb="close"),
    step("reopen", "closed", "desk", "dispatched", within="30 days"),
    step("supervise", "open", "leader coordinator dispatcher"),
    step("supervise_silent", "open", "system", verb="supervise", at_most=3),
    step("lengthen_promise", "open", "dispatcher"),
    step("reword", "open", "desk lead_unit coordinator"),
    step("message", "open", "desk lead_unit"),
    step("relay", "open", "desk lead_unit"),
    step("unmask", "open", "lead_unit coordinator"),
    step("name_subject", "open closed", "desk lead_unit coordinator"),
    step("clear_subject", "open closed", "desk coordinator"),
    step("note", "open closed", "desk lead_unit co_unit coordinator verifier"),
)  # fmt: skip

LIMITS = (
    Limit("dispatching", T, length("1 working_day"), "stage", states=frozenset({"filed"})),
    Limit("sign_for", T, length("4 office_hours"), "unit", "dispatched", "accepted", on_expiry="accept_silent"),
    Limit("first_contact", T, length("1 working_day"), "unit", "dispatched", "contacted", task="lead"),
    Limit("own_contact", T, length("2 working_days"), "requester", "received", "contacted", remind=length("3 hours"),
          on_expiry="supervise_silent"),
    Limit("resolve", T, length("15 working_days"), "unit", "dispatched", "finished", remind=length("2 working_days"),
          inner=length("2 working_days"), extend=Extend(length("10 working_days"), 2, ("dispatcher", "leader"))),
    Limit("fire_check", T, length("24 hours"), "unit", "dispatched", "finished", task="fire", remind=length("2 hours")),
    Limit("promised", T, length("15 working_days"), "requester", "received", "replied", promise=True,
          when=guard("True")),
    Limit("season", T, FixedDate(day_of_iso("2025-06-30")), "unit", "dispatched", "finished", when=guard("found"),
          extend=Extend(length("1 day"), 1, ("leader",))),
    Limit("rework", T, length("3 working_days"), "unit", "reworked", "finished"),
    Limit("reassigning", T, length("4 office_hours"), "stage", states=frozenset({"reassigning"})),
    Limit("ruling", T, length("1 working_day"), "stage", states=frozenset({"ruling"})),
    Limit("verifying", T, length("2 working_days"), "stage", states=frozenset({"finished"}),
          remind=length("4 office_hours")),
    Limit("calling_back", T, length("3 working_days"), "stage", states=frozenset({"calling_back"}),
          ends="office_close"),
    Limit("shelved", T, length("90 days"), "stage", states=frozenset({"shelved"})),
    Limit("joint", T, length("5 working_days"), "stage", states=frozenset({"joint"}), on_expiry="joint_over"),
    Limit("screening", T, length("4 office_hours"), "unit", "whistled", "screened", on_expiry="screen"),
    Limit("come_at_once", T, length("30 minutes"), "unit", "summoned", "reported_in", on_expiry="mark_absent",
          kinds=frozenset({"emergency"})),
    Limit("come", T, length("1 working_day"), "unit", "summoned", "reported_in", on_expiry="mark_absent",
          kinds=frozenset({"enforcement", "hard_problem"})),
    Limit("stay", T, length("10 working_days"), "unit", "summoned", "released", on_expiry="release"),
)  # fmt: skip

TASKS = (
    TaskSpec("lead", "street", T),
    TaskSpec("fire", "fire_brigade", T, guard("known(fire_risk) and fire_risk")),
    TaskSpec("leaflet", "leafleting", T, guard("known(loudness) and loudness == 'loud'"), mandatory=False),
)
GROUNDS = Grounds(
    returning={code: Ground(code, T) for code in ("not_our_duty", "outside_our_area")},
    suspending={"weather": Ground("weather", T, length("30 days")), "works": Ground("works", T)},
    shelving={"no_means": Ground("no_means", T, length("180 days")), "history": Ground("history", T)},
    extending={"complex": Ground("complex", T)},
    ending={code: Ground(code, T) for code in ("resolved", "unsolved", "explained", "statutory")},
    naming={"said": Ground("said", T), "register": Ground("register", T)},
    unmasking={"to_call": Ground("to_call", T, length("1 working_day")), "to_visit": Ground("to_visit", T)},
    whistling={code: Ground(code, T) for code in ("emergency", "enforcement", "hard_problem")},
    screening={code: Ground(code, T) for code in ("own_duty", "not_hard")},
)
CROSSES = {
    name: CrossTest(name, T, compile_or_raise(source, Scope(dict(CROSS_NAMES), {})))
    for name, source in (
        ("cross_department", "departments >= 2"),
        ("cross_area", "grids >= 2 or streets >= 2"),
        ("cross_level", "levels >= 2"),
    )
}


def seven_steps(matter: str = "noise", version: str = "2025-01-01", **changes: Any) -> Mechanism:
    """The mechanism of a matter; `changes` replace its parts."""
    made: dict[str, Any] = {
        "matter": matter,
        "version": version,
        "valid_from": at("2025-01-01"),
        "title": T,
        "origin": "illustrative",
        "source": "",
        "start": "filed",
        "form": FORM,
        "states": {
            **{name: State(name, T, HOLDERS[name]) for name in OPEN_STATES},  # type: ignore[arg-type]
            "joint": State("joint", T, "coordinator", "joint"),
            "closed": State("closed", T, "nobody", end=True),
        },
        "steps": {one.name: one for one in STEPS},
        "limits": {one.name: one for one in LIMITS},
        "tasks": {one.name: one for one in TASKS},
        "grounds": GROUNDS,
        "visible": Visibility(),
        "crosses": CROSSES,
        "priority": guard("10 * (requests - 1) + 5 * (repeats - 1) + parameter('urgent')"),
        "parameters": {"urgent": ((at("2025-01-01"), 1), (at("2026-01-01"), 2))},
    }
    return compile_mechanism(Mechanism(**(made | changes)))


def limits_with(**changes: Limit | None) -> dict[str, Limit]:
    """The limits with some replaced, added or (None) left out."""
    named: dict[str, Limit | None] = {one.name: one for one in LIMITS}
    return {name: one for name, one in (named | changes).items() if one is not None}


def steps_with(*changed: Step) -> dict[str, Step]:
    """The steps with some replaced or added."""
    return {one.name: one for one in (*STEPS, *changed)}


NOISE = seven_steps()
PARKING = seven_steps(
    "parking",
    form=PARKING_FORM,
    priority=None,
    limits=limits_with(
        resolve=Limit("resolve", T, length("5 working_days"), "unit", "dispatched", "finished"),
        dispatching=Limit("dispatching", T, length("2 working_days"), "stage", states=frozenset({"filed"})),
        many=Limit(
            "many", T, length("2 hours"), "unit", "accepted", "finished", when=guard("known(plates) and plates >= 3")
        ),
    ),
)
WATER = seven_steps(
    "water",
    tasks={one.name: one for one in (*TASKS, TaskSpec("pump", "pumping", T))},
    limits=limits_with(pumping=Limit("pumping", T, length("2 hours"), "unit", "dispatched", "finished", task="pump")),
)
NOISE2 = seven_steps(
    version="2025-06-01", migrations={"2025-01-01": Migration("2025-01-01", {"joint": "handling", "shelved": "attic"})}
)


def _unit(code: str, kind: UnitKind, parent: str | None = None) -> Unit:
    return Unit(code, kind, code, code, parent, 0)


def _row(row: str, duty: str, area: str, unit: str, level: Level = "district") -> Entry:
    return Entry(row, "*", duty, area, unit, level, 0)


CORNERS = ((0, 0), (1000, 0), (1000, 1000), (0, 1000))
DUTY = duty_table(
    "1",
    units=[
        _unit("desk", "desk"), _unit("centre", "centre"), _unit("street-a", "street"), _unit("street-b", "street"),
        _unit("street-c", "street"), _unit("team-a1", "station", "street-a"),
        _unit("team-a2", "station", "street-a"), _unit("dept-fire", "department"),
        _unit("dept-water", "department"), _unit("firm-x", "firm"),
    ],
    grids=[
        Grid("g-a1", "s-a", (tuple(Point(lon, lat) for lon, lat in CORNERS),), 0),
        Grid("g-b1", "s-b", (tuple(Point(lon + 1000, lat) for lon, lat in CORNERS),), 0),
    ],
    entries=[
        _row("d-1", "street", "s-a", "street-a"), _row("d-2", "street", "s-b", "street-b"),
        _row("d-3", "fire_brigade", "*", "dept-fire"), _row("d-5", "pumping", "*", "dept-water"),
        _row("d-4", "street", "g-a1", "team-a1", "grid"),
    ],
)  # fmt: skip


def _staff(name: str, role: Any, unit: str, kind: Any) -> Actor:
    return Actor(name, role, unit, f"person:{name}", kind)


OPERATOR = _staff("op1", "operator", "desk", "desk")
OPERATOR2 = _staff("op2", "operator", "desk", "desk")
DISPATCHER = _staff("disp", "dispatcher", "desk", "desk")
HANDLER_A = _staff("ha", "handler", "street-a", "street")
HANDLER_A2 = _staff("ha2", "handler", "street-a", "street")
CHIEF_A = _staff("chief-a", "leader", "street-a", "street")
CLERK_A = _staff("clerk-a", "dispatcher", "street-a", "street")
HANDLER_B = _staff("hb", "handler", "street-b", "street")
HANDLER_C = _staff("hc", "handler", "street-c", "street")
WORKER_A1 = _staff("wa1", "grid_worker", "team-a1", "station")
FIREMAN = _staff("fire", "handler", "dept-fire", "department")
WATERMAN = _staff("water", "handler", "dept-water", "department")
FIRM = _staff("firm", "property_manager", "firm-x", "firm")
VERIFIER = _staff("ver", "verifier", "centre", "centre")
COORDINATOR = _staff("coord", "coordinator", "centre", "centre")
LEADER = _staff("boss", "leader", "district", "")
OWNER = _staff("owner", "mechanism_owner", "centre", "centre")
AUDITOR = _staff("audit", "auditor", "", "")
SYSTEM = Actor("system", "system")
REQUESTER = Actor("citizen", "requester", "", "person:one")
EVERYONE = (
    OPERATOR, OPERATOR2, DISPATCHER, HANDLER_A, HANDLER_A2, CHIEF_A, CLERK_A, HANDLER_B, HANDLER_C, WORKER_A1, FIREMAN,
    WATERMAN, FIRM, VERIFIER, COORDINATOR, LEADER, OWNER, AUDITOR, SYSTEM, REQUESTER,
)  # fmt: skip

IN_FORCE = {"noise": NOISE2, "parking": PARKING, "water": WATER}
BY_KEY = {one.key: one for one in (NOISE, NOISE2, PARKING, WATER)}
START = "2025-04-25 10:00"
"""A Friday. Five working days on is Tuesday 6 May."""


def find_mechanism(matter: str, instant: int) -> Mechanism | None:
    return IN_FORCE.get(matter)


class Play:
    """A case under way: what was decided so far, and the time. A test moves the time and takes steps."""

    def __init__(self, mechanism: Mechanism = NOISE, calendar: Calendar = CN2025, links: Links = NO_LINKS) -> None:
        self.mechanisms = {**BY_KEY, mechanism.key: mechanism}
        self.filed_under = mechanism
        self.calendar = calendar
        self.links = links
        self.now = at(START)
        self.events: list[Event] = []
        self._case: Case | None = None
        self.find: Callable[[str, int], Mechanism | None] = find_mechanism

    @property
    def case(self) -> Case:
        assert self._case is not None
        return self._case

    @property
    def last(self) -> Event:
        return self.events[-1]

    @property
    def mechanism(self) -> Mechanism:
        return self.filed_under if self._case is None else self.mechanisms[self._case.mechanism]

    def situation(self, actor: Actor) -> Situation:
        return Situation(self.mechanism, actor, self.now, self.calendar, DUTY, self.links, lambda: "N-1", self.find)

    def asks(self, name: str, actor: Actor, **args: Any) -> tuple[Event, ...] | Refused:
        """What the engine answers, taken or not."""
        return decide(self._case, Command(name, args), self.situation(actor))

    def take(self, name: str, actor: Actor, when: str = "", **args: Any) -> Play:
        """Takes a step that is allowed."""
        if when:
            self.now = at(when)
        found = self.asks(name, actor, **args)
        assert not isinstance(found, Refused), found
        for event in found:
            self._case = fold(self._case, event)
            self.events.append(event)
        return self

    def refused(self, name: str, actor: Actor, **args: Any) -> str:
        """The reason of a refusal; every refusal says what was wrong."""
        found = self.asks(name, actor, **args)
        assert isinstance(found, Refused), found
        assert found.message
        return found.reason

    def open(self, when: str = START, actor: Actor = OPERATOR, **args: Any) -> Play:
        self.now = at(when)
        given: dict[str, Any] = {
            "id": "c1", "request": "r1", "requester": "person:one", "channel": "phone", "desk": "desk",
            "received_at": self.now, "street": "s-a",
        }  # fmt: skip
        return self.take("open", actor, **(given | args))

    def attach(self, request: str = "r2", requester: str = "person:two", **args: Any) -> Play:
        given = {"request": request, "requester": requester, "channel": "app", "received_at": self.now}
        return self.take("attach", OPERATOR, **(given | args))

    def dispatched(self, unit: str = "", **args: Any) -> Play:
        """A case just dispatched."""
        return self.open(**args).take("dispatch", DISPATCHER, unit=unit)

    def handled(self, **args: Any) -> Play:
        """A case that street-a works on."""
        return self.dispatched(**args).take("accept", HANDLER_A)

    def whistled(self, *wanted: str, kind: str = "hard_problem", **args: Any) -> Play:
        """A case for which street-a has whistled."""
        play = self.handled(**args)
        return play.take("whistle", HANDLER_A, kind=kind, wanted=wanted or ("dept-fire", "dept-water"), note=TEXT)

    def finished(self, **args: Any) -> Play:
        return self.handled(**args).take("contact", HANDLER_A, request="r1").take("finish", HANDLER_A)

    def called(self, resolved: str = "yes", **args: Any) -> Play:
        """A case whose requester was asked."""
        self.finished(**args).take("verify", VERIFIER)
        return self.take("call_back", OPERATOR2, request="r1", reached=True, contacted=True, resolved=resolved)

    def closed(self, **args: Any) -> Play:
        return self.called(**args).take("close", OPERATOR2, ending="resolved")

    def clock(self, limit: str, subject: str = "") -> Clock:
        """The newest clock of a limit."""
        found = [one for one in self.case.clocks if one.limit == limit and subject in ("", one.subject)]
        return found[-1]

    def running(self, subject: str = "") -> list[str]:
        """The limits that run, in order."""
        return [one.limit for one in self.case.clocks if one.running and subject in ("", one.subject)]

    def task(self, task_id: str) -> Task:
        found = self.case.task(task_id)
        assert found is not None
        return found

    def hold(self, **changes: Any) -> Play:
        """The case as it would be after events of another time."""
        self._case = msgspec.structs.replace(self.case, **changes)
        return self

    def expire(self, limit: str, subject: str = "") -> Play:
        """The timer of a clock fires at its due time."""
        clock = self.clock(limit, subject)
        assert clock.due_at is not None
        self.now = max(self.now, clock.due_at)
        return self.take("expire", SYSTEM, clock=clock.id)


ENCODER = msgspec.json.Encoder(order="deterministic")
DECODER: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
