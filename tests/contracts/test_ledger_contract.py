"""One suite for both stores: what every ledger does, whatever it stands on."""

from __future__ import annotations

import sqlite3
import threading
from typing import Any, cast

import msgspec
import psycopg
import pytest

from contracts.counter_aggregate import ACTOR, PARTS, SUMMARY, SYSTEM, CounterAggregate, add, step
from contracts.ledger_homes import DISTRICT, LedgerHome
from sanban.kernel.errors import SanbanError
from sanban.ledger.port import Cursor, Part, Projection, Reader, Secret, Stored, Submission
from sanban.ledger.proof.verify import verify
from sanban.ledger.reading.reactions import Reaction, cursor, react_all
from sanban.ledger.reading.timers import fire, next_due
from sanban.ledger.sealing import Lookup, Sealed, SealedRef, Session
from sanban.ledger.stores.store import Row, Store
from sanban.ledger.writing.writer import LARGE

YEAR_END = 1_798_732_799_000_000  # 2026-12-31 23:59:59 in Shanghai (15:59:59 UTC)


def test_a_command_is_folded_projected_and_answered(ledger_home: LedgerHome) -> None:
    writer, reader = ledger_home.open()
    answer = writer.submit(add("c1", "a", 5))
    assert (answer.streams, answer.position, answer.refused, answer.repeated) == ({"counter:a": 1}, 1, None, False)
    assert reader.state("counter:a").total == 5
    assert reader.query("SELECT stream, total, is_even, mark FROM counter_summary") == [("counter:a", 5, False, b"5")]


def test_the_same_command_again_gives_the_stored_answer(ledger_home: LedgerHome) -> None:
    writer, reader = ledger_home.open()
    first = writer.submit(add("c1", "a", 5))
    assert writer.submit(add("c1", "a", 5)) == msgspec.structs.replace(first, repeated=True)
    writer, reader = (ledger_home.close(), ledger_home.open())[1]
    assert writer.submit(add("c1", "a", 5)) == msgspec.structs.replace(first, repeated=True)
    assert len(reader.since(0, 10)) == 1


def test_a_command_id_used_for_another_body_is_refused(ledger_home: LedgerHome) -> None:
    writer, reader = ledger_home.open()
    writer.submit(add("c1", "a", 5))
    answers = [writer.submit(add("c1", "a", 6)), *writer.submit_many([add("c2", "a", 1), add("c2", "b", 1)])]
    assert [answer.refused and answer.refused.reason for answer in answers] == [
        "command_reused", None, "command_reused",
    ]  # fmt: skip
    assert reader.state("counter:b") is None


def test_parts_see_each_other_and_take_effect_all_or_none(ledger_home: LedgerHome) -> None:
    writer, reader = ledger_home.open()
    copy = Part("counter:b", "copy", {"from": "counter:a"})
    good = Submission("c1", ACTOR, (Part("counter:a", "add", {"amount": 7}), copy, copy))
    bad = Submission("c2", ACTOR, (Part("counter:a", "add", {"amount": 7}), Part("counter:b", "add", {"amount": 9999})))
    assert writer.submit(good).streams == {"counter:a": 1, "counter:b": 2}
    refused = writer.submit(bad).refused
    assert refused is not None
    assert refused.reason == "over_limit"
    assert (reader.state("counter:a").total, reader.state("counter:b").total) == (7, 14)


def test_commands_of_one_batch_see_each_other_in_order(ledger_home: LedgerHome) -> None:
    writer, reader = ledger_home.open()
    answers = writer.submit_many([add(f"c{number}", "a", 300) for number in range(5)])
    assert [answer.refused is None for answer in answers] == [True, True, True, False, False]
    assert reader.state("counter:a").total == 900
    assert writer.batches == 1


def test_a_failing_command_fails_alone(ledger_home: LedgerHome, caplog: pytest.LogCaptureFixture) -> None:
    writer, reader = ledger_home.open()
    answers = writer.submit_many([add("c1", "a"), step("c2", "a", "fail"), add("c3", "a")])
    assert [answer.refused and answer.refused.reason for answer in answers] == [None, "failed", None]
    assert "c2" in caplog.text
    with pytest.raises(ZeroDivisionError):
        writer.submit(step("c2", "a", "fail"))
    assert reader.state("counter:a").total == 2


@pytest.mark.parametrize(
    ("command_id", "stream", "amount"),
    [
        ("odd", "counter:a\x00b", 1),
        ("odd\x00", "counter:a", 1),
        ("odd", "counter:\ud800", 1),
        ("odd\ud800", "counter:a", 1),
        ("odd", "counter:a", object()),
        ("odd", "counter:a", -(2**70)),
    ],
    ids=["nul in stream", "nul in id", "half character in stream", "half character in id", "object", "huge integer"],
)
def test_what_cannot_be_stored_fails_alone(ledger_home: LedgerHome, command_id: str, stream: str, amount: Any) -> None:
    writer, reader = ledger_home.open()
    odd = Submission(command_id, ACTOR, (Part(stream, "add", {"amount": amount}),))
    answers = writer.submit_many([add("c1", "a"), odd, add("c2", "a")])
    assert [answer.refused and answer.refused.reason for answer in answers] == [None, "failed", None]
    assert reader.state("counter:a").total == 2


def test_a_call_of_several_batches_is_answered_in_place(
    ledger_home: LedgerHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be stored makes its batch be tried one by one; the batches beside it are written as they are."""
    monkeypatch.setattr("sanban.ledger.writing.writer.BATCH", 3)
    writer, reader = ledger_home.open()
    odd = Submission("c5", ACTOR, (Part("counter:a", "add", {"amount": -(2**70)}),), cursor=Cursor("h", 5))
    calls = [add(f"c{number}", "a", cursor=Cursor("h", number)) for number in range(1, 9)]
    calls[4] = odd
    answers = writer.submit_many(calls)
    assert [answer.command_id for answer in answers] == [call.command_id for call in calls]
    assert [answer.refused is None for answer in answers] == [number != 5 for number in range(1, 9)]
    assert [answer.streams.get("counter:a", 0) for answer in answers] == [1, 2, 3, 4, 0, 5, 6, 7]
    assert reader.state("counter:a").total == 7
    assert cursor(reader, "h") == 4


@pytest.mark.parametrize("stream", ["pool:1", "counter", "counter:", ""])
def test_a_stream_of_no_known_kind_is_refused(ledger_home: LedgerHome, stream: str) -> None:
    writer, _ = ledger_home.open()
    refused = writer.submit(Submission("c1", ACTOR, (Part(stream, "add", {"amount": 1}),))).refused
    assert refused is not None
    assert refused.reason == "unknown_kind"


def test_an_expected_sequence_that_is_not_there_is_stale(ledger_home: LedgerHome) -> None:
    writer, _ = ledger_home.open()
    cases = [("c1", 0, None), ("c2", 0, "stale"), ("c3", 1, None), ("c4", 5, "stale")]
    for command_id, expected, reason in cases:
        refused = writer.submit(add(command_id, "a", expect={"counter:a": expected})).refused
        assert (refused and refused.reason) == reason, command_id


def test_a_command_without_effect_is_still_recorded(ledger_home: LedgerHome) -> None:
    writer, reader = ledger_home.open()
    assert writer.submit(step("c1", "a", "nothing")).position == 0
    assert writer.submit(step("c1", "a", "nothing")).repeated
    assert reader.state("counter:a") is None


def test_numbers_run_by_year_and_return_when_refused(ledger_home: LedgerHome) -> None:
    writer, _ = ledger_home.open()
    ledger_home.clock.now = YEAR_END
    numbers = [writer.submit(step(f"n{turn}", "a", "numbered", refuse=turn == 1)).numbers for turn in range(3)]
    ledger_home.clock.now += 1_000_000
    numbers += [answer.numbers for answer in writer.submit_many([step(f"m{n}", "a", "numbered") for n in range(2)])]
    assert numbers == [("2026-000001",), (), ("2026-000002",), ("2027-000001",), ("2027-000002",)]


def test_recorded_at_never_goes_back(ledger_home: LedgerHome) -> None:
    writer, reader = ledger_home.open()
    start = ledger_home.clock.now
    for moved in (0, -5_000_000, 3):
        ledger_home.clock.now = start + moved
        writer.submit(add(f"c{moved}", "a", occurred_at=start - 9))
    assert [event.recorded_at - start for event in reader.since(0, 9)] == [0, 0, 3]
    assert {event.occurred_at for event in reader.since(0, 9)} == {start - 9}


def test_a_state_is_read_as_known_at_an_instant(ledger_home: LedgerHome) -> None:
    writer, reader = ledger_home.open()
    start = ledger_home.clock.now
    for number in range(3):
        writer.submit(add(f"c{number}", "a"))
        ledger_home.clock.now += 10
    totals = [(state := reader.state("counter:a", at=start + at)) and state.total for at in (-1, 0, 9, 10, 99)]
    assert totals == [None, 1, 1, 2, 3]


def test_events_come_in_the_order_of_positions(ledger_home: LedgerHome) -> None:
    writer, reader = ledger_home.open()
    writer.submit_many([add(f"c{number}", "ab"[number % 2]) for number in range(7)])
    assert [event.position for event in reader.since(2, 3)] == [3, 4, 5]
    assert [(event.seq, event.position) for event in reader.events("counter:a")] == [(1, 1), (2, 3), (3, 5), (4, 7)]


def test_projections_and_timers_follow_the_state(ledger_home: LedgerHome) -> None:
    writer, reader = ledger_home.open()
    for number in range(5):
        writer.submit(add(f"c{number}", "a", number))
    writer.submit_many([step("t1", "a", "alarm", due=9), step("t2", "a", "alarm", due=11), add("z", "b", 1)])
    parts = "SELECT place, amount FROM counter_part WHERE district = :district AND stream = :stream ORDER BY place"
    assert reader.query(parts, {"stream": "counter:a"}) == [(0, 2), (1, 3), (2, 4)]
    assert reader.query("SELECT stream, timer_id, due_at FROM timer") == [("counter:a", "alarm", 11)]


def test_a_due_timer_fires_once(ledger_home: LedgerHome) -> None:
    writer, reader = ledger_home.open()
    writer.submit_many([step(f"t{n}", f"s{n}", "alarm", due=10 + n) for n in range(4)])
    assert next_due(reader, 0) == 10
    assert fire(writer, reader, 12, SYSTEM).applied == 3
    assert fire(writer, reader, 12, SYSTEM) == msgspec.convert({}, type(fire(writer, reader, 12, SYSTEM)))
    assert [reader.state(f"counter:s{n}").rings for n in range(4)] == [1, 1, 1, 0]
    assert next_due(reader, 12) == 13


def _mirror(event: Stored) -> list[Submission]:
    return [add("", "mirror", 1), add("", "mirror", 2)] if event.stream == "counter:a" else []


def test_reactions_take_effect_once_and_move_their_cursor(ledger_home: LedgerHome) -> None:
    writer, reader = ledger_home.open()
    writer.submit_many([add(f"c{n}", "ab"[n % 2], 1) for n in range(6)])
    assert react_all(writer, reader, [Reaction("mirror", _mirror)], SYSTEM) == 12
    assert reader.state("counter:mirror").total == 9
    assert cursor(reader, "mirror") == 12
    assert react_all(writer, reader, [Reaction("mirror", _mirror)], SYSTEM) == 0
    again = Reaction("mirror", _mirror, frozenset({"counter.added"}))
    ledger_home.run("UPDATE reaction_cursor SET position = 0")
    react_all(writer, reader, [again], SYSTEM)
    assert reader.state("counter:mirror").total == 9


def test_a_cursor_moves_forward_only(ledger_home: LedgerHome) -> None:
    writer, reader = ledger_home.open()
    for number, position in enumerate((5, 3)):
        writer.submit(Submission(f"c{number}", SYSTEM, (), cursor=Cursor("h", position)))
    assert cursor(reader, "h") == 5


class NoteSealer:
    """A sealer for the tests: an unencrypted row a secret in the vault's look-up table."""

    def seal(self, secrets: Any, lookup: Lookup) -> Sealed:
        known = {ref for (ref,) in lookup.rows("vault_lookup", ("ref",), "ref", [secret.ref for secret in secrets])}
        if clash := [secret.ref for secret in secrets if secret.ref in known]:
            raise SanbanError(f"{clash} stand in the vault already")
        rows = [(lookup.district, each.ref, each.person, each.kind, each.value.encode()) for each in secrets]
        return Sealed({"vault_lookup": rows}, [SealedRef(each.ref, each.person, bytes(32)) for each in secrets])

    def agrees(self, secrets: Any, lookup: Lookup) -> bool:
        kept = dict(lookup.rows("vault_lookup", ("ref", "hmac"), "ref", [secret.ref for secret in secrets]))
        return all(bytes(kept[secret.ref]) == secret.value.encode() for secret in secrets)


def test_secrets_are_sealed_in_the_same_transaction(ledger_home: LedgerHome) -> None:
    writer, reader = ledger_home.open(sealer=NoteSealer())
    names = "SELECT ref FROM vault_lookup ORDER BY ref"
    first = [add(f"c{n}", "a", secrets=(Secret(f"r{n}", "p", "name", "Wang"),)) for n in range(2)]
    second = [add("c8", "a", secrets=(Secret("r0", "p", "name", "Li"),)), add("c9", "a")]
    refused = add("c10", "a", 9999, secrets=(Secret("r9", "p", "name", "Li"),))
    writer.submit_many([*first, refused])
    answers = writer.submit_many(second)
    assert [answer.refused and answer.refused.reason for answer in answers] == ["failed", None]
    assert reader.query(names) == [("r0",), ("r1",)]
    assert reader.state("counter:a").total == 3


@pytest.mark.parametrize("at_once", [True, False])
def test_a_command_with_another_text_is_another_command(ledger_home: LedgerHome, at_once: bool) -> None:
    writer, reader = ledger_home.open(sealer=NoteSealer())
    sent = [add("c1", "a", secrets=(Secret("r1", "p", "note", text),)) for text in ("lamp", "lamp", "bin")]
    answers = writer.submit_many(sent) if at_once else [writer.submit(one) for one in sent]
    assert [answer.refused and answer.refused.reason for answer in answers] == [None, None, "command_reused"]
    assert [answer.repeated for answer in answers] == [False, True, False]
    assert reader.state("counter:a").total == 1


def test_work_apart_commits_or_leaves_nothing(ledger_home: LedgerHome) -> None:
    writer, reader = ledger_home.open()
    count = "SELECT count(*) FROM projection WHERE name = :name"

    def insert(session: Session) -> int:
        return session.execute(
            "INSERT INTO projection VALUES (:district, :name, :version)", {"name": "x", "version": 1}
        )

    def fail(session: Session) -> None:
        session.execute("DELETE FROM projection WHERE district = :district")
        raise ZeroDivisionError

    assert writer.apart(insert) == 1
    with pytest.raises(ZeroDivisionError):
        writer.apart(fail)
    assert reader.query(count, {"name": "x"}) == [(1,)]
    assert writer.submit(add("c1", "a")).position == 1


def test_a_small_cache_decides_like_a_large_one(ledger_home: LedgerHome) -> None:
    writer, reader = ledger_home.open(cache=2)
    for turn in range(4):
        writer.submit_many([add(f"c{turn}-{n}", f"s{n}", 300) for n in range(5)])
    assert {reader.state(f"counter:s{n}").total for n in range(5)} == {900}
    assert sorted(reader.query("SELECT total FROM counter_summary")) == [(900,)] * 5


@pytest.mark.parametrize("size", [LARGE - 1, LARGE, 4 * LARGE])
def test_what_a_failed_commit_would_have_left_is_not_decided_on(
    ledger_home: LedgerHome, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """The commit is replaced by one that fails once: no disk or server fails at will, and on both stores alike."""
    writer, reader = ledger_home.open()
    writer.submit_many([add(f"a{n}", f"s{n % 7}") for n in range(size)])
    commit, failing = writer._store.commit, [RuntimeError("no more paper")]

    def commit_or_fail() -> None:
        if failing:
            raise failing.pop()
        commit()

    monkeypatch.setattr(writer._store, "commit", commit_or_fail)
    answers = writer.submit_many([add(f"b{n}", f"s{n % 7}") for n in range(size)])
    assert [answer.refused for answer in answers] == [None] * size
    assert len(reader.since(0, 3 * size)) == 2 * size
    totals = {f"counter:s{n}": reader.state(f"counter:s{n}").total for n in range(7)}
    assert sum(totals.values()) == 2 * size
    assert dict(reader.query("SELECT stream, total FROM counter_summary")) == totals
    assert {stream: len(list(reader.events(stream))) for stream in totals} == {
        stream: max(event.seq for event in reader.events(stream)) for stream in totals
    }


@pytest.mark.parametrize("count", [1, 2, 15, 16, 17, 31, 32, 33, 65, 100])
def test_any_number_of_rows_goes_in_or_overwrites_what_is_there(ledger_home: LedgerHome, count: int) -> None:
    writer, reader = ledger_home.open()
    there = [(DISTRICT, f"h{place:03}", -1) for place in range(0, count, 7)]
    rows = [(DISTRICT, f"h{place:03}", place) for place in range(count)]
    writer.apart(lambda session: cast(Store, session).insert("reaction_cursor", there))
    writer.apart(lambda session: cast(Store, session).upsert("reaction_cursor", rows))
    assert _cursors(reader) == {handler: position for _, handler, position in rows}


@pytest.mark.parametrize("gone", [False, True], ids=["all there", "some gone"])
@pytest.mark.parametrize("count", [1, 31, 63, 64, 65, 150])
def test_any_number_of_rows_changes_or_is_written_where_it_is_gone(
    ledger_home: LedgerHome, monkeypatch: pytest.MonkeyPatch, count: int, *, gone: bool
) -> None:
    """Every other row changes in two columns more, so that there are two kinds of change. Where all are there, nothing
    is overwritten; where every ninth is not, what changed and what is written come to the same.
    """
    writer, reader = ledger_home.open()
    before: list[Row] = [(place, None, False, b"before") for place in range(count)]
    after: list[Row] = [
        (-1 - place, f"n{place}", False, b"after") if place % 2 else (-1 - place, None, False, b"before")
        for place in range(count)
    ]
    heads = [(DISTRICT, f"counter:{place}") for place in range(count)]
    there = [head + row for place, (head, row) in enumerate(zip(heads, before, strict=True)) if place % 9 or not gone]
    pairs = [(row, head + changed) for head, row, changed in zip(heads, before, after, strict=True)]
    if there:
        writer.apart(lambda session: session.insert("counter_summary", there))
    if not gone:
        monkeypatch.delattr(type(writer._store), "upsert")
    writer.apart(lambda session: cast(Store, session).update("counter_summary", pairs))
    assert sorted(reader.query("SELECT stream, total, number, is_even, mark FROM counter_summary")) == sorted(
        (stream, *row) for (_, stream), row in zip(heads, after, strict=True)
    )


def test_what_a_large_batch_changes_twice_is_whole(ledger_home: LedgerHome) -> None:
    """Streams at two stages of their lives, so that rows come, go and change by two kinds of statement at once."""
    writer, reader = ledger_home.open()
    writer.submit_many([add(f"a{number}", f"s{number}", number) for number in range(0, 150, 2)])
    for turn in ("b", "c"):
        writer.submit_many([add(f"{turn}{number}", f"s{number}", number % 5) for number in range(150)])
    assert verify(reader).findings == []
    assert [reader.state(f"counter:s{number}").total for number in (3, 148)] == [6, 148 + 6]


@pytest.mark.parametrize("row", [(DISTRICT, "h1"), (DISTRICT, "h1", 1, 2)], ids=["short", "long"])
def test_a_row_of_another_width_is_not_written(ledger_home: LedgerHome, row: Row) -> None:
    """Nor are the values of two rows shifted, where the next has too few, or too many."""
    writer, reader = ledger_home.open()
    other = (DISTRICT, "h2", 2, 3) if len(row) == 2 else (DISTRICT, "h2")
    with pytest.raises(ValueError):  # noqa: PT011 -- each store says it in its own words
        writer.apart(lambda session: session.insert("reaction_cursor", [row, other]))
    assert _cursors(reader) == {}


@pytest.mark.parametrize("count", [2, 16, 33, 100])
def test_rows_of_which_the_last_cannot_go_in_leave_nothing(ledger_home: LedgerHome, count: int) -> None:
    writer, reader = ledger_home.open()
    rows = [(DISTRICT, f"h{place}", place) for place in range(count - 1)]
    with pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError)):
        writer.apart(lambda session: session.insert("reaction_cursor", [*rows, rows[0]]))
    assert _cursors(reader) == {}
    assert writer.submit(add("c1", "a")).refused is None


def _cursors(reader: Reader) -> dict[str, int]:
    return dict(reader.query("SELECT handler, position FROM reaction_cursor WHERE district = :district"))


def test_callers_at_once_share_commits(ledger_home: LedgerHome) -> None:
    writer, reader = ledger_home.open()

    def call(caller: int) -> None:
        for number in range(10):
            writer.submit(add(f"c{caller}-{number}", f"s{caller % 3}"))

    threads = [threading.Thread(target=call, args=(caller,)) for caller in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(reader.state(f"counter:s{n}").total for n in range(3)) == 240
    assert writer.batches < 240


def test_a_closed_ledger_says_so(ledger_home: LedgerHome) -> None:
    writer, _ = ledger_home.open()
    writer.close()
    with pytest.raises(SanbanError, match="closed"):
        writer.submit(add("c1", "a"))


def test_a_changed_projection_asks_for_a_rebuild(ledger_home: LedgerHome) -> None:
    writer, _ = ledger_home.open()
    writer.submit_many([add("c1", "a", 4), add("c2", "b", 5)])
    ledger_home.close()
    halves = Projection("counter_summary", 2, SUMMARY.columns[:1], (), (), lambda stream, state: [(state.total // 2,)])
    changed = [CounterAggregate((halves, PARTS))]
    with pytest.raises(SanbanError, match="counter_summary"):
        ledger_home.open(changed)
    assert ledger_home.rebuild(changed) == 2
    _, reader = ledger_home.open(changed)
    assert sorted(reader.query("SELECT total FROM counter_summary")) == [(2,), (2,)]


def test_rebuilding_refills_what_was_lost(ledger_home: LedgerHome) -> None:
    writer, reader = ledger_home.open()
    writer.submit_many([add("c1", "a", 4), step("c2", "b", "alarm", due=5)])
    before = [reader.query(f"SELECT * FROM {table}") for table in ("counter_summary", "counter_part", "timer")]
    for table in ("counter_summary", "counter_part", "timer"):
        ledger_home.run(f"DELETE FROM {table}")
    assert ledger_home.rebuild() == 2
    _, reader = ledger_home.open()
    assert [reader.query(f"SELECT * FROM {table}") for table in ("counter_summary", "counter_part", "timer")] == before


def test_a_reader_says_where_the_ledger_ends(ledger_home: LedgerHome) -> None:
    writer, reader = ledger_home.open()
    writer.submit(add("c1", "a"))
    head = reader.head()
    assert head is not None
    assert (head.district, head.position, head.batch_no, len(head.hash)) == (DISTRICT, 1, 1, 64)
    assert reader.open_secrets(["r1"]) == {}


@pytest.mark.postgres
def test_one_process_at_a_time_does_alone_what_one_is_enough_for(ledger_home: LedgerHome) -> None:
    _, first = ledger_home.open()
    second = ledger_home.read()
    with first.source.alone() as mine, second.source.alone() as theirs:
        assert mine
        assert theirs == (ledger_home.name == "sqlite")
    with second.source.alone() as theirs:
        assert theirs
