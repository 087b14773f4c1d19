"""The mechanisms of the tests, made in code: like the shipped seven steps, with more in them.

Every verb has a step, every kind of limit a row.
"""

from __future__ import annotations

from typing import Any

from kernel.case.calendars import at
from sanban.kernel.case.facts import GUARD_NAMES
from sanban.kernel.case.verbs.joint.crossing import CROSS_NAMES
from sanban.kernel.clock.calendar import day_of_iso
from sanban.kernel.clock.limit import FixedDate, Length, parse_length
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
from sanban.kernel.sight import Visibility

T = Title("字", "word")


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
