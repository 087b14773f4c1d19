"""Erasing a person: nothing of them is left in any file, the ledger goes on, and a crash in between changes nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sanban.kernel.errors import FaultsFound, Refused, SanbanError
from sanban.kernel.permission import Actor
from sanban.ledger.erasure import Eraser, Erasure, ErasureRegister, PersonAggregate, PersonErased, PersonRegistered
from sanban.ledger.opening import open_sqlite
from sanban.ledger.port import Answer, Part, Secret, Submission
from sanban.ledger.proof.verify import verify
from sanban.ledger.reading.reader import StoreReader
from sanban.ledger.sealing import Session
from sanban.ledger.vault import Vault, erased_persons
from sanban.ledger.vault_keys import MasterKey
from sanban.ledger.writing.writer import Writer

ACTOR = Actor("clerk-1", "coordinator")
NOW = 1_750_000_000_000_000
VAULT_TABLES = ("vault_key", "vault_entry", "vault_lookup")


class Bench:
    """A ledger with one writer, its vault and its register."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.vault = Vault("d1", MasterKey(bytes(32)))
        self.register = ErasureRegister(folder / "erasures.jsonl")
        self.writer: Writer
        self.reader: StoreReader
        self.open()

    def open(self) -> None:
        self.writer, self.reader = open_sqlite(
            self.folder / "ledger.db",
            "d1",
            [PersonAggregate()],
            clock=lambda: NOW,
            sealer=self.vault,
            opener=self.vault,
        )
        self.eraser = Eraser(self.writer, self.vault, self.register)

    def close(self) -> None:
        self.reader.close()
        self.writer.close()

    def register_person(self, person: str, **values: str) -> Answer:
        secrets = tuple(Secret(f"{person}-{kind}", person, kind, value) for kind, value in values.items())
        return self.writer.submit(
            Submission(f"new-{person}", ACTOR, (Part(f"person:{person}", "register"),), None, secrets)
        )

    def files(self) -> bytes:
        return b"".join(path.read_bytes() for path in self.folder.iterdir())

    def sealed_bytes(self, person: str) -> list[bytes]:
        """Every blob that stands under a person."""
        blobs = []
        for table in VAULT_TABLES:
            for row in self.reader.query(
                f"SELECT * FROM {table} WHERE district = :district AND person = :person", {"person": person}
            ):
                blobs += [cell for cell in row if isinstance(cell, bytes) and cell]
        return blobs


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


def _many(bench: Bench) -> None:
    for number in range(40):
        bench.register_person(
            f"p{number}", name=f"王{number}", phone=f"138{number:08}", text="请求" * 40 * (number + 1)
        )


def test_nothing_of_an_erased_person_is_left_in_any_file(bench: Bench) -> None:
    _many(bench)
    gone, kept = bench.sealed_bytes("p7"), bench.sealed_bytes("p8")
    assert len(gone) == len(kept) == 1 + 3 * 3 + 1
    assert any(blob in bench.files() for blob in gone)
    erased = bench.eraser.erase("p7", ACTOR, NOW)
    assert (erased.entries, erased.scrubbed) == (3, True)
    files = bench.files()
    assert not [blob for blob in gone if blob in files]
    assert all(blob in files for blob in kept)
    assert bench.sealed_bytes("p7") == []
    assert verify(bench.reader).findings == []


def test_plain_values_never_touch_a_file(bench: Bench) -> None:
    bench.register_person("p1", name="王小明", phone="13812345678", text="三单元漏水")
    for value in ("王小明", "13812345678", "三单元漏水"):
        assert value.encode() not in bench.files()


def test_erased_values_are_absent_and_others_stay(bench: Bench) -> None:
    bench.register_person("p1", name="一", phone="13800000001")
    bench.register_person("p2", name="二", phone="13800000001")
    bench.eraser.erase("p1", ACTOR, NOW)
    assert bench.reader.open_secrets(["p1-name", "p1-phone", "p2-name"]) == {"p2-name": "二"}
    with bench.reader.source.lookup() as lookup:
        assert bench.vault.find("phone", "13800000001", lookup) == ["p2"]


def test_the_erasure_is_an_event_and_a_line_in_the_register(bench: Bench) -> None:
    bench.register_person("p1", name="一")
    bench.eraser.erase("p1", ACTOR, NOW)
    assert [event.type for event in bench.reader.events("person:p1")] == ["person.registered", "person.erased"]
    assert bench.reader.state("person:p1").erased
    assert bench.register.read() == [Erasure("d1", "p1", NOW, ACTOR)]
    assert "一" not in bench.register.path.read_text(encoding="utf-8")


def test_erasing_again_is_harmless_whoever_asks(bench: Bench) -> None:
    bench.register_person("p1", name="一")
    bench.eraser.erase("p1", ACTOR, NOW)
    again = bench.eraser.erase("p1", Actor("clerk-2", "coordinator"), NOW + 1)
    assert (again.entries, again.scrubbed) == (0, True)
    assert len(bench.register.read()) == 1
    assert len(bench.reader.events("person:p1")) == 2


def test_an_unknown_person_is_refused_and_leaves_no_trace(bench: Bench) -> None:
    with pytest.raises(SanbanError, match=r"no person p9\n  for example: sanban person erase person:"):
        bench.eraser.erase("p9", ACTOR, NOW)
    assert bench.register.read() == []
    assert bench.reader.events("person:p9") == []


def test_a_person_without_secrets_can_be_erased(bench: Bench) -> None:
    bench.register_person("p1")
    assert bench.eraser.erase("p1", ACTOR, NOW).entries == 0
    assert bench.reader.state("person:p1").erased
    assert bench.eraser.complete_pending() == []


def test_a_person_id_that_names_its_kind_is_its_own_stream(bench: Bench) -> None:
    secret = Secret("r1", "person:p1", "name", "一")
    bench.writer.submit(Submission("new", ACTOR, (Part("person:p0", "register"),), None, (secret,)))
    assert bench.eraser.erase("person:p1", ACTOR, NOW).entries == 1
    assert bench.reader.state("person:p1").erased
    with bench.reader.source.lookup() as lookup:
        assert erased_persons(lookup, ["person:p1", "p1", "person:p0"]) == {"person:p1"}


def test_late_secrets_of_an_erased_person_are_refused_alone(bench: Bench) -> None:
    bench.register_person("p1", name="一")
    bench.eraser.erase("p1", ACTOR, NOW)
    late = [
        Submission(
            f"late-{person}",
            ACTOR,
            (Part(f"person:{person}", "register"),),
            None,
            (Secret(person, owner, "name", "x"),),
        )
        for person, owner in (("p2", "p1"), ("p3", "p3"))
    ]
    answers = bench.writer.submit_many(late)
    assert answers[0].refused is not None
    assert "p1 was erased" in answers[0].refused.message
    assert answers[1].refused is None
    assert bench.reader.open_secrets(["p2", "p3"]) == {"p3": "x"}


class _CrashError(Exception):
    """Stands for the power going out."""


class CrashingWriter:
    """A writer that dies at its nth step, as the process would."""

    def __init__(self, writer: Writer, step: int) -> None:
        self.writer = writer
        self.left = step

    def _tick(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise _CrashError

    def submit(self, submission: Submission) -> Answer:
        self._tick()
        return self.writer.submit(submission)

    def apart(self, work: Callable[[Session], Any]) -> Any:
        self._tick()
        return self.writer.apart(work)


@pytest.mark.parametrize(
    ("steps", "events"),
    [(2, 1), (3, 2), (4, 2)],
    ids=["after the register", "after the event", "before the log is cut"],
)
def test_an_erasure_interrupted_after_the_register_is_completed_when_the_home_opens(
    bench: Bench, steps: int, events: int
) -> None:
    _many(bench)
    gone = bench.sealed_bytes("p7")
    with pytest.raises(_CrashError):
        Eraser(CrashingWriter(bench.writer, steps), bench.vault, bench.register).erase("p7", ACTOR, NOW)
    assert len(bench.reader.events("person:p7")) == events
    bench.close()
    bench.open()
    bench.eraser.complete_pending()
    assert [event.type for event in bench.reader.events("person:p7")] == ["person.registered", "person.erased"]
    assert bench.reader.open_secrets(["p7-name", "p8-name"]) == {"p8-name": "王8"}
    files = bench.files()
    assert not [blob for blob in gone if blob in files]
    assert bench.eraser.complete_pending() == []


def test_an_erasure_interrupted_before_the_register_did_not_happen(bench: Bench) -> None:
    bench.register_person("p1", name="一")
    with pytest.raises(_CrashError):
        Eraser(CrashingWriter(bench.writer, 1), bench.vault, bench.register).erase("p1", ACTOR, NOW)
    assert bench.eraser.complete_pending() == []
    assert bench.reader.open_secrets(["p1-name"]) == {"p1-name": "一"}


def test_asking_again_after_a_crash_completes_it_under_the_first_actor(bench: Bench) -> None:
    bench.register_person("p1", name="一")
    with pytest.raises(_CrashError):
        Eraser(CrashingWriter(bench.writer, 3), bench.vault, bench.register).erase("p1", ACTOR, NOW)
    bench.eraser.erase("p1", Actor("clerk-2", "coordinator"), NOW + 5)
    assert bench.register.read() == [Erasure("d1", "p1", NOW, ACTOR)]
    assert bench.reader.open_secrets(["p1-name"]) == {}


def test_pending_erasures_of_other_districts_are_left_alone(bench: Bench) -> None:
    bench.register_person("p1", name="一")
    bench.register.append([Erasure("d2", "p1", NOW, ACTOR)])
    assert bench.eraser.complete_pending() == []
    assert bench.reader.open_secrets(["p1-name"]) == {"p1-name": "一"}


def test_a_long_read_delays_the_scrubbing_and_the_erasure_says_so(bench: Bench) -> None:
    bench.register_person("p1", name="一")
    gone = bench.sealed_bytes("p1")
    bench.writer.apart(lambda session: session.query("PRAGMA busy_timeout = 1"))
    reading = sqlite3.connect(f"file:{bench.folder / 'ledger.db'}?mode=ro", uri=True, isolation_level=None)
    reading.execute("BEGIN")
    reading.execute("SELECT count(*) FROM vault_entry").fetchall()
    assert bench.eraser.erase("p1", ACTOR, NOW).scrubbed is False
    assert any(blob in bench.files() for blob in gone)
    reading.close()
    assert bench.eraser.erase("p1", ACTOR, NOW).scrubbed is True
    files = bench.files()
    assert not [blob for blob in gone if blob in files]


def test_a_register_that_cannot_be_written_stops_the_erasure(bench: Bench, tmp_path: Path) -> None:
    bench.register_person("p1", name="一")
    eraser = Eraser(bench.writer, bench.vault, ErasureRegister(tmp_path / "absent" / "erasures.jsonl"))
    with pytest.raises(SanbanError, match="cannot be written: No such file or directory; nothing was erased"):
        eraser.erase("p1", ACTOR, NOW)
    assert bench.reader.open_secrets(["p1-name"]) == {"p1-name": "一"}


def test_half_a_last_line_is_passed_over_and_overwritten(tmp_path: Path) -> None:
    register = ErasureRegister(tmp_path / "erasures.jsonl")
    lines = [Erasure("d1", f"p{number}", NOW, ACTOR) for number in range(3)]
    register.append(lines[:2])
    with register.path.open("ab") as file:
        file.write(b'{"district":"d1","pers')
    assert register.read() == lines[:2]
    register.append(lines[2:])
    assert register.read() == lines


def test_a_bad_line_of_the_register_is_named(tmp_path: Path) -> None:
    register = ErasureRegister(tmp_path / "erasures.jsonl")
    register.append([Erasure("d1", "p1", NOW, ACTOR)])
    with register.path.open("ab") as file:
        file.write(b"\xff\n{}\n")
    with pytest.raises(FaultsFound) as found:
        register.read()
    assert [fault.line for fault in found.value.faults] == [2, 3]
    assert '"person"' in found.value.faults[0].example


def test_a_register_that_is_a_folder_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SanbanError, match="cannot be read: Is a directory"):
        ErasureRegister(tmp_path).read()


@pytest.mark.parametrize(
    ("before", "step", "expected"),
    [
        ((), "register", ["person.registered"]),
        ((PersonRegistered(),), "register", []),
        ((), "erase", ["person.erased"]),
        ((PersonRegistered(),), "erase", ["person.erased"]),
        ((PersonErased(),), "erase", []),
        ((PersonErased(),), "register", "person_erased"),
        ((), "dance", "unknown_step"),
    ],
)
def test_a_person_is_registered_and_erased_once(before: tuple[Any, ...], step: str, expected: list[str] | str) -> None:
    aggregate, state = PersonAggregate(), None
    for event in before:
        state = aggregate.fold(state, aggregate.decode(*aggregate.encode(event)))
    decided = aggregate.decide(state, Part("person:p1", step), None)  # type: ignore[arg-type]  # the turn is not looked at
    if isinstance(decided, Refused):
        assert decided.reason == expected
    else:
        assert [aggregate.encode(event)[0] for event in decided] == expected
