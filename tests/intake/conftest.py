"""For the tests of intake: a ledger in memory, and a small desk on a real one.

The one in memory keeps the writer's promises without a disk, its rows in an SQLite of their own: one answer for each
submission, all parts or none, the same command answered as repeated, another body under the same id refused,
numbers given back when refused.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest
from litestar.testing import TestClient

from intake.requester_desk import Person, RequesterDesk
from intake.small_desk import Desk, Visitor
from sanban.intake.aggregate import REQUEST_VIEW, RequestAggregate
from sanban.intake.identity.persons import Identity
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.ledger.port import Answer, Part, Stored, Submission

NOW = 1_780_000_000_000_000
OPERATOR = Actor("op-1", "operator", unit="hotline")
KEPT = ("caller", "user")


class MemoryTurn:
    """A turn whose looking and numbering are plain values."""

    def __init__(self, actor: Actor = OPERATOR, now: int = NOW, states: Mapping[str, Any] | None = None) -> None:
        self.actor = actor
        self.now = now
        self.occurred_at = now
        self.states = states or {}
        self.given: list[str] = []

    def number(self, kind: str) -> str:
        self.given.append(f"{kind}-{len(self.given) + 1:06}")
        return self.given[-1]

    def look(self, stream: str) -> Any:
        return self.states.get(stream)


class MemoryLedger:
    """Ledger and Reader at once."""

    def __init__(self, now: int = NOW) -> None:
        self.now = now
        self.aggregate = RequestAggregate()
        self.states: dict[str, Any] = {}
        self.stored: list[tuple[str, bytes]] = []
        self.secrets: dict[str, str] = {}
        self.persons: dict[Identity, str] = {}
        self.calls = 0
        self._bodies: dict[str, tuple[bytes, Answer]] = {}

    def submit(self, submission: Submission) -> Answer:
        body = msgspec.json.encode(msgspec.structs.replace(submission, secrets=()), order="deterministic")
        if submission.command_id in self._bodies:
            known, answer = self._bodies[submission.command_id]
            if known == body:
                return msgspec.structs.replace(answer, repeated=True)
            return Answer(submission.command_id, refused=Refused("command_reused", "another body"))
        answer = self._decide(submission)
        if answer.refused is None:
            self._bodies[submission.command_id] = (body, answer)
            self.secrets |= {secret.ref: secret.value for secret in submission.secrets}
            kept = [one for one in submission.secrets if one.kind in KEPT]
            self.persons |= {Identity(one.kind, one.value): one.person for one in kept}
        return answer

    def find(self, identities: Sequence[Identity]) -> dict[Identity, str]:
        """The vault's look-up of persons."""
        return {one: self.persons[one] for one in identities if one in self.persons}

    def erase(self, person: str) -> None:
        """Forgets whatever leads to a person."""
        self.persons = {identity: known for identity, known in self.persons.items() if known != person}

    def submit_many(self, submissions: Sequence[Submission]) -> list[Answer]:
        self.calls += 1
        return [self.submit(submission) for submission in submissions]

    def _decide(self, submission: Submission) -> Answer:
        states, made = dict[str, Any](), list[tuple[str, bytes]]()
        turn = MemoryTurn(submission.actor, self.now, self.states)
        for part in submission.parts:
            state = states.get(part.stream, self.states.get(part.stream))
            outcome = self.aggregate.decide(state, part, turn)
            if isinstance(outcome, Refused):
                return Answer(submission.command_id, refused=outcome)
            for event in outcome:
                type_, v, payload = self.aggregate.encode(event)
                state = self.aggregate.fold(state, self.aggregate.decode(type_, v, payload))
                made.append((part.stream, payload))
            states[part.stream] = state
        self.states |= states
        self.stored += made
        return Answer(submission.command_id, {part.stream: 1 for part in submission.parts}, len(self.stored))

    def state(self, stream: str, *, at: int | None = None) -> Any:
        return self.states.get(stream)

    def events(self, stream: str, *, at: int | None = None) -> list[Stored]:
        raise NotImplementedError("the twin keeps payloads in `stored`")

    def since(self, position: int, limit: int) -> list[Stored]:
        raise NotImplementedError("the twin keeps payloads in `stored`")

    def open_secrets(self, refs: Sequence[str]) -> dict[str, str]:
        return {ref: self.secrets[ref] for ref in refs if ref in self.secrets}

    def query(self, sql: str, parameters: Mapping[str, Any] = {}) -> list[tuple[Any, ...]]:
        columns = ["district", "stream", *(column.name for column in REQUEST_VIEW.columns)]
        connection = sqlite3.connect(":memory:")
        try:
            connection.execute(f"CREATE TABLE request_view ({', '.join(columns)})")
            rows = [("d1", stream, *REQUEST_VIEW.rows(stream, state)[0]) for stream, state in self.states.items()]
            connection.executemany(f"INSERT INTO request_view VALUES ({','.join('?' * len(columns))})", rows)
            return connection.execute(sql, {"district": "d1", **parameters}).fetchall()
        finally:
            connection.close()


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger()


@pytest.fixture(scope="session")
def turn() -> Callable[..., MemoryTurn]:
    """Makes turns: `turn(actor=..., now=..., states=...)`."""
    return MemoryTurn


@pytest.fixture(scope="session")
def receive() -> Callable[..., Part]:
    """Makes `receive` parts of request r-1; keywords change the arguments."""

    def part(request: str = "r-1", **changes: Any) -> Part:
        plain = {"requester": "person:p-1", "desk": "hotline", "channel": "phone", "text": "v:" + "0" * 32}
        return Part(f"request:{request}", "receive", plain | changes)

    return part


@pytest.fixture(scope="session")
def new_ledger() -> Callable[[], MemoryLedger]:
    """Makes ledgers, for tests that need several."""
    return MemoryLedger


@pytest.fixture
def district(tmp_path: Path) -> Iterator[RequesterDesk]:
    """A small district whose requesters file and follow by themselves."""
    made = RequesterDesk(tmp_path)
    yield made
    made.close()


@pytest.fixture
def person(district: RequesterDesk) -> Iterator[Person]:
    """A browser without an account in that district."""
    with TestClient(district.app(), raise_server_exceptions=False) as client:
        yield Person(client)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A small desk of one's own on a real ledger."""
    made = Desk(tmp_path)
    yield made
    made.close()


@pytest.fixture
def enter(desk: Desk) -> Iterator[Callable[[str], Visitor]]:
    """Signs somebody in: `enter("op")`."""
    with ExitStack() as stack:
        yield lambda name: Visitor(stack.enter_context(TestClient(desk.app(), raise_server_exceptions=False)), name)


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, str, Visitor]]:
    """A desk with one request and its operator, shared by tests that change nothing: desk, request's id, visitor."""
    made = Desk(tmp_path_factory.mktemp("quiet"))
    request_id = made.file()
    with TestClient(made.app(), raise_server_exceptions=False) as client:
        yield made, request_id, Visitor(client, "op")
    made.close()
