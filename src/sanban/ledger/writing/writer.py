"""The writer: one per district's shard, one thread, group commit.

    callers --> queue --> thread: drain at most 512 --> lock the shard --> decide each --> write set-wise --> commit
       ^                                                                                                        |
       +------------------------------------- answers, after the commit is on disk ---------------------------+

While one batch commits, the next one gathers in the queue, so the busier the callers, the larger the batches. Of a
large one a second thread, `_beside`, puts the states aside during the commit, makes the answers and lets go of what the
batch made; it decides and writes nothing, and no answer leaves before the commit is on disk. A submission that raises
fails alone. When a batch as a whole cannot be written because of its rows, its submissions are tried one by one. When
the store fails (disk full, connection lost), the batch is rolled back, its callers get a `StoreFailedError`, and the
writer goes on with the next batch.

The body that tells a repeated command from a reused id is the submission without its cursor and without the values of
its secrets: nothing that personal data could be guessed from outlives the vault's rows.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
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
from sanban.ledger.writing.calls import Call, Share, Work
from sanban.ledger.writing.deferring import fill
from sanban.ledger.writing.taken import Again, Outcome, Taken

BATCH = 512
LARGE = 128
"""So many commands are worth a second thread. A server's callers bring fewer at once, and would hold it up."""
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
        self._queue: SimpleQueue[Share | None] = SimpleQueue()
        self._held: list[Share | None] = []
        self._crowds = (1, 1)
        self._patience = 0.0
        self._gate = Lock()
        self._beside = ThreadPoolExecutor(1, f"keeper-{store.district}")
        # its thread begins now: work for one that cannot would wait there for a later batch
        self._beside.submit(int).result()
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
        self._put(Share(call, work=work))
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
            self._queue.put(None)
        self._thread.join()
        self._beside.shutdown()
        self._store.close()

    def _send(self, submissions: Sequence[Submission]) -> Call:
        call, hashes = Call(len(submissions)), list(map(_body_hash, submissions))
        for start in range(0, len(hashes), BATCH):
            end = start + BATCH
            self._put(Share(call, start, submissions[start:end], hashes[start:end]))
        return call

    def _put(self, share: Share) -> None:
        with self._gate:
            if self._closed:
                raise SanbanError("the ledger is closed; what was not answered was not written", "open the home again")
            self._queue.put(share)

    def _run(self) -> None:
        while shares := self._drain():
            start = perf_counter()
            if shares[0].work is not None:
                self._work(shares[0], shares[0].work)
            else:
                self._commit(shares)
            self._patience = min((perf_counter() - start) * PATIENCE, MOST_PATIENCE)

    def _drain(self) -> list[Share]:
        """What is committed together: all that waits, at most `BATCH`; work apart comes alone; empty at the end.

        Callers that have just been answered send again within moments. While fewer calls wait than shared the last
        commits, the writer gives them a fraction of a commit's time; a caller on its own never waits for others.
        """
        first = self._held.pop() if self._held else self._queue.get()
        if first is None:
            return []
        shares, size, until = [first], len(first.submissions), perf_counter() + self._patience
        while first.work is None and size < BATCH:
            try:
                more = self._next(len(shares), until)
            except Empty:
                break
            if more is None or more.work is not None or size + len(more.submissions) > BATCH:
                self._held.append(more)
                break
            shares.append(more)
            size += len(more.submissions)
        self._crowds = (self._crowds[1], len(shares))
        return shares

    def _next(self, calls: int, until: float) -> Share | None:
        """The next call in the queue, waited for while a crowd is expected. Raises Empty."""
        left = until - perf_counter()
        if left > 0 and calls < max(self._crowds) * CROWD:
            return self._queue.get(timeout=left)
        return self._queue.get_nowait()

    def _commit(self, shares: Sequence[Share]) -> None:
        """Writes a batch and answers it. What a batch makes has no cycles: the collector waits until it is done."""
        with uncollected():
            self._write_and_answer(shares)

    def _write_and_answer(self, shares: Sequence[Share]) -> None:
        """One by one when it is not writable as a whole."""
        try:
            results = self._write(shares)
        except Exception as error:
            self._shard = None
            failure = self._roll_back(error)
            alone = [one for share in shares for one in share.each()]
            if failure is None and len(alone) > 1:
                for one in alone:
                    self._write_and_answer([one])
                return
            results = [failure or error] * len(alone)
            for share in shares:
                share.call.has_failed = True
        start = 0
        for share in shares:
            end = start + len(share.submissions)
            share.call.answer(share.start, results[start:end])
            start = end

    def _write(self, shares: Sequence[Share]) -> list[Answer | Exception]:
        batch = self._begin()
        batch.prepare([submission for share in shares for submission in share.submissions])
        outcomes = [
            _take(batch, share.call, submission, body_hash)
            for share in shares
            for submission, body_hash in zip(share.submissions, share.hashes, strict=True)
        ]
        if batch.is_empty:
            self._store.rollback()
            return list(map(_result, outcomes))
        accepted = len(batch.taken)
        self._shard, results = self._ended(batch, outcomes)
        self.batches += 1
        self.accepted += accepted
        return results

    def _ended(self, batch: Batch, outcomes: list[Outcome | Exception]) -> tuple[Shard, list[Answer | Exception]]:
        """Writes the batch and commits it; the shard's new head, and what the callers get.

        Of a large batch what comes to be known is kept meanwhile, and what was known or made goes, while the store
        writes its log and this thread waits. What is kept counts from the new head on, so never if the commit fails.
        """
        shard = batch.write()
        if len(batch.taken) < LARGE:
            self._store.commit()
            return shard, _settled(batch, outcomes)
        settled = self._beside.submit(_settled, batch, outcomes)
        try:
            self._store.commit()
        except BaseException:
            wait([settled])
            raise
        return shard, settled.result()

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

    def _work(self, share: Share, work: Work) -> None:
        result: Any
        try:
            self._hold()
            result = work(self._store)
            self._store.commit()
        except Exception as error:
            result = self._roll_back(error) or error
        share.call.answer(0, [result])

    def _roll_back(self, error: Exception) -> StoreFailedError | None:
        """Ends the transaction; the error as a failure of the store, if it is one."""
        try:
            self._store.rollback()
        except Exception as second:
            return StoreFailedError(second)
        return self._store.failure(error)


def _settled(batch: Batch, outcomes: list[Outcome | Exception]) -> list[Answer | Exception]:
    """Keeps what the batch leaves and lets go of the rest; what the callers get."""
    results = list(map(_result, outcomes))
    outcomes.clear()
    batch.keep()
    return results


def _result(outcome: Outcome | Exception) -> Answer | Exception:
    """What the caller gets once the batch is on disk."""
    if isinstance(outcome, Taken):
        return _answer_of(outcome)
    if isinstance(outcome, Again):
        return msgspec.structs.replace(_answer_of(outcome.first), repeated=True)
    return outcome


def _answer_of(taken: Taken) -> Answer:
    assert taken.answer is not None, "a written batch has answered what it took"
    return taken.answer


def _take(batch: Batch, call: Call, submission: Submission, body_hash: bytes) -> Outcome | Exception:
    """One answer, or what deciding raised: a call's cursor stands still once one of its submissions failed."""
    if not body_hash:
        call.has_failed = True
        return SanbanError("the command cannot be stored: it holds what is not JSON text", 'args: {"amount": 1}')
    try:
        return batch.take(submission, body_hash, not call.has_failed)
    except Exception as error:
        if batch.store.failure(error) is not None:
            raise
        call.has_failed = True
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
