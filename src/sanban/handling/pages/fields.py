"""What a step's form asks for: one field for each argument of its verb, with only the choices that can succeed.

`FIELDS` says for each argument's name how it is asked. A builder returns None where there is nothing to choose from: if
the step needs that argument, the step is not offered. A choice of one is filled in and not asked. Arguments without a
builder (a requester's id, for instance) are never typed into a page; a step that needs one has no form here. Requests
join a case from their own page, where who asked and when is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Literal, NamedTuple

import msgspec

from sanban.handling.joining import JOINING
from sanban.handling.needs import Needs
from sanban.handling.pages.planning import EMPTY, PlanRow
from sanban.handling.relaying import RELAY
from sanban.handling.views.lines import Opened
from sanban.handling.views.naming import Names, task_title
from sanban.kernel.case.engine import OWNER_WORDS
from sanban.kernel.case.facts import closed_gates, supervised_rank, to_call_back, unmasked_for
from sanban.kernel.case.situation import Verb
from sanban.kernel.case.state import Case, Task
from sanban.kernel.case.verbs import VERBS
from sanban.kernel.case.verbs.imposing import limit_title
from sanban.kernel.case.verbs.joint.planning import may_be_asked
from sanban.kernel.clock.calendar import iso_of_day
from sanban.kernel.mechanism import Step, Title
from sanban.kernel.permission import Actor
from sanban.kernel.view import phrase

FieldKind = Literal["preset", "select", "multi", "yes_no", "number", "date", "area", "text", "list", "rows"]

DUTY_KINDS = frozenset({"street", "department", "centre"})
_FIRMS = frozenset({"firm"})
HELPING_KINDS = DUTY_KINDS | {"station", "grid_team"} | _FIRMS


class Choice(msgspec.Struct, frozen=True):
    """An option: a title from a file, or a `phrase`."""

    value: str
    title: Title | None = None
    word: str = ""


class FormField(msgspec.Struct, frozen=True):
    """A field of a step's form. `title` and `hint` are phrases; `values` are what was typed before, or the preset.

    `rows`: of a plan, which may come after those `beside`; `ring`: the numbers of rows that wait for each other.
    """

    name: str
    kind: FieldKind
    title: str
    required: bool = False
    choices: tuple[Choice, ...] = ()
    hint: str = ""
    least: str = ""
    values: tuple[str, ...] = ()
    rows: tuple[PlanRow, ...] = ()
    beside: tuple[Choice, ...] = ()
    ring: tuple[int, ...] = ()


class Asking(NamedTuple):
    """What a builder looks at. `now`: microseconds UTC."""

    needs: Needs
    opened: Opened
    viewer: Actor
    now: int
    step: Step
    names: Names

    @property
    def case(self) -> Case:
        return self.opened.case


def fields_of(asking: Asking) -> tuple[FormField, ...] | None:
    """The fields of the step's form; None when the step cannot be taken from here."""
    found: list[FormField] = []
    verb: Verb = VERBS[asking.step.verb]
    if verb.name == RELAY and asking.needs.relay is None:
        return None
    for argument in msgspec.structs.fields(verb.args):
        builder = FIELDS.get(argument.name)
        field = builder(asking) if builder else None
        needed = argument.required or argument.name in (*asking.step.needs, *verb.needs)
        if field is not None:
            required = needed or (field.required and field.kind != "multi")
            found.append(msgspec.structs.replace(field, required=required))
        elif (needed and argument.name not in _FILLED_IN) or argument.name in _MUST_CHOOSE.get(verb.name, ()):
            return None
    return tuple(found)


def _one_of(name: str, title: str, choices: Iterable[Choice], none: str = "") -> FormField | None:
    """A selection; `none` is the phrase for leaving it open. A single choice is taken, none at all is no field."""
    every = tuple(choices)
    if none:
        return FormField(name, "select", title, choices=(Choice("", word=none), *every))
    if len(every) == 1:
        return FormField(name, "preset", title, choices=every, values=(every[0].value,))
    return FormField(name, "select", title, required=True, choices=every) if every else None


def _ground(asking: Asking) -> FormField | None:
    declared = asking.opened.mechanism.grounds.of(VERBS[asking.step.verb].grounds)
    choices = [Choice(ground.code, ground.title) for ground in declared.values()]
    if asking.step.verb == "screen":
        return _one_of("ground", phrase("Answer"), choices, phrase("Let it pass: the units are called"))
    return FormField("ground", "select", phrase("Ground"), choices=tuple(choices)) if choices else None


def _ending(asking: Asking) -> FormField | None:
    endings = asking.opened.mechanism.grounds.ending.values()
    return _one_of("ending", phrase("How it ended"), (Choice(ground.code, ground.title) for ground in endings))


def _level(asking: Asking) -> FormField | None:
    """Levels that are higher than what goes on already."""
    levels = tuple(asking.opened.mechanism.grounds.supervising.values())[supervised_rank(asking.case) :]
    return _one_of("level", phrase("Level"), (Choice(one.code, one.title) for one in levels))


def _task(asking: Asking) -> FormField | None:
    keep = _TASKS.get(asking.step.verb)
    if keep is None:
        return None
    tasks = [one for one in asking.case.tasks if keep(asking, one)]
    return _one_of("task", phrase("Task"), (_task_choice(asking, one) for one in tasks))


def _task_choice(asking: Asking, task: Task) -> Choice:
    title, unit = task_title(asking.opened.mechanism, task.spec), asking.names.unit(task.unit)
    return Choice(task.id, Title(f"{title.zh}（{unit.zh}）", f"{title.en} ({unit.en})"))


def _mine(asking: Asking, task: Task) -> bool:
    return task.open and asking.viewer.unit in (task.unit, task.station)


def _suspended(asking: Asking, task: Task) -> bool:
    return any(one.task == task.id for one in asking.case.suspensions)


def _to_accept(asking: Asking, task: Task) -> bool:
    """One's own; a step for those above is about the lead's."""
    return task.state == "dispatched" and (_mine(asking, task) if asking.step.by & OWNER_WORDS else task.spec == "lead")


_TASKS: Mapping[str, Callable[[Asking, Task], bool]] = {
    "accept": _to_accept,
    "finish_task": lambda asking, task: task.spec != "lead" and _mine(asking, task),
    "return_task": lambda asking, task: (
        task.spec != "lead" and task.state == "dispatched" and _mine(asking, task) and task.unit != asking.case.lead
    ),
    "pass_down": lambda asking, task: not task.station and _mine(asking, task),
    "waive": lambda _asking, task: task.spec != "lead" and task.open,
    "reword": lambda _asking, task: (task.spec != "lead" or task.station != "") and task.open,
    "ask_suspension": lambda asking, task: _mine(asking, task) and not _suspended(asking, task),
    "suspend": lambda asking, task: any(
        one.kind == "suspension" and one.subject == task.id for one in asking.case.asked
    ),
    "resume": _suspended,
}


_MUST_CHOOSE: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(_TASKS, ("task",)),
    "rework": ("tasks",),
    "locate": ("grid",),
}
"""Arguments with a default that a form must nevertheless be able to fill in for the step to make sense."""


_FILLED_IN = frozenset({"street"})
"""Arguments that follow from another answer: a grid's street."""


def _tasks(asking: Asking) -> FormField | None:
    if asking.step.verb == "plan":
        asked, title = _may_be_asked(asking), phrase("Units to take part")
        there = tuple(_task_choice(asking, one) for one in asking.case.open_tasks if one.spec != "lead")
        return FormField("tasks", "rows", title, choices=asked, rows=EMPTY, beside=there) if asked else None
    done = [_task_choice(asking, one) for one in asking.case.tasks if one.state == "finished"]
    if not done:
        return None
    return FormField("tasks", "multi", phrase("Tasks to do again"), choices=tuple(done), values=(done[0].value,))


def _may_be_asked(asking: Asking) -> tuple[Choice, ...]:
    """The units that whoever plans may give a task to."""
    situation = asking.needs.situation(asking.case, asking.viewer, asking.now)
    every = _units(asking, HELPING_KINDS)
    return tuple(one for one in every if may_be_asked(asking.case, one.value, situation) is None)


def _clock(asking: Asking) -> FormField | None:
    asked = {one.subject for one in asking.case.asked if one.kind == "extension"}
    if asking.step.verb == "ask_extension":
        fits = [one.id for one in asking.case.clocks if one.id not in asked and _extendable(asking, one.id)]
    else:
        fits = [one.id for one in asking.case.clocks if one.id in asked]
    return _one_of("clock", phrase("Limit"), (_clock_choice(asking, one) for one in fits))


def _extendable(asking: Asking, clock_id: str) -> bool:
    clock = next(one for one in asking.case.clocks if one.id == clock_id)
    limit = asking.opened.mechanism.limits.get(clock.limit)
    open_still = clock.running and clock.due_at is not None and asking.now < clock.due_at
    own = clock.unit == asking.viewer.unit
    return own and open_still and limit is not None and limit.extend is not None and clock.extended < limit.extend.times


def _clock_choice(asking: Asking, clock_id: str) -> Choice:
    clock = next(one for one in asking.case.clocks if one.id == clock_id)
    title, calendar = limit_title(asking.opened.mechanism, clock.limit), asking.needs.cases.calendar
    until = "" if clock.due_at is None else calendar.local_end(clock.due_at)
    return Choice(clock_id, Title(f"{title.zh}（{until}到期）", f"{title.en} (due {until})"))


def _request(asking: Asking) -> FormField | None:
    if asking.step.verb in JOINING:
        return None
    fits = asking.case.requests
    if asking.step.verb == "call_back":
        fits = tuple(one for one in fits if to_call_back(asking.case, one))
    if asking.step.verb == "unmask":
        seen = unmasked_for(asking.case, asking.viewer, asking.now)
        fits = tuple(one for one in fits if one.id not in seen)
    if asking.step.verb == "split" and len(fits) == 1:
        return None
    choices = [
        Choice(one.id, Title(f"诉求{number}", f"Request {number}"))
        for number, one in enumerate(asking.case.requests, start=1)
        if one in fits
    ]
    return _one_of("request", phrase("Request"), choices)


def _units(asking: Asking, kinds: frozenset[str]) -> tuple[Choice, ...]:
    duty = asking.needs.cases.duty(None)
    found = (duty.unit_at(code, asking.now) for code in duty.units)
    return tuple(
        Choice(unit.code, Title(unit.title_zh, unit.title_en))
        for unit in found
        if unit is not None and unit.kind in kinds
    )


def _party(asking: Asking) -> FormField | None:
    """Whom the case may turn out to be about; one of whom it may turn out not to be, those it is about first."""
    about = asking.case.subjects
    said = about if asking.step.verb == "name_subject" else asking.case.cleared
    units = (*_units(asking, _FIRMS), *_units(asking, HELPING_KINDS - _FIRMS))
    held = [Choice(party, asking.names.unit(party)) for party in sorted(about)]
    return _one_of(
        "party", phrase("Unit or firm"), (one for one in dict.fromkeys((*held, *units)) if one.value not in said)
    )


def _unit(asking: Asking) -> FormField | None:
    none = {"dispatch": phrase("By the dispatch directory"), "reopen": phrase("The unit that led before")}
    gave_back = () if asking.step.verb == "rule" else asking.case.returned_by  # a ruling binds whom it names
    choices = [one for one in _units(asking, DUTY_KINDS) if one.value not in gave_back]
    return _one_of("unit", phrase("Unit"), choices, none.get(asking.step.verb, ""))


def _station(asking: Asking) -> FormField | None:
    duty = asking.needs.cases.duty(None)
    below = [one for one in _units(asking, HELPING_KINDS) if _under(duty.line_of(one.value, asking.now), asking)]
    return _one_of("station", phrase("Station or team"), below, phrase("By the dispatch directory"))


def _under(line: tuple[str, ...], asking: Asking) -> bool:
    return asking.viewer.unit in line[1:]


def _kind(asking: Asking) -> FormField | None:
    kinds = asking.opened.mechanism.grounds.whistling.values()
    return _one_of("kind", phrase("Kind of whistle"), (Choice(one.code, one.title) for one in kinds))


def _wanted(asking: Asking) -> FormField | None:
    called = {unit for one in asking.case.whistles for unit in one.held} | {asking.viewer.unit}
    choices = tuple(one for one in _units(asking, DUTY_KINDS) if one.value not in called)
    return FormField("wanted", "multi", phrase("Units wanted"), choices=choices)


def _called(asking: Asking) -> FormField | None:
    """The unit to be called, or one of those the street may let go."""
    if asking.step.verb == "report_in":
        return None
    if asking.step.verb == "summon":
        there = {one.unit for whistle in asking.case.whistles for one in whistle.summons}
        return _one_of("called", phrase("Unit"), (one for one in _units(asking, DUTY_KINDS) if one.value not in there))
    mine = {unit for one in asking.case.whistles if one.street == asking.viewer.unit for unit in one.held}
    return _one_of("called", phrase("Unit"), (Choice(unit, asking.names.unit(unit)) for unit in sorted(mine)))


def _gate(asking: Asking) -> FormField | None:
    return _one_of(
        "gate", phrase("Gate"), (Choice(gate, asking.needs.gate(gate)) for gate in closed_gates(asking.case))
    )


def _present(asking: Asking) -> FormField | None:
    return FormField("present", "multi", phrase("Units that were there"), choices=_units(asking, DUTY_KINDS))


def _street(asking: Asking) -> FormField | None:
    """Whoever is of no street whistles for one."""
    if asking.step.verb != "whistle" or asking.viewer.unit_kind == "street":
        return None
    return _one_of("street", phrase("Street that whistles"), _units(asking, frozenset({"street"})))


def _grid(asking: Asking) -> FormField | None:
    codes = asking.needs.cases.duty(None).grids.versions
    choices = tuple(Choice(code, Title(code, code)) for code in codes)
    return FormField("grid", "list", phrase("Grid"), choices=choices, values=(asking.case.grid,)) if codes else None


def _date(name: str, title: str) -> Callable[[Asking], FormField]:
    def build(asking: Asking) -> FormField:
        tomorrow = iso_of_day(asking.needs.cases.calendar.day_of(asking.now) + 1)
        return FormField(name, "date", title, least=tomorrow, hint=phrase("To the end of that day."))

    return build


def _yes_no(name: str, title: str) -> Callable[[Asking], FormField]:
    choices = (Choice("yes", word=phrase("Yes")), Choice("no", word=phrase("No")))
    return lambda _asking: FormField(name, "yes_no", title, choices=choices)


def _resolved(_asking: Asking) -> FormField:
    words = {"yes": phrase("Solved"), "partly": phrase("Partly solved"), "no": phrase("Not solved")}
    choices = (*(Choice(value, word=word) for value, word in words.items()), Choice("unknown", word=phrase("Not said")))
    return FormField("resolved", "select", phrase("Is it solved?"), choices=choices)


def _satisfied(_asking: Asking) -> FormField:
    words = (phrase("Not at all"), phrase("Rather not"), phrase("So-so"), phrase("Rather"), phrase("Fully"))
    choices = [Choice(str(value), word=word) for value, word in reversed(list(enumerate(words, start=1)))]
    return FormField(
        "satisfied", "number", phrase("Satisfied?"), choices=(Choice("0", word=phrase("Not asked")), *choices)
    )


def _matter(asking: Asking) -> FormField | None:
    every = (Choice(one.matter, one.title) for one in asking.needs.matters(asking.now))
    return _one_of("matter", phrase("Matter"), (one for one in every if one.value != asking.case.matter))


def _precedent(asking: Asking) -> FormField | None:
    street, grid = asking.case.street, asking.case.grid
    areas = [
        *([Choice(street, asking.names.unit(street))] if street else []),
        *([Choice(grid, Title(f"网格 {grid}", f"grid {grid}"))] if grid else []),
    ]
    return _one_of("precedent", phrase("Keep as precedent for"), areas, phrase("This case only")) if areas else None


def _version(asking: Asking) -> FormField | None:
    newest = asking.needs.cases.mechanisms.mechanism_of(asking.case.matter, asking.now)
    if newest is None or asking.opened.mechanism.version not in newest.migrations:
        return None
    return _one_of("version", phrase("Version"), (Choice(newest.version, Title(newest.version, newest.version)),))


def _note(asking: Asking) -> FormField | None:
    if asking.step.verb == RELAY:
        return None
    if asking.step.verb == "whistle":
        hint = phrase("The units called read it, if it names no person, number, flat or plate.")
        return FormField("note", "area", phrase("What the problem is"), hint=hint)
    if asking.step.verb == "message":
        return FormField("note", "area", phrase("Message"), hint=phrase("Read with the receipt; no number is shown."))
    if asking.step.verb == "reword":
        proposed = next((one.text for one in asking.opened.view.tasks if one.text and one.ended_at is None), "")
        hint = phrase("No name, number, flat or plate. What may stand of the request is filled in.")
        return FormField("note", "area", phrase("What this unit has to do"), hint=hint, values=(proposed,))
    if asking.step.verb == "close":
        hint = phrase("Every requester of the case reads it. No name, number, flat or plate.")
        return FormField("note", "area", phrase("What the requesters are told"), hint=hint)
    return FormField("note", "area", phrase("Note"), hint=phrase("Kept in the vault, apart from the ledger."))


FIELDS: Mapping[str, Callable[[Asking], FormField | None]] = {
    "ground": _ground,
    "ending": _ending,
    "level": _level,
    "task": _task,
    "tasks": _tasks,
    "clock": _clock,
    "request": _request,
    "party": _party,
    "unit": _unit,
    "station": _station,
    "kind": _kind,
    "wanted": _wanted,
    "called": _called,
    "gate": _gate,
    "present": _present,
    "street": _street,
    "grid": _grid,
    "review_at": _date("review_at", phrase("Review date")),
    "promised_at": _date("promised_at", phrase("New promised date")),
    "reached": _yes_no("reached", phrase("Reached?")),
    "contacted": _yes_no("contacted", phrase("Had the unit been in touch?")),
    "resolved": _resolved,
    "satisfied": _satisfied,
    "matter": _matter,
    "precedent": _precedent,
    "version": _version,
    "note": _note,
}
