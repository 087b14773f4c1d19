"""What a figure may speak of: sets of events, each with the names that hold for one of its events.

The facts of a ledger are flat tables, laid out from the states of its streams (`columnar`). An event set is one table
seen at one of its instants: a case is in `case.closed` at `closed_at`, in `case.due` at `due_at`. So two sets of one
table speak of the same things, and sets of different tables of the same case.

    cases      a problem being worked; unit: who was sent it last and did not return it, or whose time ran out before
               it was sent to another; lead: who leads it now
    requests   what somebody said; unit: its street
    calls      what a requester answered at a call-back, its `nth`; unit: who led the case then
    tasks      what one unit has to do
    clocks     one limit that ran or runs for a unit
    whistles   a street's call for others; unit: that street
    summons    one unit called by one whistle
    offers     joint handling offered by the system; unit: none, the district answers
    ratings    a street's rating of a unit it called; unit: the one rated, street: who rated
    judged     what a case counts for and against a unit (`handling.figures`)

Instants are microseconds UTC. No column holds anything of a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

import msgspec

from sanban.kernel.expression import Declared, Scope

Kind = Literal["text", "int", "bool"]
LARGEST: Final = 2**52
JUDGED: Final = (
    "wrong_dispatch", "returned_unjustly", "returned_again", "signed_by_silence", "contact_confirmed", "contacted",
    "in_time", "lengthened", "reworked", "resolved", "satisfied", "reopened", "supervised",
    "accounted_in_time",
)  # fmt: skip
"""Facts that a case counts, by their codes."""


class FactColumn(msgspec.Struct, frozen=True):
    """One name of a fact: its kind, whether it may be unknown, and for a text perhaps its choices."""

    name: str
    kind: Kind = "text"
    optional: bool = False
    choices: tuple[str, ...] = ()

    @property
    def declared(self) -> Declared:
        """How an expression sees it."""
        if self.kind == "int":
            return Declared("int", 0, LARGEST, optional=self.optional)
        return Declared("bool" if self.kind == "bool" else "str", choices=self.choices, optional=self.optional)


class FactTable(msgspec.Struct, frozen=True):
    """A flat table of facts. Every one begins with the columns of `SHARED`."""

    name: str
    columns: tuple[FactColumn, ...]

    def scope(self, *known: str) -> Scope:
        """What an expression on one of its facts may name. `known`: instants that its facts are chosen by."""
        certain = [
            msgspec.structs.replace(one, optional=one.optional and one.name not in known) for one in self.columns
        ]
        return Scope({column.name: column.declared for column in certain})


class EventSet(msgspec.Struct, frozen=True):
    """Everything of a table for which the instant `at` is known, at that instant."""

    name: str
    table: FactTable
    at: str


def _text(*names: str) -> tuple[FactColumn, ...]:
    return tuple(FactColumn(name) for name in names)


def _bool(*names: str) -> tuple[FactColumn, ...]:
    return tuple(FactColumn(name, "bool") for name in names)


def _int(*names: str) -> tuple[FactColumn, ...]:
    return tuple(FactColumn(name, "int") for name in names)


def _maybe(*names: str) -> tuple[FactColumn, ...]:
    return tuple(FactColumn(name, "int", optional=True) for name in names)


SHARED: Final = _text("case_id", "number", "part", "matter", "street", "grid", "unit")
"""Where a fact belongs, '' for what is not known. `part`: what of the case it is, '' for the whole."""
NAMING: Final = ("case_id", "left_case", "disputed_case")
"""Columns that name a case: who may know nothing of one of these sees nothing of the fact."""

CASES: Final = FactTable(
    "cases",
    (
        *SHARED, *_text("channel", "state", "ending", "lead"), *_bool("found"),
        *_int("opened_at", "requests", "reopened"), *_maybe("due_at", "finished_at", "closed_at"),
    ),
)  # fmt: skip
REQUESTS: Final = FactTable(
    "requests",
    (
        *SHARED, *_text("left_case", "disputed_case", "channel", "state", "route"), *_bool("found"),
        *_int("received_at"), *_maybe("closed_at"),
    ),
)  # fmt: skip
CALLS: Final = FactTable(
    "calls",
    (
        *SHARED, *_text("channel"), *_bool("reached", "contacted"),
        FactColumn("resolved", choices=("yes", "partly", "no", "unknown")),
        *_int("satisfied", "repeat", "nth", "attached_at", "called_at"),
    ),
)  # fmt: skip
TASKS: Final = FactTable(
    "tasks",
    (
        *SHARED, *_text("spec", "station", "state"), *_bool("silent", "mandatory", "ruled", "extended"),
        *_int("reworked", "dispatched_at"), *_maybe("accepted_at", "finished_at", "returned_at", "due_at"),
    ),
)  # fmt: skip
CLOCKS: Final = FactTable(
    "clocks",
    (
        *SHARED,
        *_text("limit_code"),
        *_int("extended", "paused", "started_at"),
        *_maybe("due_at", "stopped_at", "missed_at"),
    ),
)
WHISTLES: Final = FactTable(
    "whistles", (*SHARED, *_text("kind", "outcome"), *_bool("silent"), *_int("whistled_at"), *_maybe("screened_at"))
)
SUMMONS: Final = FactTable(
    "summons",
    (
        *SHARED, *_text("kind", "caller", "how"), *_int("summoned_at"),
        *_maybe("due_at", "reported_at", "absent_at", "released_at"),
    ),
)  # fmt: skip
OFFERS: Final = FactTable(
    "offers", (*SHARED, *_text("cause", "answer", "ground"), *_int("offered_at"), *_maybe("answered_at"))
)
RATINGS: Final = FactTable(
    "ratings",
    (
        *SHARED, *_text("state", "left_out"), *_bool("absent", "good"), *_int("points", "released_at"),
        *_maybe("given_at"),
    ),
)  # fmt: skip
JUDGEMENTS: Final = FactTable(
    "judged", (*SHARED, FactColumn("fact", choices=JUDGED), *_bool("holds"), *_int("requests", "counted_at"))
)
TABLES: Final[Mapping[str, FactTable]] = MappingProxyType(
    {
        table.name: table
        for table in (CASES, REQUESTS, CALLS, TASKS, CLOCKS, WHISTLES, SUMMONS, OFFERS, RATINGS, JUDGEMENTS)
    }
)
EVENT_SETS: Final[Mapping[str, EventSet]] = MappingProxyType(
    {
        name: EventSet(name, table, at)
        for name, table, at in (
            ("request.received", REQUESTS, "received_at"),
            ("request.closed", REQUESTS, "closed_at"),
            ("case.opened", CASES, "opened_at"),
            ("case.due", CASES, "due_at"),
            ("case.finished", CASES, "finished_at"),
            ("case.closed", CASES, "closed_at"),
            ("requester.called_back", CALLS, "called_at"),
            ("task.dispatched", TASKS, "dispatched_at"),
            ("task.accepted", TASKS, "accepted_at"),
            ("task.returned", TASKS, "returned_at"),
            ("task.due", TASKS, "due_at"),
            ("task.finished", TASKS, "finished_at"),
            ("clock.started", CLOCKS, "started_at"),
            ("clock.due", CLOCKS, "due_at"),
            ("clock.missed", CLOCKS, "missed_at"),
            ("case.whistled", WHISTLES, "whistled_at"),
            ("case.screened", WHISTLES, "screened_at"),
            ("case.summoned", SUMMONS, "summoned_at"),
            ("case.reported_in", SUMMONS, "reported_at"),
            ("case.marked_absent", SUMMONS, "absent_at"),
            ("case.released", SUMMONS, "released_at"),
            ("summons.due", SUMMONS, "due_at"),
            ("case.joint_offered", OFFERS, "offered_at"),
            ("case.joint_answered", OFFERS, "answered_at"),
            ("rating.opened", RATINGS, "released_at"),
            ("rating.given", RATINGS, "given_at"),
            ("unit.judged", JUDGEMENTS, "counted_at"),
        )
    }
)
