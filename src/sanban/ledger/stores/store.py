"""What the writer and the reader need of a store, and the statements both stores share.

A `Store` is the one writing connection: `begin` locks the district's shard row and nothing is decided before it. A
`Source` gives out read-only connections: `lookup` for single questions, `snapshot` for long consistent reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from sanban.kernel.errors import SanbanError
from sanban.ledger.proof.chain import GENESIS
from sanban.ledger.sealing import Lookup, Session
from sanban.ledger.stores.failing import cure_of

Row = tuple[Any, ...]

HEAD = 2
"""So many columns stand at the head of every derived table: district and stream."""

EVENT_COLUMNS = "position, stream, seq, type, v, command_id, actor, occurred_at, recorded_at, batch_no, payload, hash"
"""In the order of `Stored`."""
FOLD_COLUMNS = "stream, seq, type, v, payload"

_IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_DISTRICT = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


class StoreFailedError(SanbanError):
    """The store could not take or give anything now (disk full, connection lost); what was acknowledged is safe."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(
            f"the ledger's store failed: {cause}; nothing of this was acknowledged",
            cure_of(cause, "make room or reconnect, then send the same command with the same command id"),
        )


class Shard(NamedTuple):
    """A district's head, in the order of the table `shard`; what the next batch continues from."""

    district: str
    position: int = 0
    batch_no: int = 0
    recorded_at: int = 0
    head_hash: bytes = GENESIS
    numbers: bytes = b"{}"


class Shape(NamedTuple):
    """A table as the stores see it. `types` are PostgreSQL's."""

    name: str
    columns: tuple[str, ...]
    types: tuple[str, ...]
    key: tuple[str, ...]


class Store(Session, Protocol):
    """The one connection that writes to a district's shard."""

    def begin(self) -> Shard:
        """Starts a transaction holding the shard's lock. Raises `StoreFailedError`."""
        ...

    def known(self, command_ids: Sequence[str]) -> list[tuple[str, bytes, bytes]]:
        """(command_id, body_hash, answer) of those recorded before."""
        ...

    def folds(self, streams: Sequence[str]) -> Iterable[Row]:
        """FOLD_COLUMNS of all events of the streams, by stream and seq."""
        ...

    def stream(self, sql: str, parameters: Mapping[str, Any] = {}) -> Iterator[Row]:
        """Rows one after the other in flat memory; other statements may run in between."""
        ...

    def upsert(self, table: str, rows: Sequence[Row]) -> None:
        """Set-wise insert or overwrite by key; for derived tables and cursors only, never for events."""
        ...

    def update(self, table: str, pairs: Sequence[tuple[Row, Row]]) -> None:
        """Set-wise change of rows that are there: each as it is, without its HEAD columns, and whole as it shall be.

        For derived tables only, and the key stays. A row that is not there after all is written whole.
        """
        ...

    def delete(self, table: str, keys: Sequence[Row]) -> None:
        """Set-wise delete by key, the district in front."""
        ...

    def writing(self) -> AbstractContextManager[object]:
        """While a batch's rows are made and written: statements may be on their way while the next rows are made.

        Leaving it waits for all of them and raises what any of them raised.
        """
        ...

    def advance(self, shard: Shard) -> None:
        """Writes the shard's new head."""
        ...

    def commit(self) -> None:
        """Returns when the transaction is on disk."""
        ...

    def rollback(self) -> None:
        """Ends the transaction without effect, whatever state it is in; never raises."""
        ...

    def failure(self, error: Exception) -> StoreFailedError | None:
        """The error as a failure of the whole store; None when it is about the rows that were written."""
        ...

    def close(self) -> None: ...


class Snapshot(Lookup, Protocol):
    """One consistent read, however long it takes."""

    def stream(self, sql: str, parameters: Mapping[str, Any] = {}) -> Iterator[Row]:
        """Rows one after the other in flat memory."""
        ...


class Source(Protocol):
    """Read-only connections to one district."""

    @property
    def district(self) -> str: ...

    def lookup(self) -> AbstractContextManager[Lookup]:
        """A connection from the pool."""
        ...

    def snapshot(self) -> AbstractContextManager[Snapshot]: ...

    def alone(self) -> AbstractContextManager[bool]:
        """Whether this process may do what one is enough for in a district; until it is left, no other may."""
        ...

    def has(self, table: str) -> bool:
        """Whether there is a table of this name."""
        ...

    def close(self) -> None: ...


@lru_cache(512)
def identifier(name: str) -> str:
    """The name itself when it can stand in SQL unquoted. Raises SanbanError."""
    if not _IDENTIFIER.fullmatch(name):
        raise SanbanError(f"{name!r} cannot be the name of a table or column", "case_queue")
    return name


def district_code(name: str) -> str:
    """The code itself when it is one. Raises SanbanError."""
    if not _DISTRICT.fullmatch(name):
        raise SanbanError(f"{name!r} is not a district code (a-z, 0-9, _ and -)", "heping")
    return name
