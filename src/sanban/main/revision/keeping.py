"""Proposals in the ledger: found and replayed by the system, measured once they are in force.

The same change is proposed once. After somebody has refused one, the ledger does not ask again for what it says, with
another length say; another unit in a row's place is another answer. Until then what speaks against a rule differently
is a rival: it stands beside the first, and a person chooses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from sanban.kernel.errors import SanbanError
from sanban.ledger.port import Part, Submission
from sanban.main.house import House
from sanban.main.revision.counting import counted, record_of
from sanban.main.revision.enacting import command_id
from sanban.main.revision.proposing import EVER, replays_of
from sanban.revision.aggregate import Revision, stream_of
from sanban.revision.change import Change
from sanban.revision.effect import Effect, effect
from sanban.revision.proposing.finding import Finding, Looked
from sanban.revision.replay.result import Named, Replayed
from sanban.revision.replay.standing import SYSTEM

MOST_NAMED = 20
"""Cases that a kept result names for each reason."""
EVERY = "SELECT revision FROM revision_view WHERE district = :district ORDER BY proposed_at DESC, revision"


class Kept(NamedTuple):
    """The ids of new proposals, and the findings that could not be replayed, with why: files may be gone since."""

    new: tuple[str, ...]
    left: tuple[tuple[Finding, SanbanError], ...]


def keep(house: House, looked: Looked, since: int = 0, until: int = EVER) -> Kept:
    """Propose what was found and has not been proposed before, each with its replay; one without stops no other."""
    before = tuple(revisions(house))
    known = {one.change for one in before}
    refused = {one.change.content for one in before if one.state == "refused"}
    until = min(until, house.clock())
    new = [one for one in looked.findings if one.change not in known and one.change.content not in refused]
    kept: list[str] = []
    left: list[tuple[Finding, SanbanError]] = []
    for finding in new:
        try:
            kept.append(_kept(house, finding, since, until, looked.tests))
        except SanbanError as error:
            left.append((finding, error))
    return Kept(tuple(kept), tuple(left))


def revisions(house: House) -> Iterator[Revision]:
    """Every proposal, the newest first."""
    for (revision_id,) in house.reader.query(EVERY):
        found = house.reader.state(stream_of(revision_id))
        assert isinstance(found, Revision), "a row of the view has its stream"
        yield found


def _kept(house: House, finding: Finding, since: int, until: int, tests: int) -> str:
    revision = _named(house, finding.change)
    args = {"id": revision, "finding": finding, "since": since, "until": until, "tests": tests}
    results = tuple(map(_short, replays_of(house, finding.change, since, until)))
    _submit(house, revision, "propose", ("propose", args), ("replay", {"results": results}))
    return revision


def _named(house: House, change: Change) -> str:
    """The id of a new proposal: as the change is called, and by its content where another is called so."""
    taken = house.reader.state(stream_of(change.id))
    return change.id if taken is None else f"{change.id}-{change.digest}"


def _submit(house: House, revision: str, name: str, *steps: tuple[str, dict[str, object]]) -> None:
    parts = tuple(Part(stream_of(revision), step, msgspec.to_builtins(args)) for step, args in steps)
    answer = house.ledger.submit(Submission(command_id(revision, name), SYSTEM, parts))
    if answer.refused is not None:
        raise SanbanError(answer.refused.message, answer.refused.example)


def _short(result: Replayed) -> Replayed:
    """The result as a stream keeps it: reasons and counts, and the first few cases of each."""

    def few(several: tuple[Named, ...]) -> tuple[Named, ...]:
        return tuple(msgspec.structs.replace(one, numbers=one.numbers[:MOST_NAMED]) for one in several)

    return msgspec.structs.replace(result, lost=few(result.lost), unmapped=few(result.unmapped))


def measure_all(house: House) -> list[tuple[str, Effect]]:
    """The effect of every change that is in force, measured anew and kept where it says something new."""
    told: list[tuple[str, Effect]] = []
    record, now = record_of(house), house.clock()
    for one in revisions(house):
        if one.state == "in_force" and one.from_at <= now:
            found = effect(counted(house, one, record, now), one.from_at)
            args = {"effect": found, "position": record.position, "counted_at": now}
            _submit(house, one.id, f"measure {record.position} {now}", ("measure", args))
            told.append((one.id, found))
    return told
