"""A state machine drives a ledger and a memory model side by side, on both stores."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from contracts.counter_aggregate import ACTOR, LIMIT, SYSTEM, step
from contracts.ledger_homes import LedgerHome, PostgresHome, SqliteHome
from sanban.ledger.port import Part, Submission
from sanban.ledger.proof.verify import verify
from sanban.ledger.reading.timers import fire

STREAMS = st.sampled_from(["a", "b", "c"])
PARTS = st.one_of(
    st.tuples(st.just("add"), st.fixed_dictionaries({"amount": st.integers(0, 400)})),
    st.tuples(st.just("add_twice"), st.fixed_dictionaries({"amount": st.integers(0, 90)})),
    st.tuples(st.just("copy"), st.fixed_dictionaries({"from": STREAMS.map("counter:{}".format)})),
    st.tuples(st.just("alarm"), st.fixed_dictionaries({"due": st.integers(1, 60)})),
    st.tuples(st.just("nothing"), st.just({})),
)
COMMANDS = st.lists(st.tuples(STREAMS, PARTS), min_size=1, max_size=3)


class Model:
    """The counters as plain dictionaries, decided by rules of its own."""

    def __init__(self) -> None:
        self.totals: dict[str, int] = {}
        self.alarms: dict[str, int] = {}
        self.seqs: dict[str, int] = {}

    def copied(self) -> Model:
        other = Model()
        other.totals, other.alarms, other.seqs = dict(self.totals), dict(self.alarms), dict(self.seqs)
        return other

    def apply(self, stream: str, name: str, args: dict[str, Any]) -> bool:
        total = self.totals.get(stream, 0)
        added: list[int] = []
        if name == "add":
            if total + args["amount"] > LIMIT:
                return False
            added = [args["amount"]]
        elif name == "add_twice":
            added = [args["amount"]] * 2
        elif name == "copy":
            source = args["from"].partition(":")[2]
            if source not in self.seqs:
                return False
            added = [self.totals.get(source, 0)]
        elif name == "alarm":
            self.alarms[stream] = args["due"]
            self.seqs[stream] = self.seqs.get(stream, 0) + 1
        if added:
            self.totals[stream] = total + sum(added)
            self.seqs[stream] = self.seqs.get(stream, 0) + len(added)
        return True


class LedgerMachine(RuleBasedStateMachine):
    """Commands, repetitions, reused ids, timers and reopening, in any order."""

    def __init__(self, make_home: Callable[[], LedgerHome]) -> None:
        super().__init__()
        self.home = make_home()
        self.writer, self.reader = self.home.open(cache=2)
        self.model = Model()
        self.sent: list[tuple[Submission, bool]] = []

    def _submission(self, command: list[tuple[str, tuple[str, dict[str, Any]]]]) -> Submission:
        parts = tuple(Part(f"counter:{stream}", name, args) for stream, (name, args) in command)
        return Submission(f"c{len(self.sent)}", ACTOR, parts)

    def _expected(self, submission: Submission) -> bool:
        trial = self.model.copied()
        accepted = all(trial.apply(part.stream.partition(":")[2], part.step, part.args) for part in submission.parts)
        if accepted:
            self.model = trial
        self.sent.append((submission, accepted))
        return accepted

    @rule(commands=st.lists(COMMANDS, min_size=1, max_size=5))
    def send(self, commands: list[Any]) -> None:
        submissions, expected = [], []
        for command in commands:
            submission = self._submission(command)
            submissions.append(submission)
            expected.append(self._expected(submission))
        answers = self.writer.submit_many(submissions)
        assert [answer.refused is None for answer in answers] == expected

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def send_again(self, data: st.DataObject) -> None:
        submission, accepted = data.draw(st.sampled_from(self.sent))
        if accepted:
            assert self.writer.submit(submission).repeated

    @precondition(lambda self: any(accepted for _, accepted in self.sent))
    @rule()
    def reuse_an_id(self) -> None:
        submission = next(submission for submission, accepted in self.sent if accepted)
        refused = self.writer.submit(step(submission.command_id, "a", "nothing", other=1)).refused
        assert refused is not None
        assert refused.reason == "command_reused"

    @rule(now=st.integers(0, 60))
    def fire_timers(self, now: int) -> None:
        due = {stream for stream, at in self.model.alarms.items() if at <= now}
        fired = fire(self.writer, self.reader, now, SYSTEM)
        assert fired.applied + fired.repeated == len(due)
        for event in self.reader.since(0, 10**6):
            stream = event.stream.partition(":")[2]
            if stream in due and event.seq == self.model.seqs[stream] + 1:
                self.model.seqs[stream] += 1
                self.model.alarms.pop(stream)

    @rule(by=st.integers(-5, 5))
    def move_the_clock(self, by: int) -> None:
        self.home.clock.now += by

    @rule()
    def reopen(self) -> None:
        self.home.close()
        self.writer, self.reader = self.home.open(cache=2)

    @invariant()
    def states_are_the_models(self) -> None:
        rows = self.reader.query("SELECT stream, total FROM counter_summary WHERE district = :district")
        assert dict(rows) == {f"counter:{name}": self.model.totals.get(name, 0) for name in self.model.seqs}
        timers = dict(self.reader.query("SELECT stream, due_at FROM timer WHERE district = :district"))
        assert timers == {f"counter:{name}": due for name, due in self.model.alarms.items()}
        for name, seq in self.model.seqs.items():
            assert len(self.reader.events(f"counter:{name}")) == seq

    def teardown(self) -> None:
        assert verify(self.reader).findings == []
        self.home.close()


@pytest.mark.parametrize("store", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_the_ledger_does_what_the_model_does(store: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    numbers = count()
    url = request.getfixturevalue("postgres_database") if store == "postgres" else ""

    def make_home() -> LedgerHome:
        name = f"d{next(numbers)}"
        return PostgresHome(url, name) if url else SqliteHome(tmp_path / f"{name}.db", name)

    chosen = settings(
        max_examples=5 if url else 10,
        stateful_step_count=15,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    run_state_machine_as_test(lambda: LedgerMachine(make_home), settings=chosen)
