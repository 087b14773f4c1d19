"""One batch: submissions decided in their order over the states on disk, and the rows they make.

`take` decides one submission over an overlay of its own; only when all its parts are accepted does it become part of
the batch, so a refused or failing submission leaves nothing behind. What is the same for all is done for all at once
afterwards, which is quicker than doing it one by one: `write` encodes and hashes every event, answers every command,
derives timers and rows, and puts everything into the store set-wise. It returns the shard's new head.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.ledger.port import Aggregate, Answer, Submission, encoded
from sanban.ledger.proof.chain import BatchRow, batch_hash, commands_joined, joined
from sanban.ledger.sealing import Sealer
from sanban.ledger.stores.store import Row, Shard, Store
from sanban.ledger.writing.caching import Entry, StateCache
from sanban.ledger.writing.deriving import Changes, derive
from sanban.ledger.writing.taken import Again, Made, Outcome, Taken, command_rows, event_rows

EMPTY = b"{}"
Overlay = dict[str, Entry]

_decode_answer = msgspec.json.Decoder(Answer).decode
_decode_numbers = msgspec.json.Decoder(dict[str, int]).decode


class Desk(msgspec.Struct, frozen=True):
    """What stays the same from batch to batch."""

    district: str
    aggregates: Mapping[str, Aggregate]
    sealer: Sealer | None
    zone: ZoneInfo


class OneTurn(msgspec.Struct, gc=False):
    """The `Turn` of one submission."""

    _batch: Batch
    _overlay: Overlay
    actor: Actor
    now: int
    occurred_at: int
    numbers: dict[str, int] = {}
    given: list[str] = []

    def number(self, kind: str) -> str:
        """The next number of a kind in the year of the district's zone."""
        year = self._batch.year
        key = f"{kind}:{year}"
        number = self.numbers.get(key, self._batch.numbers.get(key, 0)) + 1
        self.numbers[key] = number
        text = f"{year}-{number:06d}"
        self.given.append(text)
        return text

    def look(self, stream: str) -> Any:
        """The state of another stream as this command sees it now; None when it does not exist."""
        entry = self._overlay.get(stream) or self._batch.entries.get(stream) or self._batch.found(stream)
        return None if isinstance(entry, Refused) else entry.state


class Batch:
    """Submissions that will commit together."""

    def __init__(self, desk: Desk, store: Store, cache: StateCache, shard: Shard, now: int) -> None:
        self.desk = desk
        self.store = store
        self.cache = cache
        self.shard = shard
        self.now = now
        self.batch_no = shard.batch_no + 1
        self.position = shard.position
        self.year = datetime.fromtimestamp(now // 1_000_000, UTC).astimezone(desk.zone).year
        self.numbers = _decode_numbers(shard.numbers)
        self.entries: Overlay = {}
        self.changed: Overlay = {}
        self.changes = Changes()
        self.events: list[Row] = []
        self.commands: list[Row] = []
        self.cursors: dict[str, int] = {}
        self.taken: list[Taken] = []
        self.answered: dict[str, tuple[bytes, bytes]] = {}
        self.in_batch: dict[str, Taken] = {}

    def prepare(self, submissions: Sequence[Submission]) -> None:
        """Asks the store at once for the commands it knows and the streams that are not cached."""
        known = self.store.known([submission.command_id for submission in submissions])
        self.answered = {command_id: (body_hash, answer) for command_id, body_hash, answer in known}
        names = {part.stream for submission in submissions for part in submission.parts}
        self.entries = self.cache.get(names)
        self._load([name for name in names if name not in self.entries and self._aggregate(name) is not None])

    def found(self, stream: str) -> Entry | Refused:
        """A stream that is not among the entries yet, loaded when need be."""
        if self._aggregate(stream) is None:
            kinds = ", ".join(sorted(self.desk.aggregates))
            return Refused("unknown_kind", f"{stream!r} is no stream of a known kind ({kinds})", "case:c-17")
        found = self.cache.get((stream,))
        self.entries.update(found)
        if not found:
            self._load([stream])
        return self.entries[stream]

    def take(self, submission: Submission, body_hash: bytes, moves_cursor: bool) -> Outcome:
        """Decides one submission; the batch holds it afterwards unless it is refused, repeated or raises."""
        command_id = submission.command_id
        is_known = command_id in self.answered or command_id in self.in_batch
        outcome = self._answered(submission, body_hash) if is_known else self._decide(submission, body_hash)
        if moves_cursor and (cursor := submission.cursor) is not None:
            self.cursors[cursor.handler] = max(cursor.position, self.cursors.get(cursor.handler, 0))
        return outcome

    @property
    def is_empty(self) -> bool:
        return not self.taken and not self.cursors

    def write(self) -> Shard:
        """Puts every row of the batch into the store (not yet committed); the shard's new head."""
        vault_rows, refs = self._seal_secrets()
        with self.store.writing():
            self.events = event_rows(self.desk.district, self.batch_no, self.now, self.position, self.taken)
            self._insert("ledger_event", self.events)
            self.commands = command_rows(self.desk.district, self.batch_no, self.position, self.taken, refs)
            self._insert("ledger_command", self.commands)
            self.position += len(self.events)
            self._write_derived()
            for table, rows in vault_rows.items():
                self._insert(table, rows)
            shard = self._seal(self._write_cursors())
            self.store.advance(shard)
            return shard

    def _insert(self, table: str, rows: Sequence[Row]) -> None:
        if rows:
            self.store.insert(table, rows)

    def keep(self) -> None:
        """What the batch leaves on disk goes into the cache, and so does that there is nothing; rows and events go."""
        self.cache.keep(self.entries)
        self.events, self.commands, self.taken, self.in_batch, self.changes = [], [], [], {}, Changes()

    def _answered(self, submission: Submission, body_hash: bytes) -> Answer | Again:
        command_id = submission.command_id
        first, found = self.in_batch.get(command_id), self.answered.get(command_id)
        if first is not None and first.body_hash == body_hash and first.submission.secrets == submission.secrets:
            return Again(first)
        if found is not None and found[0] == body_hash and self._says_the_same(submission):
            return msgspec.structs.replace(_decode_answer(found[1]), repeated=True)
        message = f"the command id {command_id} was used for another command"
        return _refuse(submission, Refused("command_reused", message, "a fresh UUIDv7 for every new command"))

    def _says_the_same(self, submission: Submission) -> bool:
        """No hash is kept of a text, which would outlive it: the texts themselves are compared."""
        sealer = self.desk.sealer
        return sealer is None or not submission.secrets or sealer.agrees(submission.secrets, self.store)

    def _decide(self, submission: Submission, body_hash: bytes) -> Answer | Taken:
        overlay: Overlay = {}
        occurred_at = self.now if submission.occurred_at is None else submission.occurred_at
        turn = OneTurn(self, overlay, submission.actor, self.now, occurred_at)
        made: list[Made] = []
        streams: dict[str, int] = {}
        if submission.expect and (refused := self._stale(submission)) is not None:
            return _refuse(submission, refused)
        for part in submission.parts:
            stream = part.stream
            entry = overlay.get(stream) or self.entries.get(stream) or self.found(stream)
            if isinstance(entry, Refused):
                return _refuse(submission, entry)
            aggregate, state, seq = entry.aggregate, entry.state, entry.seq
            outcome = aggregate.decide(state, part, turn)
            if isinstance(outcome, Refused):
                return _refuse(submission, outcome)
            for event in outcome:
                state = aggregate.fold(state, event)
                seq += 1
                made.append((stream, seq, aggregate, event))
            streams[stream] = seq
            if outcome:
                overlay[stream] = Entry(aggregate, seq, state, entry.timers, entry.rows)
        taken = Taken(submission, body_hash, occurred_at, turn.given, made, streams)
        self.taken.append(taken)
        self.in_batch[submission.command_id] = taken
        if turn.numbers:
            self.numbers.update(turn.numbers)
        self.entries.update(overlay)
        self.changed.update(overlay)
        return taken

    def _stale(self, submission: Submission) -> Refused | None:
        for stream, expected in submission.expect.items():
            entry = self.entries.get(stream) or self.found(stream)
            if isinstance(entry, Refused):
                return entry
            if entry.seq != expected:
                message = f"{stream} stands at {entry.seq}, the command expected {expected}"
                return Refused("stale", message, f"read {stream} again and decide on sequence {entry.seq}")
        return None

    def _aggregate(self, stream: str) -> Aggregate | None:
        kind, _, name = stream.partition(":")
        return self.desk.aggregates.get(kind) if name else None

    def _load(self, streams: Sequence[str]) -> None:
        """Folds streams from the store, all or, where one cannot be folded, none; new ones stand at sequence 0."""
        loaded = {stream: Entry(self.desk.aggregates[stream.partition(":")[0]]) for stream in streams}
        for stream, seq, kind, v, payload in self.store.folds(streams) if streams else ():
            entry = loaded[stream]
            entry.state = entry.aggregate.fold(entry.state, entry.aggregate.decode(kind, v, payload))
            entry.seq = seq
        derive(self.desk.district, {stream: entry for stream, entry in loaded.items() if entry.seq})
        self.entries.update(loaded)

    def _seal_secrets(self) -> tuple[Mapping[str, Sequence[Row]], dict[str, bytes]]:
        """The vault's rows, and by command id the commitments that go into its row and its hash."""
        bringing = [taken.submission for taken in self.taken if taken.submission.secrets]
        if not bringing or self.desk.sealer is None:
            return {}, {}
        sealed = self.desk.sealer.seal([secret for one in bringing for secret in one.secrets], self.store)
        refs = iter(sealed.refs)
        return sealed.tables, {one.command_id: encoded(list(islice(refs, len(one.secrets)))) for one in bringing}

    def _write_derived(self) -> None:
        changes, store, district = self.changes, self.store, self.desk.district
        derive(district, self.changed, changes)
        for table, keys in changes.gone.items():
            store.delete(table, keys)
        for table, rows in changes.fresh.items():
            store.upsert(table, rows)
        for table, pairs in changes.changed.items():
            store.update(table, pairs)

    def _write_cursors(self) -> bytes:
        if not self.cursors:
            return EMPTY
        names = list(self.cursors)
        for handler, position in self.store.rows("reaction_cursor", ("handler", "position"), "handler", names):
            self.cursors[handler] = max(position, self.cursors[handler])
        district = self.desk.district
        self.store.upsert("reaction_cursor", [(district, *item) for item in self.cursors.items()])
        return encoded(self.cursors)

    def _seal(self, cursors: bytes) -> Shard:
        row = BatchRow(
            self.desk.district,
            self.batch_no,
            self.shard.position + 1,
            self.position,
            self.now,
            len(self.commands),
            joined([event[-1] for event in self.events]),
            commands_joined([(command[1], command[5]) for command in self.commands]),
            encoded(self.numbers),
            cursors,
            self.shard.head_hash,
        )
        digest = batch_hash(row)
        self.store.insert("ledger_batch", [(*row, digest)])
        return Shard(row.district, self.position, self.batch_no, self.now, digest, row.numbers)


def _refuse(submission: Submission, refused: Refused) -> Answer:
    return Answer(submission.command_id, refused=refused)
