"""The main job, as the person who runs a deployment does it: set up, import, look, prove, copy, erase."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sanban.intake.identity.persons import Identity
from sanban.main import main
from sanban.main.house import open_house

ROOT = Path(__file__).parents[2]
HEAD = ["留言编号", "留言用户", "留言主题", "留言时间", "留言详情"]
ROWS = [
    ["900001", "user-900001", "夜间施工噪音扰民", "2025/4/25 9:10:00", "工地夜里两点还在施工，噪音很大，睡不着。"],
    ["900002", "U2", "小区垃圾没人清运", "2025/4/25 9:30:00", "垃圾堆了三天，\n味道很重，请尽快清运。"],
    ["900003", "user-900001", "关于一件小事", "2025/4/26 10:00:00", "想了解一下。"],
]


def sanban(*words: str, home: Path | None = None, code: int = 0) -> str:
    """Runs the command in this process; its standard output, or all it said when it was not to succeed."""
    out, err = io.StringIO(), io.StringIO()
    given = [] if home is None else ["--home", str(home)]
    before = sys.argv
    sys.argv = ["sanban", *words, *given]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as ended:
            main()
    finally:
        sys.argv = before
    assert ended.value.code == code, err.getvalue() + out.getvalue()
    return out.getvalue() if code == 0 else err.getvalue() + out.getvalue()


@contextlib.contextmanager
def store_of(home: Path) -> Iterator[sqlite3.Connection]:
    """The database file itself, as somebody with the folder would open it; closed afterwards."""
    with contextlib.closing(sqlite3.connect(home / "ledger.db")) as database, database:
        yield database


def status(home: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads(sanban("status", "--json", home=home))
    return found


def written(path: Path, rows: list[list[str]], encoding: str = "utf-8-sig") -> Path:
    with path.open("w", encoding=encoding, newline="") as out:
        csv.writer(out).writerows([HEAD, *rows])
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the file imported, made once; tests work on copies."""
    folder = tmp_path_factory.mktemp("made") / "home"
    sanban("init", home=folder)
    sanban("import", str(written(folder.parent / "messages.csv", ROWS)), home=folder)
    return folder


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    shutil.copytree(made, folder)
    return folder


@pytest.fixture
def file(made: Path) -> Path:
    return made.parent / "messages.csv"


def test_a_file_is_imported_counted_and_proven(home: Path) -> None:
    assert status(home)["requests"] == len(ROWS)
    report = json.loads(sanban("verify", "--json", home=home))
    assert report["findings"] == []
    assert report["events"] >= len(ROWS)


def test_importing_the_same_file_again_changes_nothing(home: Path, file: Path) -> None:
    before = status(home)
    told = json.loads(sanban("import", str(file), "--json", home=home))
    assert (told["report"]["accepted"], told["report"]["repeated"]) == (0, len(ROWS))
    assert status(home)["events"] == before["events"]


def test_a_bad_row_lands_in_the_rejects_and_stops_nothing(home: Path, tmp_path: Path) -> None:
    path, rejects = tmp_path / "more.csv", tmp_path / "rejects.csv"
    with path.open("w", encoding="gb18030", newline="") as out:
        csv.writer(out).writerows(
            [
                HEAD,
                ["900004", "U3", "路灯不亮", "2025/4/27 8:00:00", "路灯坏了。"],
                ["900005", "U4", "坏时间", "去年某天", "正文"],
            ]
        )
    told = json.loads(sanban("import", str(path), "--rejects", str(rejects), "--json", home=home))
    assert (told["report"]["accepted"], told["report"]["rejected"]) == (1, 1)
    assert "900005" in rejects.read_text(encoding="utf-8-sig")
    assert rejects.stat().st_mode & 0o077 == 0


def test_the_database_alone_holds_no_word_of_what_people_said(home: Path) -> None:
    content = b"".join(path.read_bytes() for path in home.glob("ledger.db*"))
    for text in ("工地夜里", "垃圾堆", "user-900001"):
        assert text.encode() not in content
    with store_of(home) as database:
        assert database.execute("SELECT count(payload) FROM ledger_event").fetchone()[0] > 0


def test_a_case_shows_why_it_is_due_and_is_known_as_of_then(home: Path) -> None:
    with store_of(home) as database:
        numbers = [row[0] for row in database.execute("SELECT number FROM case_view")]
    assert numbers, "the declared words open a case for at least one of the messages"
    shown = json.loads(sanban("case", "show", numbers[0], "--json", home=home))
    assert shown["events"][0]["type"] == "case.opened"
    assert all(clock["why"] for clock in shown["clocks"])
    assert "there is no case" in sanban("case", "show", numbers[0], "--at", "2020-01-01", home=home, code=2)


def test_no_demo_is_made_in_a_home_with_real_messages(home: Path) -> None:
    before = status(home)
    told = sanban("demo", "--no-serve", home=home, code=2)
    assert "a home in trial mode, not a demo" in told
    assert status(home) == before


def test_a_backup_restored_elsewhere_verifies_and_the_erased_stay_erased(home: Path, tmp_path: Path) -> None:
    copy, elsewhere = tmp_path / "copy", tmp_path / "elsewhere"
    sanban("backup", str(copy), "--with-key", home=home)
    with store_of(home) as database:
        person = database.execute("SELECT person FROM vault_key ORDER BY person").fetchone()[0]
    sanban("person", "erase", person, "--yes", home=home)
    assert json.loads(sanban("verify", "--json", home=home))["findings"] == []
    assert "erased again  1" in sanban("restore", str(copy), home=elsewhere)
    assert json.loads(sanban("verify", "--json", home=elsewhere))["findings"] == []
    with store_of(elsewhere) as database:
        left = database.execute("SELECT count(*) FROM vault_entry WHERE person = ?", (person,)).fetchone()[0]
    assert left == 0


def persons_of(home: Path) -> set[str]:
    with store_of(home) as database:
        return {row[0] for row in database.execute("SELECT requester FROM request_view")}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def either_home(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A fresh home on either store."""
    folder = tmp_path / "either"
    words = ["init"]
    if request.param == "postgres":
        words += ["--database-url", request.getfixturevalue("postgres_database")]
    sanban(*words, home=folder)
    return folder


def test_who_was_erased_is_not_brought_back_by_the_same_file_and_is_new_in_another(
    either_home: Path, file: Path, tmp_path: Path
) -> None:
    home = either_home
    sanban("import", str(file), home=home)
    identity = Identity("user", "city\nuser-900001")
    with open_house(home) as house:
        first = house.find_persons([identity])[identity]
    sanban("person", "erase", first, "--yes", home=home)
    before = status(home)
    told = json.loads(sanban("import", str(file), "--json", home=home))
    assert (told["report"]["accepted"], told["report"]["repeated"]) == (0, len(ROWS))
    assert status(home)["events"] == before["events"]
    with open_house(home) as house:
        assert house.find_persons([identity]) == {}
        left = "SELECT ref FROM vault_entry WHERE district = :district AND person = :person"
        assert house.reader.query(left, {"person": first}) == []
    more = written(tmp_path / "more.csv", [["900009", "user-900001", "又来了", "2025/5/6 8:00:00", "又有噪音。"]])
    assert json.loads(sanban("import", str(more), "--json", home=home))["report"]["accepted"] == 1
    with open_house(home) as house:
        assert house.find_persons([identity])[identity] != first
    assert json.loads(sanban("verify", "--json", home=home))["findings"] == []


def test_an_order_number_stands_in_the_vault_alone_and_is_found_there(home: Path) -> None:
    with store_of(home) as database:
        payloads = b"".join(row[0] for row in database.execute("SELECT payload FROM ledger_event"))
    assert b"900001" not in payloads
    with open_house(home) as house:
        (ref,) = house.find_number("900001")
        assert house.reader.open_secrets([ref]) == {ref: "900001"}


def test_the_same_key_and_file_give_other_person_ids_for_they_are_made_of_chance(
    home: Path, file: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    sanban("init", home=other)
    shutil.copy(home / "master.key", other / "master.key")
    sanban("import", str(file), home=other)
    assert len(persons_of(home)) == len(persons_of(other))
    assert not persons_of(home) & persons_of(other)


def test_a_truncated_ledger_is_found_by_a_head_kept_elsewhere(home: Path, file: Path, tmp_path: Path) -> None:
    head = tmp_path / "head.json"
    sanban("verify", "--write-head", str(head), home=home)
    other = tmp_path / "other"
    sanban("init", home=other)
    assert "cut" in sanban("verify", "--head", str(head), home=other, code=1)


def test_an_altered_row_is_named(home: Path) -> None:
    with store_of(home) as database:
        database.execute("UPDATE ledger_event SET actor = 'nobody' WHERE position = 2")
    told = sanban("verify", home=home, code=1)
    assert "ledger_event" in told


def test_the_installed_command_says_the_same_as_a_process_of_its_own(home: Path) -> None:
    command = Path(sys.executable).parent / "sanban"
    told = subprocess.run(
        [str(command), "status", "--json", "--home", str(home)], capture_output=True, text=True, check=True
    )
    assert json.loads(told.stdout)["requests"] == len(ROWS)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("UPDATE vault_entry SET body = x'00' WHERE ref = (SELECT min(ref) FROM vault_entry)", "changed"),
        ("DELETE FROM vault_entry WHERE ref = (SELECT min(ref) FROM vault_entry)", "missing"),
    ],
    ids=["altered", "deleted"],
)
def test_a_vault_entry_that_was_touched_is_named(home: Path, damage: str, told: str) -> None:
    with store_of(home) as database:
        database.execute(damage)
    shown = sanban("verify", home=home, code=1)
    assert "vault_entry" in shown
    assert told in shown


def test_rebuilding_gives_the_same_tables(home: Path) -> None:
    before = status(home)
    sanban("rebuild", home=home)
    assert {**status(home)} == before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("status",), "sanban init"),
        (("import", "nowhere.csv"), "sanban init"),
        (("matter", "draw", "no-such-matter"), "short-let"),
        (("case", "show", "2020-1", "--at", "yesterday"), "sanban init"),
    ],
)
def test_what_cannot_be_done_is_told_with_a_valid_example(words: tuple[str, ...], told: str, tmp_path: Path) -> None:
    where = None if words[0] == "matter" else tmp_path / "nothing"
    assert told in sanban(*words, home=where, code=2)


def test_the_real_stream_agrees_with_its_counts(tmp_path: Path) -> None:
    data = Path(os.environ.get("SANBAN_DATA", ROOT.parent / "shared" / "data")) / "messages" / "stream.csv"
    if not data.exists():
        pytest.skip("the stream of real messages is not here; SANBAN_DATA names its folder")
    with data.open(encoding="utf-8-sig", newline="") as source:
        count = sum(1 for _ in csv.DictReader(source))
    home = tmp_path / "home"
    sanban("init", home=home)
    sanban("import", str(data), "--rejects", str(tmp_path / "rejects.csv"), home=home)
    first = status(home)
    assert first["requests"] == count == 4298
    assert json.loads(sanban("verify", "--json", home=home))["findings"] == []
    sanban("import", str(data), "--rejects", str(tmp_path / "rejects.csv"), home=home)
    assert status(home)["events"] == first["events"]
