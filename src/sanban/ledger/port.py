"""What the ledger asks of the slices and what it offers them.

The ledger knows streams, bytes, batches and clocks; it knows nothing of cases. A slice hands it an `Aggregate` for
each kind of stream: how to decide, how to fold, which timers a state wants and which rows its state projects into.
Every projection is a function of ONE stream's state, so that a row can be checked and refilled stream by stream.

    Submission --> writer (one per district shard, group commit) --> Answer
       parts are decided in their order, each seeing the effects of those before it; all or none take effect.

What travels holds plain values and never itself, so the collector of cycles need not look at it (`gc=False`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, Protocol, cast

import msgspec

from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor

FAILED = "failed"
"""The reason of an answer to a command that nobody could decide on, as a program's fault makes it."""

ColumnType = Literal["text", "int", "bool", "bytes"]


encoded = msgspec.json.Encoder(order="deterministic").encode
"""JSON that is the same for the same value: what is stored and hashed."""


class Part(msgspec.Struct, frozen=True, gc=False):
    """One command to one stream. `stream` is `kind:id`; `args` holds codes, integers, booleans, ids and TextRef ids."""

    stream: str
    step: str
    args: dict[str, Any] = {}


class Secret(msgspec.Struct, frozen=True, gc=False):
    """Personal data for the vault, written in the same transaction: never part of an event.

    `ref` is the id that events carry, `person` the key it stands under, `kind` e.g. name, phone, text, point.
    """

    ref: str
    person: str
    kind: str
    value: str


class Cursor(msgspec.Struct, frozen=True, gc=False):
    """Where a reaction has read to; commits with the reaction's effect."""

    handler: str
    position: int


class Submission(msgspec.Struct, frozen=True, gc=False):
    """One idempotent command: same id and same body give the stored answer, another body is refused.

    `occurred_at`: microseconds UTC, only from declared offline channels, None = when recorded.
    `expect`: stream -> sequence the caller has seen (0 = must be new); a mismatch is refused as `stale`.
    """

    command_id: str
    actor: Actor
    parts: tuple[Part, ...]
    occurred_at: int | None = None
    secrets: tuple[Secret, ...] = ()
    cursor: Cursor | None = None
    expect: dict[str, int] = {}


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What became of a submission. `streams` maps each touched stream to its sequence after the command.

    `position`: of the command's last event (0 when it wrote none). `numbers`: numbers given out, e.g. case numbers.
    `repeated`: the command had been applied before; nothing new was written.
    """

    command_id: str
    streams: dict[str, int] = {}
    position: int = 0
    numbers: tuple[str, ...] = ()
    refused: Refused | None = None
    repeated: bool = False


class Turn(Protocol):
    """What a decision may see besides its own state."""

    @property
    def now(self) -> int:
        """The instant of recording, microseconds UTC, never decreasing."""
        ...

    @property
    def occurred_at(self) -> int:
        """When it was true; `now` unless an offline channel said otherwise."""
        ...

    @property
    def actor(self) -> Actor: ...

    def number(self, kind: str) -> str:
        """The next number of a kind, e.g. `2026-000001`; given back if the command is refused."""
        ...

    def look(self, stream: str) -> Any:
        """The state of another stream as this command sees it now; None when it does not exist."""
        ...


class Timer(msgspec.Struct, frozen=True, gc=False):
    """A row that fires: at `due_at` (microseconds UTC) `step` is submitted to its stream with `args`, see `encoded`.

    `id` is unique within the stream and the firing's command id derives from (stream, id, due_at). In the order of the
    table `timer` after its head.
    """

    id: str
    due_at: int
    step: str
    args: bytes = b"{}"


class Column(msgspec.Struct, frozen=True):
    """One column of a projection table."""

    name: str
    type: ColumnType
    nullable: bool = False


def columns(declared: str) -> tuple[Column, ...]:
    """Columns in their order, each as `name:type`, with a `?` behind it where it may be null."""
    parts = (one.partition(":") for one in declared.split())
    return tuple(Column(name, cast(ColumnType, kind.rstrip("?")), kind.endswith("?")) for name, _, kind in parts)


class Projection(msgspec.Struct, frozen=True, cache_hash=True):
    """A plain table filled from the state of each stream of one kind.

    The table gets `district` and `stream` columns in front by itself; its key is (district, stream, *key).
    `rows(stream, state)` yields tuples in the order of `columns` (without district and stream).
    `indexes` are column lists; each gets `district` in front. Raise `version` when rows would come out differently.
    `deferred`: filled behind the commands (`writing.deferring`), for tables that no decision and no list waits for.
    """

    table: str
    version: int
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    indexes: tuple[tuple[str, ...], ...]
    rows: Callable[[str, Any], Sequence[tuple[Any, ...]]]
    deferred: bool = False


class Aggregate(Protocol):
    """A kind of stream: `kind:id`."""

    @property
    def kind(self) -> str: ...

    @property
    def projections(self) -> tuple[Projection, ...]: ...

    def encode(self, event: Any) -> tuple[str, int, bytes]:
        """(type, v, payload): msgspec JSON in deterministic order, no floats. These bytes are stored and hashed."""
        ...

    def decode(self, type: str, v: int, payload: bytes) -> Any:  # noqa: A002 -- the column's own name
        """The event, upcast to the newest shape."""
        ...

    def decide(self, state: Any, part: Part, turn: Turn) -> Sequence[Any] | Refused:
        """Pure: the events this command makes, perhaps none, or why not."""
        ...

    def fold(self, state: Any, event: Any) -> Any: ...

    def timers(self, state: Any) -> Sequence[Timer]: ...

    def rests(self, state: Any) -> bool:
        """Whether nothing more is expected of a stream: its state is not kept in memory for a next command."""
        ...


class Stored(msgspec.Struct, frozen=True, gc=False):
    """One row of `ledger_event`, as read."""

    position: int
    stream: str
    seq: int
    type: str
    v: int
    command_id: str
    actor: str
    occurred_at: int
    recorded_at: int
    batch_no: int
    payload: bytes
    hash: bytes


class Ledger(Protocol):
    """The write side, whether the store is in this process or behind the owner of the home."""

    def submit(self, submission: Submission) -> Answer:
        """Returns when the command is on disk (fsync) or refused."""
        ...

    def submit_many(self, submissions: Sequence[Submission]) -> list[Answer]:
        """The same for many at once; they share commits. One refused or failing command never fails the others."""
        ...


def submit_as_before(ledger: Ledger, readings: Iterable[Submission]) -> Answer:
    """Takes the first of several readings of one command; what was taken by another of them before answers again."""
    answers = (ledger.submit(one) for one in readings)
    answer = next(answers)
    while answer.refused is not None and answer.refused.reason == "command_reused":
        again = next(answers, None)
        if again is None:
            break
        answer = again
    return answer


class Reader(Protocol):
    """The read side: its own read-only connections."""

    def state(self, stream: str, *, at: int | None = None) -> Any:
        """Folded state; `at`: as known at that instant of recording. None when it did not exist."""
        ...

    def states(self, streams: Sequence[str]) -> dict[str, Any]:
        """Folded states of many streams now; those that do not exist are absent. One statement."""
        ...

    def events(self, stream: str, *, at: int | None = None) -> list[Stored]: ...

    def since(self, position: int, limit: int) -> list[Stored]: ...

    def query(self, sql: str, parameters: Mapping[str, Any] = {}) -> list[tuple[Any, ...]]:
        """Rows of a bound SELECT with :name parameters; `:district` is always bound."""
        ...

    def open_secrets(self, refs: Sequence[str]) -> dict[str, str]:
        """Plain values of vault refs; erased ones are absent. Callers decide by `permission.sight` first."""
        ...


def was_taken(reader: Reader, stream: str, command_id: str, actor: Actor) -> bool:
    """Whether the actor's command has taken effect in the stream before: what it wants would be another thing now."""
    return any(one.command_id == command_id and one.actor == actor.id for one in reader.events(stream))
