"""Every plain mistake with every command ends with one clear sentence, an example of what would do, and code 2."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sanban.main import main
from sanban.packs.figures.loading import FIGURES
from sanban.web.server import LOOPBACK, listen

TABLE = "留言编号,留言主题,留言时间,留言详情\n1,路灯不亮,2025/4/25 9:10:00,路灯坏了好几天\n"
NOBODY = 65534
COMMANDS = {
    "status": "status",
    "run": "run",
    "verify": "verify",
    "rebuild": "rebuild",
    "upgrade": "upgrade",
    "upgrade-check": "upgrade --check",
    "backup": "backup NEW",
    "case show": "case show 2026-000001",
    "import": "import TABLE",
    "person erase": "person erase p1 --yes",
    "officer add": "officer add someone --role handler --unit centre --password long-enough-for-all",
    "serve": "serve",
}
ASKS_THE_STORE = [name for name in COMMANDS if name not in ("officer add", "serve")]


def sanban(folder: Path, words: str) -> tuple[int, str]:
    """Runs a command in the folder; its code and all it said."""
    said = io.StringIO()
    before, where = sys.argv, Path.cwd()
    names = {"NEW": "new", "TABLE": "table.csv", "OTHER": "other.csv"}
    sys.argv = ["sanban", *(names.get(word, word) for word in words.split(" "))]
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), pytest.raises(SystemExit) as ended:
            main()
    finally:
        sys.argv = before
        os.chdir(where)
    assert isinstance(ended.value.code, int)
    return ended.value.code, said.getvalue()


def told(folder: Path, words: str) -> str:
    """What a command says that cannot be carried out; it is plain in every case."""
    code, said = sanban(folder, words)
    assert code == 2, said
    assert "for example: " in said or "Try 'sanban" in said, said
    for inside in ("Traceback", "a fault of the program", "[Errno", "regex", "Error at"):
        assert inside not in said
    return said


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a home, and with files that are not what they should be."""
    folder = tmp_path_factory.mktemp("plain")
    (folder / "table.csv").write_text(TABLE, encoding="utf-8")
    (folder / "other.csv").write_text(TABLE.replace("1,", "2,", 1), encoding="utf-8")
    (folder / "empty").touch()
    (folder / "junk").write_bytes(bytes(range(256)) * 2)
    (folder / "dir").mkdir()
    assert sanban(folder, "init --home home")[0] == 0
    assert sanban(folder, "import TABLE --home home")[0] == 0
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "plain"
    shutil.copytree(made, copy)
    return copy


@pytest.mark.parametrize("home", ["nowhere", "dir", "table.csv", "table.csv/home"])
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_home_that_is_none_is_told_with_how_to_make_one(made: Path, command: str, home: str) -> None:
    assert "sanban init --home" in told(made, f"{command} --home {home}")


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_no_home_at_all_is_told(made: Path, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SANBAN_HOME", raising=False)
    assert "--home" in told(made, command)


MISTAKES = [
    ("import nowhere.csv --home home", "No such file"),
    ("import dir --home home", "Is a directory"),
    ("import empty --home home", "is empty"),
    ("import junk --home home", "not a table"),
    ("import TABLE --home home --map nonsense", "names no column"),
    ("import TABLE --home home --map text=nowhere", "nowhere"),
    ("case show no-such-case --home home", "there is no case"),
    ("case show 2026-000001 --at yesterday --home home", "is not a date"),
    ("person erase nobody --yes --home home", "there is no person"),
    ("officer add a --role king --unit centre --password x --home home", "is not a role"),
    ("officer add a --role handler --unit nowhere --password x --home home", "there is no unit"),
    ("verify --head nowhere --home home", "No such file"),
    ("verify --head dir --home home", "Is a directory"),
    ("verify --head empty --home home", "cannot be read as a head file"),
    ("verify --head junk --home home", "cannot be read as a head file"),
    ("verify --write-head nowhere/head.json --home home", "its folder is not there"),
    ("verify --write-head dir --home home", "Is a directory"),
    ("backup dir --home home", "exists already"),
    ("backup table.csv/copy --home home", "cannot be written"),
    ("restore nowhere --home new", "is not a backup"),
    ("restore dir --home new", "is not a backup"),
    ("restore table.csv --home new", "is not a backup"),
    ("init --home home", "already is a home"),
    ("init --home table.csv", "cannot be written"),
    ("init --home table.csv/home", "cannot be written"),
    ("init --home new --mode odd", "is not a mode"),
    ("init --home new --code A_B", "not written as it has to be"),
    ("init --home new --database-url nonsense", "not written as it has to be"),
    ("init --home new --database-url mysql://a/b", "not written as it has to be"),
    ("demo --home table.csv --no-serve", "cannot be written"),
    ("demo --home new --days 0", "Invalid value"),
    ("serve --home home --port 99999", "Invalid value"),
    ("matter draw nowhere", "there is no matter"),
    ("matter draw short-let --out nowhere/x.svg", "No such file"),
    ("matter draw short-let --out dir", "Is a directory"),
    ("matter draw short-let --language fr", "is not a language"),
    ("matter draw short-let --state nowhere", "has no state"),
    ("matter draw short-let --folder nowhere", "holds no matter"),
    ("matter diff nowhere short-let", "there is no matter"),
    ("matter diff dir dir", "holds no matter"),
    ("matter diff empty empty", "is not a matter's file"),
    ("matter diff junk junk", "is not a matter's file"),
    ("matter new NOT-A-NAME --in dir", "is not a matter's name"),
    ("matter new fine --in table.csv", "cannot be written"),
    ("matter new fine --in dir --version someday", "is not a date"),
    ("matter adopt nowhere --authority a --document b --date 2026-01-01", "No such file"),
    ("matter adopt dir --authority a --document b --date 2026-01-01", "holds no matter"),
    ("matter adopt empty --authority a --document b --date 2026-01-01", "holds nothing"),
    ("matter adopt junk --authority a --document b --date 2026-01-01", "is not UTF-8"),
    ("brief --week yesterday --home home", "is not a period"),
    ("brief --week 2026-05 --home home", "a brief is of a week"),
    ("brief --week 2025-W02 --to nowhere/brief.docx --home home", "No such file"),
    ("brief --format odt --home home", "Invalid value"),
    ("scorecard reconcile nowhere --month 2026-01 --home home", "No such file"),
    ("scorecard reconcile TABLE --month 2026-W02 --home home", "a month that has begun"),
    ("scorecard reconcile TABLE --month 2026-01 --home home", "are needed"),
    ("nonsense", "No such command"),
    ("status --nonsense", "No such option"),
]


@pytest.mark.parametrize(("command", "cause"), MISTAKES, ids=[command for command, _ in MISTAKES])
def test_a_wrong_argument_is_told_with_a_right_one(folder: Path, command: str, cause: str) -> None:
    assert cause in told(folder, command)
    assert not (folder / "new" / "sanban.toml").exists()


SPAN = "--from 2026-01-01 --to 2026-02-01 --home home"


@pytest.mark.parametrize(
    ("command", "example"),
    [
        ("figures --period foo --home home", "--period 2026-05"),
        ("brief --week yesterday --home home", "--week 2026-W23"),
        ("brief --week 2026-W99 --home home", "--week 2026-W23"),
        ("scorecard reconcile TABLE --month 2026-13 --home home", "--month 2026-05"),
        ("scorecard reconcile nowhere --month 2026-01 --home home", "sanban scorecard reconcile"),
        ("import nowhere --home home", "sanban import"),
        (f"matter replay nowhere {SPAN}", "sanban matter replay"),
        (f"matter replay nowhere/mechanism.yaml {SPAN}", "sanban matter replay"),
        (f"matter replay empty {SPAN}", "sanban matter replay"),
        ("matter diff nowhere short-let", "sanban matter diff"),
        ("matter draw nowhere", "sanban matter draw"),
    ],
)
def test_the_example_is_one_of_the_command_that_was_given(folder: Path, command: str, example: str) -> None:
    assert f"for example: {example}" in told(folder, command)


def test_a_figures_file_is_checked_with_those_beside_it(folder: Path) -> None:
    for place in ("_figures", "home/figures"):
        here = folder / place
        here.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(FIGURES / "resolved.yaml", here / "resolved.yaml")
        assert sanban(folder, f"matter check {place}/resolved.yaml")[0] == 0
        text = (here / "resolved.yaml").read_text(encoding="utf-8")
        (here / "resolved.yaml").write_text(text.replace("unit.judged", "unit.praised"), encoding="utf-8")
        code, said = sanban(folder, f"matter check {place}/resolved.yaml")
        assert (code, "unit.praised" in said, "holds no matter" in said) == (1, True, False)


@pytest.mark.parametrize("path", ["nowhere", "dir", "empty", "junk", "table.csv"])
def test_what_holds_no_matter_is_a_finding_of_the_check(made: Path, path: str) -> None:
    code, said = sanban(made, f"matter check {path}")
    assert (code, "holds no matter" in said, "Traceback" in said) == (1, True, False)


def _changed(folder: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(folder / "home" / "ledger.db")) as store, store:
        for statement in statements:
            store.execute(statement)


@pytest.mark.parametrize("command", [COMMANDS[name] for name in ASKS_THE_STORE], ids=ASKS_THE_STORE)
def test_a_home_of_a_newer_version_is_told(folder: Path, command: str) -> None:
    if command == "backup NEW":
        return
    _changed(folder, "UPDATE alembic_version SET version_num = '9999'")
    assert "newer version" in told(folder, f"{command} --home home")


@pytest.mark.parametrize("command", [COMMANDS[name] for name in ASKS_THE_STORE], ids=ASKS_THE_STORE)
def test_a_store_that_is_no_ledger_is_told(folder: Path, command: str) -> None:
    for rest in ("ledger.db-wal", "ledger.db-shm"):
        (folder / "home" / rest).unlink(missing_ok=True)
    (folder / "home" / "ledger.db").write_bytes(b"this is not a database, it never was one" * 100)
    assert "not a ledger" in told(folder, f"{command} --home home")


@pytest.mark.parametrize(
    ("command", "table"),
    [
        ("status", "case_view"),
        ("case show 2026-000001", "case_view"),
        ("import OTHER", "case_view"),
        ("import OTHER", "ledger_event"),
        ("verify", "ledger_event"),
        ("run", "ledger_event"),
        ("rebuild", "ledger_event"),
    ],
)
def test_a_missing_table_is_told(folder: Path, command: str, table: str) -> None:
    _changed(folder, f"DROP TABLE {table}")
    assert "sanban rebuild" in told(folder, f"{command} --home home")


def test_a_missing_list_is_refilled_by_rebuilding(folder: Path) -> None:
    before = sanban(folder, "status --home home")
    _changed(folder, "DROP TABLE case_view")
    assert sanban(folder, "rebuild --home home")[0] == 0
    assert sanban(folder, "status --home home") == before
    assert sanban(folder, "verify --home home")[0] == 0


@pytest.mark.parametrize(
    "command", [COMMANDS[name] for name in ASKS_THE_STORE if name != "import"], ids=lambda each: each.split(" ")[0]
)
def test_postgresql_that_cannot_be_reached_is_told(folder: Path, command: str) -> None:
    sanban(folder, "init --home remote --database-url postgresql://sanban:secret@127.0.0.1:1/none")
    said = told(folder, f"{command} --home remote")
    assert "PostgreSQL cannot be used" in said
    assert "secret" not in said


@pytest.mark.parametrize("url", ["postgresql://", "postgresql://[", "postgresql://a@b:port/c"])
def test_a_database_url_that_names_nothing_is_told(folder: Path, url: str) -> None:
    sanban(folder, "init --home remote --database-url postgresql://sanban@127.0.0.1:1/none")
    settings = folder / "remote" / "sanban.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("postgresql://sanban@127.0.0.1:1/none", url), encoding="utf-8")
    assert "database_url" in told(folder, "status --home remote")


def test_a_port_in_use_is_told(folder: Path) -> None:
    with listen(LOOPBACK, 0) as taken:
        port = taken.getsockname()[1]
        begun = [sys.executable, "-c", "from sanban.main import main; main()"]
        ended = subprocess.run(
            [*begun, "serve", "--home", "home", "--port", str(port)],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == 2
    assert f"--port {port + 1}" in ended.stderr


@pytest.fixture
def as_somebody(folder: Path) -> Iterator[Path]:
    """A folder whose files belong to somebody else, for whoever may do everything: the process gives up its rights."""
    if os.geteuid():
        yield folder
        return
    (folder / "home").chmod(0o755)
    with contextlib.ExitStack() as stack:
        for part in (*reversed(folder.parents), folder, *Path(__file__).parents):  # the last: of modules read late
            mode = part.stat().st_mode
            if mode & 0o011 != 0o011:
                part.chmod(mode | 0o011)
                stack.callback(part.chmod, mode)
        os.seteuid(NOBODY)
        stack.callback(os.seteuid, 0)
        yield folder


@pytest.mark.parametrize("command", [COMMANDS[name] for name in ASKS_THE_STORE], ids=ASKS_THE_STORE)
def test_a_home_that_may_not_be_read_is_told(as_somebody: Path, command: str) -> None:
    _forbid(as_somebody / "home", 0o000)
    try:
        assert "chmod" in told(as_somebody, f"{command} --home home")
    finally:
        _forbid(as_somebody / "home", 0o700)


@pytest.mark.parametrize("command", ["run", "import TABLE", "person erase p1 --yes", "rebuild", "backup home/copy"])
def test_a_home_that_may_not_be_written_is_told(as_somebody: Path, command: str) -> None:
    _forbid(as_somebody / "home", 0o555)
    try:
        told(as_somebody, f"{command} --home home")
    finally:
        _forbid(as_somebody / "home", 0o700)


def _forbid(path: Path, mode: int) -> None:
    """Changes a folder's mode, as its owner."""
    now = os.geteuid()
    os.seteuid(os.getuid())
    path.chmod(mode)
    os.seteuid(now)


@pytest.mark.parametrize(
    "state",
    ["no file", "an empty file", "no tables", "no lists", "no shard"],
)
def test_a_home_killed_before_its_first_commit_is_empty_and_whole(tmp_path: Path, state: str) -> None:
    sanban(tmp_path, "init --home home")
    store = tmp_path / "home" / "ledger.db"
    if state == "an empty file":
        store.touch()
    elif state != "no file":
        with contextlib.closing(sqlite3.connect(store)) as database:
            database.execute("PRAGMA journal_mode = WAL")
        if state != "no tables":
            assert sanban(tmp_path, "status --home home")[0] == 0
            _changed(tmp_path, "DELETE FROM shard")
        if state == "no lists":
            _changed(tmp_path, "DELETE FROM projection", "DROP TABLE case_view")
    code, said = sanban(tmp_path, "verify --home home")
    assert (code, "whole" in said, "empty" in said) == (0, True, True), said
