"""Plays an example of a case: steps by the kernel's `decide` and `fold`, timers by themselves in between."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, cast, get_args
from zoneinfo import ZoneInfo

from sanban.kernel.case.engine import decide
from sanban.kernel.case.fold import fold_all
from sanban.kernel.case.situation import Command, Situation
from sanban.kernel.case.state import Case, Clock
from sanban.kernel.case.timers import wanted_timers
from sanban.kernel.case.verbs import VERBS
from sanban.kernel.clock.calendar import Calendar
from sanban.kernel.duty import ANY, DutyTable, Entry, Unit, UnitKind, duty_table
from sanban.kernel.errors import Fault, Refused, SanbanError
from sanban.kernel.mechanism import Mechanism
from sanban.kernel.permission import Actor, Role
from sanban.packs.document import Node
from sanban.packs.examples import Example, Given, When, instant_of, written
from sanban.packs.matter import Matters
from sanban.packs.rehearsal.arguments import answers, arguments

DESK: Final = "desk-01"
ROLES: Final[frozenset[str]] = frozenset(get_args(Role))
KINDS: Final[frozenset[str]] = frozenset(get_args(UnitKind))
MOST_TIMERS: Final = 1_000


def rehearse_case(
    example: Example, mechanism: Mechanism, matters: Matters, calendar: Calendar, zone: ZoneInfo
) -> tuple[Fault, ...]:
    """Every difference between the example and what the kernel does."""
    try:
        return tuple(_Play(example, mechanism, matters, calendar, zone).faults())
    except SanbanError as error:
        return (example.node.fault("cannot_be_played", error.message, error.example),)


def duty_of(given: Given) -> DutyTable:
    """The units of an example, each answering for its duty anywhere. Raises SanbanError for units that do not fit."""
    units = [Unit(DESK, "desk", "受理台", "Desk", None, 0)]
    for duty, code in given.duty.items():
        units.append(_unit(code, "street" if duty == "street" else "department", None))
    for code, words in given.units.items():
        kind, _, parent = words.partition(" under ")
        units.append(_unit(code, kind, parent or None))
    once = {unit.code: unit for unit in units}
    entries = [Entry(f"d-{duty}", ANY, duty, ANY, code, "district", 0) for duty, code in given.duty.items()]
    return duty_table("example", once.values(), entries=entries)


def _unit(code: str, kind: str, parent: str | None) -> Unit:
    if kind not in KINDS:
        raise SanbanError(
            f"{kind!r} is not a kind of unit: {', '.join(sorted(KINDS))}", "team-01: grid_team under street-01"
        )
    return Unit(code, cast(UnitKind, kind), code, code, parent, 0)


class _Play:
    """One run of an example."""

    def __init__(
        self, example: Example, mechanism: Mechanism, matters: Matters, calendar: Calendar, zone: ZoneInfo
    ) -> None:
        self.example = example
        self.mechanism = mechanism
        self.matters = matters
        self.calendar = calendar
        self.zone = zone
        self.duty = duty_of(example.given)
        self.case: Case | None = None
        self.requests = 0

    def faults(self) -> Iterator[Fault]:
        """Play all rows, then compare."""
        for row in self.example.when:
            yield from self._row(row)
        for key, node in self.example.then.expected.items():
            yield from self._compared(key, node)

    def _row(self, row: When) -> Iterator[Fault]:
        self._timers(row.at)
        for _ in range(row.times):
            command = Command(row.step, self._args(row))
            answer = decide(self.case, command, self._situation(self._actor(row.by), row.at))
            reason = answer.reason if isinstance(answer, Refused) else ""
            if reason != row.refused:
                said = f": {answer.message}" if isinstance(answer, Refused) else ""
                message = (
                    f"{row.step} by {row.by} is {_refusal(reason)}{said}; the example says {_refusal(row.refused)}"
                )
                yield row.node.fault("other_answer", message, f"refused: {reason}" if reason else "without refused")
            if not isinstance(answer, Refused):
                self.case = fold_all(self.case, answer)

    def _timers(self, until: int) -> None:
        """Let the timers run that are due by then, each in its order of time."""
        for _ in range(MOST_TIMERS):
            due = [] if self.case is None else wanted_timers(self.case, until)
            if not due:
                return
            timer = min(due)
            command = Command(timer.step, {timer.name: timer.subject})
            answer = decide(self.case, command, self._situation(Actor("system", "system"), timer.at))
            if isinstance(answer, Refused) or not answer:
                raise SanbanError(f"the timer {timer.step} of {timer.subject} changes nothing", "one event a timer")
            self.case = fold_all(self.case, answer)
        raise SanbanError(f"more than {MOST_TIMERS} timers between two steps", "limits that stop")

    def _situation(self, actor: Actor, now: int) -> Situation:
        pinned = self.mechanism if self.case is None else self.matters.by_key(self.case.mechanism)
        return Situation(
            mechanism=pinned or self.mechanism,
            actor=actor,
            now=now,
            calendar=self.calendar,
            duty=self.duty,
            number=lambda: "1",
            mechanism_of=self.matters.mechanism_of,
        )

    def _args(self, row: When) -> dict[str, object]:
        step = self.mechanism.steps.get(row.step)
        verb = VERBS.get(step.verb if step is not None else row.step)
        if verb is None:
            return {}
        given = arguments(row.args, verb.args, self.case, self.zone)
        return {**self._usual(verb.name, row.at), **given}

    def _usual(self, verb: str, at: int) -> dict[str, object]:
        """What an example need not say."""
        if verb in ("open", "attach"):
            self.requests += 1
            one = str(self.requests)
            joined = {"request": f"r{one}", "requester": f"p{one}", "channel": "hotline", "received_at": at}
            return joined if verb == "attach" else {**joined, **self._opening()}
        return {"request": "r1"} if verb in ("contact", "call_back", "lengthen_promise") else {}

    def _opening(self) -> dict[str, object]:
        given = self.example.given
        fields = answers(given.fields, self.mechanism.form)
        return {"id": "c1", "desk": DESK, "fields": fields, "subjects": list(given.subjects), **given.place}

    def _actor(self, word: str) -> Actor:
        """The person a row names: a relation, the unit of a task, or ROLE@UNIT."""
        role, at, unit = word.partition("@")
        if at:
            return self._of(role, unit)
        if word in ("desk", "operator", "dispatcher"):
            return self._of("dispatcher" if word == "dispatcher" else "operator", DESK)
        if word == "requester":
            return Actor("p1", "requester", party="p1")
        if word in ROLES and word != "handler":
            return Actor(word, cast(Role, word))
        return self._of("handler", self._unit_of(word))

    def _unit_of(self, word: str) -> str:
        if self.case is None or word in ("lead_unit", "handler"):
            return "" if self.case is None else self.case.lead
        if word == "street":
            return self.case.street or self.case.lead
        found = next((task.unit for task in reversed(self.case.tasks) if task.spec == word), None)
        if found is None:
            specs = ", ".join(sorted({task.spec for task in self.case.tasks}))
            raise SanbanError(f"{word!r} is neither a relation nor a task of the case ({specs})", "by: lead_unit")
        return found

    def _of(self, role: str, unit: str) -> Actor:
        if role not in ROLES:
            raise SanbanError(f"{role!r} is not a role: {', '.join(sorted(ROLES))}", "by: handler@street-01")
        known = self.duty.unit_at(unit, 0)
        return Actor(f"{role}-of-{unit}", cast(Role, role), unit, unit_kind="" if known is None else known.kind)

    def _compared(self, key: str, node: Node) -> Iterator[Fault]:
        compare = _COMPARISONS.get(key)
        if compare is None:
            message = f"{key!r} is not something an example can expect: {', '.join(_COMPARISONS)}"
            yield Fault(node.path, node.key_line, "unknown_expectation", message, "state: closed")
        elif self.case is None:
            yield node.fault("no_case", "no case was opened", "{at: 2025-04-25 09:00, step: open, by: desk}")
        else:
            for expected, actual in compare(self.case, node, self.zone):
                if expected != actual:
                    yield node.fault(
                        "other_outcome", f"{key} is {actual}; the example says {expected}", f"{key}: {actual}"
                    )


Pairs = Iterator[tuple[str, str]]
Compare = Callable[[Case, Node, ZoneInfo], Pairs]


def _refusal(reason: str) -> str:
    return f"refused ({reason})" if reason else "not refused"


def _word(node: Node) -> str:
    return node.value if isinstance(node.value, str) else f"a {node.kind}"


def _table(node: Node) -> dict[str, Node]:
    return node.value if isinstance(node.value, dict) else {}


def _words(node: Node) -> list[str]:
    return sorted(_word(each) for each in node.value) if isinstance(node.value, list) else [_word(node)]


def _newest(case: Case, limit: str) -> Clock | None:
    return next((clock for clock in reversed(case.clocks) if clock.limit == limit), None)


def _due(case: Case, node: Node, zone: ZoneInfo) -> Pairs:
    for limit, expected in _table(node).items():
        clock = _newest(case, limit)
        actual = "none" if clock is None else "stopped" if clock.due_at is None else written(clock.due_at, zone)
        yield f"{limit} {_time(expected, zone)}", f"{limit} {actual}"


def _time(node: Node, zone: ZoneInfo) -> str:
    """A time as it would be written here, so that 24:00 and 0:00 of the next day agree."""
    instant = instant_of(_word(node), zone)
    return _word(node) if instant is None else written(instant, zone)


def _promised(case: Case, node: Node, zone: ZoneInfo) -> Pairs:
    promised = case.requests[0].promised_at
    yield _time(node, zone), "none" if promised is None else written(promised, zone)


def _tasks(case: Case, node: Node, _zone: ZoneInfo) -> Pairs:
    newest = {task.spec: task.state for task in case.tasks}
    for spec, expected in _table(node).items():
        yield f"{spec} {_word(expected)}", f"{spec} {newest.get(spec, 'none')}"


def _listed(of: Callable[[Case], Iterable[str]]) -> Compare:
    """What compares words of the case, in any order."""

    def compare(case: Case, node: Node, _zone: ZoneInfo) -> Pairs:
        yield ", ".join(_words(node)) or "none", ", ".join(sorted(of(case))) or "none"

    return compare


def _missed(case: Case) -> set[str]:
    return {clock.limit for clock in case.clocks if clock.missed_at is not None}


def _absent(case: Case) -> set[str]:
    return {one.unit for whistle in case.whistles for one in whistle.summons if one.absent_at is not None}


def _held(case: Case) -> set[str]:
    return {unit for whistle in case.whistles for unit in whistle.held}


def _offered(case: Case) -> set[str]:
    return {offer.cause for offer in case.offers}


def _attribute(name: str) -> Compare:
    """What compares a plain value of the case."""

    def compare(case: Case, node: Node, _zone: ZoneInfo) -> Pairs:
        yield _word(node), str(getattr(case, name)) or "none"

    return compare


def _requests(case: Case, node: Node, _zone: ZoneInfo) -> Pairs:
    yield _word(node), str(len(case.requests))


_COMPARISONS: Final[dict[str, Compare]] = {
    **{name: _attribute(name) for name in ("state", "lead", "ending", "priority", "number", "reopened")},
    "requests": _requests,
    "due": _due,
    "promised": _promised,
    "tasks": _tasks,
    "missed": _listed(_missed),
    "absent": _listed(_absent),
    "held": _listed(_held),
    "offered": _listed(_offered),
    "crosses": _listed(lambda case: case.crosses),
}
