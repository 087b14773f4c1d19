"""What is changed in a replay: some matters' mechanisms, or the dispatch directory, as if they had always held.

A rule that comes into force tomorrow has no past cases, so a replay lays it over the past: every case of the span that
was opened under a changed matter runs under the new version from its first event, and every row that the new directory
has in place of another answers at every instant. Rulings of the ledger (precedents) go before both, as they did.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

import msgspec

from sanban.kernel.case.state import matter_of
from sanban.kernel.clock.calendar import Calendar
from sanban.kernel.duty.directory import Entry
from sanban.kernel.duty.table import DutyTable, duty_table
from sanban.kernel.mechanism import Mechanism
from sanban.kernel.party import Links


class Mechanisms(Protocol):
    """All versions of all matters, as the ledger's cases were decided by them."""

    def mechanism_of(self, matter: str, instant: int) -> Mechanism | None:
        """The version of a matter in force at the instant (microseconds UTC), None when there is none."""
        ...

    def by_key(self, key: str) -> Mechanism | None:
        """The version `matter@version`, in force or not."""
        ...


class Rules(NamedTuple):
    """What a replay decides by. `changed`: the new versions by matter; `duty`: of the recorded or the new directory.

    `redirected`: whether the directory is what changed. `until`: when the record ends, microseconds UTC. `assumed`:
    by field what the form of a changed matter is answered where a recorded case has no answer.
    """

    recorded: Mechanisms
    calendar: Calendar
    duty: DutyTable
    links: Links
    until: int
    changed: Mapping[str, Mechanism] = {}
    redirected: bool = False
    assumed: Mapping[str, int | bool | str] = {}

    def mechanism_of(self, matter: str, instant: int) -> Mechanism | None:
        """The version a case of the matter would be pinned to."""
        return self.changed.get(matter) or self.recorded.mechanism_of(matter, instant)

    def under(self, key: str) -> Mechanism | None:
        """The mechanism that a case pinned to `key` is replayed under."""
        return self.changed.get(matter_of(key)) or self.recorded.by_key(key)

    def answers(self, matter: str) -> Mapping[str, int | bool | str]:
        """What the form of a matter is taken to have been answered: nothing where the matter is as it was."""
        return self.assumed if matter in self.changed else {}

    def touch(self, matters: frozenset[str]) -> bool:
        """Whether a case that was ever of these matters can come out differently."""
        return self.redirected or not matters.isdisjoint(self.changed)


def as_if_always(recorded: DutyTable, changed: DutyTable) -> DutyTable:
    """The recorded table with the rows that differ in the changed one in place of theirs, at every instant.

    A changed row that has an end is one that the change ends; units and rosters are those of the changed files, and
    rulings kept as precedents stay.
    """
    old = {entry.id: entry for entry in recorded.entries.values()}
    differing = [entry for entry in changed.entries.values() if old.get(entry.id) != entry]
    gone = {entry.id for entry in old.values() if entry.origin != "precedent" and entry.id not in changed.entries}
    put = [entry for entry in differing if entry.valid_to is None]
    replaced = {_key(entry) for entry in put}
    ended = gone | {entry.id for entry in differing}
    kept = [entry for entry in old.values() if entry.id not in ended and not _is_replaced(entry, replaced)]
    units = [unit for versions in changed.units.values() for unit in versions]
    rosters = [roster for several in changed.rosters.values() for roster in several]
    grids = [grid for versions in changed.grids.versions.values() for grid in versions]
    always = [msgspec.structs.replace(entry, valid_from=0) for entry in put]
    return duty_table(f"{changed.version}?", units, grids, (*kept, *always), rosters)


def _key(entry: Entry) -> tuple[str, str, str, str]:
    return entry.duty, entry.level, entry.matter, entry.area


def _is_replaced(entry: Entry, replaced: set[tuple[str, str, str, str]]) -> bool:
    return entry.origin != "precedent" and _key(entry) in replaced
