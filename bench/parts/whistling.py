"""The same around whistles: the street that whistles, or the unit that it calls, beside its shirking twin.

The cases are those of `shirking`. Half of them the street cannot solve alone: it whistles for the called unit. In half
of these the centre rules that the called unit leads, in the others the street plans it a task. It rates the unit when
it lets it go. The centre lets every whistle pass and waives what lies undone long after its time. Undone work is found
by whoever may judge it in six of ten cases, by the requester always. One rating in ten is unjust; the reviewer finds
out which.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any, NamedTuple

import msgspec

from parts.playing import COORDINATOR, OPERATOR, START, SYSTEM, TEXT, VERIFIER, Move
from parts.scored import SCORED
from parts.shirking import HORIZON, RESOLVE, UNIT, Fate, Played, Shares, fate_of, shares_of
from sanban.handling.figures.judging import FIGURES, Figure
from sanban.joint.rating.aggregate import RATING_VIEW
from sanban.joint.rating.scoring import RatedRow, score
from sanban.joint.rating.sheet import Sheet, decide, fold, sheet_id, stream_of
from sanban.kernel.case.event import CaseVetoed, Event
from sanban.kernel.case.state import LEAD, Summons, Task, Whistle
from sanban.kernel.clock.calendar import DAY, HOUR
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part
from sanban.packs.district.loading import shipped_district
from sanban.packs.joint.rating import RatingTerms, load_rating_terms

CALLED = "housing"
OF_THE_CALLED = (
    "reporting in and doing nothing",
    "coming late",
    "asking to be let go at once",
    "appealing every rating",
)
OF_THE_STREET = ("vetoing everything", "whistling its work off", "planning the joint work onto others")
SHIRKER = dict.fromkeys(OF_THE_CALLED, CALLED) | dict.fromkeys(OF_THE_STREET, UNIT)
"""Way -> the unit that shirks so."""
IDLERS = frozenset({"reporting in and doing nothing"})
LEAVERS = frozenset({"asking to be let go at once"})
PUSHERS = frozenset({"whistling its work off", "planning the joint work onto others"})
RATED_FIRST = Figure("rated_well_first", Title("反向评价良好率（初评）", "Rated well, before appeals"), "high")
RATED = Figure("rated_well", Title("反向评价良好率（申诉后）", "Rated well, after appeals"), "high")
FIGURES_AROUND = (*FIGURES, *SCORED, RATED_FIRST, RATED)

STREET = Actor(f"handler-{UNIT}", "handler", UNIT, unit_kind="street")
HELPER = Actor(f"handler-{CALLED}", "handler", CALLED, unit_kind="department")
FULL = {"reported_in": 40, "worked_together": 30, "solved": 30}


class Call(NamedTuple):
    """What nobody has a say in at a whistle. `crossing`: the street cannot solve it alone.

    `theirs`: the called unit should lead it; `unjust`: so the street rates.
    """

    crossing: bool
    theirs: bool
    comes: int
    work: int
    seen: bool
    unjust: bool


class Turn(NamedTuple):
    """What a rating's decision sees."""

    now: int
    actor: Actor


def call_of(seed: int, number: int) -> Call:
    """Drawn from the seed and the case's number alone."""
    draw = Random(f"{seed} {number} called")
    return Call(
        crossing=draw.random() < 0.5,
        theirs=draw.random() < 0.5,
        comes=int(draw.uniform(1, 36) * HOUR),
        work=int((draw.uniform(24, 30) if draw.random() < 0.1 else draw.uniform(1, 9)) * DAY),
        seen=draw.random() < 0.6,
        unjust=draw.random() < 0.1,
    )


def figures_around(way: str, seed: int, cases: int) -> tuple[dict[str, Shares], Counter[str]]:
    """Unit -> figure -> (holds, n), and what the unit was refused, when it shirks this way; '' is the honest twin."""
    plays = [
        Whistled(way, fate_of(seed, number), call_of(seed, number), START + number % 20 * DAY)
        for number in range(cases)
    ]
    sheets = [row for play in plays for row in play.rated()]
    found = {}
    for unit in (UNIT, CALLED):
        shares = shares_of(plays, unit)
        if unit == CALLED:
            scored = score(unit, START, HORIZON, sheets, _terms())
            shares[RATED_FIRST.code] = (scored.first.good, scored.first.n)
            shares[RATED.code] = (scored.final.good, scored.final.n)
        found[unit] = shares
    return found, sum((play.refused for play in plays), Counter())


@cache
def _terms() -> RatingTerms:
    return load_rating_terms(shipped_district())


class Whistled(Played):
    """One case with what is true of a whistle about it."""

    def __init__(self, way: str, fate: Fate, call: Call, opened_at: int) -> None:
        self.call = call
        super().__init__(way, fate, opened_at)

    @property
    def summons(self) -> tuple[Summons, ...]:
        return tuple(one for whistle in self.case.whistles for one in whistle.summons)

    @property
    def tasks(self) -> list[Task]:
        """Those of the called unit."""
        return [task for task in self.case.tasks if task.unit == CALLED]

    @property
    def pushes(self) -> bool:
        """Whether the street leaves the work to the unit that it called."""
        return self.shirks in PUSHERS and bool(self.tasks)

    @property
    def done(self) -> bool:
        if self.lead.unit == CALLED:
            return not self._undone
        return super().done and (not self.pushes or self.lead.reworked > 0)

    @property
    def able(self) -> bool:
        return super().able or (self.call.theirs and self.lead.unit == CALLED)

    @property
    def solved(self) -> bool:
        return super().solved and not self._undone

    @property
    def _undone(self) -> list[str]:
        """Tasks that the called unit calls finished and has not touched."""
        return [
            task.id for task in self.tasks if self.way in LEAVERS and task.state == "finished" and not task.reworked
        ]

    def _happened(self, event: Event) -> None:
        super()._happened(event)
        if isinstance(event, CaseVetoed):
            self.sent_back_at = self.now

    def _people(self) -> Iterator[Move]:
        whistle = next(iter(self.case.whistles), None)
        if whistle is None:
            yield from self._whistles()
        elif not whistle.outcome:
            yield Move(whistle.at + 2 * HOUR, COORDINATOR, "screen", {})
        else:
            yield from self._called(whistle)
        if self.case.state == "finished":
            yield from self._found_undone()
        yield from super()._people()

    def _whistles(self) -> Iterator[Move]:
        accepted = self.lead.accepted_at if self.case.tasks else None
        wants = self.call.crossing or self.way == "whistling its work off"
        if wants and self.case.state == "handling" and self.lead.unit == UNIT and accepted is not None:
            yield Move(
                accepted + 4 * HOUR, STREET, "whistle", {"kind": "hard_problem", "wanted": [CALLED], "note": TEXT}
            )

    def _called(self, whistle: Whistle) -> Iterator[Move]:
        for one in whistle.summons:
            if one.held and one.reported_at is None:
                late = self.way == "coming late" and one.due_at is not None
                at = (one.due_at or 0) + HOUR if late else one.summoned_at + self.call.comes
                yield Move(at, HELPER, "report_in", {"called": CALLED})
            elif one.held and self.way in LEAVERS:
                yield Move(one.reported_at or 0, HELPER, "release", {"called": CALLED})
        if self.case.state == "joint" and not self.tasks and whistle.screened_at is not None:
            yield self._shared_out(whistle.screened_at + HOUR)

    def _shared_out(self, at: int) -> Move:
        """Who does what: the called unit leads where it should, else it has a task of the street's plan."""
        if self.call.crossing and self.call.theirs:
            return Move(at, COORDINATOR, "change_lead", {"unit": CALLED, "ground": "its_duty"})
        keys = "abc" if self.way in PUSHERS else "a"
        return Move(at, STREET, "plan", {"tasks": [{"key": key, "unit": CALLED} for key in keys]})

    def _found_undone(self) -> Iterator[Move]:
        """The street stops the closing of what the called unit led; a helper's task the verifier finds wanting."""
        at, undone = self.ended + DAY - HOUR, self._undone
        vetoes = self.way == "vetoing everything" or (undone and self.call.seen)
        if self.lead.unit == CALLED and vetoes:
            yield Move(at, STREET, "veto", {"note": TEXT})
        elif undone and self.call.seen:
            yield Move(at, VERIFIER, "rework", {"tasks": undone})

    def _called_back(self) -> Move:
        """What the requester calls undone is taken up again; else the street lets the unit go before it is closed."""
        move = super()._called_back()
        if move.step not in ("close", "close_unsolved"):
            return move
        if move.step == "close_unsolved" and self._undone:
            return Move(move.at, OPERATOR, "rework", {"tasks": self._undone})
        held = any(one.held for one in self.summons)
        return Move(move.at, STREET, "release", {"called": CALLED}) if held else move

    def _helpers(self) -> Iterator[Move]:
        """The called unit signs and works; what it never touches is waived in the end."""
        for task in (one for one in self.tasks if one.open and one.spec != LEAD):
            if task.state == "dispatched":
                yield Move(task.dispatched_at + HOUR, HELPER, "accept", {"task": task.id})
            elif self.way in IDLERS:
                clock = next(one for one in self.case.clocks if one.subject == task.id and one.limit == RESOLVE)
                yield Move((clock.due_at or 0) + 5 * DAY, COORDINATOR, "waive", {"task": task.id, "ground": "overdue"})
            else:
                begun = self.sent_back_at if task.reworked else task.dispatched_at
                yield Move(begun + self._takes(task), HELPER, "finish_task", {"task": task.id})

    def _takes(self, task: Task) -> int:
        """How long the called unit works on a task; only what it has worked on before is soon done again."""
        if self.way in LEAVERS:
            return self.call.work if task.reworked else HOUR
        return 2 * DAY if task.reworked else self.call.work

    @property
    def _leaves_it(self) -> bool:
        return super()._leaves_it or (self.way in IDLERS and self.lead.unit == CALLED)

    @property
    def _working_time(self) -> int:
        if self.lead.unit == CALLED:
            return self._takes(self.lead)
        return 4 * DAY if self.pushes and not self.done else super()._working_time

    def rated(self) -> Iterator[RatedRow]:
        """The sheets of this case as a unit's score reads them."""
        for whistle in self.case.whistles:
            for one in whistle.summons:
                if one.released_at is not None:
                    yield _row_of(self._sheet(whistle, one, one.released_at))

    def _sheet(self, whistle: Whistle, one: Summons, released_at: int) -> Sheet:
        """Opened by the release, rated by the street, appealed against and reviewed, each a day after the other."""
        opening = {
            "case": self.case.id, "number": self.case.number, "whistle": whistle.id, "unit": CALLED, "street": UNIT,
            "released_at": released_at, "absent": one.absent_at is not None,
        }  # fmt: skip
        just = self._marks(one)
        given = {**just, "worked_together": 0, "solved": 0} if self.call.unjust else just
        steps: list[tuple[Actor, str, dict[str, Any]]] = [
            (SYSTEM, "open", opening),
            (STREET, "rate", {"marks": given, "note": TEXT}),
        ]
        if given != just or self.way == "appealing every rating":
            outcome = {"outcome": "revised", "marks": just} if given != just else {"outcome": "upheld"}
            steps.append((HELPER, "appeal", {"ground": "wrong_fact", "note": TEXT}))
            steps.append((COORDINATOR, "review", {**outcome, "reason": TEXT}))
        sheet: Sheet | None = None
        for day, (actor, step, args) in enumerate(steps):
            part = Part(stream_of(sheet_id(whistle.id, CALLED)), step, args)
            made = decide(sheet, part, Turn(released_at + day * DAY, actor), _terms(), self.calendar)  # type: ignore[arg-type]  # all it sees
            assert not isinstance(made, Refused), made
            for event in made:
                sheet = fold(sheet, event)
        assert sheet is not None
        return sheet

    def _marks(self, one: Summons) -> dict[str, int]:
        """What is true of how the unit came, worked and ended."""
        over = [task.state == "finished" for task in self.tasks]
        late = any(
            clock.missed_at is not None for clock in self.case.clocks if clock.unit == CALLED and clock.limit == RESOLVE
        )
        return {
            "reported_in": 0 if one.absent_at is not None else FULL["reported_in"],
            "worked_together": 0 if late else FULL["worked_together"],
            "solved": FULL["solved"] if all(over) and not any(task.reworked for task in self.tasks) else 0,
        }


def _row_of(sheet: Sheet) -> RatedRow:
    """The sheet's row of the table that scores read."""
    [row] = RATING_VIEW.rows("", sheet)
    known = dict(zip((column.name for column in RATING_VIEW.columns), row, strict=True))
    named = {name: known.get(name, known["case_id"]) for name in RatedRow.__struct_fields__}
    return msgspec.convert(named, RatedRow)
