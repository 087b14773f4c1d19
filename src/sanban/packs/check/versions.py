"""Versions of one matter beside each other: a migration comes from a version that exists and leaves no state behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sanban.kernel.errors import Fault
from sanban.kernel.mechanism import Mechanism, Migration
from sanban.packs.check.place import fault_at, unknown
from sanban.packs.reading.mechanism import Draft


def check(drafts: Sequence[Draft]) -> Iterator[Fault]:
    """Migrations between the versions of one matter."""
    versions = {draft.head.version: draft for draft in drafts}
    for draft in drafts:
        for migration in draft.mechanism.migrations.values() if draft.mechanism is not None else ():
            place = ("migrations", migration.source)
            older = versions.get(migration.source)
            if older is None or older.head.day >= draft.head.day:
                known = [version for version, each in versions.items() if each.head.day < draft.head.day]
                yield unknown(draft, place, "older_version", migration.source, known)
            elif older.mechanism is not None and draft.mechanism is not None:
                yield from _unmapped(draft, draft.mechanism, older.mechanism, migration)


def _unmapped(draft: Draft, new: Mechanism, old: Mechanism, migration: Migration) -> Iterator[Fault]:
    for name, state in old.states.items():
        if not state.end and migration.states.get(name, name) not in new.states and name not in migration.states:
            message = f"a case in {name} of version {migration.source} has no state to move to"
            place = ("migrations", migration.source, "states")
            yield fault_at(draft, place, "state_not_mapped", message, f"states: {{{name}: {new.start}}}")
