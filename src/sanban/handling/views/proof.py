"""The ledger's proof for everybody: where it stands, its last batches, and what the last verification found.

Nothing here is about a case: positions, instants and hashes. Whoever wrote down a head hash earlier can check that the
ledger of today still goes through it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import msgspec

from sanban.ledger.port import Reader

BATCHES = 20

_HEAD = "SELECT position, batch_no, recorded_at, head_hash FROM shard WHERE district = :district"
_BATCHES = (
    "SELECT batch_no, first_position, last_position, recorded_at, commands, hash FROM ledger_batch "
    "WHERE district = :district ORDER BY batch_no DESC LIMIT :limit"
)
_CASES = (
    "SELECT count(*), coalesce(sum(CASE WHEN closed_at IS NULL THEN 1 ELSE 0 END), 0), "
    "coalesce(sum(CASE WHEN closed_at IS NULL AND due_at <= :now THEN 1 ELSE 0 END), 0), "
    "coalesce(sum(CASE WHEN missed > 0 THEN 1 ELSE 0 END), 0), coalesce(sum(requests), 0) "
    "FROM case_view WHERE district = :district"
)


class Batch(msgspec.Struct, frozen=True):
    """One commit: the positions of its events, when it was recorded (microseconds UTC), its hash in hexadecimal."""

    number: int
    first: int
    last: int
    recorded_at: int
    commands: int
    hash: str


class Verified(msgspec.Struct, frozen=True):
    """What a verification found. `at`: when, microseconds UTC; `position`: how far it read."""

    at: int
    position: int
    sound: bool
    faults: tuple[str, ...] = ()


class LedgerHead(msgspec.Struct, frozen=True):
    """Where the ledger ends."""

    position: int
    batch_no: int
    recorded_at: int
    hash: str


class LedgerProof(msgspec.Struct, frozen=True):
    """The ledger page. `verified` None: no verification has been run that this program knows of."""

    head: LedgerHead | None
    batches: tuple[Batch, ...]
    verified: Verified | None


class CaseCounts(msgspec.Struct, frozen=True):
    """Cases in the ledger."""

    cases: int
    open: int
    overdue: Annotated[int, msgspec.Meta(description="Open cases with a clock that has run out by now.")]
    missed: Annotated[int, msgspec.Meta(description="Cases, open and closed, that missed a limit at any time.")]
    linked: Annotated[int, msgspec.Meta(description="Requests that are part of a case.")]


def ledger_head(reader: Reader) -> LedgerHead | None:
    """Where the ledger ends; None before its first commit."""
    found = reader.query(_HEAD)
    if not found or not found[0][1]:
        return None
    position, batch_no, recorded_at, digest = found[0]
    return LedgerHead(position, batch_no, recorded_at, bytes(digest).hex())


def ledger_proof(reader: Reader, verified: Callable[[], Verified | None], limit: int = BATCHES) -> LedgerProof:
    """The head, the last batches and the last verification; two statements."""
    batches = tuple(_batch(row) for row in reader.query(_BATCHES, {"limit": limit}))
    return LedgerProof(ledger_head(reader), batches, verified())


def count_cases(reader: Reader, now: int) -> CaseCounts:
    """How many cases there are, one statement; `now` in microseconds UTC."""
    ((cases, still_open, overdue, missed, linked),) = reader.query(_CASES, {"now": now})
    return CaseCounts(int(cases), int(still_open), int(overdue), int(missed), int(linked))


def _batch(row: tuple[Any, ...]) -> Batch:
    number, first, last, recorded_at, commands, digest = row
    return Batch(number, first, last, recorded_at, commands, bytes(digest).hex())
