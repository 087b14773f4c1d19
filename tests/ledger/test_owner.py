"""One home, one owner: real processes share a home, and none of them is ever in another's way."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sanban.kernel.errors import SanbanError
from sanban.kernel.permission import Actor
from sanban.ledger.erasure import Erasure, ErasureRegister, PersonAggregate
from sanban.ledger.home import Home, init_home
from sanban.ledger.opening import open_sqlite, read_sqlite
from sanban.ledger.owner import HomeLedger, connect, take_lock
from sanban.ledger.port import Part, Secret, Submission
from sanban.ledger.proof.verify import verify
from sanban.ledger.settings import District, Settings
from sanban.ledger.vault import Vault, open_vault
from sanban.ledger.vault_keys import MasterKeyError
from sanban.ledger.writing.writer import Writer

ACTOR = Actor("clerk-1", "coordinator")
NOW = 1_750_000_000_000_000


def make_writer(home: Home, vault: Vault) -> Writer:
    writer, reader = open_sqlite(home.database, home.district, [PersonAggregate()], clock=lambda: NOW, sealer=vault)
    reader.close()
    return writer


def command(number: int) -> Submission:
    person = f"p{number}"
    secret = Secret(f"{person}-name", person, "name", f"王{number}")
    return Submission(f"new-{number}", ACTOR, (Part(f"person:{person}", "register"),), None, (secret,))


PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from sanban.ledger.home import open_home
import test_owner as shared
home = open_home(Path(sys.argv[2]))
first, last, portion = map(int, sys.argv[3:6])
with shared.connect(home, shared.make_writer) as ledger:
    print("owner" if ledger.reach() else "beside", flush=True)
    sys.stdin.readline()
    done = new = 0
    for start in range(first, last, portion):
        answers = ledger.submit_many([shared.command(n) for n in range(start, min(start + portion, last))])
        assert all(answer.refused is None for answer in answers), answers
        done += len(answers)
        new += sum(not answer.repeated for answer in answers)
        print(done, flush=True)
    print("finished", done, new, ledger.reach(), flush=True)
    sys.stdin.readline()
"""


class Beside:
    """A process that works on a home; it goes on when told to."""

    def __init__(self, home: Home, first: int, last: int, portion: int) -> None:
        arguments = [str(Path(__file__).parent), str(home.folder), str(first), str(last), str(portion)]
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def finished(self) -> list[str]:
        while not (line := self.line()).startswith("finished"):
            assert line, "the process ended early"
        return line.split()

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return init_home(tmp_path / "home", Settings(District("d1", "示范区")))


@pytest.fixture
def beside(home: Home) -> Iterator[list[Beside]]:
    started: list[Beside] = []
    yield started
    for each in started:
        each.end()


def registered(home: Home) -> list[str]:
    """The person streams in the order of their events; each would occur twice had a command been applied twice."""
    reader = read_sqlite(home.database, home.district, [PersonAggregate()], opener=open_vault(home))
    events = reader.since(0, 100_000)
    assert verify(reader).findings == []
    assert reader.open_secrets(["p0-name", "p5-name"]) == {"p0-name": "王0", "p5-name": "王5"}
    reader.close()
    assert [event.position for event in events] == list(range(1, len(events) + 1))
    return [event.stream for event in events]


def test_two_processes_import_at_once_and_every_command_is_applied_exactly_once(
    home: Home, beside: list[Beside]
) -> None:
    beside += [Beside(home, 0, 120, 7), Beside(home, 60, 180, 5)]
    assert sorted(each.line() for each in beside) == ["beside", "owner"]
    for each in beside:
        each.go()
    results = [each.finished() for each in beside]
    assert [int(result[1]) for result in results] == [120, 120]
    assert sum(int(result[2]) for result in results) == 180
    for each in beside:
        each.go()
        assert each.process.wait() == 0
    assert sorted(registered(home)) == sorted(f"person:p{number}" for number in range(180))
    assert not home.owner_file.exists()


def test_when_the_owner_is_killed_the_other_takes_over_and_nothing_is_lost_or_doubled(
    home: Home, beside: list[Beside]
) -> None:
    beside.append(Beside(home, 0, 1_000_000, 1))
    assert beside[0].line() == "owner"
    with connect(home, make_writer) as ledger:
        assert ledger.reach() is False
        ledger.submit_many([command(number) for number in range(-10, 0)])
        beside[0].go()
        acknowledged = 0
        while acknowledged < 20:
            acknowledged = int(beside[0].line())
        beside[0].process.send_signal(signal.SIGKILL)
        beside[0].process.wait()
        acknowledged = max([acknowledged, *map(int, beside[0].process.communicate()[0].split())])
        answers = ledger.submit_many([command(number) for number in range(acknowledged + 20)])
        assert ledger.reach() is True
        assert all(answer.repeated for answer in answers[:acknowledged])
    streams = registered(home)
    assert sorted(streams) == sorted(f"person:p{number}" for number in range(-10, acknowledged + 20))


def test_when_the_owner_stops_the_process_beside_it_goes_on_as_owner(home: Home) -> None:
    owner = connect(home, make_writer)
    with connect(home, make_writer) as other:
        assert (owner.reach(), other.reach()) == (True, False)
        assert other.submit(command(0)).repeated is False
        owner.close()
        assert other.submit(command(0)).repeated is True
        assert other.reach() is True
        other.submit(command(5))
    assert registered(home) == ["person:p0", "person:p5"]


def test_a_call_that_has_arrived_is_answered_before_the_owner_stops(home: Home) -> None:
    owner = connect(home, make_writer)
    with connect(home, make_writer) as other:
        answers = other.submit_many([command(number) for number in range(6)])
        owner.close()
        assert [answer.streams for answer in answers] == [{f"person:p{number}": 1} for number in range(6)]
    assert len(registered(home)) == 6


@pytest.mark.parametrize(
    "stale",
    [b"", b"{", b'{"port":1,"token":"x","process":1}', b'{"port":"1"}'],
    ids=["empty", "half", "nobody there", "malformed"],
)
def test_a_stale_owner_file_is_no_obstacle(home: Home, stale: bytes) -> None:
    home.owner_file.write_bytes(stale)
    with connect(home, make_writer) as ledger:
        assert ledger.reach() is True
        assert ledger.submit(command(0)).refused is None


def test_the_owner_file_is_private_and_its_token_is_new_every_time(home: Home) -> None:
    tokens = []
    for _ in range(2):
        with connect(home, make_writer):
            assert stat.S_IMODE(home.owner_file.stat().st_mode) == 0o600
            tokens.append(json.loads(home.owner_file.read_bytes())["token"])
        assert not home.owner_file.exists()
    assert len(set(tokens)) == 2
    assert all(len(token) == 64 for token in tokens)


def test_a_person_is_erased_through_the_owner(home: Home) -> None:
    with connect(home, make_writer) as owner, connect(home, make_writer) as other:
        owner.submit_many([command(0), command(5), command(7)])
        erased = other.erase_person("p7", ACTOR, NOW)
        assert (erased.person, erased.entries) == ("p7", 1)
        with pytest.raises(SanbanError, match=r"no person p9\n  for example: sanban person erase person:"):
            other.erase_person("p9", ACTOR, NOW)
        with pytest.raises(SanbanError, match="another process owns the home"):
            _ = other.writer
        assert owner.writer.apart(lambda session: session.query("SELECT count(*) FROM vault_entry")) == [(2,)]
    assert registered(home)[-1] == "person:p7"


def test_pending_erasures_are_carried_out_before_anyone_is_let_in(home: Home) -> None:
    with connect(home, make_writer) as ledger:
        ledger.submit_many([command(0), command(5), command(7)])
    ErasureRegister(home.erasure_register).append([Erasure("d1", "p7", NOW, ACTOR)])
    with connect(home, make_writer) as ledger:
        assert ledger.submit(command(8)).position == 5
    assert registered(home)[3:] == ["person:p7", "person:p8"]


def test_a_failing_command_of_another_process_fails_alone(home: Home) -> None:
    late = Submission("late", ACTOR, (Part("person:p8", "register"),), None, (Secret("x", "p0", "name", "x"),))
    with connect(home, make_writer), connect(home, make_writer) as other:
        other.submit_many([command(0), command(5)])
        other.erase_person("p0", ACTOR, NOW)
        answers = other.submit_many([late, command(9)])
    assert answers[0].refused is not None
    assert "was erased" in answers[0].refused.message
    assert answers[1].refused is None


def test_a_closed_ledger_takes_nothing(home: Home) -> None:
    ledger = connect(home, make_writer)
    ledger.close()
    ledger.close()
    with pytest.raises(SanbanError, match="closed"):
        ledger.submit(command(0))


def test_no_commands_need_no_answer(home: Home) -> None:
    with connect(home, make_writer) as ledger:
        assert ledger.submit_many([]) == []


@pytest.mark.parametrize("key", [None, bytes(32)], ids=["missing", "another"])
def test_without_the_right_master_key_the_home_stays_shut_and_free(home: Home, key: bytes | None) -> None:
    with connect(home, make_writer) as ledger:
        ledger.submit_many([command(0), command(5)])
    right = home.key_file.read_bytes()
    home.key_file.unlink() if key is None else home.key_file.write_bytes(key)
    with pytest.raises(MasterKeyError, match=r"(missing|not the one)(.|\n)*for example: cp "):
        connect(home, make_writer)
    home.key_file.touch(mode=0o600)
    home.key_file.write_bytes(right)
    with connect(home, make_writer) as ledger:
        assert ledger.reach() is True
    assert registered(home) == ["person:p0", "person:p5"]


def test_a_home_that_cannot_be_written_says_so(home: Home) -> None:
    home.lock_file.mkdir()
    with pytest.raises(SanbanError, match=rf"cannot be written: Is a directory(.|\n)*chmod 700 {home.folder}"):
        connect(home, make_writer)


def test_an_owner_that_never_answers_is_named_after_a_while(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sanban.ledger.owner.PATIENCE_SECONDS", 0.0)
    lock = take_lock(home)
    assert lock is not None
    with pytest.raises(SanbanError, match=r"another process owns .* but does not answer"):
        HomeLedger(home, make_writer).reach()
    os.close(lock)
