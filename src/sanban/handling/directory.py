"""The stream `directory:main`: rulings kept as precedents, so that the next like case needs no dispute.

The district's own directory is a file; what the centre rules in a case is a ledger event and joins it. Rows are only
added and ended, never edited.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from sanban.kernel.case.words import Code, GivenCode, GivenId, Id
from sanban.kernel.duty.directory import Entry
from sanban.kernel.duty.table import DutyTable, duty_table
from sanban.kernel.errors import Refused
from sanban.kernel.permission import DESK_ROLES
from sanban.ledger.port import Part, Turn
from sanban.ledger.stream_kind import StreamKind, arguments

KIND = "directory"
STREAM = f"{KIND}:main"
KEEPERS = frozenset({*DESK_ROLES, "coordinator", "system"})


class EntryAdded(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="entry.added", omit_defaults=True):
    """A ruling became a row of the directory, in force from `at`. `cites` is the case's number."""

    v: int = 1
    at: int
    id: Id
    matter: Code
    duty: Code
    area: Code
    unit: Id
    cites: Code = ""


class AddArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: GivenId
    matter: GivenCode
    duty: GivenCode
    area: GivenCode
    unit: GivenId
    cites: GivenCode = ""


class Precedents(msgspec.Struct, frozen=True):
    """Every precedent of the ledger, in the order of the rulings."""

    entries: tuple[Entry, ...] = ()


def duty_with(table: DutyTable, precedents: Precedents) -> DutyTable:
    """The district's duty table with the precedents of its ledger."""
    units = [version for versions in table.units.values() for version in versions]
    rosters = [roster for several in table.rosters.values() for roster in several]
    grids = [version for versions in table.grids.versions.values() for version in versions]
    version = f"{table.version}+{len(precedents.entries)}"
    return duty_table(version, units, grids, (*table.entries.values(), *precedents.entries), rosters)


def _is_known(known: Precedents, args: AddArgs) -> bool:
    """Whether the row is there, or the newest for the same question names the same unit: it would change nothing."""
    if any(entry.id == args.id for entry in known.entries):
        return True
    asked = (args.matter, args.duty, args.area)
    newest = next((one for one in reversed(known.entries) if (one.matter, one.duty, one.area) == asked), None)
    return newest is not None and newest.unit == args.unit


class DirectoryAggregate(StreamKind[EntryAdded], kind=KIND, events=EntryAdded, noun="the directory"):
    """The one stream of precedents."""

    def decide(self, state: Precedents | None, part: Part, turn: Turn) -> Sequence[EntryAdded] | Refused:
        if part.step != "add":
            return Refused("unknown_step", f"the directory has no step {part.step}", "add")
        if turn.actor.role not in KEEPERS:
            return Refused("not_permitted", "the directory is kept by the centre", "sign in as a dispatcher")
        args = arguments(part, AddArgs, "id, matter, duty, area, unit")
        if isinstance(args, Refused):
            return args
        if state is not None and _is_known(state, args):
            return ()
        return (EntryAdded(at=turn.now, **msgspec.structs.asdict(args)),)

    def fold(self, state: Precedents | None, event: EntryAdded) -> Precedents:
        entry = Entry(
            id=event.id,
            matter=event.matter,
            duty=event.duty,
            area=event.area,
            unit=event.unit,
            level="district",
            valid_from=event.at,
            origin="precedent",
            cites=event.cites,
        )
        return Precedents((*(state.entries if state else ()), entry))
