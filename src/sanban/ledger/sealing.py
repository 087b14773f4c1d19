"""What the ledger and the vault ask of each other: the writer hands secrets over, the vault hands rows back.

Secrets never reach an event or a command row. While a batch is being written, and inside its transaction, the writer
gives the accepted submissions' secrets to a `Sealer` and inserts whatever rows it returns. Reading goes through an
`Opener` on a read-only connection. Erasing works in a `Session`, which is a transaction of its own in the one
connection that writes (`Writer.apart`). The SQL in all of them is written once for both stores, with `:name`
parameters; values, also constant ones, are always bound, so a statement holds no quoted text and no colon of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec

from sanban.ledger.port import Secret


class Lookup(Protocol):
    """Bound SELECTs. `:district` is always bound."""

    @property
    def district(self) -> str: ...

    def query(self, sql: str, parameters: Mapping[str, Any] = {}) -> list[tuple[Any, ...]]:
        """Rows of a SELECT with :name parameters."""
        ...

    def rows(self, table: str, columns: Sequence[str], key: str, values: Sequence[str]) -> list[tuple[Any, ...]]:
        """`columns` of the rows of this district whose `key` column is among `values`, in no order; one statement."""
        ...


class Session(Lookup, Protocol):
    """A transaction that holds the shard; committed when the work returns, rolled back when it raises."""

    def execute(self, sql: str, parameters: Mapping[str, Any] = {}) -> int:
        """Rows changed by one INSERT, UPDATE or DELETE with :name parameters."""
        ...

    def scrub(self) -> bool:
        """Commits, and takes the bytes of deleted rows out of the store's files; goes on in a new transaction.

        False when somebody who reads still needs them: they go the next time.
        """
        ...

    def insert(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Set-wise insert; each row holds every column in the order of `stores.shapes.TABLES[table]`.

        Raises ValueError for a row of another width, and the driver's error where one cannot go in. Rows before it may
        stand then: let the error out of the work, which rolls back.
        """
        ...


class SealedRef(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the chain keeps of a secret: its ref, whose it is, and the salted commitment to its text (32 bytes).

    A command's `sealed` column is the JSON list of them. The salt stands in the vault and dies with the person; from
    then on the commitment says nothing.
    """

    ref: str
    person: str
    commitment: bytes


class Sealed(NamedTuple):
    """A batch's secrets, sealed.

    `tables`: rows to insert by table name, filled in this order; each row holds every column, `district` included, in
    the order of `stores.shapes.TABLES[table]`. `refs`: one for each secret, in the order of the secrets.
    """

    tables: Mapping[str, Sequence[tuple[Any, ...]]]
    refs: Sequence[SealedRef]


class Sealer(Protocol):
    """The vault's writing half."""

    def seal(self, secrets: Sequence[Secret], lookup: Lookup) -> Sealed:
        """Seals all secrets of one batch; a person may occur many times.

        `lookup` reads inside the same transaction (e.g. keys that persons already have). When it raises, the batch's
        commands are tried one by one and only those that raise again fail.
        """
        ...

    def agrees(self, secrets: Sequence[Secret], lookup: Lookup) -> bool:
        """Whether what stands under the secrets' refs says the same as they do; what was erased contradicts nothing."""
        ...


class Opener(Protocol):
    """The vault's reading half."""

    def open(self, refs: Sequence[str], lookup: Lookup) -> dict[str, str]:
        """Plain values of refs; erased and unknown ones are absent, one that does not open is `kernel.view.DAMAGED`."""
        ...
