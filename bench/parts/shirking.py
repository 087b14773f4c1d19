"""One unit twice on the same stream of cases: as an honest unit, and as one that shirks in one named way.

Apart from its one way of shirking the twin does what the honest unit does. Each case is played by the kernel alone,
event by event and timer by timer. What lies outside the unit is drawn once a
case from its seed and is the same for both twins: whose duty it truly is, how long the work takes, whether the work
helps. The centre is the same too, and as lenient as it may be: it grants every extension and every suspension asked
for. It rules on returns by whose duty it truly is; the verifier finds undone work in six of ten cases, the requester
always.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from random import Random
from types import MappingProxyType
from typing import Any, NamedTuple

from parts.playing import (
    COORDINATOR,
    DISPATCHER,
    LEADER,
    OPERATOR,
    RETURNERS,
    START,
    TEXT,
    UNDONE,
    VERIFIER,
    Move,
    Playing,
)
from parts.scored import scores
from sanban.handling.figures.judging import FIGURES, Fact, facts_of
from sanban.kernel.case.event import Event, TaskReworked
from sanban.kernel.case.facts import supervised_rank
from sanban.kernel.case.state import LEAD
from sanban.kernel.clock.calendar import DAY, HOUR, Calendar
from sanban.kernel.duty.table import DutyTable
from sanban.kernel.duty.unit import UnitKind
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Mechanism
from sanban.kernel.permission import Actor
from sanban.packs.calendar import load_calendar
from sanban.packs.district import load_district
from sanban.packs.district.loading import shipped_district
from sanban.packs.loading import SHIPPED, Matters, load_matters

HORIZON = START + 150 * DAY
MATTER, UNIT, OTHER = "short-let", "street-01", "street-02"
CLAIMERS = frozenset({"claiming contact", "claiming contact late"})
UNANSWERED = frozenset({"silence", "leaving supervision unanswered"})
SIGN_FOR, FIRST_CONTACT, RESOLVE = "sign_for", "first_contact", "resolve"
EASY, HARD = 9 * DAY, 18 * DAY
SLACK = {
    "silence": 12 * DAY, "asking extension each time": 12 * DAY, "suspending each time": 20 * DAY, "reclassifying": DAY,
}  # fmt: skip
"""What is put off on top of the work."""


NOTHING_ELSE: Mapping[str, Any] = MappingProxyType({})

Shares = dict[str, tuple[int, int]]
"""Figure -> (holds, n)."""


class Fate(NamedTuple):
    """What the unit has no say in. `work`: microseconds of honest work; `seen`: the verifier sees undone work.

    `reached`: the call-back finds the requester; where it does not, the verifier has looked. `watched`: the district's
    leader supervises it.
    """

    rightly: bool
    work: int
    helps: bool
    seen: bool
    reached: bool
    watched: bool
    signs: int
    contacts: int


@cache
def world_matters() -> Matters:
    """The shipped matters, read once."""
    return load_matters()


@cache
def world() -> tuple[Mechanism, Calendar, DutyTable]:
    """The mechanism, calendar and duty table that all cases share."""
    mechanism = world_matters().mechanism_of(MATTER, START)
    assert mechanism is not None
    return mechanism, load_calendar(SHIPPED / "_calendar"), load_district(shipped_district()).duty


def fate_of(seed: int, number: int) -> Fate:
    """Drawn from the seed and the case's number alone."""
    draw = Random(seed * 1_000_003 + number)
    hard, reached, watched = draw.random() < 0.2, draw.random() < 0.9, draw.random() < 0.2
    return Fate(
        rightly=draw.random() < 0.85,
        work=int((draw.uniform(24, 34) if hard else draw.uniform(1, 14)) * DAY),
        helps=draw.random() < 0.92,
        seen=draw.random() < 0.6 or not reached,
        reached=reached,
        watched=watched,
        signs=int(draw.uniform(0.5, 2) * HOUR),
        contacts=int(draw.uniform(1, 5) * HOUR),
    )


def figures_of(way: str, seed: int, cases: int) -> tuple[Shares, Counter[str]]:
    """The unit's figures, and what it was refused, when it shirks this way; '' is the honest twin."""
    plays = [Played(way, fate_of(seed, number), START + number % 20 * DAY) for number in range(cases)]
    return shares_of(plays, UNIT), sum((play.refused for play in plays), Counter())


def shares_of(plays: Sequence[Played], unit: str) -> Shares:
    """A unit's figures over the cases as they stand at the horizon."""
    sums = {figure.code: (0, 0) for figure in FIGURES}
    for fact in (fact for play in plays for fact in play.facts()):
        if fact.unit == unit and fact.at <= HORIZON:
            holds, n = sums[fact.figure]
            sums[fact.figure] = holds + fact.holds, n + 1
    return sums | scores((play.case for play in plays), world()[0], HORIZON)[unit]


class Played(Playing):
    """One case from opening to the horizon; `told`: what else is said when it is opened."""

    def __init__(self, way: str, fate: Fate, opened_at: int, told: Mapping[str, Any] = NOTHING_ELSE) -> None:
        super().__init__(*world(), opened_at)
        self.way, self.fate, self.sent_back_at = way, fate, opened_at
        self.refused: Counter[str] = Counter()
        opening = {
            "id": "c1", "request": "r1", "requester": "person:one", "channel": "phone", "desk": "hotline",
            "received_at": opened_at, "street": UNIT, "fields": {"premises": TEXT},
        }  # fmt: skip
        self.play(opening | told, HORIZON)

    @property
    def shirks(self) -> str:
        """How the unit that has the order now shirks."""
        return self.way if self.lead.unit == UNIT else ""

    @property
    def done(self) -> bool:
        """Whether what was reported done is done: a shirker does the work once it is found out."""
        return self.shirks not in UNDONE or self.lead.reworked > 0

    @property
    def solved(self) -> bool:
        """Whether the work is done, by whom it is the duty of, and helped."""
        return self.done and self.fate.helps and self.able

    @property
    def able(self) -> bool:
        """Whether it is the duty of the unit that leads."""
        return self.fate.rightly == (self.lead.unit == UNIT)

    def facts(self) -> Sequence[Fact]:
        """What the case counts at the horizon."""
        return facts_of(self.case, self.mechanism)

    def _happened(self, event: Event) -> None:
        if isinstance(event, TaskReworked):
            self.sent_back_at = self.now

    def _refused(self, move: Move, refusal: Refused) -> None:
        self.refused[f"{move.step}: {refusal.reason}"] += 1

    def _people(self) -> Iterator[Move]:
        if self.fate.watched and not self.case.supervision:
            yield Move(self.case.opened_at + 2 * DAY, LEADER, "supervise", {})
        if supervised_rank(self.case) and self.shirks not in UNANSWERED:
            word = f"v:{len(self.case.supervision):032x}"
            yield Move(self.case.supervision[-1].at + 4 * HOUR, self._handler, "account_for", {"note": word})
        match self.case.state:
            case "filed":
                yield Move(self.case.opened_at + HOUR // 2, DISPATCHER, "dispatch", {"unit": UNIT})
            case "reassigning" | "ruling":
                yield self._returned()
            case "finished":
                wanting = not self.done and self.fate.seen
                yield Move(self.ended + DAY, VERIFIER, "rework" if wanting else "verify", {})
            case "calling_back":
                yield self._called_back()
            case _:
                yield from self._answers()
                yield from self._unit()
                yield from self._helpers()

    def _returned(self) -> Move:
        """The centre finds whose duty it is; who plays ping-pong is believed once, until the other returns it too."""
        owner = UNIT if self.fate.rightly else OTHER
        believed = self.way == "ping-pong" and self.case.state == "reassigning"
        if believed or (owner == OTHER and OTHER not in self.case.returned_by):
            return Move(self.ended + HOUR, DISPATCHER, "dispatch", {"unit": OTHER})
        return Move(self.ended + HOUR, DISPATCHER, "rule", {"unit": owner})

    def _called_back(self) -> Move:
        said = self.case.requests[0].call_back
        at = self.ended + 2 * DAY
        if said is None and not self.fate.reached:
            return Move(at, OPERATOR, "call_back", {"request": "r1", "reached": False})
        if said is None:
            spoken = self.case.requests[0].contacted_at is not None and self.shirks not in CLAIMERS
            resolved = "yes" if self.solved else "no"
            said_of_it = {"resolved": resolved, "satisfied": 4 if resolved == "yes" else 2}
            args = {"request": "r1", "reached": True, "contacted": spoken, **said_of_it}
            return Move(at, OPERATOR, "call_back", args)
        if said.resolved == "yes" or not said.reached:
            return Move(at, OPERATOR, "close", {"ending": "resolved"})
        if not self.done:
            return Move(at, OPERATOR, "rework", {})
        return Move(at, DISPATCHER, "close_unsolved", {"ending": "unsolved"})

    def _answers(self) -> Iterator[Move]:
        """The coordinator grants whatever is asked for."""
        for asked in self.case.asked:
            if asked.kind == "extension":
                yield Move(asked.at + 2 * HOUR, COORDINATOR, "grant_extension", {"clock": asked.subject})
            else:
                yield Move(asked.at + 2 * HOUR, COORDINATOR, "suspend", {"task": asked.subject})

    def _unit(self) -> Iterator[Move]:
        """What the leading unit does: sign or return, speak with the requester, ask for time, work."""
        lead, shirks, actor = self.lead, self.shirks, self._handler
        if lead.state == "dispatched":
            yield from self._sign(actor)
        owed = any(one.limit == FIRST_CONTACT and one.subject == lead.id and one.running for one in self.case.clocks)
        if owed and lead.unit == self.case.lead and shirks != "silence" and not self._leaves_it:
            yield Move(self._contact_at, actor, "contact", {"request": "r1"})
        if lead.state == "accepted" and lead.accepted_at is not None:
            yield from self._asks(actor, lead.accepted_at)
            if not self._leaves_it and all(task.spec == LEAD for task in self.case.open_tasks):
                begun = self.sent_back_at if lead.reworked else lead.accepted_at
                yield Move(begun + self._working_time, actor, "finish", {})

    @property
    def _handler(self) -> Actor:
        """Somebody of the unit that leads."""
        kind: UnitKind = "street" if self.lead.unit in (UNIT, OTHER) else "department"
        return Actor(f"handler-{self.lead.unit}", "handler", self.lead.unit, unit_kind=kind)

    @property
    def _contact_at(self) -> int:
        """When the unit speaks with the requester, or says so once the time for it is over."""
        due = next(
            (one for one in self.case.clocks if one.limit == FIRST_CONTACT and one.subject == self.lead.id), None
        )
        if self.shirks == "claiming contact late" and due is not None and due.due_at is not None:
            return due.due_at + HOUR
        return self.lead.dispatched_at + self.fate.contacts

    @property
    def _leaves_it(self) -> bool:
        """Whether nothing is done about it at all."""
        return self.shirks == "cherry-picking" and self.fate.work > EASY

    @property
    def _working_time(self) -> int:
        """The honest time, and what this way of shirking takes on top."""
        if not self.done:
            return HOUR if self.shirks != "planning onto others" else 4 * DAY
        return self.fate.work + SLACK.get(self.shirks, 0)

    def _sign(self, actor: Actor) -> Iterator[Move]:
        lead, shirks, at = self.lead, self.shirks, self.lead.dispatched_at + self.fate.signs
        wrongly = lead.unit == UNIT and not self.fate.rightly
        wrongly = wrongly or (lead.unit == OTHER and self.fate.rightly)
        if shirks in RETURNERS or (wrongly and shirks != "silence"):
            due = next((one.due_at for one in self.case.clocks if one.subject == lead.id and one.limit == SIGN_FOR), at)
            late = shirks == "returning late" and due is not None
            step = "return_again" if self.case.returned_by else "return_order"
            yield Move((due or at) - 1 if late else at, actor, step, {"ground": "not_our_duty", "note": TEXT})
        elif shirks != "silence":
            yield Move(at, actor, "accept", {})

    def _asks(self, actor: Actor, begun: int) -> Iterator[Move]:
        shirks, lead = self.shirks, self.lead
        resolve = next((one for one in self.case.clocks if one.subject == lead.id and one.limit == RESOLVE), None)
        if resolve is not None and (shirks == "asking extension each time" or self.fate.work > HARD):
            args = {"clock": resolve.id, "ground": "complex"}
            yield Move(begun + 3 * DAY, actor, "ask_extension", args)
        if shirks == "suspending each time":
            args = {"task": lead.id, "ground": "weather", "review_at": begun + 29 * DAY}
            yield Move(begun + DAY, actor, "ask_suspension", args)
        if shirks == "reclassifying":
            yield Move(begun + DAY, actor, "reclassify", {"matter": "suggestion"})
        if shirks in ("splitting work", "planning onto others"):
            planned = [{"key": "a", "unit": OTHER}, {"key": "b", "unit": "housing"}]
            yield Move(begun + HOUR, actor, "plan", {"tasks": planned})

    def _helpers(self) -> Iterator[Move]:
        """Co-units sign and work as they should."""
        for task in self.case.open_tasks:
            if task.spec != LEAD:
                actor = Actor(f"handler-{task.unit}", "handler", task.unit, unit_kind="department")
                step = "accept" if task.state == "dispatched" else "finish_task"
                wait = HOUR if task.state == "dispatched" else 3 * DAY
                yield Move(task.dispatched_at + wait, actor, step, {"task": task.id})
