"""Looks: kept before anything is shown, brought into the ledger once, read by auditors page by page."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.ledger_homes import LedgerHome, SqliteHome
from sanban.kernel.errors import Refused, SanbanError
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor
from sanban.kernel.view import Look
from sanban.ledger.port import Part, Submission
from sanban.looks.aggregate import LookAggregate, stream_of
from sanban.looks.event import MOST
from sanban.looks.ports import Needs, Subject
from sanban.looks.reading import LookPage, looks_of
from sanban.looks.recording import Recorder

AUDITOR = Actor("auditor-1", "auditor")
SYSTEM = Actor("looks", "system")


def look(at: int, account: str = "h1", about: str = "case:c-1", **more: Any) -> Look:
    given_ = {"role": "handler", "unit": "st1", "page": "handling.case", "way": "page"} | more
    return Look(at=at, account=account, about=about, **given_)


class Kept:
    """A ledger of looks alone, with one recorder."""

    def __init__(self, home: LedgerHome, folder: Path) -> None:
        self.writer, self.reader = home.open((LookAggregate(),))
        self.folder = folder
        self.recorder = self.another()
        self.needs = Needs(
            self.reader, self.recorder, self.case, lambda _viewer, _case, _account: (), lambda code: Title(code, code)
        )

    def another(self) -> Recorder:
        """A recorder of another process of the same home."""
        return Recorder(self.folder, lambda: self.writer)

    def case(self, _viewer: Actor, asked: str) -> Subject | None:
        return Subject(asked, "2026-000001", (f"case:{asked}", "request:r-1"))

    def page(self, **more: Any) -> LookPage:
        found = looks_of(AUDITOR, self.needs, **more)
        assert isinstance(found, LookPage)
        return found

    def every(self) -> list[tuple[int, str, str]]:
        return [(row.at, row.account, row.about) for row in self.page(limit=500).rows]


@pytest.fixture
def kept(ledger_home: LedgerHome, tmp_path: Path) -> Kept:
    return Kept(ledger_home, tmp_path / "looks")


def test_a_look_is_kept_and_read_newest_first(kept: Kept) -> None:
    for at in (1, 3, 2):
        kept.recorder.look(look(at))
    assert kept.recorder.flush() == 3
    assert kept.every() == [(3, "h1", "case:c-1"), (2, "h1", "case:c-1"), (1, "h1", "case:c-1")]
    row = kept.page().rows[0]
    assert (row.role, row.unit, row.page, row.way, row.kind, row.id) == (
        "handler",
        "st1",
        "handling.case",
        "page",
        "case",
        "c-1",
    )


def test_what_is_kept_takes_no_room_in_a_writers_memory(kept: Kept) -> None:
    kept.recorder.look(look(1))
    (file,) = kept.folder.iterdir()
    assert kept.recorder.flush() == 1
    assert kept.writer._cache.get([stream_of(file.stem)]) == {}


def test_flushing_again_brings_nothing_twice_and_leaves_no_file(kept: Kept) -> None:
    kept.recorder.look(look(1))
    assert [kept.recorder.flush(), kept.recorder.flush()] == [1, 0]
    assert list(kept.folder.iterdir()) == []
    assert len(kept.every()) == 1


def test_a_file_left_behind_by_a_process_that_died_is_taken_up_by_the_next(kept: Kept) -> None:
    died = kept.another()
    died.look(look(1))
    os.close(died._file)  # the process ends: its lock goes, its lines stay
    assert kept.recorder.flush() == 1
    assert kept.every() == [(1, "h1", "case:c-1")]


def test_a_line_cut_off_by_the_end_of_its_process_was_never_shown_and_is_dropped(kept: Kept) -> None:
    kept.recorder.look(look(1))
    os.write(kept.recorder._file, b'[2,"h2","hand')
    assert kept.recorder.flush() == 1
    assert kept.every() == [(1, "h1", "case:c-1")]


@pytest.mark.parametrize(
    "torn", [b"[178036200000", b"", b"\xff\x00", b'[2,"h2","handler","","p","\xe7\x8e\x8b","page"]']
)
def test_a_line_that_cannot_be_read_holds_up_no_other_and_its_file_is_set_aside(kept: Kept, torn: bytes) -> None:
    kept.recorder.look(look(1))
    os.write(kept.recorder._file, torn + b"\n")
    kept.recorder.look(look(3))
    (filled,) = kept.folder.iterdir()
    (kept.folder / "0.looks").write_bytes(torn + b"\n")
    content = filled.read_bytes()
    assert [kept.recorder.flush(), kept.recorder.flush()] == [2, 0]
    assert [at for at, _, _ in kept.every()] == [3, 1]
    assert filled.with_suffix(".torn").read_bytes() == content
    assert kept.recorder.set_aside() == len(list(kept.folder.iterdir())) == 2


def test_a_look_that_was_written_by_half_is_not_shown_and_spoils_no_other(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.recorder.look(look(1))
    whole = os.write
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda file, line: whole(file, line[:20]))
        with pytest.raises(OSError, match="half"):
            kept.recorder.look(look(2))
    kept.recorder.look(look(3))
    assert kept.recorder.flush() == 2
    assert [at for at, _, _ in kept.every()] == [3, 1]
    assert kept.recorder.set_aside() == 0


def test_a_batch_that_reached_the_ledger_and_whose_file_stayed_is_not_written_twice(kept: Kept) -> None:
    kept.recorder.look(look(1))
    (path,) = kept.folder.iterdir()
    content = path.read_bytes()
    kept.recorder.flush()
    path.write_bytes(content)
    assert kept.another().flush() == 1
    assert len(kept.every()) == 1


def test_what_another_process_is_still_filling_is_left_to_it(kept: Kept) -> None:
    kept.recorder.look(look(1))
    assert kept.another().flush() == 0
    assert kept.recorder.flush() == 1


def test_a_file_that_vanished_meanwhile_is_no_fault(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.folder.mkdir()
    monkeypatch.setattr(Path, "glob", lambda self, _pattern: iter([self / "gone.looks"]))
    assert kept.recorder.flush() == 0


def test_an_empty_file_goes(kept: Kept) -> None:
    kept.folder.mkdir()
    (kept.folder / "0197.looks").touch()
    assert kept.recorder.flush() == 0
    assert list(kept.folder.iterdir()) == []


def test_more_looks_than_a_batch_holds_are_several_batches(kept: Kept) -> None:
    for at in range(2 * MOST + 1):
        kept.recorder.look(look(at))
    assert kept.recorder.flush() == 2 * MOST + 1
    ((batches,),) = kept.reader.query("SELECT COUNT(DISTINCT stream) FROM look_line WHERE district = :district")
    assert batches == 3


def test_a_file_is_locked_while_it_is_filled_and_readable_by_its_owner_alone(kept: Kept) -> None:
    kept.recorder.look(look(1))
    (path,) = kept.folder.iterdir()
    assert path.stat().st_mode & 0o077 == 0
    with path.open("rb") as file, pytest.raises(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_what_was_typed_into_an_address_and_is_no_id_is_left_out(kept: Kept) -> None:
    kept.recorder.look(look(1, about="case:欧阳测试 13800001234"))
    kept.recorder.flush()
    assert kept.every() == [(1, "h1", "")]


@pytest.mark.parametrize(
    ("actor", "step", "args", "reason"),
    [
        (AUDITOR, "record", {"looks": [[1, "h1", "handler", "", "p", "", "page"]]}, "not_permitted"),
        (SYSTEM, "forget", {}, "not_permitted"),
        (SYSTEM, "record", {"looks": []}, "bad_arguments"),
        (SYSTEM, "record", {"looks": [[1, "h1", "handler", "", "p", "王小明 的", "page"]]}, "bad_arguments"),
        (SYSTEM, "record", {"looks": "x"}, "bad_arguments"),
    ],
)
def test_nobody_but_the_system_records_and_nothing_but_codes(
    kept: Kept, actor: Actor, step: str, args: dict[str, Any], reason: str
) -> None:
    answer = kept.writer.submit(Submission("c-1", actor, (Part(stream_of("b-1"), step, args),)))
    assert answer.refused is not None
    assert answer.refused.reason == reason


def test_a_batch_is_written_once_and_never_added_to(kept: Kept) -> None:
    def record(command: str, at: int) -> int:
        args = {"looks": [[at, "h1", "handler", "", "p", "", "page"]]}
        return kept.writer.submit(Submission(command, SYSTEM, (Part(stream_of("b-1"), "record", args),))).position

    assert record("c-1", 1) > 0
    assert record("c-2", 2) == 0
    assert [at for at, _, _ in kept.every()] == [1]


def test_a_ledger_that_refuses_looks_is_told_and_the_looks_stay(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.recorder.look(look(1))
    monkeypatch.setattr(LookAggregate, "decide", lambda *_: Refused("full", "no", "x"))
    with pytest.raises(SanbanError, match="refused"):
        kept.recorder.flush()
    monkeypatch.undo()
    assert kept.recorder.flush() == 1


@pytest.mark.parametrize("role", ["operator", "handler", "leader", "coordinator", "requester"])
def test_nobody_but_auditors_reads_looks(kept: Kept, role: Any) -> None:
    found = looks_of(Actor("x", role), kept.needs)
    assert isinstance(found, Refused)
    assert found.reason == "not_permitted"


@pytest.mark.parametrize("mark", ["x", "1~", "~s~1", "1~s~x", "1~s", "９~s~1", "9" * 30 + "~s~1"])
def test_a_mark_that_no_page_gave_out_is_refused(kept: Kept, mark: str) -> None:
    found = looks_of(AUDITOR, kept.needs, after=mark)
    assert isinstance(found, Refused)
    assert found.reason == "bad_cursor"
    too_many = looks_of(AUDITOR, kept.needs, limit=501)
    assert isinstance(too_many, Refused)


LOOKS = st.lists(
    st.tuples(
        st.integers(0, 5), st.sampled_from(["h1", "h2"]), st.sampled_from(["case:c-1", "request:r-1", "case:c-2", ""])
    ),
    max_size=30,
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(LOOKS, max_size=4), size=st.integers(1, 7))
def test_pages_hold_every_look_once_in_order_whatever_is_asked_for(
    tmp_path: Path, batches: list[list[tuple[int, str, str]]], size: int
) -> None:
    home = SqliteHome(tmp_path / f"{os.urandom(6).hex()}.db")
    kept = Kept(home, tmp_path / os.urandom(6).hex())
    for batch in batches:
        for at, account, about in batch:
            kept.recorder.look(look(at, account, about))
        kept.recorder.flush()
    every = [one for batch in batches for one in batch]
    asked: list[tuple[dict[str, Any], list[tuple[int, str, str]]]] = [
        ({}, every),
        ({"account": "h2"}, [one for one in every if one[1] == "h2"]),
        ({"case": kept.case(AUDITOR, "c-1")}, [one for one in every if one[2] in ("case:c-1", "request:r-1")]),
    ]
    for query, wanted in asked:
        found: list[tuple[int, str, str]] = []
        mark = ""
        while True:
            page = kept.page(**query, after=mark, limit=size)
            assert len(page.rows) <= size
            found += [(row.at, row.account, row.about) for row in page.rows]
            mark = page.next
            if not mark:
                break
        assert sorted(found) == sorted(wanted)
        assert [one[0] for one in found] == sorted((one[0] for one in wanted), reverse=True)
    home.close()


def test_an_event_of_looks_reads_back_and_a_stranger_does_not(kept: Kept) -> None:
    aggregate = LookAggregate()
    kept.recorder.look(look(1))
    kept.recorder.flush()
    (stored,) = [one for one in kept.reader.since(0, 10) if one.type == "looks.recorded"]
    event = aggregate.decode(stored.type, stored.v, stored.payload)
    assert aggregate.encode(event)[2] == stored.payload
    with pytest.raises(SanbanError, match="newer"):
        aggregate.decode(stored.type, 2, aggregate.encode(msgspec.structs.replace(event, v=2))[2])
    with pytest.raises(SanbanError, match="not an event"):
        aggregate.decode("looks.recorded", 1, b"{}")
