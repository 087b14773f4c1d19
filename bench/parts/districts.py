"""A simulated district of thirty days, played by the kernel alone, with units that shirk and rules that are wrong.

What is true of the district (who answers for what, how long work takes) is kept apart from what its rules say: a
planted fault is a difference between the two. Units that shirk do so each in its own way; a rule is not at fault for
them. Everybody else returns what is not theirs, works as long as the work takes and says what is true.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from random import Random
from typing import NamedTuple

import msgspec

from parts.playing import (
    COORDINATOR,
    DISPATCHER,
    OPERATOR,
    RETURNERS,
    START,
    TEXT,
    UNDONE,
    VERIFIER,
    WAYS,
    Move,
    Playing,
)
from sanban.kernel.case.event import Event
from sanban.kernel.case.facts import supervised_rank
from sanban.kernel.case.state import LEAD, Task
from sanban.kernel.clock.calendar import DAY, HOUR, Calendar
from sanban.kernel.clock.due import due
from sanban.kernel.clock.limit import Length, parse_length
from sanban.kernel.duty.answer import Answer, who_answers
from sanban.kernel.duty.place import Place
from sanban.kernel.duty.table import DutyTable, duty_table
from sanban.kernel.party import NO_LINKS
from sanban.kernel.permission import Actor
from sanban.packs.calendar import load_calendar
from sanban.packs.change.revise import with_limit
from sanban.packs.district import District, load_district
from sanban.packs.district.loading import shipped_district
from sanban.packs.loading import SHIPPED, load_running
from sanban.packs.matter import Matters
from sanban.revision.change import Change
from sanban.revision.replay.changing import Rules

DAYS, HORIZON = 30, 75 * DAY
MATTERS = (
    "waste", "noise", "street-light", "greening", "road-damage", "parking", "kitchen-fumes", "traffic-order",
)  # fmt: skip
OF_STREETS = ("waste", "noise", "parking", "kitchen-fumes")
"""Matters that every street leads, so that a limit is seen apart from a unit; of the last three work takes days."""
A_DAY = 34
"""Cases opened on a day."""
SLOWER = {"silence": 2.5, "asking extension each time": 1.8, "suspending each time": 1.8, "cherry-picking": 1.6}
SHORT, LONG = "1 working_day", "90 working_days"
SPARE, UNMET = "d-zz-spare", "nine_units"
"""A row that another always goes before, and a test that no problem meets."""
WAY = {SHORT: "longer", LONG: "shorter"}
"""Which way a planted limit has to move."""


class Plan(NamedTuple):
    """What is planted: lengths of lead limits by matter, rows that send wrongly, and where a wave is; and what nobody
    needs: the matters of a step, a task, a limit with a condition and a three-cross test, and of which row a spare is.
    """

    limits: Mapping[str, str]
    step: str
    task: str
    rows: Mapping[str, str]
    wave: tuple[str, str]
    limit: str
    test: str
    spare: str

    def faults(self, true: DutyTable) -> frozenset[str]:
        """What a revision has to find, as `mended` names it."""
        return frozenset(
            {
                *(f"limit.{matter}.resolve.{WAY[within]}" for matter, within in self.limits.items()),
                f"remove.{self.step}.steps.look_again",
                f"remove.{self.task}.tasks.second_look",
                f"remove.{self.limit}.limits.at_leisure",
                f"remove.{self.test}.joint.tests.{UNMET}",
                f"row.any.{SPARE}",
                *(f"row.any.{entry}.{true.entries[entry].unit}" for entry in self.rows),
                f"wave.{self.wave[0]}.flood",
            }
        )

    def mended(self, change: Change) -> str:
        """What a change would mend: a row by the unit it names instead, a limit that was changed by its direction."""
        if change.kind == "row":
            return change.id
        within = self.limits.get(change.matter) if change.about == "resolve" else None
        if within is None:
            return change.key
        planted = parse_length(within)
        assert isinstance(planted, Length), within
        return f"{change.key}.{'longer' if change.count > planted.count else 'shorter'}"


class Planted:
    """A district with its truth, its rules, and what is wrong with them. `folder`: where its own files are written."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.chance = Random(seed)
        self.seed = seed
        self.true = _shipped()
        self.plan = self._planned()
        self.matters = self._with_faults(folder)
        self.duty = self._directory()
        units = ("street-01", "street-03", "street-05", "power", "police", "construction")
        picked = self.chance.sample(units, 3)
        self.ways = {unit: WAYS[(3 * seed + number) % len(WAYS)] for number, unit in enumerate(picked)}

    @property
    def rules(self) -> Rules:
        """The rules as they stand, with the faults."""
        return Rules(self.matters, self.calendar, self.duty, NO_LINKS, START + HORIZON)

    @cached_property
    def calendar(self) -> Calendar:
        return load_calendar(SHIPPED / "_calendar")

    def _planned(self) -> Plan:
        draw = self.chance
        first = draw.choice(OF_STREETS[1:])
        second = draw.choice([matter for matter in OF_STREETS if matter != first])
        others = draw.sample([matter for matter in MATTERS if matter not in (first, second)], 5)
        rows = {"d-street-02": "street-04", draw.choice(("d-traffic-police", "d-greening")): "water"}
        grids = [code for code in sorted(self.true.duty.grids.versions) if not code.startswith("02")]
        step, task, waved, limit, test = others
        spare = draw.choice(("d-traffic-police", "d-greening"))
        return Plan({first: SHORT, second: LONG}, step, task, rows, (waved, draw.choice(grids)), limit, test, spare)

    def _with_faults(self, folder: Path) -> Matters:
        """The matters whose files were made wrong, as a deployment's own, among the shipped ones."""
        for matter, within in self.plan.limits.items():
            length = parse_length(within)
            assert isinstance(length, Length), within
            path = _own(folder, matter) / "mechanism.yaml"
            path.write_text(with_limit(path.read_text("utf-8"), "resolve", length), encoding="utf-8")
        step = "steps:\n  look_again: {verb: note, from: handling, by: desk, needs: [note]}\n"
        _add(_own(folder, self.plan.step), step, {"steps": ("look_again", "再看一次", "Look again")})
        task = '  second_look: {duty: environment, when: "requests >= 500"}\n'
        _add(_own(folder, self.plan.task), task, {"tasks": ("second_look", "复看", "Second look")}, under="tasks")
        limit = (
            "  at_leisure: {within: 9 days, from: dispatched, until: finished, counts_for: unit, task: lead,\n"
            '    when: "requests >= 500"}\n'
        )
        _add(_own(folder, self.plan.limit), limit, {"limits": ("at_leisure", "从容办理", "At leisure")}, under="limits")
        test = f"joint:\n  tests:\n    {UNMET}: {{when: departments >= 9}}\n"
        _add(_own(folder, self.plan.test), test, {"tests": (UNMET, "九个部门", "Nine departments")})
        return load_running((folder,))

    def _directory(self) -> DutyTable:
        true = self.true.duty
        entries = [
            msgspec.structs.replace(entry, unit=self.plan.rows.get(entry.id, entry.unit))
            for entry in true.entries.values()
        ]
        held = true.entries[self.plan.spare]
        entries.append(msgspec.structs.replace(held, id=SPARE))
        grids = [grid for versions in true.grids.versions.values() for grid in versions]
        return duty_table("planted", self.true.units, grids, entries)

    def cases(self) -> Iterator[list[Event]]:
        """The events of every case of the thirty days, and of the work on them afterwards."""
        grids = sorted(self.true.duty.grids.versions)
        number = 0
        for day in range(DAYS):
            for _ in range(A_DAY):
                number += 1
                at = START + day * DAY + int(self.chance.random() * 7 * HOUR)
                yield Life(self, number, self.chance.choice(MATTERS), self.chance.choice(grids), at).events
        matter, grid = self.plan.wave
        for more in range(9):
            number += 1
            at = START + 12 * DAY + int(self.chance.random() * 20 * HOUR)
            yield Life(self, number, matter, grid, at + more).events


class Life(Playing):
    """One case from opening to the horizon."""

    def __init__(self, district: Planted, number: int, matter: str, grid: str, opened_at: int) -> None:
        mechanism = district.matters.mechanism_of(matter, opened_at)
        true = _shipped_matters().mechanism_of(matter, opened_at)
        assert mechanism is not None
        assert true is not None
        super().__init__(mechanism, district.calendar, district.duty, opened_at)
        self.district, self.true = district, true
        self.draw = Random(district.seed * 1_000_003 + number)
        self.street = f"street-{grid[:2]}"
        answer = who_answers(
            district.true.duty, matter, mechanism.tasks[LEAD].duty, Place(grid, self.street), opened_at
        )
        assert isinstance(answer, Answer)
        self.owner = answer.unit
        self.part, self.helps = self.draw.uniform(0.3, 0.75), self.draw.random() < 0.92
        grids = sorted(district.true.duty.grids.versions)
        wanted = self.draw.sample(("housing", "health", "transport"), self.draw.randint(1, 2))
        self.called = {"wanted": wanted, "reach": [self.draw.choice(grids)]}
        self.events: list[Event] = []
        self.natural: dict[str, int] = {}
        opening = {
            "id": f"c{number}", "request": f"r{number}", "requester": f"p{number}", "channel": "phone",
            "desk": "hotline", "received_at": opened_at, "street": self.street, "grid": grid, "fields": self._fields(),
        }  # fmt: skip
        self.play(opening, START + HORIZON)

    def _way(self, unit: str) -> str:
        """How a unit shirks."""
        return self.district.ways.get(unit, "")

    def _fields(self) -> dict[str, int | bool | str]:
        found: dict[str, int | bool | str] = {}
        for name, field in self.mechanism.form.items():
            if field.kind == "choice":
                found[name] = self.draw.choice(list(field.choices))
            elif field.kind == "yes_no":
                found[name] = self.draw.random() < 0.5
            elif field.kind == "integer":
                found[name] = self.draw.randint(field.low, min(field.high, field.low + 30))
        return found

    def _happened(self, event: Event) -> None:
        self.events.append(event)
        assert self.case.lead, "a case has one lead at every instant"
        assert len(self.case.returned_by) <= 2, "a ruling comes within two hops"

    def _people(self) -> Iterator[Move]:
        match self.case.state:
            case "filed":
                yield Move(self.case.opened_at + HOUR // 2, DISPATCHER, "dispatch", {})
            case "reassigning" | "ruling":
                returned = self.owner in self.case.returned_by
                step = "rule" if returned or self.case.state == "ruling" else "dispatch"
                yield Move(self.ended + HOUR, DISPATCHER, step, {"unit": self.owner})
            case "finished":
                undone = self._way(self.lead.unit) in UNDONE and not self.lead.reworked
                yield Move(self.ended + DAY, VERIFIER, "rework" if undone else "verify", {})
            case "calling_back":
                yield self._called_back()
            case _:
                yield from self._granted()
                yield from self._whistled()
                for task in self.case.open_tasks:
                    yield from self._unit(task)

    def _called_back(self) -> Move:
        request = self.case.requests[0]
        at = self.ended + 2 * DAY
        if request.call_back is None:
            claimed = self._way(self.lead.unit).startswith("claiming")
            spoken = request.contacted_at is not None and not claimed
            resolved = "yes" if self.helps else "no"
            args = {"request": request.id, "reached": True, "contacted": spoken, "resolved": resolved, "satisfied": 3}
            return Move(at, OPERATOR, "call_back", args)
        if request.call_back.resolved == "yes":
            return Move(at, OPERATOR, "close", {"ending": "resolved"})
        return Move(at, DISPATCHER, "close_unsolved", {"ending": "unsolved"})

    def _granted(self) -> Iterator[Move]:
        for asked in self.case.asked:
            step, name = ("grant_extension", "clock") if asked.kind == "extension" else ("suspend", "task")
            yield Move(asked.at + 2 * HOUR, COORDINATOR, step, {name: asked.subject})

    def _whistled(self) -> Iterator[Move]:
        """Where a test is planted that nobody needs, the street calls others each time, and the centre says no."""
        if UNMET not in self.mechanism.crosses or self.case.state != "handling":
            return
        whistle = self.case.whistle("")
        if whistle is None:
            args = {"kind": "hard_problem", "note": TEXT, "street": self.street, **self.called}
            yield Move(self.case.opened_at + 3 * HOUR, COORDINATOR, "whistle", args)
        elif not whistle.outcome:
            yield Move(self.now + 1, COORDINATOR, "screen", {"ground": "one_unit_suffices"})

    def _unit(self, task: Task) -> Iterator[Move]:
        """What a unit does with its task: sign or return, speak with the requester, ask, work, account for it."""
        kind = "street" if task.unit.startswith("street") else "department"
        actor = Actor(f"handler-{task.unit}", "handler", task.unit, unit_kind=kind)  # type: ignore[arg-type]  # a kind
        way, is_lead = self._way(task.unit), task.spec == LEAD
        if task.state == "dispatched":
            yield from self._sign(task, actor, way)
        if is_lead and self.case.requests[0].contacted_at is None and way != "silence":
            late = 40 * HOUR if way == "claiming contact late" else int(self.part * 8 * HOUR)
            yield Move(task.dispatched_at + late, actor, "contact", {"request": self.case.requests[0].id})
        if is_lead and supervised_rank(self.case) and way != "leaving supervision unanswered" and way != "silence":
            yield Move(self.case.supervision[-1].at + int(self.part * DAY), actor, "account_for", {"note": TEXT})
        if task.state != "accepted" or task.accepted_at is None:
            return
        yield from self._asks(task, actor, way)
        begun = task.dispatched_at if not task.reworked else self.ended
        if not is_lead:
            yield Move(begun + self._needed(task, way), actor, "finish_task", {"task": task.id})
        elif all(one.spec == LEAD for one in self.case.open_tasks):
            yield Move(begun + self._needed(task, way), actor, "finish", {})

    def _sign(self, task: Task, actor: Actor, way: str) -> Iterator[Move]:
        at = task.dispatched_at + int(self.part * 2 * HOUR)
        if task.spec == LEAD and way != "silence" and (way in RETURNERS or task.unit != self.owner):
            step = "return_again" if self.case.returned_by else "return_order"
            yield Move(at, actor, step, {"ground": "not_our_duty", "note": TEXT})
        if way != "silence":
            yield Move(at + 1, actor, "accept", {"task": task.id})

    def _asks(self, task: Task, actor: Actor, way: str) -> Iterator[Move]:
        if task.spec != LEAD:
            return
        begun = task.accepted_at or task.dispatched_at
        clock = next((one for one in self.case.clocks if one.limit == "resolve" and one.subject == task.id), None)
        if way == "asking extension each time" and clock is not None:
            yield Move(begun + DAY, actor, "ask_extension", {"clock": clock.id, "ground": "complex"})
        if way == "suspending each time":
            args = {"task": task.id, "ground": "weather", "review_at": begun + 20 * DAY}
            yield Move(begun + HOUR, actor, "ask_suspension", args)
        if way == "reclassifying":
            yield Move(begun + HOUR, actor, "reclassify", {"matter": "suggestion"})
        if way in ("splitting work", "planning onto others"):
            yield Move(begun + HOUR, actor, "plan", {"tasks": [{"key": "a", "unit": "housing"}]})

    def _needed(self, task: Task, way: str) -> int:
        """How long the work takes: a part of the time that the true rules give for it, more where a unit shirks."""
        if way in UNDONE and not task.reworked:
            return HOUR
        if task.id not in self.natural:
            self.natural[task.id] = self._given(task)
        return int(self.part * self.natural[task.id] * SLOWER.get(way, 1.0))

    def _given(self, task: Task) -> int:
        """The time that the tightest true limit gives the task."""
        given = [DAY]
        for clock in self.case.clocks:
            limit = self.true.limits.get(clock.limit)
            if limit is not None and clock.subject == task.id and limit.stops == "finished":
                at = due(self.district.calendar, (limit.within,), clock.started_at).at  # type: ignore[arg-type]  # no fixed date here
                given.append((at or clock.started_at) - clock.started_at)
        return min(given[1:], default=DAY)


def _own(folder: Path, matter: str) -> Path:
    """The matter's folder of its own, copied when first asked for."""
    place = folder / matter
    if not place.is_dir():
        shutil.copytree(SHIPPED / matter, place)
    return place


def _add(place: Path, text: str, titles: Mapping[str, tuple[str, str, str]], under: str = "") -> None:
    """Put a part into a matter's file and its texts."""
    path = place / "mechanism.yaml"
    content = path.read_text(encoding="utf-8")
    head = f"\n{under}:\n"
    if under and head in content:
        content = content.replace(head, head + text, 1)
    else:
        content += f"{under}:\n{text}" if under else text
    path.write_text(content, encoding="utf-8")
    for key, (name, *words) in titles.items():
        for language, word in zip(("zh", "en"), words, strict=True):
            file = place / "texts" / f"{language}.yaml"
            said = file.read_text(encoding="utf-8")
            flow = f"\n{key}: {{"
            changed = said.replace(flow, f"{flow}{name}: {word}, ", 1)
            file.write_text(changed if changed != said else f"{said}{key}: {{{name}: {word}}}\n", encoding="utf-8")


@cache
def _shipped() -> District:
    return load_district(shipped_district())


@cache
def _shipped_matters() -> Matters:
    return load_running(())
