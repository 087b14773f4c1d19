"""Verbs of a whistle: whistle, screen, summon, report_in, mark_absent, release, veto.

A street calls the units that it needs to a problem it cannot solve alone. The centre screens the call; silence lets it
pass. Passing summons every wanted unit in the same decision. A unit reports in by the clock of the whistle's kind, or
is marked absent by the timer and stays so, however late it comes. The units stay until the street that called releases
each, or until the longest stay is over; both are events. Until then the case is not closed.
"""

from __future__ import annotations

import msgspec

from sanban.kernel.case.event import (
    CaseMarkedAbsent,
    CaseReleased,
    CaseReportedIn,
    CaseScreened,
    CaseSummoned,
    CaseVetoed,
    CaseWhistled,
)
from sanban.kernel.case.facts import not_screened, running_clocks, unknown_ground
from sanban.kernel.case.situation import Effect, Happening, Situation, Verb
from sanban.kernel.case.state import Case, Summons, Whistle
from sanban.kernel.case.verbs.dispatching import may_take
from sanban.kernel.case.verbs.joint.crossing import crosses_of
from sanban.kernel.case.verbs.working import reworked
from sanban.kernel.case.words import GivenCode, GivenId, GivenRef
from sanban.kernel.errors import Refused

MOST_WANTED = 20


class WhistleArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`note`: the problem. `street` '' is the street of whoever whistles; `reach`: further grids that it touches."""

    kind: GivenCode
    wanted: tuple[GivenId, ...]
    note: GivenRef = ""
    street: GivenCode = ""
    reach: tuple[GivenId, ...] = ()


class ScreenArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`whistle` '' is the newest, the only one that can wait; without `ground` it passes."""

    whistle: GivenCode = ""
    ground: GivenCode = ""
    note: GivenRef = ""


class SummonArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`whistle` '' is the newest."""

    called: GivenId
    whistle: GivenCode = ""
    note: GivenRef = ""


class ReportArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`called` '' is the unit of whoever acts; `whistle` '' the newest that called it and that it has not answered."""

    whistle: GivenCode = ""
    called: GivenCode = ""
    note: GivenRef = ""


class VetoArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`tasks` empty: the lead's. `note`: what is not done."""

    whistle: GivenCode = ""
    tasks: tuple[GivenId, ...] = ()
    note: GivenRef = ""


def whistle(case: Case, args: WhistleArgs, situation: Situation) -> Effect | Refused:
    """A stated problem, a declared kind and the units wanted; the coordinator may whistle for a street."""
    kinds = situation.mechanism.grounds.whistling
    if args.kind not in kinds:
        return unknown_ground(args.kind, kinds)
    waits = not_screened(case)
    if waits is not None:
        return waits
    street = _whistling_street(case, args.street, situation)
    if isinstance(street, Refused):
        return street
    refusal = _wanted_fault(case, args.wanted, street, situation) or reach_fault(args.reach, situation)
    if refusal is not None:
        return refusal
    whistle_id = f"{case.id}.w{len(case.whistles) + 1}"
    fields = {
        "whistle": whistle_id,
        "kind": args.kind,
        "street": street,
        "wanted": args.wanted,
        "tests": crosses_of(case, situation, (street, *args.wanted), args.reach),
        "reach": args.reach,
    }
    return Effect(
        CaseWhistled, fields, (Happening("whistled", whistle_id, _screening_unit(case, situation), args.kind),)
    )


def _screening_unit(case: Case, situation: Situation) -> str:
    """Who answers for the time to screen: the centre, else the desk that received the case."""
    return next(iter(situation.duty.centres), case.desk)


def _whistling_street(case: Case, named: str, situation: Situation) -> str | Refused:
    actor = situation.actor
    own = actor.unit if actor.unit_kind == "street" else ""
    if own and named not in ("", own):
        return Refused("wrong_street", f"{own} whistles for itself, not for {named}", f"street: {own}")
    street = own or named or case.street
    unit = situation.duty.unit_at(street, situation.now)
    if unit is None or unit.kind != "street":
        streets = [code for code, versions in situation.duty.units.items() if versions[-1].kind == "street"]
        return Refused("wrong_street", f"{street or 'nobody'} is no street here", f"street: {next(iter(streets), '')}")
    return street


def _wanted_fault(case: Case, wanted: tuple[str, ...], street: str, situation: Situation) -> Refused | None:
    if not 1 <= len(wanted) <= MOST_WANTED or len(set(wanted)) < len(wanted):
        return Refused("bad_whistle", f"a whistle wants 1 to {MOST_WANTED} units, each once", "wanted: [water]")
    if street in wanted:
        return Refused("bad_whistle", "a street does not call itself", "wanted: the departments it needs")
    here = {unit for one in case.whistles for unit in one.held}.intersection(wanted)
    if here:
        return Refused("already_summoned", f"{', '.join(sorted(here))} is called already", "wanted: other units")
    return next((refusal for unit in wanted if (refusal := may_take(case, unit, situation)) is not None), None)


def reach_fault(reach: tuple[str, ...], situation: Situation) -> Refused | None:
    """Why the grids that a problem is said to touch cannot be; None when each is there."""
    known = situation.duty.grids.versions
    unknown = sorted(set(reach) - known.keys())
    if not unknown:
        return None
    return Refused("unknown_grid", f"there is no grid {', '.join(unknown)}", f"reach: [{next(iter(known), '')}]")


def screen(case: Case, args: ScreenArgs, situation: Situation) -> Effect | Refused:
    """The centre lets it pass, or refuses it on a ground; the case stays where it is then.

    Neither who called nor who is called decides it.
    """
    one = case.whistle(args.whistle)
    if one is None or one.outcome:
        return Refused("no_whistle", "no such whistle waits to be screened", "whistle: the id of one that waits")
    if situation.actor.unit in (one.street, *one.wanted):
        return Refused("own_work", f"{situation.actor.unit} does not judge this call", "ask the centre")
    grounds = situation.mechanism.grounds.screening
    if args.ground and args.ground not in grounds:
        return unknown_ground(args.ground, grounds)
    silent = situation.actor.role == "system"
    outcome = "refused" if args.ground else "passed"
    fields = {"whistle": one.id, "outcome": outcome, "ground": args.ground, "silent": silent}
    return Effect(CaseScreened, fields, (Happening("screened", one.id, "", one.kind),), to="" if args.ground else None)


def summon(case: Case, args: SummonArgs, situation: Situation) -> Effect | Refused:
    """Call one unit: those wanted when the whistle passes, others when the work turns out to need them."""
    one = case.whistle(args.whistle)
    if one is None or one.outcome != "passed":
        return Refused("no_whistle", "units are called by a whistle that has passed", "whistle, then screen")
    if one.of(args.called) is not None:
        return Refused("already_summoned", f"{args.called} is called already", "another unit")
    refusal = _wanted_fault(case, (args.called,), one.street, situation)
    if refusal is not None:
        return refusal
    limits = situation.mechanism.starting.get("summoned", ())
    coming = (each for each in limits if each.stops == "reported_in" and (not each.kinds or one.kind in each.kinds))
    limit = next((each.name for each in coming), "")
    fields = {"whistle": one.id, "called": args.called, "limit": limit}
    happening = Happening("summoned", summons_id(one.id, args.called), args.called, one.kind)
    return Effect(CaseSummoned, fields, (happening,))


def summons_id(whistle_id: str, unit: str) -> str:
    """The subject of a summons' clocks."""
    return f"{whistle_id}:{unit}"


def report_in(case: Case, args: ReportArgs, situation: Situation) -> Effect | Refused:
    """The called unit is there; nobody else says so for it."""
    unit = situation.actor.unit
    if args.called not in ("", unit):
        return Refused("not_permitted", "a unit reports in for itself", f"called: {unit}")
    found = _summons(case, args.whistle, unit)
    if found is None:
        return Refused("not_summoned", f"no whistle calls {unit} now", "a unit that was summoned")
    one, called = found
    if called.reported_at is not None:
        return Refused("already_there", f"{unit} has reported in", "stay until released")
    happening = Happening("reported_in", summons_id(one.id, unit), unit, one.kind)
    return Effect(CaseReportedIn, {"whistle": one.id, "called": unit}, (happening,))


def mark_absent(case: Case, args: ReportArgs, situation: Situation) -> Effect | Refused | None:
    """The timer says that a unit has not come by its time."""
    found = _summons(case, args.whistle, args.called)
    if found is None or found[1].reported_at is not None or found[1].absent_at is not None:
        return None
    return Effect(CaseMarkedAbsent, {"whistle": found[0].id, "called": args.called})


def release(case: Case, args: ReportArgs, situation: Situation) -> Effect | Refused:
    """The street that called lets a unit go; the system does when the longest stay is over."""
    found = _summons(case, args.whistle, args.called)
    if found is None:
        held = [unit for one in case.whistles for unit in one.held]
        there = ", ".join(held) or "none"
        return Refused("not_summoned", f"{args.called or 'nobody'} is not held; held are: {there}", f"called: {there}")
    one, called = found
    timed_out = situation.actor.role == "system"
    if not timed_out and situation.actor.unit != one.street:
        return _wrong_street(one)
    subject = summons_id(one.id, called.unit)
    stops = tuple(clock.id for clock in running_clocks(case) if clock.subject == subject)
    fields = {"whistle": one.id, "called": called.unit, "how": "timed_out" if timed_out else "released"}
    return Effect(CaseReleased, fields, (Happening("released", subject, called.unit, one.kind),), stops)


def _wrong_street(one: Whistle) -> Refused:
    return Refused("wrong_street", f"{one.street} whistled, and it alone decides this", f"sign in as {one.street}")


def _summons(case: Case, whistle_id: str, unit: str) -> tuple[Whistle, Summons] | None:
    """The newest summons of the unit that holds it, by the whistle named or by any."""
    for one in reversed(case.whistles):
        called = one.of(unit)
        if called is not None and called.held and whistle_id in ("", one.id):
            return one, called
    return None


def veto(case: Case, args: VetoArgs, situation: Situation) -> Effect | Refused:
    """The whistling street says that it is not done: tasks open again, as after a check that found them wanting.

    Others' tasks: reporting done and stopping the closing of it oneself would make time stand still.
    """
    one = case.whistle(args.whistle)
    if one is None or one.outcome != "passed":
        return Refused("no_whistle", "a street stops the closing of what it has whistled for", "whistle")
    if situation.actor.unit != one.street:
        return _wrong_street(one)
    if any(task.unit == one.street for task in case.tasks if task.id in args.tasks):
        return Refused("own_work", f"{one.street} does not stop the closing of its own work", "tasks: of other units")
    effect = reworked(case, args.tasks, situation)
    if isinstance(effect, Refused):
        return effect
    return msgspec.structs.replace(effect, kind=CaseVetoed, fields={**effect.fields, "whistle": one.id})


VERBS = (
    Verb("whistle", WhistleArgs, whistle, frozenset({"whistled"}), needs=("note",), grounds="whistling"),
    Verb("screen", ScreenArgs, screen, frozenset({"screened"}), apart=True, grounds="screening"),
    Verb("summon", SummonArgs, summon, frozenset({"summoned"})),
    Verb("report_in", ReportArgs, report_in, frozenset({"reported_in"}), handles=True),
    Verb("mark_absent", ReportArgs, mark_absent),
    Verb("release", ReportArgs, release, frozenset({"released"})),
    Verb("veto", VetoArgs, veto, frozenset({"reworked"}), beside=True, needs=("note",)),
)
