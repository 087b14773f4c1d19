"""The writer: one per district's shard, one thread, group commit.

    callers --> queue --> thread: drain at most 512 --> lock the shard --> decide each --> write set-wise --> commit
       ^                                                                                                        |
       +------------------------------------- answers, after the commit is on disk ---------------------------+

While one batch commits, the next one gathers in the queue, so the busier the callers, the larger the batches. A
submission that raises fails alone. When a batch as a whole cannot be written because of its rows, its submissions are
tried one by one. When the store fails (disk full, connection lost), the batch is rolled back, its callers get a
`StoreFailedError`, and the writer goes on with the next batch.

The body that tells a repeated command from a reused id is the submission without its cursor and without the values of
its secrets: nothing that personal data could be guessed from outlives the vault's rows.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import perf_counter
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from sanban.kernel.errors import Refused, SanbanError
from sanban.ledger.port import FAILED, Aggregate, Answer, Submission, encoded
from sanban.ledger.proof.folding import uncollected
from sanban.ledger.sealing import Sealer, Session
from sanban.ledger.stores.store import Shard, Store, StoreFailedError
from sanban.ledger.writing.batch import Batch, Desk
from sanban.ledger.writing.caching import StateCache
from sanban.ledger.writing.calls import Call, Item
from sanban.ledger.writing.deferring import fill
from sanban.ledger.writing.taken import Again, Outcome, Taken

BATCH = 512
CACHE = 4096
ZONE = "Asia/Shanghai"
CROWD = 0.75  # of the calls that shared the last commits are waited for
PATIENCE = 0.5  # of the last commit's time
MOST_PATIENCE = 0.02  # seconds

T = TypeVar("T")
log = logging.getLogger("sanban.ledger")


class Writer:
    """The `Ledger` in the process that owns the store. Safe to call from any thread."""

    def __init__(
        self,
        store: Store,
        aggregates: Mapping[str, Aggregate],
        *,
        clock: Callable[[], int],
        sealer: Sealer | None = None,
        zone: str = ZONE,
        cache: int = CACHE,
    ) -> None:
        """`clock`: microseconds UTC; it may jump back, `recorded_at` does not."""
        self._store = store
        self._clock = clock
        self._desk = Desk(store.district, aggregates, sealer, ZoneInfo(zone))
        self._cache = StateCache(cache)
        self._shard: Shard | None = None
        self._queue: SimpleQueue[list[Item]] = SimpleQueue()
        self._held: list[Item] | None = None
        self._crowds = (1, 1)
        self._patience = 0.0
        self._gate = Lock()
        self._closed = False
        self.batches = 0
        self.accepted = 0
        self._thread = Thread(target=self._run, name=f"writer-{store.district}", daemon=True)
        self._thread.start()

    def submit(self, submission: Submission) -> Answer:
        """Returns when the command is on disk or refused. Raises what deciding raised, or StoreFailedError."""
        result = self._send([submission]).wait()[0]
        if isinstance(result, Exception):
            raise result
        answer: Answer = result
        return answer

    def submit_many(self, submissions: Sequence[Submission]) -> list[Answer]:
        """The same for many at once; they share commits.

        One that raises while being decided is answered as refused, `failed`, and logged. Raises StoreFailedError
        when the store failed under any of them: send all again, those on disk answer as repeated.
        """
        results = self._send(submissions).wait()
        for result in results:
            if isinstance(result, StoreFailedError):
                raise result
        return [
            _failed(submission, result) if isinstance(result, Exception) else result
            for submission, result in zip(submissions, results, strict=True)
        ]

    def apart(self, work: Callable[[Session], T]) -> T:
        """Runs `work` in a transaction of its own in the writing connection, between batches, holding the shard."""
        call = Call(1)
        self._put([Item(call, 0, None, b"", work)])
        result = call.wait()[0]
        if isinstance(result, Exception):
            raise result
        found: T = result
        return found

    def catch_up(self) -> int:
        """Fills the deferred projections up to the last event, between batches; how many events were followed."""
        followed = 0
        while count := self.apart(lambda _: fill(self._store, self._desk.aggregates)):
            followed += count
        return followed

    def close(self) -> None:
        """Answers what is queued, then stops and closes the store."""
        with self._gate:
            if self._closed:
                return
            self._closed = True
            self._queue.put([])
        self._thread.join()
        self._store.close()

    def _send(self, submissions: Sequence[Submission]) -> Call:
        call = Call(len(submissions))
        items = [Item(call, place, submission, _body_hash(submission)) for place, submission in enumerate(submissions)]
        for start in range(0, len(items), BATCH):
            self._put(items[start : start + BATCH])
        return call

    def _put(self, items: list[Item]) -> None:
        with self._gate:
            if self._closed:
                raise SanbanError("the ledger is closed; what was not answered was not written", "open the home again")
            self._queue.put(items)

    def _run(self) -> None:
        while items := self._drain():
            start = perf_counter()
            if items[0].submission is None:
                self._work(items[0])
            else:
                self._commit(items)
            self._patience = min((perf_counter() - start) * PATIENCE, MOST_PATIENCE)

    def _drain(self) -> list[Item]:
        """What is committed together: all that waits, at most `BATCH`; work apart comes alone; empty at the end.

        Callers that have just been answered send again within moments. While fewer calls wait than shared the last
        commits, the writer gives them a fraction of a commit's time; a caller on its own never waits for others.
        """
        items = self._queue.get() if self._held is None else self._held
        self._held = None
        calls, until = 1, perf_counter() + self._patience
        while items and items[0].submission is not None and len(items) < BATCH:
            try:
                more = self._next(calls, until)
            except Empty:
                break
            if not more or more[0].submission is None or len(items) + len(more) > BATCH:
                self._held = more
                break
            items = items + more
            calls += 1
        self._crowds = (self._crowds[1], calls)
        return items

    def _next(self, calls: int, until: float) -> list[Item]:
        """The next call in the queue, waited for while a crowd is expected. Raises Empty."""
        left = until - perf_counter()
        if left > 0 and calls < max(self._crowds) * CROWD:
            return self._queue.get(timeout=left)
        return self._queue.get_nowait()

    def _commit(self, items: Sequence[Item]) -> None:
        """Writes a batch and answers it. What a batch makes has no cycles: the collector waits until it is done."""
        with uncollected():
            self._write_and_answer(items)

    def _write_and_answer(self, items: Sequence[Item]) -> None:
        """One by one when it is not writable as a whole."""
        try:
            results = self._write(items)
        except Exception as error:
            self._shard = None
            failure = self._roll_back(error)
            if failure is None and len(items) > 1:
                for item in items:
                    self._write_and_answer([item])
                return
            results = [failure or error] * len(items)
        for item, result in zip(items, results, strict=True):
            if isinstance(result, Exception):
                item.call.has_failed = True
            item.call.answer(item.place, result)

    def _write(self, items: Sequence[Item]) -> list[Answer | Exception]:
        batch = self._begin()
        batch.prepare([item.submission for item in items if item.submission is not None])
        outcomes = [_take(batch, item) for item in items]
        if batch.is_empty:
            self._store.rollback()
        else:
            shard = batch.write()
            self._store.commit()
            batch.keep()
            self._shard = shard
            self.batches += 1
            self.accepted += len(batch.taken)
        return list(map(_result, outcomes))

    def _begin(self) -> Batch:
        shard = self._hold()
        return Batch(self._desk, self._store, self._cache, shard, max(self._clock(), shard.recorded_at))

    def _hold(self) -> Shard:
        """Begins a transaction; what is cached counts only while nobody else has written."""
        shard = self._store.begin()
        if shard != self._shard:
            self._cache.clear()
            self._shard = shard
        return shard

    def _work(self, item: Item) -> None:
        result: Any
        try:
            self._hold()
            result = item.work(self._store) if item.work is not None else None
            self._store.commit()
        except Exception as error:
            result = self._roll_back(error) or error
        item.call.answer(item.place, result)

    def _roll_back(self, error: Exception) -> StoreFailedError | None:
        """Ends the transaction; the error as a failure of the store, if it is one."""
        try:
            self._store.rollback()
        except Exception as second:
            return StoreFailedError(second)
        return self._store.failure(error)


def _result(outcome: Outcome | Exception) -> Answer | Exception:
    """What the caller gets, now that the batch is on disk."""
    if isinstance(outcome, Taken):
        return _answer_of(outcome)
    if isinstance(outcome, Again):
        return msgspec.structs.replace(_answer_of(outcome.first), repeated=True)
    return outcome


def _answer_of(taken: Taken) -> Answer:
    assert taken.answer is not None, "a written batch has answered what it took"
    return taken.answer


def _take(batch: Batch, item: Item) -> Outcome | Exception:
    """One answer, or what deciding raised: a call's cursor stands still once one of its submissions failed."""
    submission = item.submission
    if submission is None:
        raise SanbanError("work apart is not part of a batch")
    if not item.body_hash:
        item.call.has_failed = True
        return SanbanError("the command cannot be stored: it holds what is not JSON text", 'args: {"amount": 1}')
    try:
        return batch.take(submission, item.body_hash, not item.call.has_failed)
    except Exception as error:
        if batch.store.failure(error) is not None:
            raise
        item.call.has_failed = True
        return error


def _body_hash(submission: Submission) -> bytes:
    """32 bytes; none when the submission holds what cannot be stored: NUL in an id, half characters, odd types."""
    command_id, parts, secrets = submission.command_id, submission.parts, submission.secrets
    if "\x00" in command_id or "\x00" in "".join([part.stream for part in parts]):
        return b""
    told = [(secret.ref, secret.person, secret.kind) for secret in secrets] if secrets else ()
    try:
        body = (command_id, submission.actor, parts, submission.occurred_at, submission.expect, told)
        return sha256(encoded(body)).digest()
    except (TypeError, ValueError, OverflowError):
        return b""


def _failed(submission: Submission, error: Exception) -> Answer:
    log.error("command %a failed", submission.command_id, exc_info=error)
    if isinstance(error, SanbanError):
        return Answer(submission.command_id, refused=Refused(FAILED, error.message, error.example))
    message = f"the command could not be decided ({type(error).__name__})"
    return Answer(submission.command_id, refused=Refused(FAILED, message))
